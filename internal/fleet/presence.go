package fleet

import (
	"slices"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// checkPresence finds Virtual Routers that not all nodes have. A node that shares none is told of once.
func (c *checker) checkPresence(v *virtualRouter) {
	if len(c.nodes) < 2 {
		return
	}
	first := v.members[0]
	if len(v.members) == 1 {
		if c.sharesSome(first.index) {
			c.report(first.node, syntax.Warning, CodeAlone, first.vi.Span, "write it on another router too", "%s is on %s only: nobody takes over when it fails", first.vi.Name, first.Name)
		}
		return
	}
	var without []string
	for _, n := range c.nodes {
		if v.of(n.index) == nil && c.sharesSome(n.index) {
			without = append(without, n.Name)
		}
	}
	if len(without) > 0 {
		have := whoHave(v.members, func(*member) bool { return true })
		c.report(first.node, syntax.Warning, CodeMissingHere, first.vi.Span, "write it on all routers", "%s is on %s, but not on %s", first.vi.Name, listed(have), listed(without))
	}
}

// checkAbsentNodes finds nodes that have nothing to do with the others.
func (c *checker) checkAbsentNodes() {
	if len(c.nodes) < 2 {
		return
	}
	for _, n := range c.nodes {
		switch {
		case c.sharesSome(n.index):
		case len(n.Config.Instances) == 0:
			c.report(n, syntax.Warning, CodeMissingHere, n.start(), "", "%s has no vrrp_instance", n.Name)
		default:
			c.report(n, syntax.Warning, CodeAlone, n.Config.Instances[0].Span, "are these files of one LAN?", "%s shares no Virtual Router with another router", n.Name)
		}
	}
}

// sharesSome reports whether the node has a Virtual Router in common with another.
func (c *checker) sharesSome(node int) bool {
	if c.shares == nil {
		c.shares = make([]bool, len(c.nodes))
		for _, v := range c.vrs {
			for _, m := range v.members {
				c.shares[m.index] = c.shares[m.index] || len(v.members) > 1
			}
		}
	}
	return c.shares[node]
}

// unit is what moves as a whole: a Virtual Router, or those that sync groups tie together.
type unit struct {
	vrs  []*virtualRouter
	torn bool // the nodes do not agree on what belongs together
}

// units joins Virtual Routers that are in one sync group on any node.
func (c *checker) units() []*unit {
	lead := make([]int, len(c.vrs)) // of each Virtual Router, one before it that it is tied to, or itself
	first := map[groupKey]int{}
	for i, v := range c.vrs {
		lead[i] = i
		for _, m := range v.members {
			if m.vi.SyncGroup == "" {
				continue
			}
			key := groupKey{m.index, m.vi.SyncGroup}
			if _, known := first[key]; !known {
				first[key] = i
			}
			a, b := leader(lead, first[key]), leader(lead, i)
			lead[max(a, b)] = min(a, b)
		}
	}
	var list []*unit
	of := map[int]*unit{}
	for i, v := range c.vrs {
		l := leader(lead, i)
		if of[l] == nil {
			of[l] = &unit{}
			list = append(list, of[l])
		}
		of[l].vrs = append(of[l].vrs, v)
	}
	return list
}

type groupKey struct {
	node int
	name string
}

func leader(lead []int, i int) int {
	for lead[i] != i {
		i = lead[i]
	}
	return i
}

// nodes are the indices of those that have a part in the unit.
func (u *unit) nodes() []int {
	var list []int
	for _, v := range u.vrs {
		for _, m := range v.members {
			if !slices.Contains(list, m.index) {
				list = append(list, m.index)
			}
		}
	}
	slices.Sort(list)
	return list
}
