package fleet

import (
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// checkTransport checks the mesh of unicast peers, and that no two routers have one source address.
func (c *checker) checkTransport(v *virtualRouter) {
	c.checkSources(v)
	for _, m := range v.members {
		if m.vi.Unicast {
			c.checkPeers(v, m)
			c.checkTTL(v, m)
		}
	}
}

func (c *checker) checkSources(v *virtualRouter) {
	first := map[netip.Addr]*member{}
	for _, m := range v.members {
		source := m.vi.Source
		if !source.IsValid() {
			if m.vi.Unicast && len(v.members) > 1 {
				c.report(m.node, syntax.Warning, CodeSourceUnknown, m.at.keyword("unicast_peer"), "write unicast_src_ip ADDRESS",
					"%s: adverts leave from whatever address comes first on %s: whether that is the one that the others have as peer cannot be told", m.vi.Name, interfaceName(m.vi))
			}
			continue
		}
		if other := first[source]; other != nil {
			c.report(m.node, syntax.Error, CodeSourceTwice, m.at.of(m.vi.SourceFrom), "give each router an address of its own",
				"%s: source address %s is that of %s too", m.vi.Name, source, other.Name)
			continue
		}
		first[source] = m
	}
}

func interfaceName(vi *config.Instance) string {
	if vi.Interface == "" {
		return "the way to the peer"
	}
	return vi.Interface
}

// checkPeers compares the peers of one router with the sources of the others.
func (c *checker) checkPeers(v *virtualRouter, m *member) {
	open := c.doubtful(v) // a peer may be one of them
	for _, o := range v.members {
		switch source := o.vi.Source; {
		case o == m: // a peer that is the router itself is told of without the other files
		case !o.vi.Unicast || !source.IsValid():
		case source != m.vi.Source && !hasPeer(m.vi, source):
			c.report(m.node, syntax.Error, CodePeerMissing, m.at.keyword("unicast_peer"), "write "+source.String()+" into unicast_peer",
				"%s: %s (%s) is no peer, so it gets no adverts from here and does not notice when this router is Master", m.vi.Name, o.Name, source)
		}
	}
	if open || len(v.members) < 2 {
		return
	}
	for _, peer := range m.vi.Peers {
		if !slices.ContainsFunc(v.members, func(o *member) bool { return o.vi.Source == peer.Addr || !o.vi.Unicast }) {
			others := whoHave(v.members, func(o *member) bool { return o != m })
			c.report(m.node, syntax.Warning, CodePeerUnknown, peerSpan(m, peer.Addr), "check the address, or give its file as well",
				"%s: peer %s is %s %s", m.vi.Name, peer.Addr, verb(others, "not", "none of"), listed(others))
		}
	}
}

// doubtful reports whether some router's address is not known, or given to two.
func (c *checker) doubtful(v *virtualRouter) bool {
	seen := map[netip.Addr]bool{}
	for _, m := range v.members {
		source := m.vi.Source
		if m.vi.Unicast && (!source.IsValid() || seen[source]) {
			return true
		}
		seen[source] = true
	}
	return false
}

func hasPeer(vi *config.Instance, addr netip.Addr) bool {
	return addr.IsValid() && slices.ContainsFunc(vi.Peers, func(p config.Peer) bool { return p.Addr == addr })
}

// peerSpan is the line of a peer.
func peerSpan(m *member, addr netip.Addr) syntax.Span {
	s := m.at.statement("unicast_peer")
	if s == nil || s.Block == nil {
		return m.at.name
	}
	for _, line := range s.Block.Statements {
		if parsed, err := netip.ParseAddr(line.Words[0].Text); err == nil && parsed == addr {
			return line.Words[0].Span
		}
	}
	return s.Words[0].Span
}

// checkTTL finds a TTL that is too low at its start already. (On its way it only becomes lower, so that one
// above max_ttl proves nothing.)
func (c *checker) checkTTL(v *virtualRouter, m *member) {
	if m.vi.UnicastTTL == nil {
		return
	}
	for _, o := range v.members {
		if low := ttlWanted(o.vi, m.vi); *m.vi.UnicastTTL < low {
			c.report(m.node, syntax.Error, CodeTTLRefused, m.at.of("unicast_ttl"), "write a higher unicast_ttl here, or a lower min_ttl there",
				"%s: unicast_ttl %d is below the min_ttl %d that %s wants of this peer, which drops the adverts", m.vi.Name, *m.vi.UnicastTTL, low, o.Name)
		}
	}
}

// ttlWanted is the lowest TTL that a router accepts from another, 0 for any.
func ttlWanted(by, from *config.Instance) uint8 {
	if i := slices.IndexFunc(by.Peers, func(p config.Peer) bool { return p.Addr == from.Source }); i >= 0 {
		return by.Peers[i].MinTTL
	}
	return 0
}

// checksSource reports whether a router drops adverts of those that are no peers. TTL limits imply it.
func checksSource(vi *config.Instance) bool {
	return vi.CheckUnicastSource || slices.ContainsFunc(vi.Peers, func(p config.Peer) bool { return p.MinTTL > 0 || p.MaxTTL < 255 })
}

// hears reports whether a accepts the adverts of b.
func hears(a, b *member) bool {
	x, y := a.vi, b.vi
	switch {
	case x.VRID != y.VRID || x.Version != y.Version || x.Unicast != y.Unicast:
		return false
	case version2(a) && (authType(a) != authType(b) || authType(a) != noAuth && password(a) != password(b) || x.AdvertInterval != y.AdvertInterval):
		return false
	case !x.Unicast && x.MulticastGroup != y.MulticastGroup:
		return false
	case x.Unicast && x.Source.IsValid() && !hasPeer(y, x.Source):
		return false
	case x.Unicast && checksSource(x) && y.Source.IsValid() && !hasPeer(x, y.Source):
		return false
	case x.Unicast && y.UnicastTTL != nil && *y.UnicastTTL < ttlWanted(x, y):
		return false
	case x.OwnerIgnoreAdverts:
		return false
	}
	return checksumAccepted(y, x) && hmacOf(b).heardBy(hmacOf(a))
}
