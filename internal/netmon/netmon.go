// Package netmon says what the kernel has to tell about links and addresses, and
// about routes and rules that somebody took away.
//
// It promises a complete picture at the beginning (subscribed first, read
// afterwards, so nothing falls between), every change from then on in the
// kernel's order, and after an overflow of its socket a new picture with the
// differences: nothing stays unnoticed. Our own doings can be left out
// (SetIgnored), because thousands of added addresses must not wake anybody.
//
// What an event means for a Virtual Router is left to the caller.
package netmon

import (
	"bytes"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// EventKind says what happened; the constants say which fields of an Event are set.
type EventKind uint8

// The kinds of events.
const (
	// LinkChanged: Link is new, or any of its fields is.
	LinkChanged EventKind = iota + 1
	// LinkGone: the interface was deleted or moved to another namespace. Link is
	// its last known state. Its addresses are reported gone before.
	LinkGone
	// AddressAdded: Address is new or its scope, flags or peer are.
	AddressAdded
	// AddressGone: Address was removed.
	AddressGone
	// RouteGone: a Route with protocol 18 (keepalived) was removed.
	RouteGone
	// RuleGone: Rule was removed, whatever its protocol.
	RuleGone
	// Resync: messages were lost. The differences in links and addresses have just
	// been delivered; State is all there is now, own addresses included, for the
	// caller to look for what it had installed. Lost routes and rules it must look
	// for itself.
	Resync
)

// String is the kind's name in logs.
func (k EventKind) String() string {
	names := [...]string{
		LinkChanged: "link changed", LinkGone: "link gone", AddressAdded: "address added",
		AddressGone: "address gone", RouteGone: "route gone", RuleGone: "rule gone", Resync: "resync",
	}
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return "unknown"
}

// Event is one message of the kernel.
type Event struct {
	Kind    EventKind
	Link    Link
	Address Address
	Route   Route
	Rule    Rule
	State   *State
	// Port is the netlink port of the process that asked for the change, 0 where
	// the kernel does not say: so it is for all IPv6 addresses.
	Port uint32
}

// State is a picture of all links and addresses.
type State struct {
	Links     []Link    // by index
	Addresses []Address // per interface in the kernel's order: a primary before its secondaries
}

// Link is an interface.
type Link struct {
	Index int
	Name  string
	// Up is what VRRP calls up: set up by the administrator and with a carrier
	// (IFF_UP and IFF_RUNNING).
	Up        bool
	AdminUp   bool // IFF_UP
	Loopback  bool
	Multicast bool
	Broadcast bool
	// ARP says that addresses are resolved on this link (not IFF_NOARP).
	ARP  bool
	MTU  int
	MAC  net.HardwareAddr // nil where a link has none
	Type uint16           // ARPHRD_ value: 1 is Ethernet
	Kind string           // macvlan, veth, vrf …; "" for hardware
	// Parent is the index of the link that this one sits on (macvlan, vlan), 0 if
	// none or in another namespace.
	Parent int
	// Master is the index of the bridge, bond or VRF this link belongs to, or 0.
	Master int
}

func (l Link) equal(o Link) bool {
	return l.Index == o.Index && l.Name == o.Name && l.Up == o.Up && l.AdminUp == o.AdminUp &&
		l.Loopback == o.Loopback && l.Multicast == o.Multicast && l.Broadcast == o.Broadcast &&
		l.ARP == o.ARP && l.MTU == o.MTU && bytes.Equal(l.MAC, o.MAC) && l.Type == o.Type &&
		l.Kind == o.Kind && l.Parent == o.Parent && l.Master == o.Master
}

// Address is an address of an interface. Values are comparable.
type Address struct {
	Prefix netip.Prefix // the local address; host bits are kept
	Index  int          // of the interface
	Peer   netip.Addr   // the other end's, where it is not the same
	Scope  uint8        // RT_SCOPE_
	Flags  uint32       // IFA_F_
}

// Tentative says that duplicate address detection is not over, or has failed: the
// address is no source yet.
func (a Address) Tentative() bool {
	return a.Flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) != 0 && a.Flags&unix.IFA_F_OPTIMISTIC == 0
}

// Deprecated says that the kernel avoids the address as a source.
func (a Address) Deprecated() bool { return a.Flags&unix.IFA_F_DEPRECATED != 0 }

// Secondary says that the IPv4 address lives only as long as its subnet's primary.
func (a Address) Secondary() bool {
	return a.Prefix.Addr().Is4() && a.Flags&unix.IFA_F_SECONDARY != 0
}

// Route is as much of a route as tells it from others. Values are comparable.
type Route struct {
	Prefix   netip.Prefix // 0.0.0.0/0 or ::/0 is the default route
	Table    uint32
	Metric   uint32
	TOS      uint8
	Type     uint8 // RTN_
	Scope    uint8
	Protocol uint8
	Index    int // of the interface, 0 if none or several
	Gateway  netip.Addr
}

// Rule is as much of a routing rule as tells it from others. Values are comparable.
type Rule struct {
	IPv6     bool
	From, To netip.Prefix // not valid: any
	Priority uint32
	Table    uint32
	Action   uint8 // FR_ACT_
	Invert   bool
	TOS      uint8
	IIF, OIF string
	Mark     uint32
	Mask     uint32
	Goto     uint32
	Protocol uint8
}
