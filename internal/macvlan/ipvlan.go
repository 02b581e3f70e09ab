package macvlan

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// IPVLAN is what a device is that shares its parent's MAC address (mode L2).
type IPVLAN struct {
	// Address is put on the device, which has nothing to send from otherwise; for
	// IPv6 it may be invalid, because the kernel gives a link-local one.
	Address netip.Prefix
	// Private and VEPA say what the devices of one parent may send each other:
	// nothing, or only what comes back from outside. The kernel keeps one choice for all
	// devices of a parent: that of the last one made.
	Private, VEPA bool
}

func (v *IPVLAN) flag() netlink.IPVlanFlag {
	switch {
	case v.Private:
		return netlink.IPVLAN_FLAG_PRIVATE
	case v.VEPA:
		return netlink.IPVLAN_FLAG_VEPA
	}
	return netlink.IPVLAN_FLAG_BRIDGE
}

// addOwnAddress puts the configured address on an ipvlan. An IPv6 address of 128 bits is
// deprecated: adverts name it as their source, and nothing else shall use it.
func (m *Manager) addOwnAddress(link netlink.Link, prefix netip.Prefix) (err error) {
	if !prefix.IsValid() {
		return nil
	}
	deprecated := prefix.Addr().Is6() && prefix.IsSingleIP()
	if err = m.addAddress(link, prefix, deprecated); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("add %s: %w", prefix, err)
	}
	return nil
}
