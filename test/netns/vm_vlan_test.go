//go:build vm

package netns

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/govrrpd/govrrpd/test/peers"
)

// TestInVMTakeoverInVLAN: two VLANs of one cable are two LANs, with the same VRID in both, next to keepalived,
// in one of them with a virtual MAC; the Master of both crashes, and is replaced in both.
func TestInVMTakeoverInVLAN(t *testing.T) {
	t.Parallel()
	s := newSite(t, "first", "second")
	routers := []*router{s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))}
	vips := map[int]netip.Prefix{10: netip.MustParsePrefix("10.10.0.100/24"), 20: netip.MustParsePrefix("10.20.0.100/24")}
	for i, r := range routers {
		var file string
		for id, vip := range vips {
			iface := addVLAN(t, r.host, id, fmt.Sprintf("10.%d.0.%d/24", id, i+1))
			lines := fmt.Sprintf("priority %d", 150-50*i)
			if id == 20 {
				lines += "\n use_vmac"
			}
			file += quick(fmt.Sprintf("VLAN%d", id), 51, iface, lines, vip.String())
		}
		r.start(file)
	}
	first, second := routers[0], routers[1]
	for id, vip := range vips {
		first.waitLine(0, fmt.Sprintf("(VLAN%d) Entering MASTER STATE", id))
		second.waitLine(0, fmt.Sprintf("(VLAN%d) Entering BACKUP STATE (init)", id))
		first.waitAddress(vip, true)
		first.waitFrame(0, "announcement in the VLAN", isAnnouncement(vip.Addr()))
	}
	mark := s.sniffer.Mark()
	check(t, first.daemon.Crash())
	check(t, s.lan.Unplug(first.host))
	for id, vip := range vips {
		second.waitLine(0, fmt.Sprintf("(VLAN%d) Entering MASTER STATE", id))
		second.waitAddress(vip, true)
		second.waitFrame(mark, "announcement of the successor", isAnnouncement(vip.Addr()))
	}
}

// TestInVMLowerLinkOfVLAN: a VLAN ends with the carrier of what it lies on, and comes back with it.
func TestInVMLowerLinkOfVLAN(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject")
	r := s.router(0, subjectProgram(t))
	vip := netip.MustParsePrefix("10.10.0.100/24")
	r.start(quick("VI", 51, addVLAN(t, r.host, 10, "10.10.0.1/24"), "", vip.String()))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	for _, cut := range []func(bool) error{
		func(on bool) error { return s.lan.SetCarrier(r.host, on) },
		func(on bool) error { return r.host.SetLink("eth0", on) },
	} {
		line := r.daemon.Log.Mark()
		check(t, cut(false))
		r.waitLine(line, "(VI) Entering FAULT STATE")
		r.waitAddress(vip, false)
		check(t, cut(true))
		if err := r.host.SetLink("eth0.10", true); err != nil { // setting eth0 down takes its VLANs along
			t.Fatal(err)
		}
		r.waitLine(line, "(VI) Entering BACKUP STATE")
		r.waitLine(line, "(VI) Entering MASTER STATE")
		r.waitAddress(vip, true)
	}
}
