package netns

import (
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// TestUnheardLossesAreFound: when the kernel has more to tell than its socket holds, what was removed meanwhile is
// missed all the same: routes and rules of both families, and static ones of a track_group.
func TestUnheardLossesAreFound(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	r.start("global_defs {\n vip_guardian off\n}\n" +
		"track_group G {\n group {\n  SIX\n }\n}\n" +
		"static_routes {\n 10.78.0.0/24 via 10.9.1.254 dev eth1 track_group G\n}\n" +
		"static_rules {\n from 10.78.0.0/24 iif eth1 table 101 priority 1235 track_group G\n}\n" +
		quick("ROUTE", 51, "eth0", "virtual_routes {\n  10.77.0.0/24 via 10.9.0.254 dev eth0\n }", "10.9.0.100/24") +
		quick("RULE", 52, "eth0", "virtual_rules {\n  from 10.9.0.100 table 100 priority 1234\n }", "10.9.0.101/24") +
		quick("SIX", 53, "eth0", "virtual_routes {\n  fd77::/64 via fd09::fe dev eth0\n }", "fe80::53") +
		quick("WHOLE", 54, "eth0", "virtual_routes {\n  10.79.0.0/24 via 10.9.0.254 dev eth0\n }", "10.9.0.104/24"))
	for _, name := range []string{"ROUTE", "RULE", "SIX", "WHOLE"} {
		r.waitLine(0, "("+name+") Entering MASTER STATE")
	}
	present := func() bool {
		state := routingState(t, r.host)
		for _, want := range []string{"10.77.0.0/24", "1234:", "fd77::/64", "10.78.0.0/24 via", "1235:"} {
			if !strings.Contains(state, want) {
				return false
			}
		}
		return true
	}
	missing := func() string { return "something is missing:\n" + routingState(t, r.host) }
	waitUntil(t, present, missing)

	line := r.daemon.Log.Mark()
	check(t, r.daemon.Signal(unix.SIGSTOP))
	check(t, overflow(r.host))
	inHost(t, r.host, "ip", "route", "del", "10.77.0.0/24")
	inHost(t, r.host, "ip", "route", "del", "10.78.0.0/24")
	inHost(t, r.host, "ip", "-6", "route", "del", "fd77::/64")
	inHost(t, r.host, "ip", "rule", "del", "priority", "1234")
	inHost(t, r.host, "ip", "rule", "del", "priority", "1235")
	check(t, r.daemon.Signal(syscall.SIGCONT))

	for _, name := range []string{"ROUTE", "RULE", "SIX"} {
		r.waitLine(line, "("+name+") Entering BACKUP STATE")
		r.waitLine(line, "("+name+") Entering MASTER STATE")
	}
	r.waitLine(line, "Restoring deleted static route")
	r.waitLine(line, "Restoring deleted static rule")
	waitUntil(t, present, missing)
	if n := r.daemon.Log.Count(line, "(WHOLE) Entering BACKUP STATE"); n != 0 {
		t.Errorf("WHOLE, which has lost nothing, stepped back:\n%s", r.daemon.Log)
	}
	r.stop()
}

// overflow makes the kernel report more changes of addresses than a socket of 8 MiB, which counts twice, holds.
func overflow(h *lab.Host) error {
	return h.Do(func() error {
		link, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		address, err := netlink.ParseAddr("10.99.0.1/32")
		if err != nil {
			return err
		}
		for range 16_000 {
			if err := netlink.AddrAdd(link, address); err != nil {
				return err
			}
			if err := netlink.AddrDel(link, address); err != nil {
				return err
			}
		}
		return nil
	})
}
