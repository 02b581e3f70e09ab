package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Host is one machine of the lab: a network and a mount namespace, and the one thread that lives in
// them for as long as the host does. What that thread opens or starts belongs to the host.
type Host struct {
	// Name is the host's name, and the name of its port on a LAN's switch.
	Name string

	jobs      chan func()
	namespace *os.File
}

// NewHost makes a host whose only link is its loopback.
func NewHost(name string) (*Host, error) {
	h := &Host{Name: name, jobs: make(chan func())}
	go func() {
		// Never unlocked: the thread ends with the host. Children ask to be killed when the thread
		// that made them ends, so a thread must stay.
		runtime.LockOSThread()
		for job := range h.jobs {
			job()
		}
	}()
	if err := h.Do(h.enter); err != nil {
		close(h.jobs)
		return nil, fmt.Errorf("make host %s: %w", name, err)
	}
	return h, nil
}

// enter moves the host's thread into namespaces of its own.
func (h *Host) enter() error {
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("new network and mount namespace: %w", err)
	}
	if err := unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	namespace, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	h.namespace = namespace
	// A link-local address that is still being checked for duplicates cannot be a source.
	for _, scope := range []string{"all", "default"} {
		if err := h.writeSysctl("net/ipv6/conf/"+scope+"/accept_dad", "0"); err != nil {
			return err
		}
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(lo)
}

// Do runs f on the host's thread, one at a time.
func (h *Host) Do(f func() error) error {
	done := make(chan error)
	h.jobs <- func() { done <- f() }
	return <-done
}

// Close ends the host. Processes that still run there keep its namespaces until they end.
func (h *Host) Close() {
	close(h.jobs)
	h.namespace.Close()
}

// Bind puts the contents of file in the place of path, for this host alone, as a bind mount does.
func (h *Host) Bind(file, path string) error {
	return h.Do(func() error {
		if err := unix.Mount(file, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind %s to %s on %s: %w", file, path, h.Name, err)
		}
		return nil
	})
}

// Sysctl sets a setting of the host; name is its path below /proc/sys.
func (h *Host) Sysctl(name, value string) error {
	return h.Do(func() error { return h.writeSysctl(name, value) })
}

func (h *Host) writeSysctl(name, value string) error {
	return os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0)
}

// AddAddress puts an address on a link, usable at once.
func (h *Host) AddAddress(link string, prefix netip.Prefix) error {
	return h.Do(func() error {
		l, err := netlink.LinkByName(link)
		if err == nil {
			address := &netlink.Addr{IPNet: ipNet(prefix)}
			if prefix.Addr().Is6() {
				address.Flags = unix.IFA_F_NODAD
			}
			err = netlink.AddrAdd(l, address)
		}
		if err != nil {
			return fmt.Errorf("add %v to %s of %s: %w", prefix, link, h.Name, err)
		}
		return nil
	})
}

// SetLink sets a link up or down.
func (h *Host) SetLink(link string, up bool) error {
	return h.Do(func() error {
		l, err := netlink.LinkByName(link)
		if err != nil {
			return fmt.Errorf("link %s of %s: %w", link, h.Name, err)
		}
		if up {
			return netlink.LinkSetUp(l)
		}
		return netlink.LinkSetDown(l)
	})
}

// DeleteLink removes a link.
func (h *Host) DeleteLink(link string) error {
	return h.Do(func() error {
		l, err := netlink.LinkByName(link)
		if err != nil {
			return fmt.Errorf("link %s of %s: %w", link, h.Name, err)
		}
		return netlink.LinkDel(l)
	})
}

// Links lists the names of the host's links, the loopback included.
func (h *Host) Links() ([]string, error) {
	var names []string
	err := h.Do(func() error {
		links, err := netlink.LinkList()
		for _, link := range links {
			names = append(names, link.Attrs().Name)
		}
		return err
	})
	return names, err
}

// Cable joins two hosts by a veth cable and sets both ends up.
func Cable(a *Host, linkA string, b *Host, linkB string) error {
	err := a.Do(func() error {
		return netlink.LinkAdd(&netlink.Veth{
			LinkAttrs:     netlink.LinkAttrs{Name: linkA},
			PeerName:      linkB,
			PeerNamespace: netlink.NsFd(b.namespace.Fd()),
		})
	})
	if err != nil {
		return fmt.Errorf("cable from %s of %s to %s of %s: %w", linkA, a.Name, linkB, b.Name, err)
	}
	return errors.Join(a.SetLink(linkA, true), b.SetLink(linkB, true))
}

func ipNet(prefix netip.Prefix) *net.IPNet {
	return &net.IPNet{
		IP:   prefix.Addr().AsSlice(),
		Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen()),
	}
}

// DeleteAddress removes an address from a link, as an administrator's mistake would.
func (h *Host) DeleteAddress(link string, prefix netip.Prefix) error {
	return h.Do(func() error {
		l, err := netlink.LinkByName(link)
		if err == nil {
			err = netlink.AddrDel(l, &netlink.Addr{IPNet: ipNet(prefix)})
		}
		if err != nil {
			return fmt.Errorf("delete %v from %s of %s: %w", prefix, link, h.Name, err)
		}
		return nil
	})
}

// ReadSysctl reads a setting of the host; name is its path below /proc/sys.
func (h *Host) ReadSysctl(name string) (value string, err error) {
	err = h.Do(func() error {
		// The calling thread's view: /proc/sys of another thread is that of another namespace.
		text, err := os.ReadFile(filepath.Join("/proc/thread-self/root/proc/sys", name))
		value = strings.TrimSpace(string(text))
		return err
	})
	return value, err
}
