// Package macvlan makes the interfaces that carry virtual MAC addresses (or, as
// ipvlan, the MAC address of the interface below), and the kernel settings they need.
//
// It promises that a fitting interface is taken over as it is, that an interface
// which is neither a macvlan nor an ipvlan is never touched, that no address appears on the new
// interface by itself, and that settings of other interfaces are as before when
// the last device that needed them is gone.
//
// Names and MAC addresses are the caller's choice; so is what happens when
// somebody deletes a device (Create makes it again). Sockets, addresses and
// announcements on the device are other packages' business.
package macvlan

import (
	"bytes"
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Config is a wanted device.
type Config struct {
	Name   string
	Parent string // the interface it sits on
	MAC    net.HardwareAddr
	// IPv6 says that the Virtual Router is of this family: the device then gets a
	// link-local address to send from, and its parent stays as it is.
	IPv6 bool
	// IPv6Addresses keeps IPv6 on in the device of an IPv4 Virtual Router, which
	// has excluded addresses of that family.
	IPv6Addresses bool
	// NoSource says that nothing is sent from the device but announcements, so that
	// it needs no link-local address.
	NoSource bool
	// Group is the interface group; nil means the parent's.
	Group *uint32
	// IPVLAN asks for an ipvlan, which has no MAC of its own.
	IPVLAN *IPVLAN
}

// Device is an interface with a virtual MAC.
type Device struct {
	Name  string
	Index int
	// Created is false if a fitting interface was there already. Replaced says that
	// one of this name was there which did not fit, Updated that one of ours got
	// another MAC.
	Created, Replaced, Updated bool
	// Settings says which kernel settings could not be made (a read-only /proc/sys,
	// say). The device is usable, if less well behaved.
	Settings error
}

// Manager owns the devices it created or took over, in the network namespace it
// was opened in, where its methods have to be called as well. It belongs to one
// goroutine at a time.
type Manager struct {
	// Notice is told of settings of all interfaces that are changed or put back; nil
	// is possible.
	Notice func(text string)

	handle   *netlink.Handle
	settings settings
	devices  map[string]device
	filters  []string // the settings that move the reverse path filter, in order
}

// device is what a Manager knows of one of its devices.
type device struct {
	cfg  Config
	held []string // its parent's settings
}

// Open opens the connection to the kernel.
func Open() (*Manager, error) {
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink socket for virtual MAC interfaces: %w", err)
	}
	return &Manager{
		handle:   handle,
		settings: settings{root: "/proc/sys", held: map[string]*held{}},
		devices:  map[string]device{},
	}, nil
}

// Close ends the connection. Devices and settings stay: Remove and ReleaseSecondaries undo them.
func (m *Manager) Close() { m.handle.Close() }

// Create makes the device, or takes over the fitting one of that name, and sets it
// up: it runs when its parent does. A macvlan of that name which does not fit is
// replaced; anything else of that name is an error (EEXIST), and so is a missing
// parent (ENODEV). It may be repeated for the same name, with the same or another
// configuration.
func (m *Manager) Create(cfg Config) (Device, error) {
	device, err := m.create(cfg)
	if err != nil {
		kind := "virtual MAC"
		if cfg.IPVLAN != nil {
			kind = "ipvlan"
		}
		return Device{}, fmt.Errorf("create %s interface %s on %s: %w", kind, cfg.Name, cfg.Parent, err)
	}
	return device, nil
}

func (m *Manager) create(cfg Config) (Device, error) {
	base, err := m.handle.LinkByName(cfg.Parent)
	if err != nil {
		return Device{}, linkError(err)
	}
	link, made, err := m.obtain(cfg, base)
	if err != nil {
		return Device{}, err
	}
	made.Name, made.Index, made.Settings = cfg.Name, link.Attrs().Index, m.apply(cfg)
	if cfg.IPVLAN == nil {
		if err := m.noAutomaticAddress(link); err != nil && cfg.hasIPv6() {
			made.Settings = errors.Join(made.Settings, err)
		}
	}
	if err := m.handle.LinkSetUp(link); err != nil {
		return Device{}, fmt.Errorf("set up: %w", err)
	}
	switch {
	case cfg.IPVLAN != nil:
		if err := m.addOwnAddress(link, cfg.IPVLAN.Address); err != nil {
			return Device{}, err
		}
	case cfg.IPv6 && !cfg.NoSource:
		if err := m.copyLinkLocal(base, link); err != nil {
			return Device{}, fmt.Errorf("add link-local address: %w", err)
		}
	}
	return made, nil
}

func (cfg Config) hasIPv6() bool { return cfg.IPv6 || cfg.IPv6Addresses }

