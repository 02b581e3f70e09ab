package netns

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// What authentication headers are like when both sides agree is in TestTakeover, with the dialects v2-ah.

var ahDialect, ahUnicast = dialectNamed("v2-ah"), dialectNamed("v2-ah-unicast")

func dialectNamed(name string) dialect {
	for _, d := range dialects {
		if d.name == name {
			return d
		}
	}
	panic("netns: no dialect " + name)
}

func ahPassword(text string) (password [vrrp.AuthDataLength]byte) {
	copy(password[:], text)
	return password
}

// TestAuthenticationHeadersOfOtherPassword: keepalived and the subject do not believe each other, and say so in the
// same words. Both are Master.
func TestAuthenticationHeadersOfOtherPassword(t *testing.T) {
	t.Parallel()
	d := ahDialect
	s := newSite(t, "subject", "peer")
	routers := []*router{s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))}
	routers[0].start(d.configuration(highPriority, "", ""))
	routers[1].start(strings.ReplaceAll(d.configuration(lowPriority, "", ""), "s3cret", "other"))
	const says = "(VI) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !"
	for _, r := range routers {
		r.waitLine(0, "proto(51)")
		r.waitAddress(d.vip(), true)
		r.waitLine(0, says)
	}
	for _, r := range routers {
		stats := r.dump(syscall.SIGUSR2, "keepalived.stats")
		expectInOrder(t, stats, "    Received: 0", "    Type Mismatch: 0")
		if strings.Contains(stats, "    Failure: 0\n") {
			t.Errorf("%s counts no failure:\n%s", r.host.Name, stats)
		}
	}
	expectInOrder(t, routers[0].dump(syscall.SIGUSR1, "keepalived.data"), "   Authentication type = IPSEC_AH", "   Protocol = AH")
}

// TestAuthenticationHeadersAreJudged lets keepalived and the subject hear the same forgeries: they log the same lines,
// and answer a lower Master with the same number.
func TestAuthenticationHeadersAreJudged(t *testing.T) {
	for _, name := range []string{"subject", "keepalived"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := subjectProgram(t)
			if name == "keepalived" {
				program = peers.Need(t, "keepalived")
			}
			d := ahDialect
			s := newSite(t, "router", "forger", "third")
			r := s.router(0, program)
			injector, err := s.lan.Hosts[1].NewInjector("eth0")
			check(t, err)
			defer injector.Close()
			r.start(d.configuration(lowPriority, "", ""))
			r.waitLine(0, "(VI) Entering MASTER STATE")
			forged := func(password string, priority int, sequence vrrp.Sequence) []byte {
				f := forgedFor(d, hmacKey1)
				f.Key, f.AH, f.Priority, f.Sequence = nil, vrrp.NewAH(ahPassword(password)), priority, sequence
				return f.Frame()
			}
			for _, test := range []struct {
				frame []byte
				says  string
			}{
				{forged("other", 254, 100), "(VI) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !"},
				{forged("s3cret", 1, 300), "(VI) IPSEC-AH : Syncing seq_num - Increment seq"},
				{forged("s3cret", 254, 9), "(VI) IPSEC-AH : sequence number 9 already processed. Packet dropped. Local(302)"},
			} {
				check(t, injector.Send(test.frame))
				r.waitLine(0, test.says)
			}
			answer := r.waitFrame(0, "answer to the lower Master", func(f *lab.Frame) bool { return isAdvert(f) && f.AHSequence >= 300 })
			if answer.AHSequence != 302 {
				t.Errorf("the answer has number %d, want 302", answer.AHSequence)
			}
			check(t, injector.Send(forged("s3cret", 254, 400)))
			r.waitLine(0, "(VI) Master received advert from 10.9.0.3 with higher priority 254, ours 100")
			mark := s.sniffer.Mark()
			next := r.waitFrame(mark, "advert of the next Master", isMasterAdvert)
			if next.AHSequence != 401 {
				t.Errorf("the next Master's first number is %d, want 401", next.AHSequence)
			}
		})
	}
}

