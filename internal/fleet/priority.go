package fleet

import (
	"fmt"
	"slices"

	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// checkPriorities compares the priorities of each Virtual Router by itself.
func (c *checker) checkPriorities(u *unit) {
	for _, v := range u.vrs {
		c.checkTies(v)
		c.checkStates(v)
	}
}

// checkTies finds nodes that are worth the same when all is well.
func (c *checker) checkTies(v *virtualRouter) {
	first := map[int]*member{}
	for _, m := range v.members {
		p := contender{node: m.node}
		p.add(column{m, tracksOf(m)})
		worth := p.standing(nil).priorities[0]
		other := first[worth]
		switch {
		case other == nil:
			first[worth] = m
		case worth == int(vrrp.PriorityOwner):
			c.report(m.node, syntax.Error, CodeTwoOwners, at("priority", "state")(m), "write a priority below 255 on all but the one that owns the addresses",
				"%s: address owner (priority 255) here and on %s: there can be only one", m.vi.Name, other.Name)
		default:
			c.report(m.node, syntax.Error, CodePriorityTie, at("priority")(m), "give each router a priority of its own",
				"%s: priority %s, as on %s: who starts first, or has the higher address, becomes Master", m.vi.Name, worthText(m, worth), other.Name)
		}
	}
}

// worthText is a priority, with what it is configured as if trackers make it another.
func worthText(m *member, worth int) string {
	if worth == int(m.vi.Priority) {
		return fmt.Sprint(worth)
	}
	return fmt.Sprintf("%d (%d and what trackers add)", worth, m.vi.Priority)
}

// checkStates finds `state MASTER` on several routers: it promises what only priorities decide.
func (c *checker) checkStates(v *virtualRouter) {
	wanting := slices.DeleteFunc(slices.Clone(v.members), func(m *member) bool {
		return !m.vi.WantMaster || m.vi.Priority == vrrp.PriorityOwner
	})
	if len(wanting) < 2 {
		return
	}
	best := slices.MaxFunc(wanting, func(a, b *member) int { return int(a.vi.Priority) - int(b.vi.Priority) })
	for _, m := range wanting {
		if m != best {
			c.report(m.node, syntax.Notice, CodeMasterTwice, at("state")(m), "write state BACKUP",
				"%s: state MASTER here and on %s: the priorities decide (%d here, %d there)", m.vi.Name, best.Name, m.vi.Priority, best.vi.Priority)
		}
	}
}

// checkMaster compares who is Master when all is well with what the files seem to say.
func (c *checker) checkMaster(u *unit, k *contest, well []standing, who int) {
	m := k.contenders[who].columns[0].m
	for i, p := range k.contenders {
		o := p.columns[0].m
		if i == who || !well[i].up || o.vi.Priority <= m.vi.Priority {
			continue
		}
		c.report(p.node, syntax.Warning, CodeNotHighest, at("priority")(o), "choose priorities and weights whose sums are in the order that you want",
			"%s: priority %d is the higher one, but when all is well %s is Master with %s against %s", u.name(), o.vi.Priority,
			k.contenders[who].Name, joined(well[who].priorities), joined(well[i].priorities))
	}
	c.checkTornGroup(k, well, who)
	c.checkPreemption(u, k, well)
}

// checkTornGroup finds nodes of which one is better in one member of a sync group, and the other in another. None
// can then take over from the other, since a group waits for all of its timers.
func (c *checker) checkTornGroup(k *contest, well []standing, who int) {
	for i, p := range k.contenders {
		if i == who {
			continue
		}
		for n, col := range p.columns {
			if well[i].priorities[n] <= well[who].priorities[n] {
				continue
			}
			c.report(p.node, syntax.Warning, CodeGroupTorn, at("priority")(col.m), "order the routers alike in all members of the group",
				"%s: priority %d is above %d of %s, but in other members of sync group %s it is not: neither takes over from the other",
				col.m.vi.Name, well[i].priorities[n], well[who].priorities[n], k.contenders[who].Name, col.m.vi.SyncGroup)
			break
		}
	}
}

// checkPreemption finds routers that differ in nopreempt where that matters: only those that can be better than
// another can take over from it.
func (c *checker) checkPreemption(u *unit, k *contest, well []standing) {
	var able []int
	for i := range k.contenders {
		if well[i].up && slices.ContainsFunc(well, func(o standing) bool { return o.up && allBelow(o.priorities, well[i].priorities) }) {
			able = append(able, i)
		}
	}
	var preempting, patient []string
	var at1 *member
	for _, i := range able {
		p := k.contenders[i]
		if m := p.columns[0].m; m.vi.Preempt {
			preempting = append(preempting, p.Name)
		} else {
			patient = append(patient, p.Name)
			at1 = m
		}
	}
	if len(preempting) > 0 && len(patient) > 0 {
		c.report(at1.node, syntax.Notice, CodePreemptDiffers, at("nopreempt")(at1), "write nopreempt on all routers, or on none",
			"%s: %s %s, %s %s not: who is Master depends on what happened before", u.name(), listed(preempting), verb(preempting, "preempts", "preempt"),
			listed(patient), verb(patient, "does", "do"))
	}
}

func allBelow(a, b []int) bool {
	for i := range a {
		if a[i] >= b[i] {
			return false
		}
	}
	return true
}
