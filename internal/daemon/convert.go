package daemon

import (
	"math"
	"net/netip"

	"github.com/govrrpd/govrrpd/internal/address"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/route"
	"golang.org/x/sys/unix"
)

// kernelAddress is a configured address as the kernel takes it, on the interface with that index.
func kernelAddress(a *config.Address, index int) address.Address {
	k := address.Address{
		Prefix:            a.Prefix,
		Index:             index,
		Broadcast:         a.Broadcast,
		Label:             a.Label,
		Scope:             a.Scope,
		DAD:               a.DAD,
		PreferredLifetime: a.PreferredLifetime,
	}
	if a.Peer.IsValid() {
		k.Peer = a.Peer.Addr()
	}
	for _, f := range []struct {
		set  bool
		flag uint32
	}{
		{a.Home, unix.IFA_F_HOMEADDRESS},
		{a.ManageTemp, unix.IFA_F_MANAGETEMPADDR},
		{a.NoPrefixRoute, unix.IFA_F_NOPREFIXROUTE},
		{a.AutoJoin, unix.IFA_F_MCAUTOJOIN},
	} {
		if f.set {
			k.Flags |= f.flag
		}
	}
	return k
}

// addressProtocol is the number by which `ip address` tells whose an address is, if the machine's table
// has one for keepalived.
func addressProtocol(table []config.NamedNumber) uint8 {
	for _, entry := range table {
		if entry.Name == "keepalived" && entry.Number <= math.MaxUint8 {
			return uint8(entry.Number)
		}
	}
	return 0
}

// kernelRoute is a configured route as the kernel takes it. A device that does not exist has index 0:
// the kernel then says what is wrong.
func kernelRoute(r *config.Route, n *network) route.Route {
	k := route.Route{
		Destination:  r.Destination,
		Type:         r.Type,
		Via:          r.Via,
		Source:       r.Source,
		From:         r.From,
		Index:        n.links[r.Dev].Index,
		Device:       r.Dev,
		Table:        r.Table,
		Metric:       r.Metric,
		Scope:        r.Scope,
		Protocol:     r.Protocol,
		TOS:          r.TOS,
		OnLink:       r.OnLink,
		Realms:       r.Realms,
		Pref:         r.Pref,
		Expires:      r.Expires,
		TTLPropagate: r.TTLPropagate,
		Encap:        kernelEncap(r.Encap),
		Insert:       route.Insert(r.Insert),
	}
	for _, m := range r.Metrics {
		k.Metrics = append(k.Metrics, route.Metric{Name: m.Name, Value: m.Value, Lock: m.Lock, Text: m.Text})
	}
	for _, hop := range r.Nexthops {
		k.Nexthops = append(k.Nexthops, route.Nexthop{
			Via: hop.Via, Index: n.links[hop.Dev].Index, Device: hop.Dev, Weight: hop.Weight, OnLink: hop.OnLink,
			Realms: hop.Realms, Encap: kernelEncap(hop.Encap),
		})
	}
	return k
}

var encapKinds = map[config.EncapKind]route.EncapKind{
	config.EncapIP: route.EncapIP, config.EncapIP6: route.EncapIP6,
	config.EncapMPLS: route.EncapMPLS, config.EncapILA: route.EncapILA,
}

// kernelEncap is a configured encapsulation as the kernel takes it, nil if there is none.
func kernelEncap(e *config.Encap) *route.Encap {
	if e == nil {
		return nil
	}
	return &route.Encap{
		Kind: encapKinds[e.Kind], ID: e.ID, Destination: e.Destination, Source: e.Source,
		TOS: e.TOS, TTL: e.TTL, Flags: e.Flags, Labels: e.Labels, Locator: e.Locator,
	}
}

// kernelRule is a configured rule as the kernel takes it.
func kernelRule(r *config.Rule) route.Rule {
	k := route.Rule{
		IPv6:             r.IPv6,
		From:             r.From,
		To:               r.To,
		Not:              r.Not,
		Priority:         r.Priority,
		IIF:              r.IIF,
		OIF:              r.OIF,
		TOS:              r.TOS,
		TunnelID:         r.TunnelID,
		UIDs:             r.UIDRange,
		IPProto:          r.IPProto,
		SourcePorts:      r.SourcePorts,
		DestinationPorts: r.DestinationPorts,
		Action:           r.Action,
		Table:            r.Table,
		L3MDev:           r.L3MDev,
		Goto:             r.Goto,
		Realms:           r.Realms,
		Protocol:         r.Protocol,
	}
	if r.FwMarkSet {
		k.Mark = &route.Mark{Value: r.FwMark, Mask: r.FwMask}
	}
	k.SuppressPrefixLength = unsigned(r.SuppressPrefixLength)
	k.SuppressGroup = unsigned(r.SuppressGroup)
	return k
}

func unsigned(n *int) *uint32 {
	if n == nil {
		return nil
	}
	return new(uint32(*n))
}

// sameRoute tells whether the kernel's report is about a configured route.
func sameRoute(r *config.Route, gone *netmon.Route, n *network) bool {
	table := r.Table
	if table == 0 {
		table = unix.RT_TABLE_MAIN
	}
	return r.Destination.Masked() == gone.Prefix && table == gone.Table && r.TOS == gone.TOS &&
		(r.Metric == nil || *r.Metric == gone.Metric) &&
		(!r.Via.IsValid() || !gone.Gateway.IsValid() || r.Via == gone.Gateway) &&
		(r.Dev == "" || gone.Index == 0 || n.links[r.Dev].Index == gone.Index)
}

// sameRule tells whether the kernel's report is about a configured rule.
func sameRule(r *config.Rule, gone *netmon.Rule) bool {
	return r.IPv6 == gone.IPv6 && r.Priority == gone.Priority && r.Not == gone.Invert &&
		selector(r.From) == gone.From && selector(r.To) == gone.To && r.Table == gone.Table &&
		r.IIF == gone.IIF && r.OIF == gone.OIF && (!r.FwMarkSet || r.FwMark == gone.Mark)
}

// selector is a configured prefix as the kernel reports it: everything is not mentioned.
func selector(p netip.Prefix) netip.Prefix {
	if p.Bits() == 0 {
		return netip.Prefix{}
	}
	return p.Masked()
}
