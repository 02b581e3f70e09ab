package netns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// deviceOf describes a link: its kind, what it lies on, its MAC address and the addresses on it.
func deviceOf(t *testing.T, host *lab.Host, name string) (description string, addresses []string) {
	t.Helper()
	check(t, host.Do(func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		parent, err := netlink.LinkByIndex(link.Attrs().ParentIndex)
		if err != nil {
			return err
		}
		description = fmt.Sprintf("%s on %s %s group %d", link.Type(), parent.Attrs().Name, link.Attrs().HardwareAddr, link.Attrs().Group)
		list, err := netlink.AddrList(link, netlink.FAMILY_ALL)
		for _, a := range list {
			if addr, _ := netip.AddrFromSlice(a.IP); !addr.Unmap().IsLinkLocalUnicast() {
				addresses = append(addresses, a.IPNet.String())
			}
		}
		return err
	}))
	slices.Sort(addresses)
	return description, addresses
}

// expectDevice compares a link with what it is to be.
func expectDevice(t *testing.T, host *lab.Host, name, want string, addresses ...string) {
	t.Helper()
	got, have := deviceOf(t, host, name)
	if got != want || !slices.Equal(have, addresses) {
		t.Errorf("%s is %s with %v, want %s with %v", name, got, have, want, addresses)
	}
}

func expectLinks(t *testing.T, host *lab.Host, want ...string) {
	t.Helper()
	links, err := host.Links()
	check(t, err)
	slices.Sort(links)
	if slices.Sort(want); !slices.Equal(links, want) {
		t.Errorf("links %v, want %v", links, want)
	}
}

// TestAddressesHaveDevicesOfTheirOwn: an address on another interface, or of the other family, has the virtual
// MAC address there too, if it says use_vmac or its instance use_vmac_addr; one device serves all addresses of
// an interface and a MAC address. All are gone afterwards.
func TestAddressesHaveDevicesOfTheirOwn(t *testing.T) {
	t.Parallel()
	const excluded = "}\n virtual_ipaddress_excluded {\n  "
	r := startMaster(t, "global_defs {\n vmac_addr_prefix va\n}\n"+
		quick("ALL", 51, "eth0", "use_vmac\n use_vmac_addr", "10.9.0.100/24", "10.8.0.100/24 dev eth1", excluded+"fd09::100/64", "fd09::101/64 dev eth1")+
		quick("SOME", 52, "eth0", "", "10.9.0.102/24 use_vmac", "10.9.0.103/24", "10.8.0.102/24 dev eth1")+
		quick("OWN", 53, "eth0", "use_vmac mine 02:00:00:00:00:53 group 7", "10.9.0.104/24", "10.8.0.104/24 dev eth1 use_vmac", excluded+"fd09::104/64 use_vmac"),
		"ALL", "SOME", "OWN")
	for _, vip := range prefixes("10.8.0.104/24", "fd09::104/64", "fd09::101/64", "10.8.0.102/24") {
		r.waitAddress(vip, true)
	}
	expectDevice(t, r.host, "vrrp.51", "macvlan on eth0 00:00:5e:00:01:33 group 0", "10.9.0.100/24")
	expectDevice(t, r.host, "va.51", "macvlan on eth1 00:00:5e:00:01:33 group 0", "10.8.0.100/24")
	expectDevice(t, r.host, "va6.51", "macvlan on eth0 00:00:5e:00:02:33 group 0", "fd09::100/64")
	expectDevice(t, r.host, "va1.51", "macvlan on eth1 00:00:5e:00:02:33 group 0", "fd09::101/64")
	expectDevice(t, r.host, "va.52", "macvlan on eth0 00:00:5e:00:01:34 group 0", "10.9.0.102/24")
	expectDevice(t, r.host, "mine", "macvlan on eth0 02:00:00:00:00:53 group 7", "10.9.0.104/24", "fd09::104/64")
	expectDevice(t, r.host, "va.53", "macvlan on eth1 02:00:00:00:00:53 group 0", "10.8.0.104/24")
	for vip, mac := range map[string]string{
		"10.9.0.102": "00:00:5e:00:01:34", "10.9.0.103": hardwareAddress(t, r.host, "eth0"), "fd09::100": "00:00:5e:00:02:33",
	} {
		frame := r.waitFrame(0, "announcement of "+vip, isAnnouncement(netip.MustParseAddr(vip)))
		if got := net.HardwareAddr(frame.MAC[:]).String(); got != mac {
			t.Errorf("%s is announced from %s, want %s", vip, got, mac)
		}
	}
	r.stop()
	expectLinks(t, r.host, "lo", "eth0", "eth1")
}

