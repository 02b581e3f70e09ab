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
		if read := routeOptions[word.Text]; read != nil {
			read(r, word)
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

// routeOptions read the options of a route line. The table is built once, from parts by subject.
var routeOptions = joinOptions(routePathOptions, routeMetricOptions)

func joinOptions(parts ...map[string]func(*routeLine, syntax.Word)) map[string]func(*routeLine, syntax.Word) {
	all := map[string]func(*routeLine, syntax.Word){}
	for _, part := range parts {
		for name, read := range part {
			all[name] = read
		}
	}
	return all
}

var routePathOptions = map[string]func(*routeLine, syntax.Word){
	"to": func(r *routeLine, _ syntax.Word) {
		if word, ok := r.value(); ok {
			r.readPrefix(word)
		}
	},
	"inet":       func(r *routeLine, at syntax.Word) { r.setFamily(at) },
	"inet6":      func(r *routeLine, at syntax.Word) { r.setFamily(at) },
	"via":        func(r *routeLine, _ syntax.Word) { r.Via = r.gateway() },
	"gw":         (*routeLine).readGw,
	"or":         (*routeLine).readOr,
	"nexthop":    (*routeLine).readNexthop,
	"src":        func(r *routeLine, _ syntax.Word) { r.Source, _ = r.address() },
	"from":       (*routeLine).readFrom,
	"dev":        func(r *routeLine, _ syntax.Word) { r.Dev, _ = r.device() },
	"oif":        func(r *routeLine, _ syntax.Word) { r.Dev, _ = r.device() },
	"table":      func(r *routeLine, _ syntax.Word) { r.Table, _ = r.name(tableRoutes, "table") },
	"vrf":        (*routeLine).readVRF,
	"onlink":     func(r *routeLine, _ syntax.Word) { r.OnLink = true },
	"add":        func(r *routeLine, _ syntax.Word) { r.Insert = AddOnly },
	"prepend":    func(r *routeLine, _ syntax.Word) { r.Insert = Prepend },
	"append":     func(r *routeLine, _ syntax.Word) { r.Insert = Append },
	"no_track":   func(r *routeLine, _ syntax.Word) { r.NoTrack = true },
	"encap":      func(r *routeLine, at syntax.Word) { r.skipEncap(at) },
	"as":         (*routeLine).readAs,
	"scope":      (*routeLine).readScope,
	"protocol":   (*routeLine).readProtocol,
	"tos":        func(r *routeLine, _ syntax.Word) { r.readTOS() },
	"dsfield":    func(r *routeLine, _ syntax.Word) { r.readTOS() },
	"metric":     func(r *routeLine, at syntax.Word) { r.readMetric(at) },
	"priority":   func(r *routeLine, at syntax.Word) { r.readMetric(at) },
	"realms":     (*routeLine).readRealms,
	"preference": func(r *routeLine, at syntax.Word) { r.readMetric(at) },
	"track_group": func(r *routeLine, at syntax.Word) {
		r.readTrackGroup(at, &r.TrackGroup)
	},
}

// readDestination reads `[TYPE] DEST`: whatever is no option begins one.
func (r *routeLine) readDestination(word syntax.Word) {
	kind, typed := routeTypes[word.Text]
	if !typed {
		n, fault := schema.ParseInt(word.Text, 0, 255)
		kind, typed = uint8(n), fault == schema.Good && word.Text != ""
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
	names := make([]string, 0, len(routeOptions))
	for name := range routeOptions {
		names = append(names, name)
	}
	if near := schema.Nearest(word, names); near != "" {
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
	if _, ok := r.device(); ok {
		r.d.noteOnce(at.Span, "vrf of a route")
	}
}

func (r *routeLine) readAs(at syntax.Word) {
	r.d.Errorf(CodeLineIgnored, at.Span, "as is not supported in routes; it is ignored")
	if word, ok := r.peek(); ok && word.Text == "to" {
		r.next++
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
