package macvlan

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

var (
	mac51  = net.HardwareAddr{0x00, 0x00, 0x5e, 0x00, 0x01, 51}
	mac52  = net.HardwareAddr{0x00, 0x00, 0x5e, 0x00, 0x01, 52}
	mac651 = net.HardwareAddr{0x00, 0x00, 0x5e, 0x00, 0x02, 51}
)

// host is a namespace with the running link eth0 and a Manager inside.
type host struct {
	*nettest.Namespace
	peer *nettest.Namespace
	*Manager
}

func newHost(t testing.TB) host {
	t.Helper()
	h := host{Namespace: nettest.New(t), peer: nettest.New(t)}
	nettest.Link(t, h.Namespace, h.peer, "eth0", "eth0")
	h.Do(t, func() {
		t.Helper()
		var err error
		if h.Manager, err = Open(); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(h.Close)
	return h
}

func (h host) create(t testing.TB, cfg Config) Device {
	t.Helper()
	var d Device
	h.Do(t, func() {
		t.Helper()
		var err error
		if d, err = h.Create(cfg); err != nil {
			t.Fatal(err)
		}
		if d.Settings != nil {
			t.Fatal(d.Settings)
		}
	})
	return d
}

func (h host) remove(t testing.TB, name string) {
	t.Helper()
	h.Do(t, func() {
		t.Helper()
		if err := h.Remove(name); err != nil {
			t.Fatal(err)
		}
	})
}

// link returns a link of the host, nil if there is none of that name.
func (h host) link(t testing.TB, name string) netlink.Link {
	t.Helper()
	link, err := h.handle.LinkByName(name)
	if err != nil && !errors.Is(linkError(err), unix.ENODEV) {
		t.Fatal(err)
	}
	return link
}

// sysctls reads several settings at once.
func (h host) sysctls(t testing.TB, paths ...string) string {
	t.Helper()
	var values []string
	for _, path := range paths {
		values = append(values, h.Sysctl(t, path))
	}
	return strings.Join(values, " ")
}

func four(name string, mac net.HardwareAddr) Config {
	return Config{Name: name, Parent: "eth0", MAC: mac}
}

func TestDeviceIsAPrivateMacvlanWithoutAddresses(t *testing.T) {
	h := newHost(t)
	must(t, h.handle.LinkSetGroup(h.link(t, "eth0"), 7))
	d := h.create(t, four("vrrp.51", mac51))
	got, ok := h.link(t, "vrrp.51").(*netlink.Macvlan)
	if !ok || got.Mode != netlink.MACVLAN_MODE_PRIVATE || got.HardwareAddr.String() != mac51.String() ||
		got.ParentIndex != h.Index(t, "eth0") || got.Group != 7 || got.RawFlags&unix.IFF_UP == 0 {
		t.Errorf("device is %+v", got)
	}
	if !d.Created || d.Index != got.Index || d.Name != "vrrp.51" {
		t.Errorf("Create returns %+v", d)
	}
	if addrs, err := h.handle.AddrList(got, netlink.FAMILY_ALL); err != nil || len(addrs) != 0 {
		t.Errorf("device has %v, error %v", addrs, err)
	}
	const conf4 = "net/ipv4/conf/vrrp.51/"
	if got := h.sysctls(t, conf4+"arp_ignore", conf4+"accept_local", conf4+"rp_filter", conf4+"promote_secondaries",
		"net/ipv6/conf/vrrp.51/disable_ipv6"); got != "1 1 0 1 1" {
		t.Errorf("arp_ignore, accept_local, rp_filter, promote_secondaries, disable_ipv6 are %s", got)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestIPv6AddressesKeepIPv6On(t *testing.T) {
	h := newHost(t)
	h.create(t, Config{Name: "vrrp.51", Parent: "eth0", MAC: mac51, IPv6Addresses: true})
	if got := h.Sysctl(t, "net/ipv6/conf/vrrp.51/disable_ipv6"); got != "0" {
		t.Errorf("disable_ipv6 is %s", got)
	}
	if addrs, err := h.handle.AddrList(h.link(t, "vrrp.51"), netlink.FAMILY_ALL); err != nil || len(addrs) != 0 {
		t.Errorf("device has %v, error %v: an address by itself", addrs, err)
	}
}

func TestIPv6DeviceHasItsParentsLinkLocalAddress(t *testing.T) {
	h := newHost(t)
	h.Address(t, "eth0", "fe80::99/128") // a virtual one of another router
	h.create(t, Config{Name: "vrrp6.51", Parent: "eth0", MAC: mac651, IPv6: true})
	want := linkLocals(t, h, "eth0")
	want = slices.DeleteFunc(want, func(a netlink.Addr) bool { return a.IP.String() == "fe80::99" })
	got := linkLocals(t, h, "vrrp6.51")
	if len(got) != 1 || len(want) != 1 || !got[0].IP.Equal(want[0].IP) {
		t.Fatalf("device has %v, want %v", got, want)
	}
	const wanted = unix.IFA_F_NODAD | unix.IFA_F_DEPRECATED | unix.IFA_F_PERMANENT
	if got[0].Flags&wanted != wanted || got[0].Flags&unix.IFA_F_TENTATIVE != 0 {
		t.Errorf("address has flags %#x, want nodad, deprecated, permanent", got[0].Flags)
	}
	if got := h.sysctls(t, "net/ipv4/conf/vrrp6.51/arp_ignore", "net/ipv4/conf/vrrp6.51/accept_local",
		"net/ipv4/conf/eth0/arp_ignore", "net/ipv4/conf/eth0/arp_filter"); got != "1 0 0 0" {
		t.Errorf("arp_ignore, accept_local, the parent's arp_ignore, arp_filter are %s", got)
	}
	h.create(t, Config{Name: "vrrp6.51", Parent: "eth0", MAC: mac651, IPv6: true})
	if got := linkLocals(t, h, "vrrp6.51"); len(got) != 1 {
		t.Errorf("after Create again the device has %v", got)
	}
}

func linkLocals(t *testing.T, h host, name string) []netlink.Addr {
	t.Helper()
	addrs, err := h.handle.AddrList(h.link(t, name), netlink.FAMILY_V6)
	must(t, err)
	return addrs
}

func TestIPv6DeviceWithoutParentsAddressDerivesOne(t *testing.T) {
	h := newHost(t)
	for _, a := range linkLocals(t, h, "eth0") {
		must(t, h.handle.AddrDel(h.link(t, "eth0"), &a))
	}
	must(t, h.handle.LinkSetHardwareAddr(h.link(t, "eth0"), net.HardwareAddr{0x02, 0, 0, 0x11, 0x22, 0x33}))
	h.create(t, Config{Name: "vrrp6.51", Parent: "eth0", MAC: mac651, IPv6: true})
	if got := linkLocals(t, h, "vrrp6.51"); len(got) != 1 || got[0].IP.String() != "fe80::ff:fe11:2233" {
		t.Errorf("device has %v, want fe80::ff:fe11:2233", got)
	}
}

func TestFittingDeviceIsTakenOver(t *testing.T) {
	h := newHost(t)
	first := h.create(t, four("vrrp.51", mac51))
	other := newManager(t, h)
	var links *Links
	h.Do(t, func() {
		var err error
		links, err = Existing()
		must(t, err)
	})
	if name, ok := links.Find("eth0", mac51); name != "vrrp.51" || !ok || !links.Fits(name, "eth0", mac51) {
		t.Errorf("found %q, %v", name, ok)
	}
	if name, ok := links.Find("eth0", mac52); ok || links.Fits("vrrp.51", "eth0", mac52) || links.Fits("eth0", "eth0", mac51) {
		t.Errorf("found %q for another MAC", name)
	}
	if again := other.create(t, four("vrrp.51", mac51)); again.Created || again.Index != first.Index {
		t.Errorf("taken over as %+v, was %+v", again, first)
	}
	if updated := other.create(t, four("vrrp.51", mac52)); !updated.Updated || updated.Created || updated.Index != first.Index {
		t.Errorf("with another MAC: %+v, was %+v", updated, first)
	}
	if got := h.link(t, "vrrp.51").Attrs().HardwareAddr; got.String() != mac52.String() {
		t.Errorf("its MAC address is %s", got)
	}
}

// Many devices are removed together, and nothing else is: neither what somebody has put into a group, nor what has
// taken a device's name.
func TestManyAreRemovedTogether(t *testing.T) {
	h := newHost(t)
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("vrrp.%d", i))
		h.create(t, four(names[i], net.HardwareAddr{0, 0, 0x5e, 0, 1, byte(i)}))
	}
	must(t, h.handle.LinkDel(h.link(t, "vrrp.3")))
	must(t, h.handle.LinkDel(h.link(t, "vrrp.4")))
	must(t, h.handle.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "vrrp.4"}}))
	must(t, h.handle.LinkSetGroup(h.link(t, "eth0"), 1<<30+os.Getpid()))
	h.Do(t, func() {
		for i, err := range h.RemoveAll(names) {
			if err != nil {
				t.Errorf("%s: %v", names[i], err)
			}
		}
	})
	list, err := h.handle.LinkList()
	must(t, err)
	var left []string
	for _, link := range list {
		left = append(left, link.Attrs().Name)
	}
	if slices.Sort(left); !slices.Equal(left, []string{"eth0", "lo", "vrrp.4"}) {
		t.Errorf("left are %v", left)
	}
	if got := h.Sysctl(t, "net/ipv4/conf/eth0/arp_ignore"); got != "0" {
		t.Errorf("arp_ignore of eth0 is %s afterwards", got)
	}
}

