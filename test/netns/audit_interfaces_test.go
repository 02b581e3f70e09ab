package netns

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/test/lab"
)

// TestInterfaceMayComeAndGo: with dynamic_interfaces an instance waits for its interface, also for one
// that its VMAC needs, and works on after it was deleted and made anew.
func TestInterfaceMayComeAndGo(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start("global_defs {\n dynamic_interfaces\n}\n" +
		quick("PLAIN", 51, "late0", "", "10.9.2.100/24") + quick("VIRTUAL", 52, "late0", "use_vmac", "10.9.2.101/24"))
	r.waitLine(0, "(PLAIN) entering FAULT state (no IPv4 address for interface)")
	r.waitLine(0, "(VIRTUAL) entering FAULT state")
	for range 2 {
		line := r.daemon.Log.Mark()
		check(t, lab.Cable(r.host, "late0", r.lan.Switch, "late1"))
		check(t, r.host.AddAddress("late0", netip.MustParsePrefix("10.9.2.1/24")))
		r.waitLine(line, "Success creating VMAC interface vrrp.52")
		r.waitAddress(netip.MustParsePrefix("10.9.2.100/24"), true)
		r.waitAddress(netip.MustParsePrefix("10.9.2.101/24"), true)
		line = r.daemon.Log.Mark()
		check(t, r.host.DeleteLink("late0"))
		r.waitLine(line, "Interface late0 deleted")
		r.waitLine(0, "(PLAIN) Entering FAULT STATE")
		r.waitLine(0, "(VIRTUAL) Entering FAULT STATE")
	}
	r.stop()
}

// TestDeletedVMACIsMadeAgain: adverts leave from the new one.
func TestDeletedVMACIsMadeAgain(t *testing.T) {
	t.Parallel()
	for name, configuration := range map[string]string{
		"IPv4": quick("VI", 51, "eth0", "use_vmac", "10.9.0.100/24"),
		"IPv6": quick("VI", 51, "eth0", "use_vmac", "fe80::51", "fd09::100/64"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startMaster(t, configuration, "VI")
			line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
			check(t, r.host.DeleteLink("vrrp.51"))
			r.waitLine(line, "(VI) Entering FAULT STATE")
			r.waitLine(line, "(VI): Success creating VMAC interface vrrp.51")
			r.waitLine(line, "(VI) Entering MASTER STATE")
			advert := r.waitFrame(mark, "advert from the new device", isMasterAdvert)
			if virtual := [3]byte{0, 0, 0x5e}; [3]byte(advert.MAC[:3]) != virtual {
				t.Errorf("it came from %x, want the virtual MAC", advert.MAC)
			}
			if n := r.daemon.Log.Count(line, "Netlink reports vrrp.51 down"); n != 1 {
				t.Errorf("the device went down %d times, want once:\n%s", n, r.daemon.Log)
			}
			r.stop()
		})
	}
}

// TestVMACKeepsItsLinkLocalAddress: without it no IPv6 advert can leave, and the kernel takes it from a
// device that is set down.
func TestVMACKeepsItsLinkLocalAddress(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("VI", 51, "eth0", "use_vmac", "fe80::51", "fd09::100/64"), "VI")
	line := r.daemon.Log.Mark()
	check(t, r.host.SetLink("vrrp.51", false))
	r.waitLine(line, "(VI) Entering FAULT STATE")
	check(t, r.host.SetLink("vrrp.51", true))
	r.waitLine(line, "(VI) Entering MASTER STATE")
	r.waitAddress(netip.MustParsePrefix("fd09::100/64"), true)

	addresses, err := r.host.Addresses("vrrp.51")
	check(t, err)
	line = r.daemon.Log.Mark()
	for _, a := range addresses {
		if addr, _ := netip.AddrFromSlice(a.IP); addr.IsLinkLocalUnicast() && addr != netip.MustParseAddr("fe80::51") {
			ones, _ := a.Mask.Size()
			check(t, r.host.DeleteAddress("vrrp.51", netip.PrefixFrom(addr, ones)))
		}
	}
	r.waitLine(line, "(VI) Entering FAULT STATE")
	r.waitLine(line, "(VI) Entering MASTER STATE")
}

