package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// insertWords are how `data` names RouteInsert.
var insertWords = [...]string{Prepend: "prepend", Append: "append", AddOnly: "add"}

// printedTypes are the names of route types other than unicast.
var printedTypes = map[uint8]string{
	2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit",
	9: "throw", 10: "nat", 11: "xresolve",
}

// metricOrder is the order in which metrics are printed.
var metricOrder = []string{"congctl", "rtt", "rttvar", "rto_min", "features", "mtu", "window", "ssthresh", "cwnd",
	"advmss", "reordering", "hoplimit", "initcwnd", "initrwnd", "quickack", "fastopen_no_cookie"}

// words joins what is printed with blanks.
type words []string

func (w *words) add(format string, args ...any) { *w = append(*w, fmt.Sprintf(format, args...)) }

func (w *words) addIf(wanted bool, format string, args ...any) {
	if wanted {
		w.add(format, args...)
	}
}

func (w words) String() string { return strings.Join(w, " ") }

// text is the route as `data` and `json` print it.
func (r *routeLine) text() string {
	var w words
	w.add("%s", insertWords[r.Insert])
	if name := printedTypes[r.Type]; name != "" {
		w.add("%s", name)
	} else if r.Type != routeUnicast {
		w.add("%d", r.Type)
	}
	w.add("%s", printedPrefix(r.Destination.Addr().String(), r.Destination.Bits(), r.Destination.Addr().BitLen()))
	w.addIf(r.From.IsValid(), "from %s", r.From)
	w.addIf(r.Source.IsValid(), "src %s", r.Source)
	w.addIf(r.TOS != 0, "tos %d", r.TOS)
	r.Encap.print(&w)
	if r.Via.IsValid() {
		w.add("via %s %s", printedFamily(r.Via.Is6()), r.Via)
	}
	w.addIf(r.Dev != "", "dev %s", r.Dev)
	w.addIf(r.Table != mainTable, "table %d", r.Table)
	w.addIf(r.protocolGiven || !r.NoTrack, "proto %d", r.Protocol)
	if r.Scope != nil {
		w.add("scope %d", *r.Scope)
	}
	if r.Metric != nil {
		w.add("metric %d", *r.Metric)
	}
	w.addIf(r.OnLink, "onlink")
	w.addIf(r.Realms != 0, "%s", printedRealms(r.Realms))
	r.printMetrics(&w)
	r.printRest(&w)
	return w.String()
}

func (r *routeLine) printMetrics(w *words) {
	for _, name := range metricOrder {
		for _, m := range r.Metrics {
			if m.Name == name {
				w.add("%s%s %s", m.Name, map[bool]string{true: " lock"}[m.Lock], m.printed())
			}
		}
	}
}

func (r *routeLine) printRest(w *words) {
	if r.Expires != nil {
		w.add("expires %dsec", *r.Expires)
	}
	if r.Pref != nil {
		w.add("pref %s", printedPref(*r.Pref))
	}
	if r.TTLPropagate != nil {
		w.add("ttl-propagate %s", []string{"disabled", "enabled"}[*r.TTLPropagate])
	}
	for _, hop := range r.Nexthops {
		w.add("nexthop")
		if hop.Via.IsValid() {
			w.add("via %s %s", printedFamily(hop.Via.Is6()), hop.Via)
		}
		w.addIf(hop.Dev != "", "dev %s", hop.Dev)
		w.addIf(hop.Weight != 0, "weight %d", hop.Weight)
		w.addIf(hop.OnLink, "onlink")
		w.addIf(hop.Realms != 0, "%s", printedRealms(hop.Realms))
		hop.Encap.print(w)
	}
	w.addIf(r.NoTrack, "no_track")
	w.addIf(r.TrackGroup != "", "track_group %s", r.TrackGroup)
}

// print adds an encapsulation, if there is one.
func (e *Encap) print(w *words) {
	if e == nil {
		return
	}
	w.add("encap %s", e.Kind)
	switch e.Kind {
	case EncapMPLS:
		labels := make([]string, len(e.Labels))
		for i, label := range e.Labels {
			labels[i] = strconv.FormatUint(uint64(label), 10)
		}
		w.add("%s", strings.Join(labels, "/"))
		return
	case EncapILA:
		w.add("%04x:%04x:%04x:%04x", e.Locator>>48, e.Locator>>32&0xffff, e.Locator>>16&0xffff, e.Locator&0xffff)
		return
	}
	class, life := "tos", "ttl"
	if e.Kind == EncapIP6 {
		class, life = "tc", "hoplimit"
	}
	w.addIf(e.ID != 0, "id %d", e.ID)
	w.addIf(e.Destination.IsValid(), "dst %s", e.Destination)
	w.addIf(e.Source.IsValid(), "src %s", e.Source)
	w.addIf(e.TOS != 0, "%s %d", class, e.TOS)
	w.addIf(e.TTL != 0, "%s %d", life, e.TTL)
	w.addIf(e.Flags != 0, "flags 0x%x", e.Flags)
}

