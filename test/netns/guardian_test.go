package netns

import (
	"net/netip"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// guards tells whether the daemon under test has a guardian. keepalived, with which the suite judges itself,
// steps back instead.
func guards(t *testing.T) bool {
	t.Helper()
	program, err := subject()
	check(t, err)
	return program.Path != ""
}

// expectUnnoticed checks that nobody but the kernel has noticed anything since the marks: no release, no
// transition.
func (r *router) expectUnnoticed(line, mark int) {
	r.t.Helper()
	if frames := r.sniffer.Frames(mark, r.sent(func(f *lab.Frame) bool { return isAdvert(f) && f.Priority == 0 })); len(frames) > 0 {
		r.t.Errorf("the Master released its role %d times", len(frames))
	}
	if n := r.daemon.Log.Count(line, "STATE"); n != 0 {
		r.t.Errorf("there were transitions:\n%s", r.daemon.Log)
	}
}

// TestGuardianPutsBackWhatSomebodyRemoves: at once, and nobody notices.
func TestGuardianPutsBackWhatSomebodyRemoves(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, lines string
		vips        []string
		remove      func(*lab.Host) error
		present     func(*testing.T, *lab.Host) bool
		announced   string
		says        string
	}{
		{"IPv4 address", "", []string{"10.9.0.100/24"},
			func(h *lab.Host) error { return h.DeleteAddress("eth0", netip.MustParsePrefix("10.9.0.100/24")) },
			hasAddress("eth0", "10.9.0.100/24"), "10.9.0.100",
			"(VI) 10.9.0.100/24 was removed from eth0 by somebody else; restored and announced (guardian)"},
		{"IPv4 host address", "", []string{"10.9.0.100"},
			func(h *lab.Host) error { return h.DeleteAddress("eth0", netip.MustParsePrefix("10.9.0.100/32")) },
			hasAddress("eth0", "10.9.0.100/32"), "10.9.0.100",
			"(VI) 10.9.0.100/32 was removed from eth0 by somebody else; restored and announced (guardian)"},
		{"IPv6 address", "", []string{"fe80::51", "fd09::100/64"},
			func(h *lab.Host) error { return h.DeleteAddress("eth0", netip.MustParsePrefix("fd09::100/64")) },
			hasAddress("eth0", "fd09::100/64"), "fd09::100",
			"(VI) fd09::100/64 was removed from eth0 by somebody else; restored and announced (guardian)"},
		{"excluded address", "virtual_ipaddress_excluded {\n  fd09::200/64\n }", []string{"10.9.0.100/24"},
			func(h *lab.Host) error { return h.DeleteAddress("eth0", netip.MustParsePrefix("fd09::200/64")) },
			hasAddress("eth0", "fd09::200/64"), "fd09::200",
			"(VI) fd09::200/64 was removed from eth0 by somebody else; restored and announced (guardian)"},
		{"address on another link", "", []string{"10.9.1.100/24 dev eth1"},
			func(h *lab.Host) error { return h.DeleteAddress("eth1", netip.MustParsePrefix("10.9.1.100/24")) },
			hasAddress("eth1", "10.9.1.100/24"), "",
			"(VI) 10.9.1.100/24 was removed from eth1 by somebody else; restored and announced (guardian)"},
		{"address of a VMAC", "use_vmac", []string{"10.9.0.100/24"},
			func(h *lab.Host) error { return h.DeleteAddress("vrrp.51", netip.MustParsePrefix("10.9.0.100/24")) },
			hasAddress("vrrp.51", "10.9.0.100/24"), "10.9.0.100",
			"(VI) 10.9.0.100/24 was removed from vrrp.51 by somebody else; restored and announced (guardian)"},
		{"route", "virtual_routes {\n  10.77.0.0/24 via 10.9.0.254 dev eth0\n }", []string{"10.9.0.100/24"},
			func(h *lab.Host) error { return deleteRoute(h, "10.77.0.0/24") },
			func(t *testing.T, h *lab.Host) bool { return hasRoute(t, h, "10.77.0.0/24") }, "",
			"(VI) route 10.77.0.0/24 via 10.9.0.254 dev eth0"},
		{"rule", "virtual_rules {\n  from 10.9.0.100 table 100 priority 1234\n }", []string{"10.9.0.100/24"},
			func(h *lab.Host) error { return deleteRule(h, 1234) },
			func(t *testing.T, h *lab.Host) bool { return hasRule(t, h, 1234) }, "",
			"removed by somebody else; restored (guardian)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := startMaster(t, quick("VI", 51, "eth0", test.lines, test.vips...), "VI")
			waitUntil(t, func() bool { return test.present(t, r.host) }, func() string { return "it was never set" })
			line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
			check(t, test.remove(r.host))
			if !guards(t) {
				r.waitLine(line, "(VI) Entering BACKUP STATE")
				return
			}
			r.waitLine(line, test.says)
			if !test.present(t, r.host) {
				t.Error("it is said to be restored and is not there")
			}
			if test.announced != "" {
				r.waitFrame(mark, "announcement", isAnnouncement(netip.MustParseAddr(test.announced)))
			}
			r.waitFrame(r.sniffer.Mark(), "advert", isMasterAdvert)
			r.expectUnnoticed(line, mark)
		})
	}
}

