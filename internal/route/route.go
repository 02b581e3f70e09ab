// Package route puts routes and routing rules into the kernel and takes them out
// again: a Virtual Router's and a configuration's static ones.
//
// It promises exactness (everything that can be written down is sent, and only the
// same route or rule is removed) and errors that name what was not done. A route
// that is there already, or absent when it is to go, is no error.
//
// Which routes belong there and when is left to the caller, as is noticing that
// somebody else removes one (package netmon, which can be told to ignore this
// package's Port).
package route

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// Protocol marks what belongs to VRRP: keepalived's number in rt_protos.
const Protocol = 18

// Insert says how a route is put beside those to the same destination.
type Insert uint8

// The ways of inserting.
const (
	Prepend Insert = iota // before the others
	Append                // after them
	AddOnly               // not at all if there is one
	Replace               // in place of the first
)

// Route is one route. The zero value of each field but Destination means the
// kernel's or the protocol's default.
type Route struct {
	// Destination decides the family; 0.0.0.0/0 and ::/0 are the default routes.
	Destination netip.Prefix
	Type        uint8        // RTN_ value; 0 is unicast
	Via         netip.Addr   // the gateway; an IPv4 route may have an IPv6 one
	Source      netip.Addr   // of packets that this host sends along it
	From        netip.Prefix // only packets from there (IPv6)
	Index       int          // of the interface
	Device      string       // its name, for texts only
	Table       uint32       // 0 is main
	Metric      *uint32
	// Scope is a RT_SCOPE_ value. Without it the scope is global, as keepalived has
	// it also for routes without a gateway, but for the IPv4 types that the kernel
	// takes in a narrower scope only (local, broadcast, anycast).
	Scope    *uint8
	Protocol uint8 // 0 is Protocol
	TOS      uint8
	OnLink   bool // the gateway is on the link although no address says so
	Metrics  []Metric
	Realms   uint32 // from<<16 | to (IPv4)
	Pref     *uint8 // ICMPV6_ROUTER_PREF_ value (IPv6)
	Expires  *uint32
	// TTLPropagate is of MPLS: 0 disabled, 1 enabled.
	TTLPropagate *uint8
	Encap        *Encap
	// Nexthops make it a multipath route; Via and Index are then empty.
	Nexthops []Nexthop
	Insert   Insert
}

// Nexthop is one way of a multipath route.
type Nexthop struct {
	Via    netip.Addr
	Index  int
	Device string // for texts only
	Weight int    // 1 to 256; 0 is 1
	OnLink bool
	Realms uint32
	Encap  *Encap
}

// Metric is a property of a route's connections.
type Metric struct {
	Name  string // as ip route spells it: mtu, advmss, congctl …
	Value uint32 // in the kernel's unit
	Lock  bool   // the kernel may not adapt it
	Text  string // instead of a value, for congctl
}

// String is the route as ip route shows it, without its less telling properties.
func (r Route) String() string {
	var b strings.Builder
	if r.kind() != unix.RTN_UNICAST {
		b.WriteString(typeName(r.Type) + " ")
	}
	switch {
	case r.Destination.Bits() == 0:
		b.WriteString("default")
	case r.Destination.IsSingleIP():
		b.WriteString(r.Destination.Addr().String())
	default:
		b.WriteString(r.Destination.String())
	}
	writeHop(&b, r.Via, r.Index, r.Device)
	for _, hop := range r.Nexthops {
		b.WriteString(" nexthop")
		writeHop(&b, hop.Via, hop.Index, hop.Device)
	}
	if r.table() != unix.RT_TABLE_MAIN {
		fmt.Fprintf(&b, " table %d", r.Table)
	}
	if r.Metric != nil {
		fmt.Fprintf(&b, " metric %d", *r.Metric)
	}
	return b.String()
}

func writeHop(b *strings.Builder, via netip.Addr, index int, device string) {
	if via.IsValid() {
		fmt.Fprintf(b, " via %v", via)
	}
	switch {
	case device != "":
		b.WriteString(" dev " + device)
	case index != 0:
		fmt.Fprintf(b, " dev #%d", index)
	}
}

func typeName(kind uint8) string {
	names := [...]string{
		unix.RTN_LOCAL: "local", unix.RTN_BROADCAST: "broadcast", unix.RTN_ANYCAST: "anycast",
		unix.RTN_MULTICAST: "multicast", unix.RTN_BLACKHOLE: "blackhole", unix.RTN_UNREACHABLE: "unreachable",
		unix.RTN_PROHIBIT: "prohibit", unix.RTN_THROW: "throw", unix.RTN_NAT: "nat", unix.RTN_XRESOLVE: "xresolve",
	}
	if int(kind) < len(names) && names[kind] != "" {
		return names[kind]
	}
	return fmt.Sprintf("type %d", kind)
}

func (r Route) kind() uint8 {
	if r.Type == 0 {
		return unix.RTN_UNICAST
	}
	return r.Type
}

func (r Route) table() uint32 {
	if r.Table == 0 {
		return unix.RT_TABLE_MAIN
	}
	return r.Table
}

func (r Route) protocol() uint8 {
	if r.Protocol == 0 {
		return Protocol
	}
	return r.Protocol
}

func (r Route) scope() uint8 {
	switch {
	case r.Scope != nil:
		return *r.Scope
	case r.Destination.Addr().Is6():
		return unix.RT_SCOPE_UNIVERSE
	}
	switch r.kind() {
	case unix.RTN_LOCAL, unix.RTN_NAT:
		return unix.RT_SCOPE_HOST
	case unix.RTN_BROADCAST, unix.RTN_ANYCAST:
		return unix.RT_SCOPE_LINK
	}
	return unix.RT_SCOPE_UNIVERSE
}
