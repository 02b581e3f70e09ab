package config

import (
	"net/netip"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// protocolKeepalived marks the routes and rules of a VRRP daemon; other programs look for it.
const protocolKeepalived = 18

// mainTable is the routing table that everybody uses.
const mainTable = 254

// routeTypes are the kernel's RTN_* numbers.
var routeTypes = map[string]uint8{
	"unicast": 1, "local": 2, "broadcast": 3, "brd": 3, "anycast": 4, "multicast": 5, "blackhole": 6,
	"unreachable": 7, "prohibit": 8, "throw": 9, "nat": 10, "xresolve": 11,
}

const routeUnicast = 1

// routeLine is a route while it is read.
type routeLine struct {
	*Route
	line

	destination   bool // was given
	anywhere      bool // default: the family follows from the rest
	protocolGiven bool
	deprecatedOr  netip.Addr
	unknown       string // the word that is no option
}

// readRoute reads one line; nil means that the route is dropped, and reported.
func (d *decoder) readRoute(s *syntax.Statement, static bool) *Route {
	r := &routeLine{
		Route: &Route{Type: routeUnicast, Table: mainTable, Protocol: protocolKeepalived, Span: s.Words[0].Span},
		line:  line{d: d, kind: "route", static: static, s: s},
	}
	for r.more() {
		word := s.Words[r.next]
		r.next++
		if row := routeOptions.Find(word.Text); row != nil {
			row.Read(r, word)
		} else {
			r.readDestination(word)
		}
	}
	if r.unknown != "" {
		r.suggestOption(r.unknown)
	}
	if r.dropped || d.Stopped() {
		return nil
	}
	return r.finish()
}

// routeOptions are the options of a route line, by subject.
var routeOptions = schema.NewOptions(routePathOptions, routeMetricOptions)

// routeEntry describes the lines of virtual_routes and static_routes.
var routeEntry = &schema.Entry{Form: "[to] [TYPE] DESTINATION[/LENGTH]|default [OPTION …]", Options: routeOptions}

type routeOption = schema.Option[routeLine]

var routePathOptions = []routeOption{
	{Name: "to", Args: "DESTINATION", Priority: schema.P1, Doc: "The destination, where it does not stand first: a prefix, or default, any or all.",
		Read: func(r *routeLine, _ syntax.Word) {
			if word, ok := r.value(); ok {
				r.readPrefix(word)
			}
		}},
	{Name: "inet", Priority: schema.P2, Doc: "The route is for IPv4.", Read: (*routeLine).readFamily},
	{Name: "inet6", Priority: schema.P2, Doc: "The route is for IPv6.", Read: (*routeLine).readFamily},
	{Name: "via", Args: "[inet|inet6] ADDRESS", Priority: schema.P1, Doc: "The gateway.",
		Read: func(r *routeLine, _ syntax.Word) { r.Via = r.gateway() }},
	{Name: "gw", Args: "[inet|inet6] ADDRESS", Priority: schema.P1, Doc: "Old name of via.", Read: (*routeLine).readGw},
	{Name: "or", Args: "ADDRESS", Priority: schema.P3, Doc: "Old way to name a second gateway: write nexthop via … twice.", Read: (*routeLine).readOr},
	{Name: "nexthop", Args: "[via ADDRESS] [dev INTERFACE] [weight 1-256] [onlink] [realms [FROM/]TO] [encap …]", Priority: schema.P2, Read: (*routeLine).readNexthop,
		Doc: "One of several gateways that share the traffic; given once for each, behind all other options."},
	{Name: "src", Args: "ADDRESS", Priority: schema.P1, Doc: "The source address of packets that this machine sends along the route.",
		Read: func(r *routeLine, _ syntax.Word) { r.Source, _ = r.address() }},
	{Name: "from", Args: "PREFIX", Priority: schema.P3, Doc: "Only for packets from there; IPv6 only.", Read: (*routeLine).readFrom},
	{Name: "dev", Args: "INTERFACE", Priority: schema.P1, Doc: "The interface by which packets leave.",
		Read: func(r *routeLine, _ syntax.Word) { r.Dev, _ = r.device() }},
	{Name: "oif", Args: "INTERFACE", Priority: schema.P1, Doc: "Another name of dev.",
		Read: func(r *routeLine, _ syntax.Word) { r.Dev, _ = r.device() }},
	{Name: "table", Args: "TABLE", Range: "0-4294967295", Default: "main", Priority: schema.P1, Doc: "The routing table: a number, or a name from iproute2's rt_tables.",
		Read: func(r *routeLine, _ syntax.Word) { r.Table, _ = r.name(tableRoutes, "table") }},
	{Name: "vrf", Args: "INTERFACE", Priority: schema.P3, Doc: "The VRF whose table the route goes into.", Read: (*routeLine).readVRF},
	{Name: "onlink", Priority: schema.P2, Doc: "The gateway is on the link, even if no address of the interface says so.",
		Read: func(r *routeLine, _ syntax.Word) { r.OnLink = true }},
	{Name: "add", Priority: schema.P2, Doc: "Adds the route only where there is none like it.", Read: func(r *routeLine, _ syntax.Word) { r.Insert = AddOnly }},
	{Name: "prepend", Priority: schema.P2, Doc: "Puts the route before others like it; this is the default.",
		Read: func(r *routeLine, _ syntax.Word) { r.Insert = Prepend }},
	{Name: "append", Priority: schema.P2, Doc: "Puts the route behind others like it.", Read: func(r *routeLine, _ syntax.Word) { r.Insert = Append }},
	{Name: "no_track", Priority: schema.P1, Doc: "The loss of the route, or of its interface, does not matter to the instance.",
		Read: func(r *routeLine, _ syntax.Word) { r.NoTrack = true }},
	{Name: "encap", Args: "ip|ip6 … | mpls LABEL[/LABEL …] | ila LOCATOR", Priority: schema.P3, Doc: "Puts packets into a tunnel without a device, as far as the kernel has that encapsulation.",
		Read: func(r *routeLine, at syntax.Word) {
			encap, readable := r.readEncap(at, "the route is dropped")
			r.Encap, r.dropped = encap, !readable || r.dropped
		}},
	{Name: "as", Args: "[to] ADDRESS", Priority: schema.P3, Effect: schema.Pointless, Doc: "Not supported, as in keepalived.", Read: (*routeLine).readAs},
	{Name: "scope", Args: "SCOPE", Range: "0-255", Default: "global", Priority: schema.P1, Read: (*routeLine).readScope,
		Doc: "How far the destination is: global, site, link, host, nowhere, a number, or a name from iproute2's rt_scopes."},
	{Name: "protocol", Args: "PROTOCOL", Range: "0-255", Default: "18", Priority: schema.P2, Read: (*routeLine).readProtocol,
		Doc: "Who set the route, a number or a name from iproute2's rt_protos; anything but 18 (keepalived) needs no_track."},
	{Name: "tos", Args: "TOS", Range: "0-255", Priority: schema.P3, Doc: "Only for packets of that type of service; a name from iproute2's rt_dsfield will do.",
		Read: func(r *routeLine, _ syntax.Word) { r.readTOS() }},
	{Name: "dsfield", Args: "TOS", Range: "0-255", Priority: schema.P3, Doc: "Another name of tos.",
		Read: func(r *routeLine, _ syntax.Word) { r.readTOS() }},
	{Name: "metric", Args: "0-4294967295", Priority: schema.P1, Doc: "Of several routes to a destination the one with the smallest number is used.", Read: (*routeLine).readMetric},
	{Name: "priority", Args: "0-4294967295", Priority: schema.P1, Doc: "Another name of metric.", Read: (*routeLine).readMetric},
	{Name: "preference", Args: "0-4294967295", Priority: schema.P1, Doc: "Another name of metric.", Read: (*routeLine).readMetric},
	{Name: "realms", Args: "[FROM/]TO", Priority: schema.P3, Doc: "Realms, as numbers or names from iproute2's rt_realms; IPv4 only.", Read: (*routeLine).readRealms},
	{Name: "track_group", Args: "NAME", Priority: schema.P2, Doc: "The instances of this track_group track dev of a static route.",
		Read: func(r *routeLine, at syntax.Word) { r.readTrackGroup(at, &r.TrackGroup) }},
}

func (r *routeLine) readFamily(at syntax.Word) { r.setFamily(at) }

// readDestination reads `[TYPE] DEST`: whatever is no option begins one.
func (r *routeLine) readDestination(word syntax.Word) {
	kind, typed := routeTypes[word.Text]
	if !typed {
		n, number := schema.ParseAnyBase(word.Text, 255)
		kind, typed = uint8(n), number
	}
	if !typed {
		r.readPrefix(word)
		return
	}
	r.Type = kind
	if word, ok := r.value(); ok {
		r.readPrefix(word)
	}
}

func (r *routeLine) readPrefix(word syntax.Word) {
	switch word.Text {
	case "default", "any", "all":
		r.destination, r.anywhere = true, true
		return
	case "default6":
		r.d.Notef(CodeOldName, word.Span, "default6 is deprecated")
		r.d.Hint("write inet6 default")
		if r.takeFamily(word, true) {
			r.destination, r.anywhere = true, true
		}
		return
	}
	prefix, _, ok := r.d.prefix(word)
	if !ok {
		r.drop(CodeRouteOption, word, "unknown route keyword %s", schema.Quote(word.Text))
		r.unknown = word.Text
		return
	}
	if r.takeFamily(word, prefix.Addr().Is6()) {
		r.Destination, r.destination, r.anywhere = prefix, true, false
	}
}

func (r *routeLine) suggestOption(word string) {
	if r.d.Full() {
		return
	}
	if near := schema.Nearest(word, routeOptions.Names()); near != "" {
		r.d.Hint("did you mean " + schema.Quote(near) + "?")
	}
}

func (r *routeLine) readGw(at syntax.Word) {
	r.d.Errorf(CodeOldName, at.Span, "gw is deprecated in routes")
	r.d.Hint("write via")
	r.Via = r.gateway()
}

func (r *routeLine) readOr(at syntax.Word) {
	if r.deprecatedOr.IsValid() || len(r.Nexthops) > 0 {
		r.drop(CodeNexthop, at, "a second or is not possible")
		return
	}
	r.d.Errorf(CodeOldName, at.Span, "or is deprecated in routes")
	r.d.Hint("write nexthop via … nexthop via …")
	r.deprecatedOr, _ = r.address()
}

func (r *routeLine) readFrom(syntax.Word) {
	word, ok := r.value()
	if !ok {
		return
	}
	prefix, _, ok := r.d.prefix(word)
	switch {
	case !ok:
		r.drop(CodeBadAddress, word, "from %s is no address", schema.Quote(word.Text))
	case prefix.Addr().Is4():
		r.drop(CodeLineMismatch, word, "from is for IPv6 only")
	case r.takeFamily(word, true):
		r.From = prefix
	}
}

func (r *routeLine) readVRF(at syntax.Word) {
	name, ok := r.device()
	if !ok {
		return
	}
	switch device, there := r.d.device(name); {
	case there && !device.VRF:
		r.drop(CodeLineMismatch, at, "interface %s is no VRF", name)
	case device.Table != 0:
		r.Table = device.Table
	}
}

func (r *routeLine) readAs(at syntax.Word) {
	r.d.Errorf(CodeLineIgnored, at.Span, "as is not supported in routes; it is ignored")
	if word, ok := r.peek(); ok && word.Text == "to" {
		r.next += 2 // also where nothing follows
		return
	}
	r.value()
}

func (r *routeLine) readScope(syntax.Word) {
	if n, ok := r.name(tableScopes, "scope"); ok {
		r.Scope = new(uint8(n))
	}
}

func (r *routeLine) readProtocol(syntax.Word) {
	if n, ok := r.name(tableProtocols, "protocol"); ok {
		r.Protocol, r.protocolGiven = uint8(n), true
	}
}

func (r *routeLine) readTOS() {
	n, _ := r.name(tableDSField, "tos")
	r.TOS = uint8(n)
}

func (r *routeLine) readMetric(at syntax.Word) {
	if n, ok := r.number(at.Text, 1<<32-1); ok {
		r.Metric = &n
	}
}

func (r *routeLine) readRealms(at syntax.Word) {
	if r.familyKnown && r.ipv6 {
		r.drop(CodeLineMismatch, at, "realms are for IPv4 only")
		return
	}
	r.Realms = r.realms()
}

// finish works out what depends on several options.
func (r *routeLine) finish() *Route {
	first := r.s.Words[0]
	r.IPv6 = r.ipv6
	switch {
	case !r.destination:
		r.drop(CodeNoDestination, first, "a route must have a destination")
		r.d.Hint("write a prefix or default, first in the line")
		return nil
	case r.anywhere:
		r.Destination = netip.PrefixFrom(anyAddress(r.ipv6), 0)
	}
	if r.Protocol != protocolKeepalived && !r.NoTrack {
		r.d.Errorf(CodeLineProtocol, first.Span, "a route can be tracked only with protocol %d, which is used", protocolKeepalived)
		r.d.Hint("write no_track")
		r.Protocol = protocolKeepalived
	}
	if r.Insert == Prepend && r.Type != routeUnicast {
		r.Insert = AddOnly // keepalived puts only unicast routes before others
	}
	if r.deprecatedOr.IsValid() {
		r.Nexthops = []Nexthop{{Via: r.Via, Dev: r.Dev}, {Via: r.deprecatedOr, Dev: r.Dev}}
		r.Via = netip.Addr{}
	}
	if r.TrackGroup != "" && r.Dev == "" {
		r.d.Errorf(CodeTrackGroup, first.Span, "track_group needs dev; it is ignored")
		r.TrackGroup = ""
	}
	r.Text = r.text()
	return r.Route
}

// anyAddress is the unset address of a family.
func anyAddress(ipv6 bool) netip.Addr {
	if ipv6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}
