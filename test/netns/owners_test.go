package netns

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

const ownerPriority = 255

// TestTwoOwnersSettle: two routers that both claim to own the addresses come to be Masters apart from each other. When
// they meet, one steps back and the other stays, whoever hears the other first. keepalived 2.2.7 yields to any owner,
// also as the one of the greater address.
func TestTwoOwnersSettle(t *testing.T) {
	for _, other := range []string{"govrrpd", "keepalived"} {
		for _, subjectFirst := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/subject-has-lower-address-%v", other, subjectFirst), func(t *testing.T) {
				t.Parallel()
				programs := []peers.Program{subjectProgram(t), subjectProgram(t)}
				if at := 1; other == "keepalived" {
					if !subjectFirst {
						at = 0
					}
					programs[at] = peers.Need(t, "keepalived")
				}
				d := dialects[2]
				s := newSite(t, "first", "second")
				routers := []*router{s.router(0, programs[0]), s.router(1, programs[1])}
				check(t, s.lan.Unplug(routers[1].host))
				for _, r := range routers {
					r.start(d.configuration(ownerPriority, "", ""))
				}
				for _, r := range routers {
					r.waitAddress(d.vip(), true)
				}
				check(t, s.lan.Plug(routers[1].host))
				mark := s.sniffer.Mark()
				expectOneMaster(t, s, mark)
			})
		}
	}
}

// expectOneMaster waits until one router alone advertises, for long enough that a Backup would have taken over.
func expectOneMaster(t *testing.T, s *site, mark int) {
	t.Helper()
	const alone = 10 // adverts; a Backup waits for three
	ctx, cancel := deadline(t)
	defer cancel()
	who, count := "", 0
	_, err := s.sniffer.Wait(ctx, mark, func(f *lab.Frame) bool {
		if !isMasterAdvert(f) {
			return false
		}
		if f.Port != who {
			who, count = f.Port, 0
		}
		count++
		return count == alone
	})
	if err != nil {
		t.Errorf("no router is Master alone: %v", err)
	}
}

// TestOwnerWithAStubbornRival: a rival with a lower address that does not step back. The subject insists with two more
// adverts, listens, and then takes its own priority back by one. When the rival is gone it is the owner again.
func TestOwnerWithAStubbornRival(t *testing.T) {
	t.Parallel()
	d := dialects[2]
	s := newSite(t, "rival", "subject", "third")
	subject := s.router(1, subjectProgram(t))
	injector, err := s.lan.Hosts[0].NewInjector("eth0")
	check(t, err)
	defer injector.Close()
	subject.start(d.configuration(ownerPriority, "", ""))
	subject.waitLine(0, "(VI) Entering MASTER STATE")

	var rival sync.WaitGroup
	defer rival.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := forgedFor(d, hmacKey1)
	f.Key, f.Priority, f.Source = nil, ownerPriority, netip.MustParseAddr("10.9.0.1")
	rival.Go(func() { _, _ = injector.Flood(ctx, 10, f.Frame()) })

	line := 0
	for _, says := range []string{
		"(VI) CONFIGURATION ERROR: local instance and 10.9.0.1 are both configured as address owner, please resolve",
		"(VI) 10.9.0.1 is still advertising as address owner, please resolve - reducing our priority",
		"(VI) Master received advert from 10.9.0.1 with higher priority 255, ours 254",
		"(VI) Entering BACKUP STATE",
	} {
		subject.waitLine(line, says)
	}
	subject.waitAddress(d.vip(), false)
	line = subject.daemon.Log.Mark()
	cancel()
	rival.Wait()
	subject.waitLine(line, "(VI) Restoring our priority to 255 since other address owner has disappeared")
	subject.waitLine(line, "(VI) Entering MASTER STATE")
	mark := s.sniffer.Mark()
	if f := subject.waitFrame(mark, "advert of the owner", isMasterAdvert); f.Priority != ownerPriority {
		t.Errorf("the owner's priority is %d again, want 255", f.Priority)
	}
}
