package netns

import (
	"net/netip"
	"testing"

	"github.com/govrrpd/govrrpd/test/lab"
)

// TestTrackGroup: an instance of a track_group depends on the interfaces of the static address, route and rule
// that name the group, and all three are put back when somebody removes them.
func TestTrackGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject")
	r := s.router(0, subjectProgram(t))
	for _, link := range []string{"addr0", "route0", "rule0"} {
		check(t, lab.Cable(r.host, link, s.lan.Switch, "port-"+link))
	}
	check(t, r.host.AddAddress("route0", netip.MustParsePrefix("10.6.0.1/24")))
	static := netip.MustParsePrefix("10.5.0.1/24")
	r.start("track_group TG {\n group {\n VI\n }\n}\n" +
		"static_ipaddress {\n 10.5.0.1/24 dev addr0 track_group TG\n}\n" +
		"static_routes {\n 10.77.0.0/16 via 10.6.0.9 dev route0 track_group TG\n}\n" +
		"static_rules {\n iif rule0 to 10.8.0.0/24 table 100 priority 1234 track_group TG\n}\n" +
		quick("VI", 51, "eth0", "", "10.9.0.100/24") + quick("APART", 52, "eth0", "", "10.9.0.101/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	r.waitLine(0, "(APART) Entering MASTER STATE")

	check(t, r.host.DeleteAddress("addr0", static))
	check(t, deleteRoute(r.host, "10.77.0.0/16"))
	check(t, deleteRule(r.host, 1234))
	r.waitLine(0, "Restoring deleted static address 10.5.0.1/24 dev addr0 scope global track_group TG")
	r.waitLine(0, "Restoring deleted static route prepend 10.77.0.0/16 via inet 10.6.0.9 dev route0 proto 18 track_group TG")
	r.waitLine(0, "Restoring deleted static rule from all to 10.8.0.0/24 priority 1234 tos 0x0 iif rule0 protocol 18 lookup 100 track_group TG")
	r.waitAddress(static, true)
	waitUntil(t, func() bool { return hasRoute(t, r.host, "10.77.0.0/16") && hasRule(t, r.host, 1234) },
		func() string { return "the static route or rule is missing" })

	for _, link := range []string{"addr0", "route0", "rule0"} {
		line := r.daemon.Log.Mark()
		check(t, r.host.SetLink(link, false))
		r.waitLine(line, "(VI) Entering FAULT STATE")
		check(t, r.host.SetLink(link, true))
		r.waitLine(line, "(VI) Entering MASTER STATE")
	}
	if n := r.daemon.Log.Count(0, "(APART) Entering"); n != 2 {
		t.Errorf("an instance that is not in the group changed its state %d times, want 2", n)
	}
	r.stop()
}