func TestExists(t *testing.T) {
	h := newHost(t)
	h.Do(t, func() {
		for name, want := range map[string]bool{"eth0": true, "eth7": false, "": false, "a-name-that-is-too-long": false} {
			if got := Exists(name); got != want {
				t.Errorf("%q exists: %v, want %v", name, got, want)
			}
		}
	})
}

func TestStrangersDeviceIsReplaced(t *testing.T) {
	h := newHost(t)
	first := h.create(t, four("vrrp.51", mac51))
	if replaced := newManager(t, h).create(t, four("vrrp.51", mac52)); !replaced.Created || !replaced.Replaced || replaced.Index == first.Index {
		t.Errorf("with another MAC: %+v, was %+v", replaced, first)
	}
}

func TestDeviceInAnotherModeIsReplaced(t *testing.T) {
	h := newHost(t)
	must(t, h.handle.LinkAdd(&netlink.Macvlan{
		LinkAttrs: netlink.LinkAttrs{Name: "vrrp.51", ParentIndex: h.Index(t, "eth0"), HardwareAddr: mac51},
		Mode:      netlink.MACVLAN_MODE_BRIDGE,
	}))
	if d := h.create(t, four("vrrp.51", mac51)); !d.Created {
		t.Error("a macvlan in bridge mode was taken over")
	}
}

