package daemon

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/claims"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

func TestSplitBrainIsToldWithAllThatIsKnown(t *testing.T) {
	multicast := &config.Instance{Name: "V", VRID: 51, MulticastGroup: netip.MustParseAddr("224.0.0.18")}
	unicast := &config.Instance{Name: "V", VRID: 51, Unicast: true}
	base := duel{
		vi: multicast, iface: "eth0", source: netip.MustParseAddr("10.9.0.1"), mac: net.HardwareAddr{2, 0, 0, 0, 0, 1}, own: 150,
		other: netip.MustParseAddr("10.9.0.2"), otherMAC: router.MAC{2, 0, 0, 0, 0, 2}, priority: 100,
	}
	const both = "(V) SPLIT BRAIN: 10.9.0.2 (02:00:00:00:00:02) is Master of VRID 51 on eth0 too, priority 100; we are 10.9.0.1 (02:00:00:00:00:01), priority 150. "
	for _, c := range []struct {
		change func(*duel)
		want   string
	}{
		{func(*duel) {}, both + "It does not hear us: check firewalls (IP protocol 112 to 224.0.0.18), multicast snooping of switches, and links that work in one direction"},
		{func(d *duel) {
			d.vi = &config.Instance{Name: "V", VRID: 51, MulticastGroup: multicast.MulticastGroup, AuthType: vrrp.AuthAH}
		}, both + "It does not hear us: check firewalls (IP protocol 51 to 224.0.0.18), multicast snooping of switches, and links that work in one direction"},
		{func(d *duel) { d.reason = router.LogAuthFailure }, both + "Its adverts are refused: check authentication on both, type and password, or whether other routers use this VRID"},
		{func(d *duel) { d.reason = router.LogVersion }, both + "Its adverts are refused: check the VRRP version on both, or whether other routers use this VRID"},
		{func(d *duel) { d.reason = router.LogIntervalV2 }, both + "Its adverts are refused: check advert_int on both, or whether other routers use this VRID"},
		{func(d *duel) { d.reason = router.LogExtStale }, both + "Its adverts are refused: check the clocks of both"},
		{func(d *duel) { d.reason = router.LogOwnerIgnores }, both + "Owners of the addresses ignore adverts: check whether both have priority 255"},
		{func(d *duel) { d.other, d.otherMAC = d.source, router.MAC{} },
			"(V) SPLIT BRAIN: 10.9.0.1 is Master of VRID 51 on eth0 too, priority 100; we are 10.9.0.1 (02:00:00:00:00:01), priority 150. It has our own address: check whether a machine was cloned, or an address given twice"},
		{func(d *duel) {
			d.vi, d.other, d.claimed = unicast, netip.Addr{}, netip.MustParseAddr("10.9.0.100")
		}, "(V) SPLIT BRAIN: 02:00:00:00:00:02 on eth0 claims 10.9.0.100, an address of VRID 51, and sends no adverts that we hear; we are 10.9.0.1 (02:00:00:00:00:01), priority 150. " +
			"Check that adverts (IP protocol 112 between the peers) pass in both directions, and that no other machine has the address"},
		{func(d *duel) {
			d.other, d.claimed, d.neighbour = netip.Addr{}, netip.MustParseAddr("10.9.0.100"), netip.MustParseAddr("10.9.0.7")
		}, "(V) SPLIT BRAIN: 10.9.0.7 (02:00:00:00:00:02) on eth0 claims 10.9.0.100, an address of VRID 51, and sends no adverts that we hear; we are 10.9.0.1 (02:00:00:00:00:01), priority 150. " +
			"Check that adverts (IP protocol 112 to 224.0.0.18) pass in both directions, and that no other machine has the address"},
	} {
		d := base
		c.change(&d)
		if got := d.line(); got != c.want {
			t.Errorf("said\n%q, want\n%q", got, c.want)
		}
	}
	over := &router.Effect{State: router.Master, Value: int64(4 * time.Second), Want: int64(37 * time.Second)}
	if got, want := base.end(over), "(V) split brain of VRID 51 on eth0 is over after 37s: nothing was heard of 10.9.0.2 (02:00:00:00:00:02) for 4s"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	over.State = router.Backup
	if got, want := base.end(over), "(V) split brain of VRID 51 on eth0 is over after 37s: we are BACKUP"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
}

func TestClaimsAreHeardOnceUntilTheLoopLooks(t *testing.T) {
	var h heard
	c := claims.Claim{Index: 2, Addr: netip.MustParseAddr("10.9.0.100"), MAC: [6]byte{2}}
	if !h.add(c) || h.add(c) {
		t.Error("the first claim is not the one that has the loop look, or the second is")
	}
	for i := range 2 * mostHeard {
		h.add(claims.Claim{Index: i})
	}
	if n := len(h.take()); n != mostHeard {
		t.Errorf("%d claims wait, want %d", n, mostHeard)
	}
	if !h.add(c) {
		t.Error("a claim after the loop has looked does not have it look again")
	}
}

// A frame of our own may come back by another interface.
func TestOwnMACsAreNoIntruders(t *testing.T) {
	n := newNetwork([]netmon.Link{{Index: 1, Name: "lo"}, {Index: 2, Name: "eth1", MAC: net.HardwareAddr{2, 0, 0, 0, 0, 9}}}, nil)
	if !n.own([6]byte{2, 0, 0, 0, 0, 9}) || n.own([6]byte{2, 0, 0, 0, 0, 8}) || n.own([6]byte{}) {
		t.Error("own MAC addresses are not told from others")
	}
}
