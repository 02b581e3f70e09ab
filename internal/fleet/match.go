package fleet

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// match joins the instances of the nodes to Virtual Routers.
//
// A VRID alone does not say that two instances belong together (it may be used on several LANs), nor does a
// different one say that they do not (that is a mistake to be found). So instances are joined pair by pair, those
// with the most in common first, and never two of one node. Interfaces may have other names on other nodes.
func (c *checker) match() []*virtualRouter {
	all := c.instances()
	set := newUnion(all)
	for _, pairs := range [][]pair{relatedPairs(all), looserPairs(all)} {
		slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.likeness, a.likeness) })
		for _, p := range pairs {
			set.join(p.a, p.b)
		}
	}
	return set.virtualRouters()
}

func (c *checker) instances() []*member {
	var all []*member
	for _, n := range c.nodes {
		for _, vi := range n.Config.Instances {
			all = append(all, &member{node: n, vi: vi, at: n.placesOf(vi.Name, vi.Span)})
		}
	}
	return all
}

// pair is two instances of different nodes that may be one Virtual Router.
type pair struct {
	a, b     *member
	likeness int
}

// What two instances can have in common, by how much it says.
const (
	sameAddress   = 8
	sameVRID      = 4
	sameName      = 3
	samePeering   = 2 // each is, or may be, the other's unicast peer
	sameNetwork   = 1
	sameInterface = 1
)

func likeness(a, b *member) int {
	score := 0
	for _, fact := range []struct {
		holds bool
		says  int
	}{
		{shareAddress(a.vi, b.vi), sameAddress},
		{a.vi.VRID == b.vi.VRID, sameVRID},
		{a.vi.Name == b.vi.Name, sameName},
		{peering(a.vi, b.vi), samePeering},
		{shareNetwork(a.vi, b.vi), sameNetwork},
		{a.vi.Interface == b.vi.Interface && a.vi.Interface != "", sameInterface},
	} {
		if fact.holds {
			score += fact.says
		}
	}
	return score
}

type addressKey struct {
	addr netip.Addr
	ipv6 bool // family of the instance
}

// relatedPairs are the instances that share an address, or both name and VRID. They are found by index: a file
// may have tens of thousands of instances.
func relatedPairs(all []*member) []pair {
	byAddress, byName := map[addressKey][]*member{}, map[string][]*member{}
	seen := map[[2]*member]bool{}
	var pairs []pair
	add := func(a, b *member) {
		key := [2]*member{a, b}
		if a.index == b.index || a.vi.IPv6 != b.vi.IPv6 || seen[key] {
			return
		}
		seen[key] = true
		pairs = append(pairs, pair{a, b, likeness(a, b)})
	}
	for _, m := range all {
		for _, other := range byName[m.vi.Name] {
			if other.vi.VRID == m.vi.VRID {
				add(other, m)
			}
		}
		byName[m.vi.Name] = append(byName[m.vi.Name], m)
		for _, a := range m.vi.VIPs {
			key := addressKey{a.Prefix.Addr(), m.vi.IPv6}
			for _, other := range byAddress[key] {
				add(other, m)
			}
			byAddress[key] = append(byAddress[key], m)
		}
	}
	return pairs
}

// looserPairs are instances of one VRID that have neither address nor name in common, but nothing that speaks
// against their being on one LAN. Only those count that are no pair by better evidence.
func looserPairs(all []*member) []pair {
	type key struct {
		ipv6 bool
		vrid vrrp.VRID
	}
	byVRID := map[key][]*member{}
	var pairs []pair
	for _, m := range all {
		k := key{m.vi.IPv6, m.vi.VRID}
		for _, other := range byVRID[k] {
			if other.index != m.index && oneLAN(other.vi, m.vi) {
				pairs = append(pairs, pair{other, m, likeness(other, m)})
			}
		}
		byVRID[k] = append(byVRID[k], m)
		if len(byVRID[k]) > mostLoose {
			byVRID[k] = byVRID[k][1:]
		}
	}
	return pairs
}

// mostLoose bounds how many instances of one VRID are compared with each other on weak evidence.
const mostLoose = 64

func oneLAN(a, b *config.Instance) bool {
	if a.Unicast && b.Unicast && a.Source.IsValid() && b.Source.IsValid() {
		return peering(a, b)
	}
	return shareNetwork(a, b) || a.Interface == b.Interface && a.Interface != "" && !networksDiffer(a, b)
}

func shareAddress(a, b *config.Instance) bool {
	return slices.ContainsFunc(a.VIPs, func(x *config.Address) bool {
		return slices.ContainsFunc(b.VIPs, func(y *config.Address) bool { return x.Prefix.Addr() == y.Prefix.Addr() })
	})
}

// peering reports whether one sends its adverts to the other.
func peering(a, b *config.Instance) bool {
	return a.Unicast && b.Unicast && (sendsTo(a, b) || sendsTo(b, a))
}

func sendsTo(a, b *config.Instance) bool {
	return b.Source.IsValid() && slices.ContainsFunc(a.Peers, func(p config.Peer) bool { return p.Addr == b.Source })
}

// shareNetwork reports whether an address of one is in a network that the other names. Addresses without a
// prefix length name none.
func shareNetwork(a, b *config.Instance) bool {
	for _, x := range a.VIPs {
		for _, y := range b.VIPs {
			if sameNet(x.Prefix, y.Prefix) {
				return true
			}
		}
	}
	return false
}

func sameNet(x, y netip.Prefix) bool {
	return !x.IsSingleIP() && x.Contains(y.Addr()) || !y.IsSingleIP() && y.Contains(x.Addr())
}

// networksDiffer reports whether both name networks, and no common one.
func networksDiffer(a, b *config.Instance) bool {
	names := func(vi *config.Instance) bool {
		return slices.ContainsFunc(vi.VIPs, func(x *config.Address) bool { return !x.Prefix.IsSingleIP() })
	}
	return names(a) && names(b) && !shareNetwork(a, b)
}

// union keeps sets of members, with at most one of each node.
type union struct {
	all []*member
	set map[*member][]*member
}

func newUnion(all []*member) *union {
	u := &union{all: all, set: make(map[*member][]*member, len(all))}
	for _, m := range all {
		u.set[m] = []*member{m}
	}
	return u
}

// join makes one set of two, unless some node is in both.
func (u *union) join(a, b *member) {
	left, right := u.set[a], u.set[b]
	for _, x := range left {
		for _, y := range right {
			if x.index == y.index {
				return
			}
		}
	}
	joined := append(slices.Clip(left), right...)
	for _, m := range joined {
		u.set[m] = joined
	}
}

// virtualRouters lists the sets in the order in which the files bring them.
func (u *union) virtualRouters() []*virtualRouter {
	var list []*virtualRouter
	done := map[*member]bool{}
	for _, m := range u.all {
		if done[m] {
			continue
		}
		members := slices.Clone(u.set[m])
		slices.SortFunc(members, func(a, b *member) int { return cmp.Compare(a.index, b.index) })
		for _, x := range members {
			done[x] = true
		}
		list = append(list, &virtualRouter{id: len(list), members: members})
	}
	return list
}
