package daemon

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/netmon"
)

// network is what is known of the machine's interfaces and their addresses. A value is never changed
// once others can see it: the loop makes a new one when the kernel reports changes, and workers read
// whichever is current.
type network struct {
	links     map[string]netmon.Link
	names     map[int]string           // of each interface index
	addresses map[int][]netmon.Address // of each interface index, in the kernel's order
	// former are the names that interfaces had before they were renamed, with their indexes, as long as no other
	// interface has taken the name: what we have set up there must be found again.
	former map[string]int
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

// An edit is a network being changed: what it starts from stays as it is.
type edit struct {
	*network
	own map[int]bool // indexes whose address list is the edit's to write to
}

// edit begins a change.
func (n *network) edit() *edit {
	return &edit{
		network: &network{
			links: maps.Clone(n.links), names: maps.Clone(n.names), addresses: maps.Clone(n.addresses),
			former: maps.Clone(n.former),
		},
		own: make(map[int]bool),
	}
}

// apply takes in one report of the kernel's.
func (e *edit) apply(ev *netmon.Event) {
	switch ev.Kind {
	case netmon.LinkChanged:
		if old, ok := e.names[ev.Link.Index]; ok && old != ev.Link.Name {
			e.renamed(old, ev.Link.Index)
		}
		delete(e.former, ev.Link.Name)
		e.links[ev.Link.Name] = ev.Link
		e.names[ev.Link.Index] = ev.Link.Name
	case netmon.LinkGone:
		if name, ok := e.names[ev.Link.Index]; ok && e.links[name].Index == ev.Link.Index {
			delete(e.links, name)
		}
		maps.DeleteFunc(e.former, func(_ string, index int) bool { return index == ev.Link.Index })
		delete(e.names, ev.Link.Index)
		delete(e.addresses, ev.Link.Index)
	case netmon.AddressAdded:
		e.addAddress(ev.Address)
	case netmon.AddressGone:
		index := ev.Address.Index
		e.addresses[index] = slices.DeleteFunc(e.list(index), func(a netmon.Address) bool { return a.Prefix == ev.Address.Prefix })
	case netmon.Resync:
		e.network = newNetwork(ev.State.Links, ev.State.Addresses)
		clear(e.own)
	}
}

// renamed notes that the interface with that index is no longer called old.
func (e *edit) renamed(old string, index int) {
	if e.links[old].Index == index {
		delete(e.links, old)
	}
	if e.former == nil {
		e.former = make(map[string]int)
	}
	e.former[old] = index
}

// before is the network as what we have set up knows it: an interface that was renamed is found by the name that it
// had.
func (n *network) before() *network {
	if len(n.former) == 0 {
		return n
	}
	past := *n
	past.links = maps.Clone(n.links)
	for name, index := range n.former {
		if link, there := n.links[n.names[index]]; there {
			past.links[name] = link
		}
	}
	return &past
}

func (e *edit) addAddress(address netmon.Address) {
	list := e.list(address.Index)
	if i := slices.IndexFunc(list, func(a netmon.Address) bool { return a.Prefix == address.Prefix }); i >= 0 {
		list[i] = address
		return
	}
	e.addresses[address.Index] = append(list, address)
}

// list is an interface's addresses, to be written to.
func (e *edit) list(index int) []netmon.Address {
	if !e.own[index] {
		e.own[index] = true
		e.addresses[index] = slices.Clone(e.addresses[index])
	}
	return e.addresses[index]
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

// carrier is the interface that has an address, "" if none.
func (n *network) carrier(addr netip.Addr) string {
	for index, list := range n.addresses {
		if slices.ContainsFunc(list, func(a netmon.Address) bool { return a.Prefix.Addr() == addr }) {
			return n.names[index]
		}
	}
	return ""
}
