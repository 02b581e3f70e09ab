package macvlan

import (
	"encoding/binary"
	"errors"
	"math"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// copyLinkLocal gives the device its parent's link-local address as the source of
// adverts. Both have it, so there is no duplicate detection, and nothing else
// shall use it here: it is deprecated.
func (m *Manager) copyLinkLocal(base, link netlink.Link) error {
	source, err := m.linkLocal(base)
	if err != nil || !source.IsValid() {
		return err
	}
	err = m.addAddress(link, netip.PrefixFrom(source, 64), true)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}

// linkLocal is the parent's first usable link-local address, or the one that its
// MAC address gives (RFC 4291, appendix A); not valid if it has no such MAC.
func (m *Manager) linkLocal(base netlink.Link) (netip.Addr, error) {
	addrs, err := m.handle.AddrList(base, netlink.FAMILY_V6)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addrs {
		addr, _ := netip.AddrFromSlice(a.IP)
		if addr.IsLinkLocalUnicast() && a.Flags&unix.IFA_F_DADFAILED == 0 && bits(a.IPNet) < addr.BitLen() {
			return addr, nil
		}
	}
	return fromMAC(base.Attrs().HardwareAddr), nil
}

// bits tells an interface's own address from a virtual one of 128 bits.
func bits(n *net.IPNet) int {
	ones, _ := n.Mask.Size()
	return ones
}

func fromMAC(mac net.HardwareAddr) netip.Addr {
	if len(mac) != 6 {
		return netip.Addr{}
	}
	return netip.AddrFrom16([16]byte{
		0xfe, 0x80, 0, 0, 0, 0, 0, 0,
		mac[0] ^ 0x02, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5],
	})
}

// addAddress adds an address, without duplicate detection or broadcast address; a deprecated one has the lifetimes
// "valid forever, preferred never".
func (m *Manager) addAddress(link netlink.Link, prefix netip.Prefix, deprecated bool) error {
	req := nl.NewNetlinkRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	header := nl.NewIfAddrmsg(unix.AF_INET)
	if prefix.Addr().Is6() {
		header = nl.NewIfAddrmsg(unix.AF_INET6)
		header.Flags = unix.IFA_F_NODAD
	}
	header.Index = uint32(link.Attrs().Index)
	header.Prefixlen = uint8(prefix.Bits())
	if prefix.Addr().Is6() && prefix.Addr().IsLinkLocalUnicast() {
		header.Scope = unix.RT_SCOPE_LINK
	}
	req.AddData(header)
	req.AddData(nl.NewRtAttr(unix.IFA_LOCAL, prefix.Addr().AsSlice()))
	if deprecated {
		lifetimes := binary.NativeEndian.AppendUint32(make([]byte, 4), math.MaxUint32) // preferred, valid
		req.AddData(nl.NewRtAttr(unix.IFA_CACHEINFO, append(lifetimes, make([]byte, 8)...)))
	}
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}
