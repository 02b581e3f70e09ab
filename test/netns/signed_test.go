package netns

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// Debian's keepalived does not know auth_hmac: govrrpd stands on both sides here, and the test itself judges what is
// on the wire.

const (
	hmacKey1 = "Aish9aeb0quohp8aePh7ahngoo4Eep3x"
	hmacKey2 = "Uo7ahs3OopheijahZai4eequiePei9ko"
)

// hmacBlock is an auth_hmac whose keys are those lines, with one that signs.
func hmacBlock(active int, lines ...string) string {
	return fmt.Sprintf("auth_hmac {\n %s\n active_key %d\n }\n", strings.Join(lines, "\n "), active)
}

// bothKeys signs with key 1.
var bothKeys = hmacBlock(1, "key 1 "+hmacKey1, "key 7 "+hmacKey2)

var signedDialects = []dialect{
	{name: "v2", version: 2, lines: bothKeys, interval: time.Second, vips: prefixes("10.9.0.100/24")},
	{name: "v3-ipv4", version: 3, lines: bothKeys, interval: 100 * time.Millisecond, vips: prefixes("10.9.0.100/24", "10.9.0.101/32")},
	{name: "v3-ipv6", version: 3, lines: bothKeys, interval: 100 * time.Millisecond, vips: prefixes("fe80::5:51/64", "fd09::100/64")},
	{name: "unicast", version: 3, lines: bothKeys, unicast: true, interval: 100 * time.Millisecond, vips: prefixes("10.9.0.100/24")},
	{name: "v2-unicast", version: 2, lines: bothKeys, unicast: true, interval: time.Second, vips: prefixes("10.9.0.100/24")},
}

// signedIPv4 is the dialect of the tests that need only one.
var signedIPv4 = signedDialects[1]

// TestTakeoverSigned is the matrix of TestTakeover with signed adverts.
func TestTakeoverSigned(t *testing.T) {
	for _, d := range signedDialects {
		for _, crash := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/crash-%v", d.name, crash), func(t *testing.T) {
				t.Parallel()
				c := newTakeover(t, d, subjectProgram(t), subjectProgram(t))
				c.elect(crash)
				if d.name == "v3-ipv6" { // tcpdump takes the trailer for part of the message, as the kernel does over IPv6 only
					expectNoBadChecksum(t, c.sniffer)
				}
				c.expectSigned(c.first)
				c.expectSigned(c.second)
			})
		}
	}
}

// expectSigned checks the signature of every advert that a router has sent, and that each is newer than the one before.
func (c *takeover) expectSigned(r *router) {
	c.t.Helper()
	key := vrrp.NewHMACKey(1, []byte(hmacKey1))
	last := vrrp.Sequence(0)
	for _, f := range r.adverts(0) {
		trailer, ok := vrrp.TrailerOf(f.Message())
		if f.Trailer == nil || !ok || trailer.KeyID != 1 || !key.Valid(f.Message(), f.Source) {
			c.t.Fatalf("%s: signature %x of %x: %+v", r.host.Name, f.Trailer, f.Message(), trailer)
		}
		if !trailer.Sequence.After(last) {
			c.t.Errorf("%s: number %x after %x", r.host.Name, uint64(trailer.Sequence), uint64(last))
		}
		if skew := trailer.Sequence.AheadOf(f.At); skew < -1 || skew > 1 {
			c.t.Errorf("%s: signed %d s from when it was sent", r.host.Name, skew)
		}
		last = trailer.Sequence
	}
}

// forgedFor is a forgery for the instance of a dialect, of a priority that ends any Master.
func forgedFor(d dialect, secret string) lab.Forgery {
	f := lab.Forgery{
		Source: netip.MustParseAddr("10.9.0.3"), Version: d.version, VRID: 51, Priority: 254, Interval: d.interval, TTL: 255,
		Key: vrrp.NewHMACKey(1, []byte(secret)), Sequence: vrrp.SequenceAt(time.Now()),
	}
	for _, vip := range d.vips {
		f.Addresses = append(f.Addresses, vip.Addr())
	}
	return f
}

