package netns

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
)

// announcements waits for so many announcements of a kind from the host and returns them.
func (r *router) announcements(kind lab.Kind, count int) []lab.Frame {
	r.t.Helper()
	match := r.sent(func(f *lab.Frame) bool { return f.Kind == kind })
	ctx, cancel := context.WithTimeout(r.t.Context(), eventTimeout)
	defer cancel()
	seen := 0
	if _, err := r.sniffer.Wait(ctx, 0, func(f *lab.Frame) bool {
		if match(f) {
			seen++
		}
		return seen == count
	}); err != nil {
		r.t.Fatalf("%d announcements, want %d: %v", seen, count, err)
	}
	return r.sniffer.Frames(0, match)[:count]
}

// TestAnnouncementsKeepTheirPace: all instances of a link wait for each other, other links and the
// adverts for nobody.
func TestAnnouncementsKeepTheirPace(t *testing.T) {
	t.Parallel()
	const pace = 50 * time.Millisecond
	r := startMaster(t, "global_defs {\n vrrp_garp_interval 0.05\n}\n"+
		quick("ONE", 51, "eth0", "", "10.9.0.100/24", "10.9.0.101/24")+
		quick("TWO", 52, "eth0", "", "10.9.0.110/24"), "ONE", "TWO")
	const rounds = 5
	frames := r.announcements(lab.GratuitousARP, 3*rounds)
	for i := 1; i < len(frames); i++ {
		// The sender's timers are exact to a millisecond, the observer's clock is the kernel's.
		if gap := frames[i].At.Sub(frames[i-1].At); gap < pace-5*time.Millisecond {
			t.Errorf("announcement %d came %v after the one before, want %v", i, gap, pace)
		}
	}
	if gap := longestGap(r.sniffer.Frames(0, r.sent(func(f *lab.Frame) bool { return isMasterAdvert(f) && f.VRID == 51 }))); gap > reloadDialect.interval+slack {
		t.Errorf("adverts waited for announcements: longest gap %v", gap)
	}
}

// TestDeadLinkSilencesNoOther: where one of an instance's addresses cannot be announced the others are.
func TestDeadLinkSilencesNoOther(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	check(t, r.host.SetLink("eth1", false))
	r.start(quick("VI", 51, "eth0", "", "10.9.1.100/24 dev eth1 no_track", "10.9.0.100/24"))
	r.waitFrame(0, "announcement of the address on the other link", isAnnouncement(netip.MustParseAddr("10.9.0.100")))
}

// TestReloadedAddressIsAnnouncedTwice: one that a reload brings gets the second burst that a new Master's
// addresses get.
func TestReloadedAddressIsAnnouncedTwice(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("VI", 51, "eth0", "", "10.9.0.100/24"), "VI")
	const grown = "garp_master_delay 1\n garp_master_repeat 2"
	check(t, r.daemon.Reload(quick("VI", 51, "eth0", grown, "10.9.0.100/24", "10.9.0.101/24")))
	added := isAnnouncement(netip.MustParseAddr("10.9.0.101"))
	seen := 0
	r.waitFrame(0, "fourth announcement", func(f *lab.Frame) bool {
		if added(f) {
			seen++
		}
		return seen == 4
	})
	frames := r.sniffer.Frames(0, r.sent(added))
	if gap := frames[2].At.Sub(frames[1].At); gap < 900*time.Millisecond {
		t.Errorf("the second burst came after %v, want 1s", gap)
	}
	if n := r.daemon.Log.Count(0, "(VI) Entering MASTER STATE"); n != 1 {
		t.Errorf("VI became Master %d times", n)
	}
}
