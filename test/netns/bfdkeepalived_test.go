package netns

import (
	"testing"

	"github.com/govrrpd/govrrpd/test/peers"
)

// TestBFDSessionWithKeepalived: the session comes up whoever is there first, goes down when the other is cut off or
// ends, and each side's instance follows.
func TestBFDSessionWithKeepalived(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ends  [2]bfdEnd
		first int // who is started first
	}{
		"IPv4":             {bfdEnds(false, calm, ""), 0},
		"IPv4, they first": {bfdEnds(false, calm, ""), 1},
		"IPv6":             {bfdEnds(true, calm, ""), 0},
		"some hops":        {bfdEnds(false, calm, " ttl 64\n max_hops 5\n"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "one", "two")
			pair := [2]*router{s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))}
			start := func(i int) {
				t.Helper()
				pair[i].start(bfdConfiguration(i, test.ends[i], ""))
				pair[i].waitLine(0, "(VI) entering FAULT state")
			}
			start(test.first)
			start(1 - test.first)
			one, two := pair[0], pair[1]
			one.waitBFD(0, true)
			two.waitBFD(0, true)

			theirs := two.daemon.Log.Mark()
			one.expectFlaps(2)
			two.waitBFD(theirs, false)

			line := one.daemon.Log.Mark()
			two.stop()
			one.waitLine(line, bfdSilence) // it says nothing
			one.waitBFD(line, false)

			line = one.daemon.Log.Mark()
			start(1)
			one.waitBFD(line, true)
			two.waitBFD(0, true)
			one.stop()
			two.waitLine(0, bfdAdminDown)
		})
	}
}