// TestSignaturesAreJudged lets a Master hear forgeries of every kind, each of a priority that would end it, and then
// the one advert that is right. What was right once is not right again.
func TestSignaturesAreJudged(t *testing.T) {
	t.Parallel()
	d := signedIPv4
	s := newSite(t, "subject", "forger", "third")
	subject := s.router(0, subjectProgram(t))
	injector, err := s.lan.Hosts[1].NewInjector("eth0")
	check(t, err)
	defer injector.Close()
	subject.start(d.configuration(highPriority, "10.9.0.1", "10.9.0.2"))
	subject.waitLine(0, "(VI) Entering MASTER STATE")

	line := subject.daemon.Log.Mark()
	for _, test := range []struct {
		says   string
		change func(*lab.Forgery) // of what is forged
		damage func([]byte)       // of the frame
	}{
		{"(VI) authentication extension missing in advert from 10.9.0.3", func(f *lab.Forgery) { f.Key = nil }, nil},
		{"(VI) malformed authentication extension in advert from 10.9.0.3", nil, func(frame []byte) { frame[len(frame)-28]++ }},
		{"(VI) stale authenticated advert from 10.9.0.3", func(f *lab.Forgery) { f.Sequence -= 10 << 32 }, nil},
		{"(VI) unknown authentication key id 3 in advert from 10.9.0.3", func(f *lab.Forgery) { f.Key = vrrp.NewHMACKey(3, []byte(hmacKey1)) }, nil},
		{"(VI) invalid HMAC (key id 1) in advert from 10.9.0.3", func(f *lab.Forgery) { f.Key = vrrp.NewHMACKey(1, []byte(hmacKey2)) }, nil},
	} {
		f := forgedFor(d, hmacKey1)
		if test.change != nil {
			test.change(&f)
		}
		frame := f.Frame()
		if test.damage != nil {
			test.damage(frame)
		}
		check(t, injector.Send(frame))
		subject.waitLine(line, test.says)
	}
	if n := subject.daemon.Log.Count(line, "Entering"); n != 0 {
		t.Fatalf("%d transitions were logged", n)
	}

	good := forgedFor(d, hmacKey1)
	check(t, injector.Send(good.Frame()))
	subject.waitLine(line, "(VI) Entering BACKUP STATE")
	// If it were heard again, the Master would never be back.
	line = subject.daemon.Log.Mark()
	var flood sync.WaitGroup
	defer flood.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	flood.Go(func() { _, _ = injector.Flood(ctx, 10, good.Frame()) })
	subject.waitLine(line, "(VI) replayed authenticated advert from 10.9.0.3")
	subject.waitLine(line, "(VI) Entering MASTER STATE")
	expectInOrder(t, subject.dump(syscall.SIGUSR1, "keepalived.data"), "   VRRP Version = 3",
		"   Authentication extension = HMAC-SHA256-128", "     Keys = 2, active key id = 1", "     Mode = enforce",
		"     Anti replay = time", "   VRRPv3 uses VRRPv2 checksum = disabled")
	expectInOrder(t, subject.dump(syscall.SIGUSR2, "keepalived.stats"), "    Received: 1", "  Authentication Errors:",
		"    Failure: 0", "  Authentication Extension Errors:", "    Missing: 1", "    Malformed: 1", "    Unknown Key: 1", "    Invalid HMAC: 1", "    Stale: 1")
}

// TestSigningIsIntroducedWithoutElection goes the way from no signature to signatures that must be there, and from one
// key to another, router by router: nobody changes its state.
func TestSigningIsIntroducedWithoutElection(t *testing.T) {
	t.Parallel()
	d := signedIPv4
	d.lines = ""
	s := newSite(t, "master", "backup")
	routers := []*router{s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))}
	configuration := func(i int, lines string) string {
		d := d
		d.lines = lines
		return d.configuration([]int{highPriority, lowPriority}[i], "", "")
	}
	for i, r := range routers {
		r.start(configuration(i, ""))
	}
	routers[0].waitLine(0, "(VI) Entering MASTER STATE")
	routers[1].waitLine(0, "(VI) Entering BACKUP STATE")
	for i := range routers {
		routers[i].waitAddress(d.vip(), i == 0)
	}
	first, second := "key 1 "+hmacKey1, "key 7 "+hmacKey2
	marks := []int{routers[0].daemon.Log.Mark(), routers[1].daemon.Log.Mark()}
	for _, lines := range []string{
		hmacBlock(1, first, "mode receive-only"),
		hmacBlock(1, first, "mode permissive"),
		hmacBlock(1, first),
		hmacBlock(1, first, second),
		hmacBlock(7, first, second),
		hmacBlock(7, second),
	} {
		for i, r := range routers {
			line := r.daemon.Log.Mark()
			check(t, r.daemon.Reload(configuration(i, lines)))
			r.waitLine(line, "Reload complete")
			expectHeard(routers[0], d)
		}
	}
	for i, r := range routers {
		if n := r.daemon.Log.Count(marks[i], "Entering"); n != 0 {
			t.Errorf("%s: %d transitions were logged", r.host.Name, n)
		}
	}
	last := s.sniffer.Frames(0, routers[0].sent(isAdvert))
	message := last[len(last)-1].Message()
	if !vrrp.NewHMACKey(7, []byte(hmacKey2)).Valid(message, netip.MustParseAddr("10.9.0.1")) {
		t.Errorf("the last advert %x is not signed with the last key", message)
	}
	// The Backup still hears the Master, rather than having gone deaf and not noticed yet.
	check(t, routers[0].daemon.Crash())
	routers[1].waitLine(marks[1], "(VI) Entering MASTER STATE")
}

