package netns

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// TestRenamedInterfaceIsAnother: an instance follows the name of its interface, not the interface. What it has set
// up goes, its VMAC is removed, and both come back with the name; also when the interface stays up meanwhile.
func TestRenamedInterfaceIsAnother(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("PLAIN", 51, "eth1", "", "10.9.1.100/24")+
		quick("VIRTUAL", 52, "eth1", "use_vmac", "10.9.1.101/24"), "PLAIN", "VIRTUAL")
	plain, virtual := netip.MustParsePrefix("10.9.1.100/24"), netip.MustParsePrefix("10.9.1.101/24")
	r.waitAddress(plain, true)
	r.waitAddress(virtual, true)

	line := r.daemon.Log.Mark()
	check(t, renameLink(r.host, "eth1", "other0"))
	r.waitLine(line, "Interface name has changed from eth1 to other0")
	r.waitLine(line, "(PLAIN) Entering FAULT STATE")
	r.waitLine(line, "(VIRTUAL) Entering FAULT STATE")
	r.waitLine(line, "Interface other0 added")
	r.waitLine(line, "(VIRTUAL) Success removing VMAC interface vrrp.52")
	r.waitAddress(plain, false)
	r.waitAddress(virtual, false)

	line = r.daemon.Log.Mark()
	check(t, renameLink(r.host, "other0", "eth1"))
	r.waitLine(line, "Interface name has changed from other0 to eth1")
	r.waitLine(line, "Interface eth1 added")
	r.waitLine(line, "(VIRTUAL): Success creating VMAC interface vrrp.52")
	r.waitLine(line, "(PLAIN) Entering MASTER STATE")
	r.waitLine(line, "(VIRTUAL) Entering MASTER STATE")
	r.waitAddress(plain, true)
	r.waitAddress(virtual, true)
	r.stop()
}

// TestRenamedVMACIsMadeAgain: nobody keeps its addresses under another name.
func TestRenamedVMACIsMadeAgain(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("VI", 51, "eth0", "use_vmac", "10.9.0.100/24"), "VI")
	vip := netip.MustParsePrefix("10.9.0.100/24")
	r.waitAddress(vip, true)
	line := r.daemon.Log.Mark()
	check(t, renameLink(r.host, "vrrp.51", "stray0"))
	r.waitLine(line, "Interface name has changed from vrrp.51 to stray0")
	r.waitLine(line, "(VI): Success creating VMAC interface vrrp.51")
	r.waitLine(line, "(VI) Entering MASTER STATE")
	waitUntil(t, func() bool { return hasAddress("vrrp.51", vip.String())(t, r.host) }, func() string { return "the address is not on vrrp.51" })
	links, err := r.host.Links()
	check(t, err)
	for _, link := range links {
		if link == "stray0" {
			t.Error("the renamed interface is still there")
		}
	}
	r.stop()
}

// TestInterfacesComeAndGoInTheLog: with -D each one that is made or deleted has a line, and one that is missed at
// the start.
func TestInterfacesComeAndGoInTheLog(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start("global_defs {\n dynamic_interfaces\n}\n" + quick("VI", 51, "late0", "use_vmac", "10.9.2.100/24") +
		quick("SISTER", 52, "late0", "", "10.9.2.101/24"))
	missing := "Configuration specifies interface late0 which doesn't currently exist - will use if created"
	r.waitLine(0, missing)
	r.waitLine(0, "(VI): entering FAULT state (interface late0 down)")
	r.waitLine(0, "(VI) entering FAULT state (no IPv4 address for interface)")
	r.waitLine(0, "Startup complete")
	if n := r.daemon.Log.Count(0, missing); n != 1 {
		t.Errorf("the missing interface is told %d times:\n%s", n, r.daemon.Log)
	}
	line := r.daemon.Log.Mark()
	check(t, lab.Cable(r.host, "late0", r.lan.Switch, "late1"))
	r.waitLine(line, "Interface late0 added")
	r.waitLine(line, "(VI) interface late0 is down")
	r.waitLine(line, "(VI): Success creating VMAC interface vrrp.51")
	check(t, r.host.DeleteLink("late0"))
	r.waitLine(line, "Interface late0 deleted")
	r.stop()
}

