package lab

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// LAN is one Ethernet segment: a switch, and hosts with a link eth0 each.
type LAN struct {
	Switch *Host
	Hosts  []*Host
}

// NewLAN makes a LAN of hosts with those names. Host i (from 0) has on eth0 the addresses
// 10.9.0.(i+1)/24 and fd09::(i+1)/64 beside its link-local one.
func NewLAN(names ...string) (*LAN, error) {
	lan := &LAN{}
	sw, err := NewHost("switch")
	if err != nil {
		return nil, err
	}
	lan.Switch = sw
	if err := sw.Do(addBridge); err != nil {
		lan.Close()
		return nil, fmt.Errorf("make bridge: %w", err)
	}
	for i, name := range names {
		host, err := NewHost(name)
		if err == nil {
			lan.Hosts = append(lan.Hosts, host)
			err = lan.connect(host, i)
		}
		if err != nil {
			lan.Close()
			return nil, err
		}
	}
	return lan, nil
}

// addBridge makes the switch itself. Snooping would hold back multicast from hosts that have only
// just joined, and switches in front of VRRP routers are told not to do so.
func addBridge() error {
	snooping := false
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}, MulticastSnooping: &snooping}
	if err := netlink.LinkAdd(bridge); err != nil {
		return err
	}
	return netlink.LinkSetUp(bridge)
}

func (lan *LAN) connect(host *Host, i int) error {
	if err := Cable(host, "eth0", lan.Switch, host.Name); err != nil {
		return err
	}
	return errors.Join(
		lan.plug(host, true),
		host.AddAddress("eth0", netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 9, 0, byte(i + 1)}), 24)),
		host.AddAddress("eth0", netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 1: 9, 15: byte(i + 1)}), 64)),
	)
}

// plug makes a host's port a member of the bridge or takes it out.
func (lan *LAN) plug(host *Host, in bool) error {
	return lan.Switch.Do(func() error {
		port, err := netlink.LinkByName(host.Name)
		if err != nil {
			return fmt.Errorf("port %s: %w", host.Name, err)
		}
		if !in {
			return netlink.LinkSetNoMaster(port)
		}
		bridge, err := netlink.LinkByName("br0")
		if err != nil {
			return err
		}
		return netlink.LinkSetMaster(port, bridge)
	})
}

// Unplug cuts a host off without taking its carrier: nobody is told, as when a switch fails.
func (lan *LAN) Unplug(host *Host) error { return lan.plug(host, false) }

// Plug joins a host that was cut off.
func (lan *LAN) Plug(host *Host) error { return lan.plug(host, true) }

// SetCarrier takes a host's carrier away or gives it back, as when the cable is pulled.
func (lan *LAN) SetCarrier(host *Host, on bool) error { return lan.Switch.SetLink(host.Name, on) }

// Close ends the switch and the hosts.
func (lan *LAN) Close() {
	for _, host := range lan.Hosts {
		host.Close()
	}
	lan.Switch.Close()
}
