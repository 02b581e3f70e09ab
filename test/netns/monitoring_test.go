package netns

import (
	"net/netip"
	"testing"
)

// TestAddressMonitoring: -a tells of the addresses that are there, and of each that comes and goes.
func TestAddressMonitoring(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start(quick("VI", 51, "eth0", "", "10.9.0.100/24"), "-a")
	r.waitLine(0, "Netlink reflector reports IP 10.9.0.1 added to eth0")
	r.waitLine(0, "Netlink reflector reports IP fd09::1 added to eth0")
	r.waitLine(0, "(VI) Entering MASTER STATE")
	other := netip.MustParsePrefix("10.9.0.7/24")
	check(t, r.host.AddAddress("eth0", other))
	r.waitLine(0, "Netlink reflector reports IP 10.9.0.7 added to eth0")
	check(t, r.host.DeleteAddress("eth0", other))
	r.waitLine(0, "Netlink reflector reports IP 10.9.0.7 removed from eth0")
	if n := r.daemon.Log.Count(0, "10.9.0.100 added"); n != 0 {
		t.Error("it tells of its own address")
	}
}