// TestSameVRIDOnAnInterfaceThatComes: two instances that would take each other's adverts for their own stay in FAULT
// once their interface exists.
func TestSameVRIDOnAnInterfaceThatComes(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start("global_defs {\n dynamic_interfaces\n}\n" + quick("ONE", 51, "late0", "", "10.9.2.100/24") +
		quick("TWO", 51, "late0", "", "10.9.2.101/24") + quick("GOOD", 53, "late0", "", "10.9.2.102/24"))
	r.waitLine(0, "Startup complete")
	line := r.daemon.Log.Mark()
	check(t, lab.Cable(r.host, "late0", r.lan.Switch, "late1"))
	check(t, r.host.AddAddress("late0", netip.MustParsePrefix("10.9.2.1/24")))
	r.waitLine(line, "VRID conflict between ONE and TWO IPv4 vrid 51")
	r.waitLine(line, "VRID conflict between TWO and ONE IPv4 vrid 51")
	r.waitLine(line, "(GOOD) Entering MASTER STATE")
	if n := r.daemon.Log.Count(line, "(ONE) Entering") + r.daemon.Log.Count(line, "(TWO) Entering"); n != 0 {
		t.Errorf("one of the two works:\n%s", r.daemon.Log)
	}
	r.stop()
}

// TestConflictEndsWithItsInterface: with allow_if_changes the later instance works and the other one waits until the
// interface that stands in its way has gone or stands on another one.
func TestConflictEndsWithItsInterface(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	check(t, addMacvlan(r.host, "mv0", "eth0"))
	check(t, r.host.AddAddress("mv0", netip.MustParsePrefix("10.9.0.9/24")))
	r.start("global_defs {\n dynamic_interfaces allow_if_changes\n}\n" +
		quick("BASE", 51, "eth0", "", "10.9.0.100/24") + quick("ABOVE", 51, "mv0", "", "10.9.0.101/24"))
	r.waitLine(0, "(BASE) - warning, VRID 51 for IPv4 is currently duplicated on ABOVE")
	r.waitLine(0, "(ABOVE) Entering MASTER STATE")
	if n := r.daemon.Log.Count(0, "(BASE) Entering"); n != 0 {
		t.Errorf("BASE works:\n%s", r.daemon.Log)
	}
	line := r.daemon.Log.Mark()
	check(t, r.host.DeleteLink("mv0"))
	r.waitLine(line, "(BASE) Entering MASTER STATE")

	line = r.daemon.Log.Mark()
	check(t, addMacvlan(r.host, "mv0", "eth0"))
	check(t, r.host.AddAddress("mv0", netip.MustParsePrefix("10.9.0.9/24")))
	r.waitLine(line, "VRID conflict between ABOVE and BASE IPv4 vrid 51")
	check(t, r.host.DeleteLink("mv0"))
	check(t, addMacvlan(r.host, "mv0", "eth1"))
	check(t, r.host.AddAddress("mv0", netip.MustParsePrefix("10.9.1.9/24")))
	r.waitLine(line, "(ABOVE) Entering MASTER STATE")
	if n := r.daemon.Log.Count(line, "(BASE) Entering"); n != 0 {
		t.Errorf("BASE did not stay Master:\n%s", r.daemon.Log)
	}
	r.stop()
}