// printed is the value of a metric, for people.
func (m Metric) printed() string {
	millis := uint32(0)
	switch m.Name {
	case "rtt":
		millis = m.Value / 8
	case "rttvar":
		millis = m.Value / 4
	case "rto_min":
		millis = m.Value
	}
	switch {
	case m.Text != "":
		return m.Text
	case millis == 0:
		return strconv.FormatUint(uint64(m.Value), 10)
	case millis%1000 == 0:
		return fmt.Sprintf("%ds", millis/1000)
	}
	return fmt.Sprintf("%dms", millis)
}

func printedFamily(ipv6 bool) string {
	if ipv6 {
		return "inet6"
	}
	return "inet"
}

func printedPrefix(addr string, bits, full int) string {
	if bits == full {
		return addr
	}
	return addr + "/" + strconv.Itoa(bits)
}

func printedRealms(realms uint32) string {
	if from := realms >> 16; from != 0 {
		return fmt.Sprintf("realms %d/%d", from, realms&0xffff)
	}
	return fmt.Sprintf("realm %d", realms)
}

func printedPref(pref uint8) string {
	for name, n := range routePreferences {
		if n == pref {
			return name
		}
	}
	return strconv.Itoa(int(pref))
}

// text is the rule as `data` and `json` print it.
func (r *ruleLine) text() string {
	var w words
	w.addIf(r.Not, "not")
	w.add("from %s", r.printedEnd(r.From, r.fromAny))
	w.addIf(r.To.IsValid() || r.toAny, "to %s", r.printedEnd(r.To, r.toAny))
	w.add("priority %d", r.Priority)
	w.add("tos 0x%x", r.TOS)
	if r.FwMarkSet {
		mark := fmt.Sprintf("fwmark 0x%x", r.FwMark)
		if r.FwMask != 1<<32-1 {
			mark += fmt.Sprintf("/0x%x", r.FwMask)
		}
		w.add("%s", mark)
	}
	w.addIf(r.IIF != "", "iif %s", r.IIF)
	w.addIf(r.OIF != "", "oif %s", r.OIF)
	if r.SuppressPrefixLength != nil {
		w.add("suppress_prefixlen %d", *r.SuppressPrefixLength)
	}
	if r.SuppressGroup != nil {
		w.add("suppress_ifgroup %d", *r.SuppressGroup)
	}
	w.addIf(r.TunnelID != 0, "tunnel-id %d", r.TunnelID)
	if r.UIDRange != nil {
		w.add("uidrange %d-%d", r.UIDRange[0], r.UIDRange[1])
	}
	w.addIf(r.L3MDev, "l3mdev")
	w.addIf(r.protocolGiven || !r.NoTrack, "protocol %d", r.Protocol)
	w.addIf(r.IPProto != 0, "ipproto %d", r.IPProto)
	if r.SourcePorts != nil {
		w.add("sport %d-%d", r.SourcePorts[0], r.SourcePorts[1])
	}
	if r.DestinationPorts != nil {
		w.add("dport %d-%d", r.DestinationPorts[0], r.DestinationPorts[1])
	}
	w.addIf(r.Realms != 0, "%s", printedRealms(r.Realms))
	w.add("%s", r.printedAction())
	w.addIf(r.NoTrack, "no_track")
	w.addIf(r.TrackGroup != "", "track_group %s", r.TrackGroup)
	return w.String()
}

func (r *ruleLine) printedEnd(end netip.Prefix, anything bool) string {
	switch {
	case end.IsValid():
		return printedPrefix(end.Addr().String(), end.Bits(), end.Addr().BitLen())
	case anything:
		return anyAddress(r.IPv6).String() + "/0"
	}
	return "all"
}

func (r *ruleLine) printedAction() string {
	switch {
	case r.Action == actionGoto:
		return fmt.Sprintf("goto %d", r.Goto)
	case r.Action == actionNop:
		return "nop"
	case r.Action == actionTable:
		return fmt.Sprintf("lookup %d", r.Table)
	}
	for name, action := range ruleActions {
		if action == r.Action {
			return "type " + name
		}
	}
	return ""
}
