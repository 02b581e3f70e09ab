package netns

import (
	"net/netip"
	"testing"
)

// TestUnicastNeedsItsSourceToBegin: without its address an instance is in FAULT, but it does not mind that the
// address goes away later, also over a reload, unless it tracks it.
func TestUnicastNeedsItsSourceToBegin(t *testing.T) {
	t.Parallel()
	source := netip.MustParsePrefix("10.9.0.77/24")
	unicast := "unicast_src_ip 10.9.0.77\n unicast_peer {\n 10.9.0.2\n }"
	configuration := quick("VI", 51, "eth0", unicast, "10.9.0.100/24") + quick("TRACKS", 52, "eth0", unicast+"\n track_src_ip", "10.9.0.101/24")
	r := newTwoLinks(t)
	r.start(configuration)
	r.waitLine(0, "(VI) entering FAULT state (src address not configured)")
	r.waitLine(0, "(TRACKS) entering FAULT state (src address not configured)")
	check(t, r.host.AddAddress("eth0", source))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	r.waitLine(0, "(TRACKS) Entering MASTER STATE")

	line := r.daemon.Log.Mark()
	check(t, r.host.DeleteAddress("eth0", source))
	r.waitLine(line, "(TRACKS) Entering FAULT STATE")
	check(t, r.daemon.Reload(configuration+"# again\n"))
	r.waitLine(line, "Reload complete")
	check(t, r.host.AddAddress("eth0", source))
	r.waitLine(line, "(TRACKS) Entering MASTER STATE")
	if n := r.daemon.Log.Count(line, "(VI) Entering"); n != 0 {
		t.Errorf("%d transitions of the instance that does not track its source:\n%s", n, r.daemon.Log)
	}
	r.stop()
}
