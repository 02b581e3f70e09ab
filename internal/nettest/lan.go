package nettest

import (
	"fmt"
	"testing"

	"github.com/vishvananda/netlink"
)

// Segment is one Ethernet LAN: a bridge in a namespace of its own that floods
// multicast, and the hosts on it.
type Segment struct {
	// Hosts are the members. Host i has the link eth0 with the address
	// 10.0.0.(i+1)/24 and IPv6's automatic link-local address.
	Hosts []*Namespace

	bridge *Namespace
}

// LAN makes n hosts (1 to 200) on one bridge and returns when all their links run.
func LAN(t testing.TB, n int) *Segment {
	t.Helper()
	lan := &Segment{bridge: New(t)}
	lan.bridge.must(t, "create bridge", func() error {
		// Snooping would hold back multicast from hosts that have only just joined.
		snooping := false
		return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}, MulticastSnooping: &snooping})
	})
	lan.bridge.SetUp(t, "br0")
	for i := range n {
		host := New(t)
		lan.Hosts = append(lan.Hosts, host)
		port := portName(i)
		Link(t, host, lan.bridge, "eth0", port)
		host.Address(t, "eth0", fmt.Sprintf("10.0.0.%d/24", i+1))
		master, slave := lan.bridge.link(t, "br0"), lan.bridge.link(t, port)
		lan.bridge.must(t, "add "+port+" to the bridge", func() error { return netlink.LinkSetMaster(slave, master) })
	}
	return lan
}

// Unplug takes the carrier away from host i: its eth0 stays up and stops running.
func (lan *Segment) Unplug(t testing.TB, i int) {
	t.Helper()
	lan.bridge.SetDown(t, portName(i))
}

// Plug gives host i its carrier back and returns when its eth0 runs.
func (lan *Segment) Plug(t testing.TB, i int) {
	t.Helper()
	lan.bridge.SetUp(t, portName(i))
	lan.Hosts[i].WaitRunning(t, "eth0")
}

// Mute keeps host i's link running and drops everything it sends and receives,
// or, with mute false, lets it through again: a partition that nobody is told of.
func (lan *Segment) Mute(t testing.TB, i int, mute bool) {
	t.Helper()
	port, bridge := lan.bridge.link(t, portName(i)), lan.bridge.link(t, "br0")
	lan.bridge.must(t, "mute "+portName(i), func() error {
		if mute {
			return netlink.LinkSetNoMaster(port)
		}
		return netlink.LinkSetMaster(port, bridge)
	})
}

func portName(i int) string { return fmt.Sprintf("port%d", i) }
