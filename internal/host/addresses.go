package host

import (
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Addresses are those of an interface, with the lengths of their prefixes; none if there is no such interface.
// All are read at the first question.
func (h *Host) Addresses(device string) []netip.Prefix {
	link, ok := h.Interface(device)
	if !ok {
		return nil
	}
	if h.addresses == nil {
		h.addresses = readAddresses()
	}
	return h.addresses[link.Index]
}

func readAddresses() map[int][]netip.Prefix {
	addresses := map[int][]netip.Prefix{}
	all, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil { // nothing is known then, and nothing will be said
		return addresses
	}
	for _, a := range all {
		if ip, ok := netip.AddrFromSlice(a.IP); ok {
			length, _ := a.Mask.Size()
			addresses[a.LinkIndex] = append(addresses[a.LinkIndex], netip.PrefixFrom(ip.Unmap(), length))
		}
	}
	return addresses
}