// TestGuardianIsQuick: the neighbours hear of the address 50 ms after it was removed, if the machine has
// nothing better to do at least once.
func TestGuardianIsQuick(t *testing.T) {
	t.Parallel()
	if !guards(t) {
		t.Fatal("keepalived has no guardian")
	}
	vip := netip.MustParsePrefix("10.9.0.100/24")
	r := startMaster(t, quick("VI", 51, "eth0", "", vip.String()), "VI")
	r.waitBurst([]netip.Prefix{vip})
	fastest := time.Hour
	for range 4 {
		line, mark, before := r.daemon.Log.Mark(), r.sniffer.Mark(), time.Now()
		check(t, r.host.DeleteAddress("eth0", vip))
		frame := r.waitFrame(mark, "announcement", isAnnouncement(vip.Addr()))
		r.waitLine(line, "restored and announced (guardian)")
		fastest = min(fastest, frame.At.Sub(before))
	}
	if fastest > 50*time.Millisecond {
		t.Errorf("the fastest of four restorations took %v, want 50 ms at most", fastest)
	}
	t.Logf("the fastest took %v", fastest)
}

// TestGuardianRestoresWhatDependsOnAnAddress: a route that the kernel drops with its source address, and that is
// not missed by itself.
func TestGuardianRestoresWhatDependsOnAnAddress(t *testing.T) {
	t.Parallel()
	vip := netip.MustParsePrefix("10.9.0.100/24")
	r := startMaster(t, quick("VI", 51, "eth0", "virtual_routes {\n  src 10.9.0.100 to 10.78.0.0/24 via 10.9.0.254 dev eth0 no_track\n }", vip.String()), "VI")
	present := func() bool { return hasRoute(t, r.host, "10.78.0.0/24") }
	waitUntil(t, present, func() string { return "the route was never set" })
	line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
	check(t, r.host.DeleteAddress("eth0", vip))
	if guards(t) {
		r.waitLine(line, "(VI) 10.9.0.100/24")
		r.waitLine(line, "restored and announced (guardian)")
		if !present() {
			t.Error("the route is not there again")
		}
		r.expectUnnoticed(line, mark)
	}
	waitUntil(t, present, func() string { return "the route is missing" })
}

// TestGuardianMindsWhatThePrimaryTakesAlong: our own removal of a subnet's first address, by a reload, has the
// kernel remove that of another instance, which stays Master.
func TestGuardianMindsWhatThePrimaryTakesAlong(t *testing.T) {
	t.Parallel()
	if !guards(t) {
		t.Fatal("keepalived has no guardian")
	}
	r, line, dependent := dropPrimary(t, "")
	r.waitLine(line, "(SECOND) 10.7.0.2/24 was removed from eth0 with the first address of the subnet; restored and announced (guardian)")
	r.waitAddress(dependent, true)
	if n := r.daemon.Log.Count(line, "(SECOND) Entering"); n != 0 {
		t.Errorf("SECOND changed its state:\n%s", r.daemon.Log)
	}
}