func hardwareAddress(t *testing.T, host *lab.Host, name string) string {
	t.Helper()
	var mac string
	check(t, host.Do(func() error {
		link, err := netlink.LinkByName(name)
		if err == nil {
			mac = link.Attrs().HardwareAddr.String()
		}
		return err
	}))
	return mac
}

// TestDeviceOfAnAddressIsTracked: without it, or what it lies on, the address is nowhere.
func TestDeviceOfAnAddressIsTracked(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("VI", 51, "eth0", "use_vmac_addr", "10.9.0.100/24", "10.8.0.100/24 dev eth1"), "VI")
	vip := netip.MustParsePrefix("10.8.0.100/24")
	r.waitAddress(vip, true)
	line := r.daemon.Log.Mark()
	check(t, r.host.DeleteLink("vrrp.51"))
	r.waitLine(line, "(VI) Entering FAULT STATE")
	r.waitLine(line, "(VI): Success creating VMAC interface vrrp.51")
	r.waitLine(line, "(VI) Entering MASTER STATE")
	r.waitAddress(vip, true)
	expectDevice(t, r.host, "vrrp.51", "macvlan on eth1 00:00:5e:00:01:33 group 0", "10.8.0.100/24")
	line = r.daemon.Log.Mark()
	check(t, r.host.SetLink("eth1", false))
	r.waitLine(line, "Netlink reports eth1 down")
	r.waitLine(line, "(VI) Entering FAULT STATE")
}

// TestDevicesThatAreThere: one that fits is used, by whatever name; one of a wanted name that does not fit is
// replaced; and a default name that something has is not taken.
func TestDevicesThatAreThere(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	addMACVLAN(t, r.host, "vrrp.51", "02:00:00:00:00:51", netlink.MACVLAN_MODE_PRIVATE) // not ours: another MAC
	addMACVLAN(t, r.host, "wrong", "02:00:00:00:00:52", netlink.MACVLAN_MODE_PRIVATE)
	addMACVLAN(t, r.host, "other", "00:00:5e:00:01:35", netlink.MACVLAN_MODE_PRIVATE)
	addMACVLAN(t, r.host, "bridged", "00:00:5e:00:01:36", netlink.MACVLAN_MODE_BRIDGE)
	r.start(quick("TAKEN", 51, "eth0", "use_vmac", "10.9.0.101/24") +
		quick("WRONG", 52, "eth0", "use_vmac wrong", "10.9.0.102/24") +
		quick("OTHER", 53, "eth0", "use_vmac wanted", "10.9.0.103/24"))
	for _, text := range []string{
		"(TAKEN): Success creating VMAC interface vrrp1.51",
		"(WRONG) VMAC wrong already exists but is incompatible. It will be deleted/updated",
		"(WRONG): Success creating VMAC interface wrong",
		"(OTHER) vmac name mismatch wanted <=> other. changing to other.",
		"(OTHER) Found matching interface other",
		"(TAKEN) Entering MASTER STATE", "(WRONG) Entering MASTER STATE", "(OTHER) Entering MASTER STATE",
	} {
		r.waitLine(0, text)
	}
	for _, vip := range prefixes("10.9.0.101/24", "10.9.0.102/24", "10.9.0.103/24") {
		r.waitAddress(vip, true)
	}
	expectDevice(t, r.host, "vrrp1.51", "macvlan on eth0 00:00:5e:00:01:33 group 0", "10.9.0.101/24")
	expectDevice(t, r.host, "wrong", "macvlan on eth0 00:00:5e:00:01:34 group 0", "10.9.0.102/24")
	expectDevice(t, r.host, "other", "macvlan on eth0 00:00:5e:00:01:35 group 0", "10.9.0.103/24")
	// At a reload all of them are there, and keep their names.
	line := r.daemon.Log.Mark()
	check(t, r.daemon.Signal(unix.SIGHUP))
	for _, text := range []string{
		"(TAKEN) Found matching interface vrrp1.51", "(WRONG) Found matching interface wrong",
		"(OTHER) Found matching interface other", "Reload complete",
	} {
		r.waitLine(line, text)
	}
	r.stop()
	expectLinks(t, r.host, "lo", "eth0", "eth1", "vrrp.51", "bridged")
}

func addMACVLAN(t *testing.T, host *lab.Host, name, mac string, mode netlink.MacvlanMode) {
	t.Helper()
	hardware, err := net.ParseMAC(mac)
	check(t, err)
	check(t, host.Do(func() error {
		parent, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.ParentIndex, attrs.HardwareAddr = name, parent.Attrs().Index, hardware
		return netlink.LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: mode})
	}))
}

