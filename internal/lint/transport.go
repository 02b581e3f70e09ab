package lint

import (
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// checkTransport looks at how the adverts of one instance travel.
func (l *linter) checkTransport(vi *config.Instance) {
	if vi.IPv6 && vi.Version == vrrp.Version2 {
		l.warn(CodeVersion2IPv6, l.at(vi, "version"), "write version 3, or leave the line out", "(%s) VRRP version 2 knows no IPv6 (RFC 3768): only keepalived and govrrpd understand such adverts", vi.Name)
	}
	if !vi.Unicast {
		return
	}
	if !vi.Source.IsValid() {
		l.note(CodeUnicastNoSource, l.at(vi, "unicast_peer"), "write: unicast_src_ip ADDRESS",
			"(%s) unicast without unicast_src_ip: the first address of %s is used, and that must be the one that the peers expect", vi.Name, vi.Interface)
	}
	for _, peer := range vi.Peers {
		l.checkPeer(vi, peer)
	}
}

func (l *linter) checkPeer(vi *config.Instance, peer config.Peer) {
	at := l.peerAt(vi, peer.Addr)
	switch {
	case peer.Addr == vi.Source:
		l.warn(CodePeerIsSelf, at, "name the other routers only", "(%s) unicast peer %s is this router itself (%s): it would send its adverts to itself", vi.Name, peer.Addr, vi.SourceFrom)
	case slices.ContainsFunc(vi.VIPs, func(a *config.Address) bool { return a.Prefix.Addr() == peer.Addr }):
		l.warn(CodePeerIsVIP, at, "write the address that the other router always has", "(%s) unicast peer %s is one of the virtual addresses: a Master would send its adverts to itself", vi.Name, peer.Addr)
	}
	if sent := hopLimit(vi); int(peer.MinTTL) > sent {
		l.warn(CodeHopLimit, at, "write unicast_ttl 255, here and on the peer",
			"(%s) adverts of %s must have a TTL of %d or more, but this router sends its own with %d: if the peer is configured alike, neither takes the other's", vi.Name, peer.Addr, peer.MinTTL, sent)
	}
}

// The hop limit of IPv6 unicast is the kernel's unless unicast_ttl says something else.
const kernelHopLimit = 64

func hopLimit(vi *config.Instance) int {
	switch {
	case vi.UnicastTTL != nil:
		return int(*vi.UnicastTTL)
	case vi.IPv6:
		return kernelHopLimit
	}
	return 255
}

// peerAt is where a peer is written.
func (l *linter) peerAt(vi *config.Instance, addr netip.Addr) syntax.Span {
	if s := l.statement(vi, "unicast_peer"); s != nil && s.Block != nil {
		for _, line := range s.Block.Statements {
			if read, err := netip.ParseAddr(line.Keyword()); err == nil && read == addr {
				return line.Words[0].Span
			}
		}
	}
	return vi.Span
}

// checkPeerLists compares instances that send from one address: their routers are most likely the same.
func (l *linter) checkPeerLists() {
	first := map[netip.Addr]*config.Instance{}
	for _, vi := range l.cfg.Instances {
		if !vi.Unicast || !vi.Source.IsValid() {
			continue
		}
		other := first[vi.Source]
		if other == nil {
			first[vi.Source] = vi
			continue
		}
		l.comparePeers(vi, other)
	}
}

// comparePeers reports a list that is a part of the other. Lists that have nothing, or only something, in
// common are two clusters.
func (l *linter) comparePeers(a, b *config.Instance) {
	if len(a.Peers) > len(b.Peers) {
		a, b = b, a
	}
	if slices.EqualFunc(a.Peers, b.Peers, func(p, q config.Peer) bool { return p.Addr == q.Addr }) {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(b.Peers), func(p config.Peer) bool { return has(a, p.Addr) })
	if len(missing) == 0 || len(missing)+len(a.Peers) != len(b.Peers) {
		return
	}
	l.note(CodePeersDiffer, l.at(a, "unicast_peer"), "name each router of the cluster",
		"(%s) unicast peer %s is missing here, and is one of %s, which sends from %s as well: a router that is not named hears no adverts and becomes Master too", a.Name, missing[0].Addr, b.Name, a.Source)
}

func has(vi *config.Instance, addr netip.Addr) bool {
	return slices.ContainsFunc(vi.Peers, func(p config.Peer) bool { return p.Addr == addr })
}

// checkVersions finds IPv4 instances of one interface, or of one sync group, that speak different versions.
func (l *linter) checkVersions() {
	type place struct{ kind, name string }
	first, told := map[place]*config.Instance{}, map[place]bool{}
	for _, vi := range l.cfg.Instances {
		if vi.IPv6 {
			continue
		}
		for _, place := range []place{{"on interface", vi.Interface}, {"in sync group", vi.SyncGroup}} {
			other := first[place]
			switch {
			case place.name == "" || told[place]:
			case other == nil:
				first[place] = vi
			case other.Version != vi.Version:
				told[place] = true
				l.note(CodeMixedVersions, l.at(vi, "version"), "use one version for all, 3 if all routers know it",
					"(%s) VRRP version %d; %s, %s %s as well, has version %d", vi.Name, vi.Version, other.Name, place.kind, place.name, other.Version)
			}
		}
	}
}
