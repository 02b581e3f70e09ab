package netns

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// quick is an instance that is Master after 350 ms: its name, VRID, interface, further lines, addresses.
func quick(name string, vrid int, iface, lines string, vips ...string) string {
	return fmt.Sprintf("vrrp_instance %s {\n state BACKUP\n interface %s\n virtual_router_id %d\n priority 150\n"+
		" advert_int 0.1\n version 3\n garp_master_delay 0\n %s\n virtual_ipaddress {\n  %s\n }\n}\n",
		name, iface, vrid, lines, strings.Join(vips, "\n  "))
}

// startMaster runs the subject on a host with two links and waits until the instances are Master.
func startMaster(t *testing.T, configuration string, instances ...string) *router {
	t.Helper()
	r := newTwoLinks(t)
	r.start(configuration)
	for _, name := range instances {
		r.waitLine(0, "("+name+") Entering MASTER STATE")
	}
	return r
}

// guardianOff has what is removed missed as keepalived does.
const guardianOff = "global_defs {\n vip_guardian off\n}\n"

// TestWhatSomebodyRemovesIsMissed: without the guardian, the Master steps back for a moment and sets everything again,
// whatever it was and wherever.
func TestWhatSomebodyRemovesIsMissed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, lines string
		vips        []string
		remove      func(*lab.Host) error
		present     func(*testing.T, *lab.Host) bool
	}{
		{"IPv6 address", "", []string{"fe80::51", "fd09::100/64"},
			func(h *lab.Host) error { return h.DeleteAddress("eth0", netip.MustParsePrefix("fd09::100/64")) },
			hasAddress("eth0", "fd09::100/64")},
		{"address on another link", "", []string{"10.9.1.100/24 dev eth1"},
			func(h *lab.Host) error { return h.DeleteAddress("eth1", netip.MustParsePrefix("10.9.1.100/24")) },
			hasAddress("eth1", "10.9.1.100/24")},
		{"address of a VMAC", "use_vmac", []string{"10.9.0.100/24"},
			func(h *lab.Host) error { return h.DeleteAddress("vrrp.51", netip.MustParsePrefix("10.9.0.100/24")) },
			hasAddress("vrrp.51", "10.9.0.100/24")},
		{"route", "virtual_routes {\n  10.77.0.0/24 via 10.9.0.254 dev eth0\n }", []string{"10.9.0.100/24"},
			func(h *lab.Host) error { return deleteRoute(h, "10.77.0.0/24") },
			func(t *testing.T, h *lab.Host) bool { return hasRoute(t, h, "10.77.0.0/24") }},
		{"rule", "virtual_rules {\n  from 10.9.0.100 table 100 priority 1234\n }", []string{"10.9.0.100/24"},
			func(h *lab.Host) error { return deleteRule(h, 1234) },
			func(t *testing.T, h *lab.Host) bool { return hasRule(t, h, 1234) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := startMaster(t, guardianOff+quick("VI", 51, "eth0", test.lines, test.vips...), "VI")
			waitUntil(t, func() bool { return test.present(t, r.host) }, func() string { return "it was never set" })
			line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
			check(t, test.remove(r.host))
			r.waitLine(line, "(VI) Entering BACKUP STATE")
			r.waitLine(line, "(VI) sent 0 priority")
			r.waitLine(line, "(VI) Entering MASTER STATE")
			waitUntil(t, func() bool { return test.present(t, r.host) }, func() string { return "it was not set again" })
			r.waitFrame(mark, "release", func(f *lab.Frame) bool { return isAdvert(f) && f.Priority == 0 })
		})
	}
}

// TestSharedRouteIsMissed: by the Master that has set it, though it is in the configuration of a FAULT one too.
func TestSharedRouteIsMissed(t *testing.T) {
	t.Parallel()
	const route = "virtual_routes {\n  10.77.0.0/24 via 10.9.0.254 dev eth0\n }"
	r := startMaster(t, guardianOff+quick("IDLE", 51, "eth0", "mcast_src_ip 10.9.0.99\n track_src_ip\n "+route, "10.9.0.101/24")+
		quick("VI", 52, "eth0", route, "10.9.0.100/24"), "VI")
	present := func() bool { return hasRoute(t, r.host, "10.77.0.0/24") }
	missing := func() string { return "the route is missing:\n" + r.daemon.Log.String() }
	waitUntil(t, present, missing)
	line := r.daemon.Log.Mark()
	check(t, deleteRoute(r.host, "10.77.0.0/24"))
	r.waitLine(line, "(VI) Entering BACKUP STATE")
	waitUntil(t, present, missing)
}