// TestIPVLANThatCannotBeMade puts its instance into FAULT, and no other: an interface has either macvlans or
// ipvlans.
func TestIPVLANThatCannotBeMade(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("GOOD", 51, "eth0", "use_vmac", "10.9.0.100/24")+
		quick("BAD", 52, "eth0", "use_ipvlan ipv0 10.9.0.77/24", "10.9.0.101/24"), "GOOD")
	r.waitLine(0, "(BAD): Unable to create ipvlan interface ipv0")
	r.waitLine(0, "(BAD): entering FAULT state (interface ipv0 down)")
	r.waitLine(0, "(BAD) entering FAULT state")
	r.stop()
	if code := r.daemon.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestReversePathFilterIsMoved: a VMAC needs the filter off in "all", which is told of, and the other interfaces
// keep it.
func TestReversePathFilterIsMoved(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	const conf = "net/ipv4/conf/"
	check(t, r.host.Sysctl(conf+"all/rp_filter", "1"))
	for link, value := range map[string]string{"default": "0", "eth0": "0", "eth1": "2"} {
		check(t, r.host.Sysctl(conf+link+"/rp_filter", value))
	}
	before := sysctls(t, r.host, "all", "default", "eth0", "eth1")
	r.start(quick("VI", 51, "eth0", "use_vmac", "10.9.0.100/24"))
	r.waitLine(0, "NOTICE: setting sysctl net.ipv4.conf.default.rp_filter from 0 to 1")
	r.waitLine(0, "NOTICE: setting sysctl net.ipv4.conf.all.rp_filter from 1 to 0")
	r.waitLine(0, "(VI) Entering MASTER STATE")
	if got := sysctls(t, r.host, "all", "default", "eth0", "eth1", "vrrp.51"); got != "0 1 1 2 0" {
		t.Errorf("rp_filter of all, default, eth0, eth1 and the VMAC: %s", got)
	}
	r.stop()
	r.waitLine(0, "NOTICE: resetting sysctl net.ipv4.conf.all.rp_filter to 1")
	r.waitLine(0, "NOTICE: resetting sysctl net.ipv4.conf.default.rp_filter to 0")
	if got := sysctls(t, r.host, "all", "default", "eth0", "eth1"); got != before {
		t.Errorf("rp_filter afterwards %s, before %s", got, before)
	}
}

// sysctls are the reverse path filters of some interfaces.
func sysctls(t *testing.T, host *lab.Host, links ...string) string {
	t.Helper()
	var values []string
	for _, link := range links {
		values = append(values, readSysctl(t, host, "net/ipv4/conf/"+link+"/rp_filter"))
	}
	return strings.Join(values, " ")
}

// TestNoReportsOfLocalGroups: with disable_local_igmp the kernel tells nobody that the VRRP group was joined,
// and tells of it again afterwards.
func TestNoReportsOfLocalGroups(t *testing.T) {
	t.Parallel()
	const setting = "net/ipv4/igmp_link_local_mcast_reports"
	r := startMaster(t, "global_defs {\n disable_local_igmp\n}\n"+quick("VI", 51, "eth0", "use_vmac", "10.9.0.100/24"), "VI")
	if got := readSysctl(t, r.host, setting); got != "0" {
		t.Errorf("%s is %s while the daemon runs", setting, got)
	}
	r.stop()
	if got := readSysctl(t, r.host, setting); got != "1" {
		t.Errorf("%s is %s afterwards", setting, got)
	}
}

// readSysctl reads a setting of the host; name is its path below /proc/sys.
func readSysctl(t *testing.T, host *lab.Host, name string) string {
	t.Helper()
	var value []byte
	check(t, host.Do(func() (err error) {
		value, err = os.ReadFile("/proc/thread-self/root/proc/sys/" + name)
		return err
	}))
	return strings.TrimSpace(string(value))
}