// expectHeard waits for so many adverts that a deaf Backup would have taken over.
func expectHeard(master *router, d dialect) {
	master.t.Helper()
	seen := 0
	master.waitFrame(master.sniffer.Mark(), "adverts after the reload", func(f *lab.Frame) bool {
		if isMasterAdvert(f) {
			seen++
		}
		return seen > int(d.masterDownInterval(lowPriority)/d.interval)+1
	})
}

// TestSignersWhoDoNotAgree: each hears nothing of the other that it could believe, so both are Master, and both say why.
func TestSignersWhoDoNotAgree(t *testing.T) {
	plain := signedIPv4
	plain.lines = ""
	for _, test := range []struct {
		name           string
		program        string // of the second router
		first, second  string // their lines
		firstSays      string
		secondSays     string
		firstCounters  []string
		secondCounters []string
	}{
		{"keys", "govrrpd", hmacBlock(1, "key 1 "+hmacKey1), hmacBlock(1, "key 1 "+hmacKey2),
			"(VI) invalid HMAC (key id 1) in advert from 10.9.0.2", "(VI) invalid HMAC (key id 1) in advert from 10.9.0.1",
			[]string{"    Missing: 0", "    Unknown Key: 0"}, []string{"    Missing: 0", "    Unknown Key: 0"}},
		{"key-numbers", "govrrpd", hmacBlock(1, "key 1 "+hmacKey1), hmacBlock(2, "key 2 "+hmacKey1),
			"(VI) unknown authentication key id 2 in advert from 10.9.0.2", "(VI) unknown authentication key id 1 in advert from 10.9.0.1",
			[]string{"    Invalid HMAC: 0"}, []string{"    Invalid HMAC: 0"}},
		{"enforce-and-none", "govrrpd", bothKeys, "",
			"(VI) authentication extension missing in advert from 10.9.0.2", "(VI) vrrp packet from 10.9.0.1 too long",
			[]string{"    Length: 0", "    Malformed: 0"}, []string{"    Missing: 0"}},
		{"keepalived", "keepalived", bothKeys, "",
			"(VI) authentication extension missing in advert from 10.9.0.2", "too long",
			[]string{"    Length: 0", "    Malformed: 0"}, []string{"    Failure: 0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			second := subjectProgram(t)
			if test.program == "keepalived" {
				second = peers.Need(t, "keepalived")
			}
			s := newSite(t, "first", "second")
			a, b := s.router(0, subjectProgram(t)), s.router(1, second)
			d := plain
			d.lines = test.first
			a.start(d.configuration(highPriority, "", ""))
			d.lines = test.second
			b.start(d.configuration(lowPriority, "", ""))
			for _, r := range []*router{a, b} {
				r.waitAddress(d.vip(), true)
			}
			a.waitLine(0, test.firstSays)
			b.waitLine(0, test.secondSays)
			expectInOrder(t, a.dump(syscall.SIGUSR2, "keepalived.stats"), append([]string{"    Received: 0"}, test.firstCounters...)...)
			expectInOrder(t, b.dump(syscall.SIGUSR2, "keepalived.stats"), append([]string{"    Received: 0"}, test.secondCounters...)...)
			for _, r := range []*router{a, b} {
				if n := r.daemon.Log.Count(0, "Entering BACKUP STATE"); n > 1 {
					t.Errorf("%s stepped back", r.host.Name)
				}
			}
		})
	}
}

// TestOnlySignaturesMayBeMissing: a router that tolerates unsigned adverts is a Backup of one that does not sign.
func TestOnlySignaturesMayBeMissing(t *testing.T) {
	for _, mode := range []string{"permissive", "receive-only"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			d := signedIPv4
			s := newSite(t, "master", "backup")
			a, b := s.router(0, peers.Need(t, "keepalived")), s.router(1, subjectProgram(t))
			d.lines = hmacBlock(1, "key 1 "+hmacKey1, "mode "+mode)
			b.start(d.configuration(lowPriority, "", ""))
			b.waitLine(0, "(VI) Entering BACKUP STATE")
			d.lines = ""
			a.start(d.configuration(highPriority, "", ""))
			a.waitAddress(d.vip(), true)
			b.waitAddress(d.vip(), false)
			expectHeard(a, d)
			line := b.daemon.Log.Mark()
			check(t, a.daemon.Crash())
			b.waitLine(line, "(VI) Entering MASTER STATE")
			advert := b.waitFrame(0, "advert", isMasterAdvert)
			if signs := mode == "permissive"; (advert.Trailer != nil) != signs {
				t.Errorf("trailer %x", advert.Trailer)
			}
		})
	}
}