// TestGuardianTellsOfAFlushOnce: many addresses in many instances are removed at a time, and the members of a
// sync group stay where they are.
func TestGuardianTellsOfAFlushOnce(t *testing.T) {
	t.Parallel()
	if !guards(t) {
		t.Fatal("keepalived has no guardian")
	}
	var vips []string
	for i := range 20 {
		vips = append(vips, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 8, 0, byte(i + 1)}), 24).String())
	}
	configuration := "vrrp_sync_group G {\n group {\n  A\n  B\n  C\n  D\n }\n}\n"
	names := []string{"A", "B", "C", "D"}
	for i, name := range names {
		configuration += quick(name, 51+i, "eth0", "", strings.ReplaceAll(strings.Join(vips, "|"), "10.8.0", "10.8."+string(rune('0'+i))))
	}
	configuration = strings.ReplaceAll(configuration, "|", "\n  ")
	r := startMaster(t, configuration, names...)
	complete := func() bool {
		addresses, err := r.host.Addresses("eth0")
		check(t, err)
		n := 0
		for _, a := range addresses {
			if strings.HasPrefix(a.IPNet.String(), "10.8.") {
				n++
			}
		}
		return n == 80
	}
	waitUntil(t, complete, func() string { return "not all addresses were set" })
	line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
	check(t, r.host.Do(func() error {
		output, err := exec.Command("ip", "-4", "address", "flush", "dev", "eth0", "to", "10.8.0.0/16").CombinedOutput()
		t.Logf("ip: %s", output)
		return err
	}))
	r.waitLine(line, "(guardian)")
	waitUntil(t, complete, func() string { return "not all addresses are there again:\n" + r.daemon.Log.String() })
	r.waitFrame(r.sniffer.Mark(), "advert", isMasterAdvert)
	r.expectUnnoticed(line, mark)
	if n := r.daemon.Log.Count(line, "(guardian)"); n > 4 { // ip looks again, and may be slow to
		t.Errorf("the flush of 80 addresses is told in %d lines, want one:\n%s", n, r.daemon.Log)
	}
}

// TestGuardianGivesWay: to somebody who does not stop, it does what keepalived does; the reason names the
// address, the interface and who manages that.
func TestGuardianGivesWay(t *testing.T) {
	t.Parallel()
	if !guards(t) {
		t.Fatal("keepalived has no guardian")
	}
	vip := netip.MustParsePrefix("10.9.0.100/24")
	r := startMaster(t, quick("VI", 51, "eth0", "", vip.String()), "VI")
	r.waitAddress(vip, true)
	line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
	for range 5 {
		again := r.daemon.Log.Mark()
		check(t, r.host.DeleteAddress("eth0", vip))
		r.waitLine(again, "restored and announced (guardian)")
	}
	r.expectUnnoticed(line, mark)
	check(t, r.host.DeleteAddress("eth0", vip))
	r.waitLine(line, "(VI) 10.9.0.100/24 was removed from eth0 by somebody else again, for the 6th time within")
	r.waitLine(line, "(VI) Entering BACKUP STATE")
	r.waitLine(line, "(VI) Entering MASTER STATE")
	r.waitAddress(vip, true)
	r.waitFrame(mark, "release", func(f *lab.Frame) bool { return isAdvert(f) && f.Priority == 0 })
	expectInOrder(t, r.dump(syscall.SIGUSR1, "keepalived.data"), "------< govrrpd >------", "(VI) Restored by the guardian = 5", "(VI) Guardian gave way = 1")
	line = r.daemon.Log.Mark()
	check(t, r.host.DeleteAddress("eth0", vip))
	r.waitLine(line, "(VI) Entering BACKUP STATE")
	if n := r.daemon.Log.Count(line, "(guardian)"); n != 0 {
		t.Errorf("it guards although it has given way:\n%s", r.daemon.Log)
	}
}