// TestVirtualMACIsChangedAtAReload: the Master goes on, and announces its addresses with the new one.
func TestVirtualMACIsChangedAtAReload(t *testing.T) {
	t.Parallel()
	vip := netip.MustParsePrefix("10.9.0.100/24")
	r := startMaster(t, quick("VI", 51, "eth0", "use_vmac mine", vip.String()), "VI")
	r.waitAddress(vip, true)
	line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
	check(t, r.daemon.Reload(quick("VI", 51, "eth0", "use_vmac mine 02:00:00:00:00:51", vip.String())))
	r.waitLine(line, "(VI): Success updating VMAC interface mine")
	want := [6]byte{2, 0, 0, 0, 0, 0x51}
	r.waitFrame(mark, "announcement from the new MAC", func(f *lab.Frame) bool {
		return isAnnouncement(vip.Addr())(f) && f.MAC == want
	})
	r.waitFrame(mark, "advert from the new MAC", func(f *lab.Frame) bool { return isMasterAdvert(f) && f.MAC == want })
	if n := r.daemon.Log.Count(line, "STATE"); n != 0 || r.watch.Losses(vip) != 0 {
		t.Errorf("the change of the MAC disturbed the Master:\n%s", r.daemon.Log)
	}
	r.stop()
	expectLinks(t, r.host, "lo", "eth0", "eth1")
}

// TestNameOfAVMACStaysAtAReload: another name would mean to take the addresses away for a moment.
func TestNameOfAVMACStaysAtAReload(t *testing.T) {
	t.Parallel()
	vip := netip.MustParsePrefix("10.9.0.100/24")
	r := startMaster(t, quick("VI", 51, "eth0", "use_vmac mine", vip.String()), "VI")
	r.waitAddress(vip, true)
	line := r.daemon.Log.Mark()
	check(t, r.daemon.Reload(quick("VI", 51, "eth0", "use_vmac other", vip.String())))
	r.waitLine(line, "(VI) vmac name mismatch other <=> mine. changing to mine.")
	r.waitLine(line, "Reload complete")
	r.stop()
	if r.daemon.Log.Count(line, "Entering") != 0 || r.watch.Losses(vip) != 1 {
		t.Errorf("the reload disturbed the Master:\n%s", r.daemon.Log)
	}
}

// TestBridgeCarriesAnInstance: its carrier is that of its ports.
func TestBridgeCarriesAnInstance(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	check(t, r.host.Do(func() error {
		bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}
		port, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		if err := netlink.LinkAdd(bridge); err != nil {
			return err
		}
		return netlink.LinkSetMaster(port, bridge)
	}))
	check(t, r.host.SetLink("br0", true))
	check(t, r.host.AddAddress("br0", netip.MustParsePrefix("10.9.7.1/24")))
	r.start(quick("VI", 51, "br0", "", "10.9.7.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
	check(t, r.lan.SetCarrier(r.host, false))
	r.waitLine(line, "(VI) Entering FAULT STATE")
	check(t, r.lan.SetCarrier(r.host, true))
	r.waitLine(line, "(VI) Entering MASTER STATE")
	r.waitFrame(mark, "advert over the bridge", isMasterAdvert)
}

// TestAdvertsLeaveFromTheBase: with vmac_xmit_base, which unicast needs, only the addresses and their
// announcements have the virtual MAC, and the device needs no address to send from.
func TestAdvertsLeaveFromTheBase(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("FOUR", 51, "eth0", "use_vmac\n vmac_xmit_base", "10.9.0.100/24")+
		quick("SIX", 52, "eth0", "use_vmac\n vmac_xmit_base", "fe80::52", "fd09::52/64")+
		quick("UNI", 53, "eth0", "use_vmac\n vmac_xmit_base\n unicast_src_ip 10.9.0.1\n unicast_peer {\n 10.9.0.2\n }", "10.9.0.102/24"),
		"FOUR", "SIX", "UNI")
	base := hardwareAddress(t, r.host, "eth0")
	for vrid, vip := range map[int]string{51: "10.9.0.100", 52: "fd09::52", 53: "10.9.0.102"} {
		advert := r.waitFrame(0, "advert", func(f *lab.Frame) bool { return isMasterAdvert(f) && f.VRID == vrid })
		if got := net.HardwareAddr(advert.MAC[:]).String(); got != base {
			t.Errorf("the advert of VRID %d comes from %s, want %s", vrid, got, base)
		}
		announced := r.waitFrame(0, "announcement", isAnnouncement(netip.MustParseAddr(vip)))
		if want := [4]byte{0, 0, 0x5e, 0}; [4]byte(announced.MAC[:4]) != want || announced.MAC[5] != byte(vrid) {
			t.Errorf("%s is announced from %x", vip, announced.MAC)
		}
	}
	list, err := r.host.Addresses("vrrp.52")
	check(t, err)
	for _, a := range list {
		if addr, _ := netip.AddrFromSlice(a.IP); addr.IsLinkLocalUnicast() && addr != netip.MustParseAddr("fe80::52") {
			t.Errorf("vrrp.52 has %s, which it does not need", a.IPNet)
		}
	}
}