// obtain takes over or creates the link.
func (m *Manager) obtain(cfg Config, base netlink.Link) (link netlink.Link, made Device, err error) {
	link, err = m.handle.LinkByName(cfg.Name)
	switch {
	case err == nil && cfg.fits(link, base):
		return link, made, m.adapt(cfg, base, link)
	case err == nil && m.changesMAC(cfg, base, link):
		made.Updated = true
		if err := m.handle.LinkSetHardwareAddr(link, cfg.MAC); err != nil {
			return nil, made, fmt.Errorf("set MAC address %s: %w", cfg.MAC, err)
		}
		return link, made, m.adapt(cfg, base, link)
	case err == nil && !ours(link):
		return nil, made, fmt.Errorf("a %s of that name exists: %w", link.Type(), unix.EEXIST)
	case err == nil:
		if err := m.handle.LinkDel(link); err != nil {
			return nil, made, fmt.Errorf("delete the old one: %w", err)
		}
		made.Replaced = true
	case !errors.Is(linkError(err), unix.ENODEV):
		return nil, made, err
	}
	made.Created = true
	if err := m.handle.LinkAdd(cfg.link(base)); err != nil {
		return nil, made, err
	}
	if link, err = m.handle.LinkByName(cfg.Name); err != nil {
		return nil, made, linkError(err)
	}
	if err := m.followVRF(base, link); err != nil {
		return nil, made, errors.Join(err, m.handle.LinkDel(link))
	}
	return link, made, nil
}

// changesMAC tells whether link is a device of ours that wants another MAC alone: then its addresses and
// sockets stay.
func (m *Manager) changesMAC(cfg Config, base, link netlink.Link) bool {
	d, known := m.devices[cfg.Name]
	return known && cfg.IPVLAN == nil && fits(link, base, d.cfg.MAC)
}

// adapt gives a device that was there already what it may lack.
func (m *Manager) adapt(cfg Config, base, link netlink.Link) error {
	if cfg.Group != nil && link.Attrs().Group != *cfg.Group {
		if err := m.handle.LinkSetGroup(link, int(*cfg.Group)); err != nil {
			return fmt.Errorf("set group %d: %w", *cfg.Group, err)
		}
	}
	return m.followVRF(base, link)
}

// link is the device to be made.
func (cfg Config) link(base netlink.Link) netlink.Link {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex, attrs.Group = cfg.Name, base.Attrs().Index, base.Attrs().Group
	if cfg.Group != nil {
		attrs.Group = *cfg.Group
	}
	if cfg.IPVLAN != nil {
		return &netlink.IPVlan{LinkAttrs: attrs, Mode: netlink.IPVLAN_MODE_L2, Flag: cfg.IPVLAN.flag()}
	}
	attrs.HardwareAddr = cfg.MAC
	return &netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_PRIVATE}
}

// ours tells whether a link is of a kind that this package makes.
func ours(link netlink.Link) bool { return link.Type() == "macvlan" || link.Type() == "ipvlan" }

// fits says whether link is what Create would make.
func (cfg Config) fits(link, base netlink.Link) bool {
	if cfg.IPVLAN != nil {
		ipvlan, ok := link.(*netlink.IPVlan)
		return ok && ipvlan.Mode == netlink.IPVLAN_MODE_L2 && ipvlan.ParentIndex == base.Attrs().Index
	}
	return fits(link, base, cfg.MAC)
}

// fits says whether link is a private macvlan with that MAC on base.
func fits(link, base netlink.Link, mac net.HardwareAddr) bool {
	macvlan, ok := link.(*netlink.Macvlan)
	if !ok || macvlan.Mode != netlink.MACVLAN_MODE_PRIVATE || !bytes.Equal(macvlan.HardwareAddr, mac) {
		return false
	}
	parent := base.Attrs().Index
	if base.Type() == "macvlan" {
		parent = base.Attrs().ParentIndex // the kernel puts a macvlan's macvlan beside it
	}
	return macvlan.ParentIndex == parent
}

// followVRF puts the device into its parent's routing domain, or takes it out of another.
func (m *Manager) followVRF(base, link netlink.Link) error {
	index := base.Attrs().MasterIndex
	if index == link.Attrs().MasterIndex {
		return nil
	}
	if index == 0 {
		if err := m.handle.LinkSetNoMaster(link); err != nil {
			return fmt.Errorf("take out of its VRF: %w", err)
		}
		return nil
	}
	master, err := m.handle.LinkByIndex(index)
	if err != nil || master.Type() != "vrf" {
		return linkError(err)
	}
	if err := m.handle.LinkSetMaster(link, master); err != nil {
		return fmt.Errorf("add to %s: %w", master.Attrs().Name, err)
	}
	return nil
}

// noAutomaticAddress keeps the kernel from deriving a link-local address from the
// virtual MAC: it would be the same on every router.
func (m *Manager) noAutomaticAddress(link netlink.Link) error {
	err := m.handle.LinkSetIP6AddrGenMode(link, nl.IN6_ADDR_GEN_MODE_NONE)
	if err != nil {
		return fmt.Errorf("set addrgenmode none on %s: %w", link.Attrs().Name, err)
	}
	return nil
}

// linkError turns the library's error for a missing link into the kernel's.
func linkError(err error) error {
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return unix.ENODEV
	}
	return err
}