// TestUntrackedAddressIsNotMissed: what is declared no_track may go.
func TestUntrackedAddressIsNotMissed(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("VI", 51, "eth0", "track_interface {\n  eth1 weight 5\n }", "10.9.0.100/24", "10.9.0.101/32 no_track"), "VI")
	untracked := netip.MustParsePrefix("10.9.0.101/32")
	r.waitAddress(untracked, true)
	line := r.daemon.Log.Mark()
	check(t, r.host.DeleteAddress("eth0", untracked))
	// The kernel's reports come in order: once the link's is heard, the address's has been passed over.
	check(t, r.host.SetLink("eth1", false))
	r.waitLine(line, "Netlink reports eth1 down")
	if n := r.daemon.Log.Count(line, "(VI) Entering BACKUP STATE"); n != 0 {
		t.Errorf("VI went to BACKUP:\n%s", r.daemon.Log)
	}
}

// dropPrimary has a reload remove an instance that holds the first address of a subnet, so that the kernel takes the
// address of another one, SECOND, along. lines are further ones of that, line is where the log was before.
func dropPrimary(t *testing.T, lines string) (r *router, line int, dependent netip.Prefix) {
	t.Helper()
	first := quick("FIRST", 51, "eth0", "", "10.7.0.1/24")
	second := quick("SECOND", 52, "eth0", lines, "10.7.0.2/24")
	dependent = netip.MustParsePrefix("10.7.0.2/24")
	r = startMaster(t, first, "FIRST")
	r.waitAddress(netip.MustParsePrefix("10.7.0.1/24"), true)
	line = r.daemon.Log.Mark()
	check(t, r.daemon.Reload(first+second))
	r.waitLine(line, "(SECOND) Entering MASTER STATE")
	r.waitAddress(dependent, true)

	line = r.daemon.Log.Mark()
	check(t, r.daemon.Reload(second))
	return r, line, dependent
}

// TestPrimaryTakesNoOtherInstancesAddressAway: removing a subnet's first address has the kernel remove the
// others too. That the request was our own must not hide the loss of the other instance.
func TestPrimaryTakesNoOtherInstancesAddressAway(t *testing.T) {
	t.Parallel()
	r, line, dependent := dropPrimary(t, "vip_guardian off")
	r.waitLine(line, "(SECOND) Entering BACKUP STATE")
	r.waitLine(line, "(SECOND) Entering MASTER STATE")
	r.waitAddress(dependent, true)
}

// TestStaticThingsComeBack: what is static is there always, except while its link is not.
func TestStaticThingsComeBack(t *testing.T) {
	t.Parallel()
	static := "static_ipaddress {\n 10.50.0.1/24 dev eth1\n fd50::1/64 dev eth1\n}\n" +
		"static_routes {\n 10.51.0.0/24 via 10.50.0.2 dev eth1\n}\n"
	r := startMaster(t, static+quick("VI", 51, "eth0", "", "10.9.0.100/24"), "VI")
	v4, v6 := netip.MustParsePrefix("10.50.0.1/24"), netip.MustParsePrefix("fd50::1/64")
	complete := func() bool {
		return r.watch.Has(v4) && r.watch.Has(v6) && hasRoute(t, r.host, "10.51.0.0/24")
	}
	incomplete := func() string { return "something static is missing" }
	waitUntil(t, complete, incomplete)

	line := r.daemon.Log.Mark()
	check(t, r.host.DeleteAddress("eth1", v4))
	r.waitLine(line, "Restoring deleted static address 10.50.0.1/24 dev eth1 scope global set")
	check(t, r.host.DeleteAddress("eth1", v6))
	r.waitLine(line, "Restoring deleted static address fd50::1/64 dev eth1 scope global preferred_lft forever set")

	check(t, r.host.SetLink("eth1", false))
	waitUntil(t, func() bool { return !hasRoute(t, r.host, "10.51.0.0/24") }, func() string { return "the route survived its link" })
	check(t, r.host.SetLink("eth1", true))
	waitUntil(t, complete, incomplete)
	if n := r.daemon.Log.Count(0, "(VI) Entering BACKUP STATE"); n != 1 {
		t.Errorf("VI went to BACKUP %d times, want once:\n%s", n, r.daemon.Log)
	}
}

func hasAddress(link, prefix string) func(*testing.T, *lab.Host) bool {
	return func(t *testing.T, h *lab.Host) bool {
		t.Helper()
		addresses, err := h.Addresses(link)
		check(t, err)
		for _, a := range addresses {
			if a.IPNet.String() == prefix {
				return true
			}
		}
		return false
	}
}

func deleteRoute(h *lab.Host, destination string) error {
	return h.Do(func() error {
		dst, err := netlink.ParseIPNet(destination)
		if err != nil {
			return err
		}
		return netlink.RouteDel(&netlink.Route{Dst: dst})
	})
}

func deleteRule(h *lab.Host, priority int) error {
	return h.Do(func() error {
		rules, err := netlink.RuleList(unix.AF_INET)
		if err != nil {
			return err
		}
		for i := range rules {
			if rules[i].Priority == priority {
				return netlink.RuleDel(&rules[i])
			}
		}
		return fmt.Errorf("there is no rule of priority %d", priority)
	})
}