// TestDevicesComeAndGoAtAReload: addresses move to devices of their own and back while their Master goes on, and
// settings that only the devices needed are given back.
func TestDevicesComeAndGoAtAReload(t *testing.T) {
	t.Parallel()
	vips := []string{"10.9.0.100/24", "10.8.0.100/24 dev eth1"}
	r := startMaster(t, quick("VI", 51, "eth0", "use_vmac", vips...), "VI")
	for _, round := range []struct {
		lines, device, arpIgnore string
		links                    []string
	}{
		{"use_vmac\n use_vmac_addr", "vrrp1.51", "1", []string{"lo", "eth0", "eth1", "vrrp.51", "vrrp1.51"}},
		{"use_vmac", "eth1", "0", []string{"lo", "eth0", "eth1", "vrrp.51"}},
	} {
		line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
		check(t, r.daemon.Reload(quick("VI", 51, "eth0", round.lines, vips...)))
		r.waitLine(line, "Reload complete")
		r.waitAddressOn(round.device, netip.MustParsePrefix("10.8.0.100/24"))
		r.waitFrame(mark, "advert after the reload", isMasterAdvert)
		if n := r.daemon.Log.Count(line, "STATE"); n != 0 {
			t.Errorf("the reload disturbed the Master:\n%s", r.daemon.Log)
		}
		r.waitLinks(round.links...)
		if got := readSysctl(t, r.host, "net/ipv4/conf/eth1/arp_ignore"); got != round.arpIgnore {
			t.Errorf("arp_ignore of eth1 is %s with %q, want %s", got, round.lines, round.arpIgnore)
		}
	}
	r.stop()
	expectLinks(t, r.host, "lo", "eth0", "eth1")
}

// waitAddressOn waits until a link has an address.
func (r *router) waitAddressOn(link string, prefix netip.Prefix) {
	r.t.Helper()
	r.waitKernel("address "+prefix.String()+" on "+link, func() bool {
		list, err := r.host.Addresses(link)
		return err == nil && slices.ContainsFunc(list, func(a netlink.Addr) bool { return a.IPNet.String() == prefix.String() })
	})
}

// waitLinks waits until the host has those links and no others.
func (r *router) waitLinks(want ...string) {
	r.t.Helper()
	slices.Sort(want)
	r.waitKernel("links "+strings.Join(want, ", "), func() bool {
		links, err := r.host.Links()
		slices.Sort(links)
		return err == nil && slices.Equal(links, want)
	})
}

// waitKernel waits for something that comes with news of addresses or links.
func (r *router) waitKernel(what string, is func() bool) {
	r.t.Helper()
	addresses, links, done := make(chan netlink.AddrUpdate, 64), make(chan netlink.LinkUpdate, 64), make(chan struct{})
	defer close(done)
	check(r.t, r.host.Do(func() error {
		return errors.Join(netlink.AddrSubscribe(addresses, done), netlink.LinkSubscribe(links, done))
	}))
	ctx, cancel := deadline(r.t)
	defer cancel()
	for !is() {
		select {
		case <-addresses:
		case <-links:
		case <-ctx.Done():
			r.t.Fatalf("%s: no %s\n%s", r.host.Name, what, r.daemon.Log)
		}
	}
}

// TestDevicesAreTakenOverAfterACrash: the next run uses those that are there, and removes them in the end.
func TestDevicesAreTakenOverAfterACrash(t *testing.T) {
	t.Parallel()
	file := quick("FOUR", 51, "eth0", "use_vmac\n use_vmac_addr", "10.9.0.100/24", "10.8.0.100/24 dev eth1") +
		quick("SIX", 51, "eth0", "use_vmac", "fe80::51", "fd09::51/64")
	r := startMaster(t, file, "FOUR", "SIX")
	links := []string{"lo", "eth0", "eth1", "vrrp.51", "vrrp1.51", "vrrp6.51"}
	r.waitAddressOn("vrrp1.51", netip.MustParsePrefix("10.8.0.100/24"))
	expectLinks(t, r.host, links...)
	check(t, r.daemon.Crash())
	r.start(file)
	for _, text := range []string{
		"(FOUR) Found matching interface vrrp.51", "(FOUR) Found matching interface vrrp1.51", "(SIX) Found matching interface vrrp6.51",
		"(FOUR) Entering MASTER STATE", "(SIX) Entering MASTER STATE",
	} {
		r.waitLine(0, text)
	}
	expectLinks(t, r.host, links...)
	r.stop()
	expectLinks(t, r.host, "lo", "eth0", "eth1")
}
