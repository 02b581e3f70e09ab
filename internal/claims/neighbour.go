package claims

import (
	"bytes"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// AddressOf is an IP address of the machine with a MAC address, as far as this host has spoken with it on that
// interface: an invalid one if it has not. claimed is not meant.
func AddressOf(index int, mac [6]byte, claimed netip.Addr) (netip.Addr, error) {
	neighbours, err := netlink.NeighList(index, netlink.FAMILY_ALL)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("read the neighbours on interface %d: %w", index, err)
	}
	var found netip.Addr
	for _, n := range neighbours {
		addr, ok := netip.AddrFromSlice(n.IP)
		addr = addr.Unmap()
		if !ok || !bytes.Equal(n.HardwareAddr, mac[:]) || addr == claimed {
			continue
		}
		if !found.IsValid() || found.IsLinkLocalUnicast() { // people know the others
			found = addr
		}
	}
	return found, nil
}