// TestSettingsAreGivenBack: what a VMAC needs of other interfaces is as before when it is gone.
func TestSettingsAreGivenBack(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	check(t, r.host.Sysctl("net/ipv4/conf/all/rp_filter", "1"))
	before := settings(t, r.host)
	r.start(quick("VI", 51, "eth0", "use_vmac\n promote_secondaries", "10.9.0.100/24") +
		quick("KEEP", 52, "eth1", "promote_secondaries", "10.9.1.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	if settings(t, r.host) == before {
		t.Error("nothing was set")
	}
	r.stop()
	if after := settings(t, r.host); after != before {
		t.Errorf("settings\n%swant\n%s", after, before)
	}
	links, err := r.host.Links()
	check(t, err)
	if strings.Contains(strings.Join(links, " "), "vrrp") {
		t.Errorf("links after the stop: %v", links)
	}
}

// TestReloadGivesSettingsBack: a setting that a reload no longer asks for is as before at once, however many
// reloads have asked for it.
func TestReloadGivesSettingsBack(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	before := settings(t, r.host)
	keep := quick("KEEP", 52, "eth1", "promote_secondaries", "10.9.1.100/24")
	r.start(keep)
	r.waitLine(0, "(KEEP) Entering MASTER STATE")
	for _, configuration := range []string{keep, keep, quick("KEEP", 52, "eth1", "", "10.9.1.100/24")} {
		if settings(t, r.host) == before {
			t.Error("nothing is set")
		}
		line := r.daemon.Log.Mark()
		check(t, r.daemon.Reload(configuration))
		r.waitLine(line, "Reload complete")
	}
	waitUntil(t, func() bool { return settings(t, r.host) == before },
		func() string { return "settings are not as before:\n" + settings(t, r.host) })
}

// settings are those that a VMAC may change of other interfaces.
func settings(t *testing.T, host *lab.Host) string {
	t.Helper()
	var all strings.Builder
	check(t, host.Do(func() error {
		for _, link := range []string{"all", "default", "eth0", "eth1", "lo"} {
			for _, name := range []string{"rp_filter", "arp_ignore", "arp_filter", "promote_secondaries"} {
				value, err := os.ReadFile(filepath.Join("/proc/thread-self/root/proc/sys/net/ipv4/conf", link, name))
				if err != nil {
					return err
				}
				all.WriteString(link + "/" + name + "=" + string(value))
			}
		}
		return nil
	}))
	return all.String()
}

// TestSourceFollowsTheAddresses: an automatic source is replaced by another address, a tracked one is
// missed, and both come back.
func TestSourceFollowsTheAddresses(t *testing.T) {
	t.Parallel()
	r := startMaster(t, quick("AUTO", 51, "eth0", "", "10.9.0.100/24")+
		quick("FIXED", 52, "eth0", "mcast_src_ip 10.9.0.1\n track_src_ip", "10.9.0.101/24")+
		strings.Replace(quick("ANYWHERE", 53, "eth0",
			"unicast_src_ip 10.9.0.1\n track_src_ip\n unicast_peer {\n 10.9.0.2\n }", "10.9.0.102/24 dev eth0"), " interface eth0\n", "", 1),
		"AUTO", "FIXED", "ANYWHERE")
	check(t, r.host.Sysctl("net/ipv4/conf/eth0/promote_secondaries", "1"))
	first, other := netip.MustParsePrefix("10.9.0.1/24"), netip.MustParsePrefix("10.9.0.77/24")
	check(t, r.host.AddAddress("eth0", other))

	line, mark := r.daemon.Log.Mark(), r.sniffer.Mark()
	check(t, r.host.DeleteAddress("eth0", first))
	r.waitLine(line, "(FIXED) Entering FAULT STATE")
	r.waitLine(line, "(ANYWHERE) Entering FAULT STATE")
	advert := func(vrid int, source string) func(*lab.Frame) bool {
		return func(f *lab.Frame) bool {
			return isMasterAdvert(f) && f.VRID == vrid && f.Source == netip.MustParseAddr(source)
		}
	}
	r.waitFrame(mark, "advert from the other address", advert(51, "10.9.0.77"))

	mark = r.sniffer.Mark()
	check(t, r.host.AddAddress("eth0", first))
	r.waitFrame(mark, "advert of the tracked source", advert(52, "10.9.0.1"))
	r.waitFrame(mark, "unicast advert", advert(53, "10.9.0.1"))
	if n := r.daemon.Log.Count(line, "(AUTO) Entering FAULT STATE"); n != 0 {
		t.Errorf("AUTO failed although there was another address:\n%s", r.daemon.Log)
	}
}

// TestStaticAddressServesAsSource: adverts leave from a static address at once, and again after somebody
// has removed it.
func TestStaticAddressServesAsSource(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject")
	r := s.router(0, subjectProgram(t))
	check(t, lab.Cable(r.host, "bare0", s.lan.Switch, "second"))
	r.start("static_ipaddress {\n 10.50.0.1/24 dev bare0\n}\n" + quick("VI", 51, "bare0", "", "10.50.0.100/32"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	if n := r.daemon.Log.Count(0, "no IPv4 address"); n != 0 {
		t.Errorf("the address was not there at the start:\n%s", r.daemon.Log)
	}
	line := r.daemon.Log.Mark()
	check(t, r.host.DeleteAddress("bare0", netip.MustParsePrefix("10.50.0.1/24")))
	r.waitLine(line, "(VI) Entering FAULT STATE")
	r.waitLine(line, "(VI) Entering MASTER STATE")

	line = r.daemon.Log.Mark()
	check(t, r.daemon.Reload("static_ipaddress {\n 10.50.0.2/24 dev bare0\n}\n"+quick("VI", 51, "bare0", "", "10.50.0.100/32")))
	r.waitLine(line, "Assigned address 10.50.0.2 for interface bare0")
}