// newManager stands for the next start of the program.
func newManager(t *testing.T, h host) host {
	t.Helper()
	h.Do(t, func() {
		t.Helper()
		var err error
		h.Manager, err = Open()
		must(t, err)
	})
	t.Cleanup(h.Close)
	return h
}

func TestOtherInterfacesAreNotTouched(t *testing.T) {
	h := newHost(t)
	must(t, h.handle.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "vrrp.51"}}))
	h.Do(t, func() {
		_, err := h.Create(four("vrrp.51", mac51))
		if want := "create virtual MAC interface vrrp.51 on eth0: a bridge of that name exists: file exists"; !errors.Is(err, unix.EEXIST) || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		_, err = h.Create(Config{Name: "vrrp.52", Parent: "eth9", MAC: mac52})
		if want := "create virtual MAC interface vrrp.52 on eth9: no such device"; !errors.Is(err, unix.ENODEV) || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
	h.remove(t, "vrrp.51")
	if h.link(t, "vrrp.51") == nil {
		t.Error("a bridge was removed")
	}
}

func TestParentsSettingsLastAsLongAsADeviceNeedsThem(t *testing.T) {
	h := newHost(t)
	h.SetSysctl(t, "net/ipv4/conf/eth0/arp_ignore", "2")
	arp := func() string {
		return h.sysctls(t, "net/ipv4/conf/eth0/arp_ignore", "net/ipv4/conf/eth0/arp_filter")
	}
	h.create(t, four("vrrp.51", mac51))
	h.create(t, four("vrrp.52", mac52))
	h.create(t, four("vrrp.51", mac51))
	if got := arp(); got != "1 1" {
		t.Errorf("with two devices: %s, want 1 1", got)
	}
	h.remove(t, "vrrp.51")
	h.remove(t, "vrrp.51")
	if got := arp(); got != "1 1" || h.link(t, "vrrp.51") != nil {
		t.Errorf("with one device: %s, want 1 1; link %v", got, h.link(t, "vrrp.51"))
	}
	h.remove(t, "vrrp.52")
	if got := arp(); got != "2 0" {
		t.Errorf("without devices: %s, want what it was, 2 0", got)
	}
	h.create(t, four("vrrp.51", mac51))
	h.SetSysctl(t, "net/ipv4/conf/eth0/arp_filter", "0") // somebody knows better
	h.SetSysctl(t, "net/ipv4/conf/eth0/arp_ignore", "8")
	h.remove(t, "vrrp.51")
	if got := arp(); got != "8 0" {
		t.Errorf("after somebody's change: %s, want it left at 8 0", got)
	}
}

func TestReversePathFilterMovesFromAllToTheInterfaces(t *testing.T) {
	h := newHost(t)
	h.SetSysctl(t, "net/ipv4/conf/all/rp_filter", "1")
	h.SetSysctl(t, "net/ipv4/conf/default/rp_filter", "0")
	h.SetSysctl(t, "net/ipv4/conf/eth0/rp_filter", "0")
	h.SetSysctl(t, "net/ipv4/conf/lo/rp_filter", "2")
	filters := func() string {
		return h.sysctls(t, "net/ipv4/conf/all/rp_filter", "net/ipv4/conf/default/rp_filter",
			"net/ipv4/conf/eth0/rp_filter", "net/ipv4/conf/lo/rp_filter")
	}
	h.create(t, Config{Name: "vrrp6.51", Parent: "eth0", MAC: mac651, IPv6: true})
	if got := filters(); got != "1 0 0 2" {
		t.Errorf("with an IPv6 device all, default, eth0, lo have %s, want 1 0 0 2", got)
	}
	h.create(t, four("vrrp.51", mac51))
	h.create(t, four("vrrp.52", mac52))
	if got := filters(); got != "0 1 1 2" {
		t.Errorf("with devices all, default, eth0, lo have %s, want 0 1 1 2", got)
	}
	if got := h.sysctls(t, "net/ipv4/conf/vrrp.51/rp_filter", "net/ipv4/conf/vrrp.52/rp_filter"); got != "0 0" {
		t.Errorf("the devices have %s, want 0 0", got)
	}
	h.remove(t, "vrrp.52")
	if got := filters(); got != "0 1 1 2" {
		t.Errorf("with one device left all, default, eth0, lo have %s, want 0 1 1 2", got)
	}
	h.remove(t, "vrrp.51")
	if got := filters(); got != "1 0 0 2" {
		t.Errorf("in the end all, default, eth0, lo have %s, want 1 0 0 2", got)
	}
}

func TestDeviceRunsWhenItsParentDoes(t *testing.T) {
	h := newHost(t)
	h.SetDown(t, "eth0")
	h.create(t, four("vrrp.51", mac51))
	if flags := h.link(t, "vrrp.51").Attrs().RawFlags; flags&unix.IFF_UP == 0 || flags&unix.IFF_RUNNING != 0 {
		t.Errorf("on a parent that is down the device has flags %#x, want up and not running", flags)
	}
	h.SetUp(t, "eth0")
	h.WaitRunning(t, "vrrp.51")
}

func TestUnwritableSettingsDoNotPreventTheDevice(t *testing.T) {
	h := newHost(t)
	h.settings.root = t.TempDir()
	h.Do(t, func() {
		d, err := h.Create(four("vrrp.51", mac51))
		if err != nil || d.Settings == nil || !strings.Contains(d.Settings.Error(), "eth0/arp_filter") {
			t.Errorf("Create returns %+v, error %v", d, err)
		}
	})
	h.remove(t, "vrrp.51")
}

func TestSecondariesAreKeptUntilTheLastRelease(t *testing.T) {
	h := newHost(t)
	const path = "net/ipv4/conf/eth0/promote_secondaries"
	h.SetSysctl(t, path, "0")
	h.Do(t, func() {
		must(t, errors.Join(h.KeepSecondaries("eth0"), h.KeepSecondaries("eth0"), h.ReleaseSecondaries("eth0")))
		if got := h.Sysctl(t, path); got != "1" {
			t.Errorf("promote_secondaries is %s with one holder", got)
		}
		must(t, errors.Join(h.ReleaseSecondaries("eth0"), h.ReleaseSecondaries("eth0")))
		if got := h.Sysctl(t, path); got != "0" {
			t.Errorf("promote_secondaries is %s in the end", got)
		}
	})
}
