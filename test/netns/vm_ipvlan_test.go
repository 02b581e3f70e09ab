//go:build vm

package netns

import (
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// TestInVMTakeoverFromIPVLAN: adverts leave from an ipvlan, with the address that it was given, and are heard by
// a keepalived that does the same; the addresses stay on the interface below. A crash ends in a takeover; the
// next run takes the device over that the crash left behind; and a stop removes it.
func TestInVMTakeoverFromIPVLAN(t *testing.T) {
	t.Parallel()
	s := newSite(t, "first", "second")
	first, second := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
	vip := netip.MustParsePrefix("10.9.0.100/24")
	file := quick("VI", 51, "eth0", "use_ipvlan 10.9.0.11/24 private group 7", vip.String())
	first.start(file)
	first.waitLine(0, "(VI): Success creating ipvlan interface vrrp.51")
	first.waitLine(0, "(VI) Entering MASTER STATE")
	first.waitAddress(vip, true)
	first.waitFrame(0, "advert from the ipvlan", func(f *lab.Frame) bool {
		return isMasterAdvert(f) && f.Source == netip.MustParseAddr("10.9.0.11")
	})
	expectIPVLAN(t, first.host, "vrrp.51", 7, "10.9.0.11/24")
	if on := addressesOn(t, first.host, "eth0"); !on[vip.String()] {
		t.Errorf("eth0 has %v", on)
	}

	second.start(quick("VI", 51, "eth0", "use_ipvlan ipv0 10.9.0.12/24\n priority 100", vip.String()))
	second.waitLine(0, "(VI) Entering BACKUP STATE (init)")
	check(t, first.daemon.Crash())
	check(t, s.lan.Unplug(first.host))
	second.waitLine(0, "(VI) Entering MASTER STATE")

	check(t, s.lan.Plug(first.host))
	line := second.daemon.Log.Mark()
	first.start(file)
	first.waitLine(0, "(VI) Found matching interface vrrp.51")
	first.waitLine(0, "(VI) Entering MASTER STATE")
	second.waitLine(line, "(VI) Entering BACKUP STATE")
	line = first.daemon.Log.Mark()
	check(t, first.host.DeleteLink("vrrp.51"))
	first.waitLine(line, "(VI) Entering FAULT STATE")
	first.waitLine(line, "(VI): Success creating ipvlan interface vrrp.51")
	first.waitLine(line, "(VI) Entering MASTER STATE")
	expectIPVLAN(t, first.host, "vrrp.51", 7, "10.9.0.11/24")
	first.stop()
	expectLinks(t, first.host, "lo", "eth0")
}

// TestInVMIPVLANForIPv6: without an address the kernel's link-local one is the source.
func TestInVMIPVLANForIPv6(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject")
	r := s.router(0, subjectProgram(t))
	r.start(quick("AUTO", 51, "eth0", "use_ipvlan ipv0", "fe80::51", "fd09::51/64") +
		quick("OWN", 52, "eth0", "use_ipvlan ipv1 fe80::7", "fe80::52", "fd09::52/64"))
	r.waitLine(0, "(AUTO) Entering MASTER STATE")
	r.waitLine(0, "(OWN) Entering MASTER STATE")
	own := netip.Addr{}
	for address := range addressesOn(t, r.host, "ipv0") {
		own = netip.MustParsePrefix(address).Addr()
	}
	for vrid, source := range map[int]netip.Addr{51: own, 52: netip.MustParseAddr("fe80::7")} {
		r.waitFrame(0, "advert from "+source.String(), func(f *lab.Frame) bool {
			return isMasterAdvert(f) && f.VRID == vrid && f.Source == source
		})
	}
	if on := addressesOn(t, r.host, "eth0"); !on["fd09::51/64"] || !on["fd09::52/64"] {
		t.Errorf("eth0 has %v", on)
	}
}

// expectIPVLAN looks at an ipvlan of mode L2 on eth0 and the one address that it has.
func expectIPVLAN(t *testing.T, host *lab.Host, name string, group uint32, address string) {
	t.Helper()
	check(t, host.Do(func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		ipvlan, ok := link.(*netlink.IPVlan)
		if !ok || ipvlan.Mode != netlink.IPVLAN_MODE_L2 || ipvlan.Flag != netlink.IPVLAN_FLAG_PRIVATE || ipvlan.Group != group {
			t.Errorf("%s is a %s, %+v", name, link.Type(), link)
		}
		return nil
	}))
	list, err := host.Addresses(name)
	check(t, err)
	for _, a := range list {
		if a.Broadcast != nil {
			t.Errorf("%s has the broadcast address %s, which nobody asked for", name, a.Broadcast)
		}
	}
	if on := addressesOn(t, host, name); len(on) != 1 || !on[address] {
		t.Errorf("%s has %v, want %s", name, on, address)
	}
}

// addressesOn are the addresses of a link, in text.
func addressesOn(t *testing.T, host *lab.Host, name string) map[string]bool {
	t.Helper()
	list, err := host.Addresses(name)
	check(t, err)
	on := make(map[string]bool)
	for _, a := range list {
		on[a.IPNet.String()] = true
	}
	return on
}