// TestInterfaceOnAnotherOneIsNotUsed: without allow_if_changes, until it is on the right one again.
func TestInterfaceOnAnotherOneIsNotUsed(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	address := netip.MustParsePrefix("10.9.0.9/24")
	check(t, addMacvlan(r.host, "mv0", "eth0"))
	check(t, r.host.AddAddress("mv0", address))
	r.start("global_defs {\n dynamic_interfaces\n}\n" + quick("VI", 51, "mv0", "", "10.9.0.101/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	line := r.daemon.Log.Mark()
	check(t, r.host.DeleteLink("mv0"))
	check(t, addMacvlan(r.host, "mv0", "eth1"))
	check(t, r.host.AddAddress("mv0", address))
	r.waitLine(line, "(VI) interface mv0 is on eth1 now and was on eth0")
	r.waitLine(line, "Netlink reports mv0 up")
	if n := r.daemon.Log.Count(line, "(VI) Entering BACKUP"); n != 0 {
		t.Errorf("VI works on it:\n%s", r.daemon.Log)
	}
	check(t, r.host.DeleteLink("mv0"))
	check(t, addMacvlan(r.host, "mv0", "eth0"))
	check(t, r.host.AddAddress("mv0", address))
	r.waitLine(line, "(VI) Entering MASTER STATE")
	r.stop()
}

// TestBuffersFollowTheMTU: where the size of a packet decides about that of the receive buffer.
func TestBuffersFollowTheMTU(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start("global_defs {\n vrrp_rx_bufs_policy MTU\n vrrp_rx_bufs_multiplier 20\n}\n" + quick("VI", 51, "eth0", "", "10.9.0.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	buffer := func(size int) bool {
		_ = os.Remove(filepath.Join(r.daemon.Dir, "keepalived.data")) // of the time before
		return strings.Contains(r.dump(syscall.SIGUSR1, "keepalived.data"), fmt.Sprintf("Rx buf size = %d\n", size))
	}
	if !buffer(20 * 1500) {
		t.Error("the receive buffer is not of 20 packets")
	}
	check(t, r.host.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err == nil {
			err = netlink.LinkSetMTU(link, 9000)
		}
		return err
	}))
	waitUntil(t, func() bool { return buffer(20 * 9000) }, func() string { return "the receive buffer stays as it was" })
	r.stop()
}

func renameLink(h *lab.Host, from, to string) error {
	return h.Do(func() error {
		link, err := netlink.LinkByName(from)
		if err == nil {
			err = netlink.LinkSetName(link, to)
		}
		return err
	})
}

func addMacvlan(h *lab.Host, name, parent string) error {
	return h.Do(func() error {
		base, err := netlink.LinkByName(parent)
		if err != nil {
			return err
		}
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.ParentIndex, attrs.Flags = name, base.Attrs().Index, unix.IFF_UP
		if err := netlink.LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}); err != nil {
			return err
		}
		link, err := netlink.LinkByName(name)
		if err == nil {
			err = netlink.LinkSetUp(link)
		}
		return err
	})
}

// TestSettingsOfAnInterfaceThatComes: what is set of an interface is set of the one that takes its place as well, and
// given back at the stop.
func TestSettingsOfAnInterfaceThatComes(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start("global_defs {\n dynamic_interfaces\n}\n" + quick("VIRTUAL", 51, "late0", "use_vmac", "10.9.2.100/24") +
		quick("KEEP", 52, "late0", "promote_secondaries", "10.9.2.101/24"))
	r.waitLine(0, "Startup complete")
	settings := []string{"arp_ignore", "arp_filter", "promote_secondaries"}
	all := func(want string) func() bool {
		return func() bool {
			for _, name := range settings {
				value, err := r.host.ReadSysctl("net/ipv4/conf/late0/" + name)
				check(t, err)
				if value != want {
					return false
				}
			}
			return true
		}
	}
	for range 2 {
		line := r.daemon.Log.Mark()
		check(t, lab.Cable(r.host, "late0", r.lan.Switch, "late1"))
		check(t, r.host.AddAddress("late0", netip.MustParsePrefix("10.9.2.1/24")))
		r.waitLine(line, "(VIRTUAL) Entering MASTER STATE")
		waitUntil(t, all("1"), func() string { return "not all is set" })
		if r.daemon.Log.Count(0, "Interface late0 deleted") == 0 {
			check(t, r.host.DeleteLink("late0"))
			r.waitLine(line, "Interface late0 deleted")
		}
	}
	r.stop()
	if !all("0")() {
		t.Error("not all settings are as before")
	}
}

