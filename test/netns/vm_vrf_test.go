//go:build vm

package netns

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// vrfTable is the routing table of the VRF blue.
const vrfTable = 77

// addVRF makes the VRF blue and puts eth0 into it.
func addVRF(t *testing.T, host *lab.Host) {
	t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "blue"
	addDevice(t, host, &netlink.Vrf{LinkAttrs: attrs, Table: vrfTable})
	setMaster(t, host, "eth0", "blue")
}

// setMaster makes a link belong to another one, or, for "", to none.
func setMaster(t *testing.T, host *lab.Host, slave, master string) {
	t.Helper()
	check(t, host.Do(func() error {
		link, err := netlink.LinkByName(slave)
		if err != nil {
			return err
		}
		if master == "" {
			return netlink.LinkSetNoMaster(link)
		}
		above, err := netlink.LinkByName(master)
		if err != nil {
			return err
		}
		return netlink.LinkSetMaster(link, above)
	}))
}

// TestInVMInterfaceInVRF: adverts are heard in a VRF, with and without a virtual MAC, whose device belongs to the
// VRF as well; a route goes into the VRF's table.
func TestInVMInterfaceInVRF(t *testing.T) {
	t.Parallel()
	s := newSite(t, "first", "second")
	first, second := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
	addVRF(t, first.host)
	instances := func(priority, routes string) string {
		return quick("PLAIN", 51, "eth0", priority+routes, "10.9.0.100/24") +
			quick("VIRTUAL", 52, "eth0", "use_vmac\n "+priority, "10.9.0.101/24") +
			quick("SIX", 53, "eth0", "use_vmac\n "+priority, "fe80::53", "fd09::53/64")
	}
	first.start(instances("priority 150", "\n virtual_routes {\n 10.77.0.0/24 via 10.9.0.2 vrf blue dev eth0\n }"))
	names := []string{"PLAIN", "VIRTUAL", "SIX"}
	for _, name := range names {
		first.waitLine(0, "("+name+") Entering MASTER STATE")
	}
	second.start(instances("priority 100", ""))
	for _, name := range names {
		second.waitLine(0, "("+name+") Entering BACKUP STATE (init)")
	}
	for _, vip := range prefixes("10.9.0.100/24", "10.9.0.101/24", "fd09::53/64") {
		first.waitAddress(vip, true)
	}
	for _, device := range []string{"vrrp.52", "vrrp.53"} {
		waitMaster(t, first.host, device, "blue")
	}
	waitRoute(t, first.host, "10.77.0.0/24", vrfTable)

	// The one in the VRF hears the other: it steps back when that becomes the better one.
	line := first.daemon.Log.Mark()
	check(t, second.daemon.Reload(instances("priority 200", "")))
	for _, name := range names {
		first.waitLine(line, "("+name+") Entering BACKUP STATE")
		second.waitLine(0, "("+name+") Entering MASTER STATE")
	}
}

// TestInVMUnicastInVRF: without an interface, the sockets are bound to the VRF.
func TestInVMUnicastInVRF(t *testing.T) {
	t.Parallel()
	s := newSite(t, "first", "second")
	first, second := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
	addVRF(t, first.host)
	check(t, first.host.Sysctl("net/ipv4/raw_l3mdev_accept", "0")) // a socket that is bound to nothing hears nothing of a VRF
	file := func(own, other, lines string) string {
		return quick("VI", 51, "eth0", "unicast_src_ip "+own+"\n unicast_peer {\n "+other+"\n }\n "+lines, "10.9.0.100/24 dev eth0")
	}
	inVRF := strings.Replace(file("10.9.0.1", "10.9.0.2", ""), "interface eth0", "vrf blue", 1)
	first.start(inVRF)
	first.waitLine(0, "(VI) Entering MASTER STATE")
	first.waitFrame(0, "advert to the peer", func(f *lab.Frame) bool {
		return isMasterAdvert(f) && f.Destination == netip.MustParseAddr("10.9.0.2")
	})
	second.start(file("10.9.0.2", "10.9.0.1", "priority 100"))
	second.waitLine(0, "(VI) Entering BACKUP STATE (init)")
	line := first.daemon.Log.Mark()
	check(t, second.daemon.Reload(file("10.9.0.2", "10.9.0.1", "priority 200")))
	first.waitLine(line, "(VI) Entering BACKUP STATE")
	second.waitLine(0, "(VI) Entering MASTER STATE")
	second.stop()
	first.waitLine(line, "(VI) Entering MASTER STATE")
	first.waitAddress(netip.MustParsePrefix("10.9.0.100/24"), true)
}

