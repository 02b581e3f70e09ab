package nettest

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// carrierTimeout is how long a link may take to run after both its ends are up,
// in seconds: the kernel's link watch works at one-second steps.
const carrierTimeout = 5

// Link joins two namespaces by a veth cable with an end in each, and returns when
// both ends run. Both may be the same namespace.
func Link(t testing.TB, a, b *Namespace, nameA, nameB string) {
	t.Helper()
	a.Do(t, func() {
		t.Helper()
		cable := &netlink.Veth{
			LinkAttrs:     netlink.LinkAttrs{Name: nameA},
			PeerName:      nameB,
			PeerNamespace: netlink.NsFd(b.FD()),
		}
		if err := netlink.LinkAdd(cable); err != nil {
			t.Fatalf("create veth %s to %s: %v", nameA, nameB, err)
		}
	})
	a.SetUp(t, nameA)
	b.SetUp(t, nameB)
	a.WaitRunning(t, nameA)
	b.WaitRunning(t, nameB)
}

// SetUp does what "ip link set NAME up" does.
func (ns *Namespace) SetUp(t testing.TB, name string) {
	t.Helper()
	link := ns.link(t, name)
	ns.must(t, "set up "+name, func() error { return netlink.LinkSetUp(link) })
}

// SetDown does what "ip link set NAME down" does.
func (ns *Namespace) SetDown(t testing.TB, name string) {
	t.Helper()
	link := ns.link(t, name)
	ns.must(t, "set down "+name, func() error { return netlink.LinkSetDown(link) })
}

// Address adds an address, as in Address(t, "veth0", "10.0.0.1/24"). An IPv6
// address is usable at once, without duplicate address detection.
func (ns *Namespace) Address(t testing.TB, name, prefix string) {
	t.Helper()
	p, err := netip.ParsePrefix(prefix)
	if err != nil {
		t.Fatal(err)
	}
	address := &netlink.Addr{IPNet: &net.IPNet{
		IP:   p.Addr().AsSlice(),
		Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
	}}
	if p.Addr().Is6() {
		address.Flags = unix.IFA_F_NODAD
	}
	link := ns.link(t, name)
	ns.must(t, fmt.Sprintf("add %s to %s", prefix, name), func() error { return netlink.AddrAdd(link, address) })
}

// WaitRunning returns when the link is up and has its carrier, which a kernel may
// report up to a second after the other end came up.
func (ns *Namespace) WaitRunning(t testing.TB, name string) {
	t.Helper()
	ns.Do(t, func() {
		t.Helper()
		news, err := nl.Subscribe(unix.NETLINK_ROUTE, unix.RTNLGRP_LINK)
		if err != nil {
			t.Fatalf("subscribe to links: %v", err)
		}
		defer news.Close()
		if err := news.SetReceiveTimeout(&unix.Timeval{Sec: carrierTimeout}); err != nil {
			t.Fatal(err)
		}
		for ns.link(t, name).Attrs().RawFlags&unix.IFF_RUNNING == 0 {
			if _, _, err := news.Receive(); err != nil {
				t.Fatalf("wait for the carrier of %s: %v", name, err)
			}
		}
	})
}

func (ns *Namespace) must(t testing.TB, operation string, f func() error) {
	t.Helper()
	ns.Do(t, func() {
		t.Helper()
		if err := f(); err != nil {
			t.Fatalf("%s: %v", operation, err)
		}
	})
}
