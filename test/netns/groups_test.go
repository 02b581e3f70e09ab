package netns

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// member is an instance of a sync group, on one of a router's two links.
const member = `vrrp_instance LINK%[1]d {
 state BACKUP
 interface eth%[1]d
 virtual_router_id 6%[1]d
 priority %[2]d
 advert_int 0.1
 version 3
 virtual_ipaddress {
  10.9.%[1]d.100/24
 }
}
`

const group = "vrrp_sync_group BOTH {\n group {\n  LINK0\n  LINK1\n }\n}\n"

var memberVIPs = prefixes("10.9.0.100/24", "10.9.1.100/24")

// TestSyncGroupMovesAsOne: two routers with a LAN each side. When one link of the Master fails, both
// addresses move to the Backup, and both come back together.
func TestSyncGroupMovesAsOne(t *testing.T) {
	for _, subjectFirst := range []bool{true, false} {
		name := "subject-is-backup"
		if subjectFirst {
			name = "subject-is-master"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := subjectProgram(t), peers.Need(t, "keepalived")
			if !subjectFirst {
				first, second = second, first
			}
			s := newSite(t, "first", "second")
			a, b := s.router(0, first), s.router(1, second)
			check(t, lab.Cable(a.host, "eth1", b.host, "eth1"))
			check(t, a.host.AddAddress("eth1", netip.MustParsePrefix("10.9.1.1/24")))
			check(t, b.host.AddAddress("eth1", netip.MustParsePrefix("10.9.1.2/24")))
			b.start(group + fmt.Sprintf(member, 0, 100) + fmt.Sprintf(member, 1, 100))
			a.start(group + fmt.Sprintf(member, 0, 150) + fmt.Sprintf(member, 1, 150))
			expectHolder(a, b)

			check(t, s.lan.SetCarrier(a.host, false))
			a.waitLine(0, "VRRP_Group(BOTH) Syncing instances to FAULT state")
			expectHolder(b, a)
			check(t, s.lan.SetCarrier(a.host, true))
			expectHolder(a, b)
		})
	}
}

// expectHolder waits until one router holds both addresses and the other none.
func expectHolder(master, backup *router) {
	master.t.Helper()
	for _, vip := range memberVIPs {
		master.waitAddress(vip, true)
		backup.waitAddress(vip, false)
	}
}

// TestVirtualMAC: adverts and announcements leave from the virtual MAC, the device goes with the stop.
func TestVirtualMAC(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	before, err := r.host.Links()
	check(t, err)
	r.start(`vrrp_instance VI {
 state BACKUP
 interface eth0
 use_vmac
 virtual_router_id 51
 priority 150
 advert_int 0.1
 version 3
 virtual_ipaddress {
  10.9.0.100/24
 }
}
`)
	r.waitAddress(netip.MustParsePrefix("10.9.0.100/24"), true)
	mac := [6]byte{0x00, 0x00, 0x5e, 0x00, 0x01, 51} // RFC 9568, 7.3
	fromVirtualMAC := func(match func(*lab.Frame) bool) func(*lab.Frame) bool {
		return func(f *lab.Frame) bool { return match(f) && f.MAC == mac }
	}
	r.waitFrame(0, "advert from the virtual MAC", fromVirtualMAC(isMasterAdvert))
	r.waitFrame(0, "gratuitous ARP from the virtual MAC", fromVirtualMAC(isAnnouncement(netip.MustParseAddr("10.9.0.100"))))
	addresses, err := r.host.Addresses("vrrp.51")
	check(t, err)
	if len(addresses) == 0 {
		t.Error("vrrp.51 has no address")
	}
	r.stop()
	after, err := r.host.Links()
	check(t, err)
	if len(after) != len(before) {
		t.Errorf("links after the stop %q, before the start %q", after, before)
	}
}

// TestTrackScriptWeightDecidesTheElection: a script's failure costs the Master its lead, its success
// gives it back.
func TestTrackScriptWeightDecidesTheElection(t *testing.T) {
	t.Parallel()
	d := dialects[2]
	d.vips = prefixes("10.9.0.100/24")
	s := newSite(t, "subject", "peer")
	subject, peer := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
	healthy := filepath.Join(t.TempDir(), "healthy")
	check(t, os.WriteFile(healthy, nil, 0o644))
	program := script(t, "test -e "+healthy)
	peer.start(d.configuration(120, "10.9.0.2", "10.9.0.1"))
	d.lines = "track_script {\n  health weight 50\n }\n"
	subject.start("vrrp_script health {\n script " + program + "\n interval 1\n}\n" + d.configuration(100, "10.9.0.1", "10.9.0.2"))
	subject.waitLine(0, "(VI) Changing effective priority from 100 to 150")
	subject.waitAddress(d.vip(), true)
	peer.waitAddress(d.vip(), false)

	check(t, os.Remove(healthy))
	peer.waitAddress(d.vip(), true)
	subject.waitAddress(d.vip(), false)
	check(t, os.WriteFile(healthy, nil, 0o644))
	subject.waitAddress(d.vip(), true)
	peer.waitAddress(d.vip(), false)
}

// TestForeignPasswordIsNoElection: with different passwords neither believes the other, and both say
// so; keepalived's Master may even fall silent, govrrpd's must not.
func TestForeignPasswordIsNoElection(t *testing.T) {
	t.Parallel()
	d := dialects[1]
	s := newSite(t, "subject", "forger")
	subject := s.router(0, subjectProgram(t))
	subject.start(d.configuration(lowPriority, "10.9.0.1", "10.9.0.2"))
	subject.waitLine(0, "(VI) Entering MASTER STATE")
	subject.waitAddress(d.vip(), true)
	injector, err := s.lan.Hosts[1].NewInjector("eth0")
	check(t, err)
	t.Cleanup(injector.Close)
	foreign := lab.Forgery{ // without a password, of higher priority
		Source: netip.MustParseAddr("10.9.0.2"), Version: 2, VRID: 51, Priority: 254, Interval: d.interval,
		Addresses: []netip.Addr{d.vip().Addr()}, TTL: 255,
	}
	line, mark := subject.daemon.Log.Mark(), s.sniffer.Mark()
	check(t, injector.Send(foreign.Frame()))
	subject.waitLine(line, "expecting")
	subject.waitFrame(mark, "advert after the foreign one", isMasterAdvert)
	if n := subject.daemon.Log.Count(line, "Entering"); n != 0 {
		t.Errorf("an advert without the password changed the state:\n%s", subject.daemon.Log)
	}
}
