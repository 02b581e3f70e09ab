package config

import (
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Addresses, routes and rules, of instances and static ones: each is one line of the file.

// Address is one line of virtual_ipaddress, virtual_ipaddress_excluded or static_ipaddress.
type Address struct {
	Prefix            netip.Prefix
	Interface         string // after defaults; for a VIP with a VMAC still the configured interface
	Device            string // the virtual MAC device that carries it, once devices have names; "" is none
	DevGiven          bool   // `dev` was written
	Scope             uint8
	Broadcast         netip.Addr
	Label             string
	Peer              netip.Prefix
	Home              bool
	ManageTemp        bool
	NoPrefixRoute     bool
	AutoJoin          bool
	DAD               bool // -nodad: lets the kernel do duplicate address detection
	PreferredLifetime *uint32
	NoTrack           bool
	TrackGroup        string
	UseVMAC           bool
	Span              syntax.Span
}

// Nexthop is one next hop of a multipath route.
type Nexthop struct {
	Via    netip.Addr
	Dev    string
	Weight int
	OnLink bool
	Realms uint32
	Encap  *Encap
}

// EncapKind is how a route puts packets into others.
type EncapKind string

// The encapsulations, as they are written.
const (
	EncapIP   EncapKind = "ip"
	EncapIP6  EncapKind = "ip6"
	EncapMPLS EncapKind = "mpls"
	EncapILA  EncapKind = "ila"
)

// Encap is an encapsulation of a route or of one of its next hops.
type Encap struct {
	Kind                EncapKind
	ID                  uint64 // of a tunnel over IP, like all up to Flags
	Destination, Source netip.Addr
	TOS, TTL            uint8
	Flags               uint16
	Labels              []uint32 // MPLS: the outermost first
	Locator             uint64   // ILA
}

// Metric is one lockable metric of a route (mtu, advmss, …), in the kernel's unit.
type Metric struct {
	Name  string // the keyword
	Value uint32
	Lock  bool
	Text  string // of congctl
}

// Route is one line of virtual_routes or static_routes.
type Route struct {
	IPv6         bool
	Type         uint8        // RTN_*
	Destination  netip.Prefix // 0.0.0.0/0 or ::/0 for default
	Via          netip.Addr
	Source       netip.Addr // src
	From         netip.Prefix
	Dev          string
	Table        uint32
	Metric       *uint32
	Scope        *uint8
	Protocol     uint8
	TOS          uint8
	OnLink       bool
	Metrics      []Metric
	Realms       uint32
	Pref         *uint8
	Expires      *uint32
	TTLPropagate *uint8 // 0 disabled, 1 enabled
	Encap        *Encap
	Nexthops     []Nexthop
	Insert       RouteInsert
	NoTrack      bool
	TrackGroup   string
	Text         string // as `data` and `json` print it, without "set"
	Span         syntax.Span
}

// RouteInsert is how a route is put beside those that are there.
type RouteInsert uint8

const (
	Prepend RouteInsert = iota
	Append
	AddOnly
)

// Rule is one line of virtual_rules or static_rules.
type Rule struct {
	IPv6                 bool
	From, To             netip.Prefix // invalid means any
	Not                  bool
	Table                uint32 // 0 when Action is not a look-up
	Priority             uint32
	IIF, OIF             string
	FwMark, FwMask       uint32
	FwMarkSet            bool
	TOS                  uint8
	Realms               uint32
	SuppressPrefixLength *int
	SuppressGroup        *int
	TunnelID             uint64
	UIDRange             *[2]uint32
	IPProto              uint8
	SourcePorts          *[2]uint16
	DestinationPorts     *[2]uint16
	Protocol             uint8
	L3MDev               bool
	Action               uint8 // FR_ACT_*; 1 (to table) by default
	Goto                 uint32
	NoTrack              bool
	TrackGroup           string
	Text                 string // as `data` and `json` print it
	Span                 syntax.Span
}

// InterfaceDelay is one line of interface_up_down_delays.
type InterfaceDelay struct {
	Interface string
	Down, Up  time.Duration
}

// TrackGroup is one track_group: the instances that depend on the interfaces of static addresses, routes and rules
// that name it.
type TrackGroup struct {
	Name    string
	Members []string // names of instances
}

// GARPGroup is one garp_group: interfaces that share the pace of their announcements.
type GARPGroup struct {
	Interfaces []string
	Interval   time.Duration
	NAInterval time.Duration
}
