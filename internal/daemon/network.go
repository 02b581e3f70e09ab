package daemon

import (
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/netmon"
)

// network is what is known of the machine's interfaces and their addresses. A value is never changed
// once others can see it: the loop makes a new one for each change of the kernel's, which are rare,
// and workers read whichever is current.
type network struct {
	links     map[string]netmon.Link
	names     map[int]string           // of each interface index
	addresses map[int][]netmon.Address // of each interface index, in the kernel's order
}

func newNetwork(links []netmon.Link, addresses []netmon.Address) *network {
	n := &network{
		links:     make(map[string]netmon.Link, len(links)),
		names:     make(map[int]string, len(links)),
		addresses: make(map[int][]netmon.Address),
	}
	for _, link := range links {
		n.links[link.Name] = link
		n.names[link.Index] = link.Name
	}
	for _, address := range addresses {
		n.addresses[address.Index] = append(n.addresses[address.Index], address)
	}
	return n
}

// clone is a copy whose maps may be changed; the slices in it may not.
func (n *network) clone() *network {
	c := &network{
		links:     make(map[string]netmon.Link, len(n.links)),
		names:     make(map[int]string, len(n.names)),
		addresses: make(map[int][]netmon.Address, len(n.addresses)),
	}
	for k, v := range n.links {
		c.links[k] = v
	}
	for k, v := range n.names {
		c.names[k] = v
	}
	for k, v := range n.addresses {
		c.addresses[k] = v
	}
	return c
}

// withLink is the network after a link appeared or changed. An interface that was renamed loses its
// old name.
func (n *network) withLink(link netmon.Link) *network {
	c := n.clone()
	if old, ok := c.names[link.Index]; ok && old != link.Name {
		delete(c.links, old)
	}
	c.links[link.Name] = link
	c.names[link.Index] = link.Name
	return c
}

// withoutLink is the network after an interface went, with all its addresses.
func (n *network) withoutLink(index int) *network {
	c := n.clone()
	if name, ok := c.names[index]; ok && c.links[name].Index == index {
		delete(c.links, name)
	}
	delete(c.names, index)
	delete(c.addresses, index)
	return c
}

// withAddress is the network after an address was added or its flags changed.
func (n *network) withAddress(address netmon.Address) *network {
	c := n.clone()
	list := slices.Clone(c.addresses[address.Index])
	if i := slices.IndexFunc(list, func(a netmon.Address) bool { return a.Prefix == address.Prefix }); i >= 0 {
		list[i] = address
	} else {
		list = append(list, address)
	}
	c.addresses[address.Index] = list
	return c
}

// withoutAddress is the network after an address was removed.
func (n *network) withoutAddress(address netmon.Address) *network {
	c := n.clone()
	c.addresses[address.Index] = slices.DeleteFunc(slices.Clone(c.addresses[address.Index]),
		func(a netmon.Address) bool { return a.Prefix == address.Prefix })
	return c
}

// source is the address that adverts of an automatic source leave from: for IPv4 the first one of the
// interface that is no Virtual Router's address, for IPv6 its link-local one (RFC 9568, 5.1.2.1).
func (n *network) source(iface string, v6 bool, virtual map[netip.Addr]bool) netip.Addr {
	for _, address := range n.addresses[n.links[iface].Index] {
		addr := address.Prefix.Addr()
		if addr.Is4() == v6 || virtual[addr] {
			continue
		}
		if v6 && (!addr.IsLinkLocalUnicast() || address.Tentative()) {
			continue
		}
		return addr
	}
	return netip.Addr{}
}

// has tells whether any interface, or the one named, carries addr and may use it.
func (n *network) has(iface string, addr netip.Addr) bool {
	carries := func(index int) bool {
		return slices.ContainsFunc(n.addresses[index], func(a netmon.Address) bool {
			return a.Prefix.Addr() == addr && !a.Tentative()
		})
	}
	if iface != "" {
		return carries(n.links[iface].Index)
	}
	for index := range n.names {
		if carries(index) {
			return true
		}
	}
	return false
}
