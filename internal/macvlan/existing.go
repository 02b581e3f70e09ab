package macvlan

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Exists tells whether there is an interface of that name. It asks for this one alone: with a thousand devices
// a list of all for each of them takes seconds.
func Exists(name string) bool {
	request, err := unix.NewIfreq(name)
	if err != nil {
		return false // no name for an interface
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, request) == nil
}

// Links are the interfaces of one moment, in which the names of devices are chosen.
type Links struct {
	list   []netlink.Link // in the order of their making
	byName map[string]netlink.Link
}

// Existing lists the interfaces.
func Existing() (*Links, error) {
	list, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	links := &Links{list: list, byName: make(map[string]netlink.Link, len(list))}
	for _, link := range list {
		links.byName[link.Attrs().Name] = link
	}
	return links, nil
}

// Has tells whether there is an interface of that name.
func (l *Links) Has(name string) bool { return l.byName[name] != nil }

// Fits tells whether the interface of that name is the private macvlan with this MAC on
// that parent.
func (l *Links) Fits(name, parent string, mac net.HardwareAddr) bool {
	link, base := l.byName[name], l.byName[parent]
	return link != nil && base != nil && fits(link, base, mac)
}

// FitsIPVLAN tells whether the interface of that name is an ipvlan of mode L2 on that parent.
func (l *Links) FitsIPVLAN(name, parent string) bool {
	link, base := l.byName[name], l.byName[parent]
	return link != nil && base != nil && Config{IPVLAN: &IPVLAN{}}.fits(link, base)
}

// Find looks for an interface that fits, whatever its name.
func (l *Links) Find(parent string, mac net.HardwareAddr) (name string, ok bool) {
	base := l.byName[parent]
	if base == nil {
		return "", false
	}
	for _, link := range l.list {
		if fits(link, base, mac) {
			return link.Attrs().Name, true
		}
	}
	return "", false
}