// TestGuardianLeavesASetDownInterfaceAlone: its IPv6 addresses vanish with it, and come back with it.
func TestGuardianLeavesASetDownInterfaceAlone(t *testing.T) {
	t.Parallel()
	if !guards(t) {
		t.Fatal("keepalived has no guardian")
	}
	v4, v6 := netip.MustParsePrefix("10.9.1.100/24"), netip.MustParsePrefix("fd09::100/64")
	r := startMaster(t, quick("VI", 51, "eth0", "track_interface {\n  eth1 weight 5\n }\n virtual_routes {\n  10.77.0.0/24 via 10.9.1.254 dev eth1 no_track\n }",
		v4.String()+" dev eth1 no_track", "10.9.0.100/24")+
		"vrrp_instance X {\n state BACKUP\n interface eth0\n virtual_router_id 52\n priority 150\n advert_int 0.1\n version 3\n dont_track_primary\n"+
		" virtual_ipaddress {\n  10.9.0.101/24\n }\n virtual_ipaddress_excluded {\n  "+v6.String()+"\n }\n}\n", "VI", "X")
	r.waitAddress(v6, true)
	check(t, r.host.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addresses, err := netlink.AddrList(link, unix.AF_INET6)
		t.Logf("eth0 has %v", addresses)
		return err
	}))
	line := r.daemon.Log.Mark()
	check(t, r.host.SetLink("eth0", false))
	r.waitLine(line, "(VI) Entering FAULT STATE")
	r.waitAddress(v6, false)
	if n := r.daemon.Log.Count(line, "(guardian)"); n != 0 {
		t.Errorf("something was put back on an interface that is down:\n%s", r.daemon.Log)
	}
	check(t, r.host.SetLink("eth0", true))
	r.waitLine(line, "(X) fd09::100/64 was lost while eth0 was down; restored and announced (guardian)")
	r.waitAddress(v6, true)
	r.waitLine(line, "(VI) Entering MASTER STATE")
	if n := r.daemon.Log.Count(line, "(X) Entering"); n != 0 {
		t.Errorf("X, which does not depend on eth0, changed its state:\n%s", r.daemon.Log)
	}
}

// TestGuardianCannotForceTheKernel: what cannot be put back is told, and treated as keepalived does.
func TestGuardianCannotForceTheKernel(t *testing.T) {
	t.Parallel()
	if !guards(t) {
		t.Fatal("keepalived has no guardian")
	}
	v6 := netip.MustParsePrefix("fd09::100/64")
	r := startMaster(t, quick("VI", 51, "eth0", "virtual_ipaddress_excluded {\n  "+v6.String()+"\n }", "10.9.0.100/24"), "VI")
	r.waitAddress(v6, true)
	line := r.daemon.Log.Mark()
	check(t, r.host.Sysctl("net/ipv6/conf/eth0/disable_ipv6", "1"))
	r.waitLine(line, "(VI) fd09::100/64 was removed from eth0 by somebody else and cannot be put back: add fd09::100/64 to interface")
	r.waitLine(line, "(VI) Entering BACKUP STATE")
	r.waitLine(line, "(VI) Entering MASTER STATE")
	r.waitAddress(netip.MustParsePrefix("10.9.0.100/24"), true)
	for range 5 {
		r.waitFrame(r.sniffer.Mark(), "advert", isMasterAdvert)
	}
	if n := r.daemon.Log.Count(line, "(VI) Entering BACKUP STATE"); n != 1 {
		t.Errorf("it steps back %d times:\n%s", n, r.daemon.Log)
	}
}

// TestGuardianIsNotMisledByAReload: an address that goes from one instance to another is removed and set by ourselves;
// of IPv6 the kernel does not say so.
func TestGuardianIsNotMisledByAReload(t *testing.T) {
	t.Parallel()
	configuration := func(first, second string) string {
		excluded := func(addresses string) string { return "virtual_ipaddress_excluded {\n  " + addresses + "\n }" }
		return quick("A", 51, "eth0", excluded(first), "10.9.0.100/24") + quick("B", 52, "eth0", excluded(second), "10.9.0.101/24")
	}
	r := startMaster(t, configuration("fd09::100/64\n  fd09::101/64", "fd09::200/64"), "A", "B")
	moved := netip.MustParsePrefix("fd09::100/64")
	r.waitAddress(moved, true)
	line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
	check(t, r.daemon.Reload(configuration("fd09::101/64\n  fd09::102/64", "fd09::200/64\n  fd09::100/64")))
	r.waitAddress(netip.MustParsePrefix("fd09::102/64"), true)
	r.waitAddress(moved, true)
	for range 5 {
		r.waitFrame(r.sniffer.Mark(), "advert", isMasterAdvert)
	}
	r.expectUnnoticed(line, mark)
	if n := r.daemon.Log.Count(line, "(guardian)"); n != 0 {
		t.Errorf("our own doings are called somebody else's:\n%s", r.daemon.Log)
	}
}