// TestAuthenticationHeadersGoOnAfterAReload: the numbers go on, so that keepalived hears the Master as before.
func TestAuthenticationHeadersGoOnAfterAReload(t *testing.T) {
	t.Parallel()
	d := ahDialect
	s := newSite(t, "subject", "peer")
	subject, peer := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
	subject.start(d.configuration(highPriority, "", ""))
	subject.waitLine(0, "(VI) Entering MASTER STATE")
	peer.start(d.configuration(lowPriority, "", ""))
	peer.waitLine(0, "(VI) Entering BACKUP STATE (init)")
	mark := s.sniffer.Mark()
	subject.waitFrame(mark, "advert before the reload", isAdvert)
	line := subject.daemon.Log.Mark()
	check(t, subject.daemon.Reload(d.configuration(highPriority+1, "", "")))
	subject.waitLine(line, "Reload complete")
	subject.waitFrame(mark, "advert of the new priority", func(f *lab.Frame) bool { return isAdvert(f) && f.Priority == highPriority+1 })
	after := time.Now().Add(d.masterDownInterval(lowPriority) + slack)
	subject.waitFrame(mark, "adverts for as long as a deaf Backup would wait", func(f *lab.Frame) bool { return isAdvert(f) && f.At.After(after) })
	for i, f := range subject.adverts(0) {
		if f.AHSequence != uint32(i+1) {
			t.Errorf("advert %d has number %d", i+1, f.AHSequence)
		}
	}
	if n := peer.daemon.Log.Count(0, "(VI) Entering"); n != 1 {
		t.Errorf("the Backup logs %d transitions", n)
	}
	if n := peer.daemon.Log.Count(0, "IPSEC"); n != 0 {
		t.Errorf("the Backup complains of %d headers", n)
	}
}

// TestAuthenticationHeadersForSeveralPeers: each of several keepalived Backups hears the subject, whose adverts have the
// same number and identification for all. (As Master, keepalived 2.2.7 signs rightly for the last peer only.)
func TestAuthenticationHeadersForSeveralPeers(t *testing.T) {
	t.Parallel()
	d := ahUnicast
	s := newSite(t, "subject", "peer", "third")
	subject := s.router(0, subjectProgram(t))
	backups := []*router{s.router(1, peers.Need(t, "keepalived")), s.router(2, peers.Need(t, "keepalived"))}
	others := func(own int) string {
		var list []string
		for i := range 3 {
			if i != own {
				list = append(list, fmt.Sprintf("10.9.0.%d", i+1))
			}
		}
		return strings.Join(list, "\n ")
	}
	subject.start(d.configuration(highPriority, "10.9.0.1", others(0)))
	subject.waitLine(0, "(VI) Entering MASTER STATE")
	for i, r := range backups {
		r.start(d.configuration(lowPriority, fmt.Sprintf("10.9.0.%d", i+2), others(i+1)))
		r.waitLine(0, "(VI) Entering BACKUP STATE (init)")
	}
	mark, last := s.sniffer.Mark(), time.Now().Add(d.masterDownInterval(lowPriority)+slack)
	subject.waitFrame(mark, "adverts for as long as a deaf Backup would wait", func(f *lab.Frame) bool { return isAdvert(f) && f.At.After(last) })
	for _, r := range backups {
		if taken := r.adverts(0); len(taken) > 0 {
			t.Errorf("%s took over", r.host.Name)
		}
		if n := r.daemon.Log.Count(0, "IPSEC"); n > 0 {
			t.Errorf("%s complains of %d headers", r.host.Name, n)
		}
	}
	type number struct {
		sequence       uint32
		identification [2]byte
	}
	seen := make(map[netip.Addr][]number)
	for _, f := range subject.adverts(0) {
		seen[f.Destination] = append(seen[f.Destination], number{f.AHSequence, [2]byte(f.Raw[18:])})
	}
	one, other := seen[netip.MustParseAddr("10.9.0.2")], seen[netip.MustParseAddr("10.9.0.3")]
	for i := range min(len(one), len(other)) {
		if one[i] != other[i] || one[i].sequence != uint32(i+1) {
			t.Fatalf("advert %d: %v to one peer, %v to the other", i+1, one[i], other[i])
		}
	}
	if len(one) < 3 || len(other) < 3 {
		t.Errorf("%d adverts to one peer, %d to the other", len(one), len(other))
	}
}