// TestInVMVMACFollowsIntoVRF: an interface that is moved into a VRF takes its VMACs along, and out of it again.
func TestInVMVMACFollowsIntoVRF(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject")
	r := s.router(0, subjectProgram(t))
	r.start(quick("V4", 51, "eth0", "use_vmac", "10.9.0.100/24") + quick("V6", 52, "eth0", "use_vmac", "fe80::52", "fd09::52/64"))
	r.waitLine(0, "(V4) Entering MASTER STATE")
	r.waitLine(0, "(V6) Entering MASTER STATE")
	for _, move := range []struct {
		to   string
		move func()
	}{
		{"blue", func() { addVRF(t, r.host) }},
		{"", func() { setMaster(t, r.host, "eth0", "") }},
	} {
		line, mark := r.daemon.Log.Mark(), s.sniffer.Mark()
		move.move()
		for _, device := range []string{"vrrp.51", "vrrp.52"} {
			waitMaster(t, r.host, device, move.to)
		}
		for vrid, name := range map[int]string{51: "V4", 52: "V6"} {
			r.waitLine(line, "("+name+") Entering FAULT STATE") // the kernel sets the interface down and up
			r.waitLine(line, "("+name+") Entering MASTER STATE")
			r.waitFrame(mark, "advert of "+name, func(f *lab.Frame) bool { return isMasterAdvert(f) && f.VRID == vrid })
		}
		for _, vip := range prefixes("10.9.0.100/24", "fd09::52/64") {
			r.waitAddress(vip, true)
		}
	}
	r.stop()
}

// waitMaster waits until a link belongs to the VRF of that name, or, for "", to none.
func waitMaster(t *testing.T, host *lab.Host, name, master string) {
	t.Helper()
	updates, done := make(chan netlink.LinkUpdate, 64), make(chan struct{})
	defer close(done)
	index := 0
	check(t, host.Do(func() error {
		if master != "" {
			vrf, err := netlink.LinkByName(master)
			if err != nil {
				return err
			}
			index = vrf.Attrs().Index
		}
		return netlink.LinkSubscribeWithOptions(updates, done, netlink.LinkSubscribeOptions{ListExisting: true})
	}))
	ctx, cancel := deadline(t)
	defer cancel()
	for {
		select {
		case u := <-updates:
			if u.Attrs().Name == name && u.Attrs().MasterIndex == index {
				return
			}
		case <-ctx.Done():
			t.Fatalf("%s never belonged to %q", name, master)
		}
	}
}

// waitRoute waits until a table has a route.
func waitRoute(t *testing.T, host *lab.Host, destination string, table int) {
	t.Helper()
	updates, done := make(chan netlink.RouteUpdate, 64), make(chan struct{})
	defer close(done)
	check(t, host.Do(func() error {
		return netlink.RouteSubscribeWithOptions(updates, done, netlink.RouteSubscribeOptions{ListExisting: true})
	}))
	ctx, cancel := deadline(t)
	defer cancel()
	for {
		select {
		case u := <-updates:
			if u.Dst != nil && u.Dst.String() == destination && u.Table == table {
				return
			}
		case <-ctx.Done():
			t.Fatalf("table %d of %s has no route to %s", table, host.Name, destination)
		}
	}
}
