package netns

import (
	"fmt"
	"testing"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// startBFDD runs FRR's bfdd on the site's second host.
func (s *site) startBFDD(configuration string) *lab.Daemon {
	s.t.Helper()
	daemon, err := s.lan.Hosts[1].StartBFDD(peers.Need(s.t, "bfdd"), s.t.TempDir(), configuration)
	check(s.t, err)
	s.t.Cleanup(func() {
		daemon.Close()
		if s.t.Failed() {
			s.t.Logf("log of bfdd:\n%s", daemon.Log)
		}
	})
	return daemon
}

// frrPeer is the other end of a session as FRR names it.
func frrPeer(end bfdEnd, multihop bool) string {
	kind := ""
	if multihop {
		kind = " multihop"
	}
	return fmt.Sprintf("peer %s%s local-address %s", end.peer, kind, end.own)
}

func frrConfiguration(end bfdEnd, multihop bool) string {
	return fmt.Sprintf("bfd\n %s\n  receive-interval %d\n  transmit-interval %d\n  detect-multiplier 3\n  no shutdown\n !\n!\n",
		frrPeer(end, multihop), end.millis, end.millis)
}

// TestBFDSessionWithFRR: it comes up, goes down when the neighbour is cut off, shut down, ended or killed, and comes
// up again each time; and the neighbour is told when we end.
func TestBFDSessionWithFRR(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ends     [2]bfdEnd
		multihop bool
	}{
		"IPv4":          {bfdEnds(false, calm, ""), false},
		"IPv6":          {bfdEnds(true, calm, ""), false},
		"multihop":      {bfdEnds(false, calm, " multihop\n"), true},
		"IPv6 multihop": {bfdEnds(true, calm, " multihop\n max_hops 3\n"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "one", "two")
			one := s.router(0, subjectProgram(t))
			one.start(bfdConfiguration(0, test.ends[0], ""))
			one.waitLine(0, "(VI) entering FAULT state")
			configuration := frrConfiguration(test.ends[1], test.multihop)
			two := s.startBFDD(configuration)
			one.waitBFD(0, true)
			one.expectFlaps(2)

			line := one.daemon.Log.Mark()
			check(t, two.Configure("bfd", frrPeer(test.ends[1], test.multihop), "shutdown"))
			one.waitLine(line, bfdTold)
			one.waitBFD(line, false)
			line = one.daemon.Log.Mark()
			check(t, two.Configure("bfd", frrPeer(test.ends[1], test.multihop), "no shutdown"))
			one.waitBFD(line, true)

			line = one.daemon.Log.Mark()
			ctx, cancel := deadline(t)
			defer cancel()
			check(t, two.Stop(ctx))
			one.waitBFD(line, false)
			line = one.daemon.Log.Mark()
			two = s.startBFDD(configuration)
			one.waitBFD(line, true)

			line = one.daemon.Log.Mark()
			check(t, two.Crash())
			one.waitLine(line, bfdSilence)
			one.waitBFD(line, false)
			line = one.daemon.Log.Mark()
			two = s.startBFDD(configuration)
			one.waitBFD(line, true)

			mark := two.Log.Mark()
			one.stop()
			if _, err := two.Log.Wait(ctx, mark, "up -> down"); err != nil {
				t.Error(err)
			}
		})
	}
}
