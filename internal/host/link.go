package host

import (
	"bytes"
	"net"

	"github.com/vishvananda/netlink"

	"github.com/govrrpd/govrrpd/internal/config"
)

// Interface looks a network interface up. All are read at the first look-up: a file with a thousand
// instances asks for the same few names.
func (h *Host) Interface(name string) (config.Interface, bool) {
	if h.links == nil {
		h.links = readLinks()
	}
	link, ok := h.links[name]
	return link, ok
}

func readLinks() map[string]config.Interface {
	links := map[string]config.Interface{}
	all, err := netlink.LinkList()
	if err != nil { // without netlink there is nothing that could be used
		return links
	}
	names := map[int]string{}
	for _, link := range all {
		names[link.Attrs().Index] = link.Attrs().Name
	}
	for _, link := range all {
		attrs := link.Attrs()
		links[attrs.Name] = config.Interface{
			Index:     attrs.Index,
			MTU:       attrs.MTU,
			Loopback:  attrs.Flags&net.FlagLoopback != 0,
			Multicast: attrs.Flags&net.FlagMulticast != 0,
			Ethernet:  attrs.EncapType == "ether",
			Virtual:   link.Type() != "device",
			VMAC:      isVMAC(link),
			IPVLAN:    isIPVLAN(link),
			VRF:       link.Type() == "vrf",
			Table:     tableOf(link),
			Base:      baseOf(link, names),
		}
	}
	return links
}

func isIPVLAN(link netlink.Link) bool {
	l, ok := link.(*netlink.IPVlan)
	return ok && l.Mode == netlink.IPVLAN_MODE_L2
}

// tableOf is the routing table of a VRF.
func tableOf(link netlink.Link) uint32 {
	if vrf, ok := link.(*netlink.Vrf); ok {
		return vrf.Table
	}
	return 0
}

// baseOf is the interface that a macvlan or ipvlan stands on, as far as it is in this network namespace.
func baseOf(link netlink.Link, names map[int]string) string {
	switch attrs := link.Attrs(); link.Type() {
	case "macvlan", "ipvlan":
		if attrs.NetNsID < 0 {
			return names[attrs.ParentIndex]
		}
	}
	return ""
}

// vrrpMAC is what the virtual MAC addresses of RFC 5798, 7.3 begin with, but for the family.
var vrrpMAC = []byte{0x00, 0x00, 0x5e, 0x00}

// isVMAC reports whether the link is a macvlan as VRRP daemons make them: private, or at least with an
// address of the RFC (a configuration may name another one).
func isVMAC(link netlink.Link) bool {
	mac, ok := link.(*netlink.Macvlan)
	return ok && (mac.Mode == netlink.MACVLAN_MODE_PRIVATE || bytes.HasPrefix(link.Attrs().HardwareAddr, vrrpMAC))
}
