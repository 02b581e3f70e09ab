package fleet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// checkGroup compares which Virtual Routers a node ties together with what most nodes do. Names of groups do not
// matter. A node that lacks a Virtual Router is told of that elsewhere.
func (c *checker) checkGroup(u *unit) {
	if len(u.vrs) < 2 {
		return
	}
	nodes := u.nodes()
	usual := c.usualTies(u, nodes)
	for _, i := range nodes {
		u.torn = u.torn || slices.ContainsFunc(u.vrs, func(v *virtualRouter) bool { return v.of(i) == nil })
		own, others := ties(u, i, i), ties(u, usual, i)
		if own == others {
			continue
		}
		u.torn = true
		c.reportTies(u, c.nodes[i], c.nodes[usual], c.whoTie(u, nodes, usual))
	}
}

// usualTies is a node that ties as most do.
func (c *checker) usualTies(u *unit, nodes []int) int {
	best, most := nodes[0], 0
	for _, i := range nodes {
		alike := 0
		for _, j := range nodes {
			if ties(u, i, i) == ties(u, j, j) {
				alike++
			}
		}
		if alike > most {
			best, most = i, alike
		}
	}
	return best
}

// whoTie names the nodes that tie as one does.
func (c *checker) whoTie(u *unit, nodes []int, as int) []string {
	var names []string
	for _, i := range nodes {
		if ties(u, i, i) == ties(u, as, as) {
			names = append(names, c.nodes[i].Name)
		}
	}
	return names
}

// ties says which Virtual Routers of the unit a node ties together, of those that another node has.
func ties(u *unit, node, among int) string {
	groups := map[string][]string{}
	for _, v := range u.vrs {
		if m := v.of(node); m != nil && v.of(among) != nil && m.vi.SyncGroup != "" {
			groups[m.vi.SyncGroup] = append(groups[m.vi.SyncGroup], fmt.Sprint(v.id))
		}
	}
	var sets []string
	for _, set := range groups {
		if len(set) > 1 {
			sets = append(sets, strings.Join(set, " "))
		}
	}
	slices.Sort(sets)
	return strings.Join(sets, ", ")
}

// reportTies says what differs in a node's groups, at the group if it has one.
func (c *checker) reportTies(u *unit, n, usual *node, others []string) {
	here, there := groupsOf(u, n), groupsOf(u, usual)
	const why = "they can be Master on different routers"
	switch {
	case len(here) == 0:
		v := u.firstIn(usual, there[0].Name)
		at := n.Config.Instances[0].Span
		if m := v.of(n.index); m != nil {
			at = m.vi.Span
		}
		c.report(n, syntax.Error, CodeGroupMissing, at, "write the same vrrp_sync_group everywhere",
			"%s %s in sync group %s on %s, but not here: %s", listed(there[0].Members), verb(there[0].Members, "is", "are"), there[0].Name, listed(others), why)
	case len(there) == 0:
		c.report(n, syntax.Error, CodeGroupMissing, here[0].Span, "write the same vrrp_sync_group everywhere",
			"sync group %s ties %s together here, but not on %s: %s", here[0].Name, listed(here[0].Members), listed(others), why)
	default:
		c.report(n, syntax.Error, CodeGroupDiffers, here[0].Span, "write the same vrrp_sync_group everywhere",
			"sync group %s has %s, but %s has %s on %s: %s", here[0].Name, listed(here[0].Members), there[0].Name, listed(there[0].Members), listed(others), why)
	}
}

// groupsOf are the sync groups of a node with members in the unit.
func groupsOf(u *unit, n *node) []*config.SyncGroup {
	var list []*config.SyncGroup
	for _, v := range u.vrs {
		if m := v.of(n.index); m != nil {
			if g := n.group(m.vi); g != nil && !slices.Contains(list, g) {
				list = append(list, g)
			}
		}
	}
	return list
}

// firstIn is the first Virtual Router of a node's group.
func (u *unit) firstIn(n *node, group string) *virtualRouter {
	return u.vrs[slices.IndexFunc(u.vrs, func(v *virtualRouter) bool {
		m := v.of(n.index)
		return m != nil && m.vi.SyncGroup == group
	})]
}

// name is that of the group, or of the one Virtual Router.
func (u *unit) name() string {
	if g := u.vrs[0].members[0].vi.SyncGroup; len(u.vrs) > 1 && g != "" {
		return g
	}
	return u.vrs[0].name()
}