// TestWhatDontTrackPrimaryLeavesTracked: the own interface still matters to whoever has a route or a rule on it; addresses
// there, and what is no_track, do not make it matter.
func TestWhatDontTrackPrimaryLeavesTracked(t *testing.T) {
	t.Parallel()
	lines := func(more string) string { return "dont_track_primary\n " + more }
	r := startMaster(t, quick("ROUTE", 51, "eth0", lines("virtual_routes {\n  10.77.0.0/24 dev eth0\n }"), "10.9.0.101/24")+
		quick("RULE", 52, "eth0", lines("virtual_rules {\n  iif eth0 table 100 priority 1234\n }"), "10.9.0.102/24")+
		quick("UNTRACKED", 53, "eth0", lines("virtual_routes {\n  10.78.0.0/24 dev eth0 no_track\n }"), "10.9.0.103/24")+
		quick("ADDRESS", 54, "eth0", lines(""), "10.9.0.104/24")+
		quick("ELSEWHERE", 55, "eth0", lines(""), "10.9.1.105/24 dev eth1"),
		"ROUTE", "RULE", "UNTRACKED", "ADDRESS", "ELSEWHERE")
	line := r.daemon.Log.Mark()
	check(t, r.host.SetLink("eth0", false))
	r.waitLine(line, "(ROUTE) Entering FAULT STATE")
	r.waitLine(line, "(RULE) Entering FAULT STATE")
	check(t, r.host.SetLink("eth1", false))
	r.waitLine(line, "(ELSEWHERE) Entering FAULT STATE")
	check(t, r.host.SetLink("eth0", true))
	r.waitLine(line, "(ROUTE) Entering MASTER STATE")
	r.waitLine(line, "(RULE) Entering MASTER STATE")
	if n := r.daemon.Log.Count(line, "(UNTRACKED) Entering") + r.daemon.Log.Count(line, "(ADDRESS) Entering"); n != 0 {
		t.Errorf("an instance that nothing ties to eth0 changed its state:\n%s", r.daemon.Log)
	}
	r.stop()
}

// TestAddressOfAMissingInterface: a Master does without it and says so once, and sets it when the interface comes.
func TestAddressOfAMissingInterface(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start("global_defs {\n dynamic_interfaces\n}\n" + quick("VI", 51, "eth0", "", "10.9.0.100/24", "10.9.2.100/24 dev late0 no_track"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	r.waitAddress(netip.MustParsePrefix("10.9.0.100/24"), true)
	const complaint = "Not adding address 10.9.2.100/24 to late0 since interface doesn't exist"
	r.waitLine(0, complaint)
	r.waitFrame(0, "announcement", isAnnouncement(netip.MustParseAddr("10.9.0.100")))
	if n := r.daemon.Log.Count(0, "late0"); n != 2 { // with that it does not exist yet
		t.Errorf("%d lines about late0, want 2:\n%s", n, r.daemon.Log)
	}
	check(t, lab.Cable(r.host, "late0", r.lan.Switch, "late1"))
	r.waitAddress(netip.MustParsePrefix("10.9.2.100/24"), true)
	r.stop()
}

// TestNewMACInTheLog: with -D, as keepalived has it; what is announced from then on comes from the new one.
func TestNewMACInTheLog(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("VI", 51, "eth0", "garp_master_refresh 1", "10.9.0.100/24"), "VI")
	line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
	mac := net.HardwareAddr{0x02, 0, 0, 0, 0, 0x77}
	check(t, r.host.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err == nil {
			err = netlink.LinkSetHardwareAddr(link, mac)
		}
		return err
	}))
	r.waitLine(line, "(eth0) MAC Address changed from ")
	r.waitLine(line, " to 02:00:00:00:00:77")
	r.waitFrame(mark, "announcement from the new address", func(f *lab.Frame) bool {
		return isAnnouncement(netip.MustParseAddr("10.9.0.100"))(f) && string(f.MAC[:]) == string(mac)
	})
	r.stop()
}

// TestStaticAddressesGoWithTheirInterface: and come back with it, without a complaint in between.
func TestStaticAddressesGoWithTheirInterface(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	check(t, lab.Cable(r.host, "late0", r.lan.Switch, "late1"))
	r.start("static_ipaddress {\n 10.50.0.1/24 dev late0\n fd50::1/64 dev late0\n}\n" + quick("VI", 51, "eth0", "", "10.9.0.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	for _, present := range []bool{true, false, true} {
		line := r.daemon.Log.Mark()
		switch has := r.watch.Has(netip.MustParsePrefix("10.50.0.1/24")); {
		case has && !present:
			check(t, r.host.DeleteLink("late0"))
			r.waitLine(line, "Interface late0 deleted")
		case !has && present:
			check(t, lab.Cable(r.host, "late0", r.lan.Switch, "late1"))
		}
		r.waitAddress(netip.MustParsePrefix("10.50.0.1/24"), present)
		r.waitAddress(netip.MustParsePrefix("fd50::1/64"), present)
	}
	if n := r.daemon.Log.Count(0, "(static)") + r.daemon.Log.Count(0, "doesn't exist"); n != 0 {
		t.Errorf("there are complaints:\n%s", r.daemon.Log)
	}
	r.stop()
}
