package fleet

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// checkTrackers finds weights that can never move the Master, whatever else fails, and failures that move it from
// one router to another that is no better.
func (c *checker) checkTrackers(u *unit, k *contest, well []standing) {
	if len(k.contenders) < 2 {
		return
	}
	for i, p := range k.contenders {
		for _, t := range p.trackers {
			if c.idle(k, i, t) {
				c.reportIdle(u, k, well, i, t)
			}
		}
	}
	who := only(k.elect(well, make([]bool, len(well)), atStart))
	if who < 0 || k.split() {
		return
	}
	for _, t := range k.contenders[who].trackers {
		have := k.everywhere(t.tracker)
		if have == nil || t.kind == kindFile {
			continue
		}
		if o := k.outcomeOf(well, who, have); o.Moves && len(o.Master) == 1 {
			c.report(k.contenders[who].node, syntax.Notice, CodeSharedMoves, t.span, "give all routers the same weight",
				"%s: when %s fails on all routers, the Master moves from %s to %s, which is no better", u.name(), t.name, k.contenders[who].Name, o.Master[0])
		}
	}
}

// idle reports whether a tracker can never move the Master. Many Virtual Routers ask the same.
func (c *checker) idle(k *contest, i int, t track) bool {
	key := fmt.Sprint(k.likeness, i, t.tracker)
	idle, known := c.idlers[key]
	if !known {
		moves, exact := k.canMove(i, t)
		idle = exact && !moves
		c.idlers[key] = idle
	}
	return idle
}

func (c *checker) reportIdle(u *unit, k *contest, well []standing, i int, t track) {
	p := k.contenders[i]
	now := p.standing(state{t.tracker: t.failed()})
	why := "no other router is ever between"
	others := 0
	for j := range k.contenders {
		if j != i && k.preempts(j) {
			others++
		}
	}
	next := -1
	for j := range well {
		if j != i && allBelow(well[j].priorities, well[i].priorities) && (next < 0 || allBelow(well[next].priorities, well[j].priorities)) {
			next = j
		}
	}
	switch {
	case others == 0:
		why = "the other routers do not preempt"
		if len(k.contenders) == 2 {
			why = "the other router does not preempt"
		}
	case next >= 0:
		why = fmt.Sprintf("%s comes next with %s", k.contenders[next].Name, joined(well[next].priorities))
	}
	hint := "use a weight that takes it below another router, or leave it out"
	switch {
	case others == 0:
		hint = "leave nopreempt out on the other routers, or let the failure be a fault: weight 0"
	case next >= 0 && t.weight < 0 && !t.reverse:
		hint = fmt.Sprintf("weight %d or lower moves it", -(well[i].priorities[0] - well[next].priorities[0] + 1))
	}
	c.report(p.node, syntax.Warning, CodeNeverMoves, t.span, hint,
		"%s: %s can never move the Master: its failure takes %s from %s to %s, and %s", u.name(), t.name, p.Name,
		joined(well[i].priorities), joined(now.priorities), why)
}

// preempts reports whether a contender takes over from a Master of lower priority.
func (k *contest) preempts(i int) bool {
	return !slices.ContainsFunc(k.contenders[i].columns, func(c column) bool { return !c.m.vi.Preempt })
}

// Bounds of what is worked out: beyond them nothing is claimed.
const (
	mostStates      = 4096
	mostComparisons = 1 << 22
)

// canMove reports whether there is any state of all other trackers, and of the other routers, in which the failure
// of t hands the role of contender i to somebody else. It is exact: the priorities that a router can come to are
// all worked out. known is false where they are too many, and for faults, which always move.
func (k *contest) canMove(i int, t track) (moves, known bool) {
	p := k.contenders[i]
	if t.kind == kindFile { // a number can always be low enough
		return true, true
	}
	well, wellFault := p.contributions(t.tracker, t.well())
	failed, failedFault := p.contributions(t.tracker, t.failed())
	if wellFault || failedFault {
		return true, true
	}
	rest, ok := p.reachable(&t.tracker)
	if !ok {
		return false, false
	}
	for j, other := range k.contenders {
		if j == i || !k.preempts(j) {
			continue
		}
		theirs, ok := other.reachable(nil)
		if !ok || len(rest)*len(theirs) > mostComparisons {
			return false, false
		}
		theirs = other.worth(theirs, make([]int, len(other.columns)))
		before, after := p.worth(rest, well), p.worth(rest, failed)
		for s := range rest {
			for _, their := range theirs {
				if !allBelow(before[s], their) && allBelow(after[s], their) {
					return true, true
				}
			}
		}
	}
	return false, true
}

// contributions are what a tracker adds, by column.
func (p *contender) contributions(what tracker, how int) (list []int, fault bool) {
	list = make([]int, len(p.columns))
	for n, col := range p.columns {
		for _, t := range col.tracks {
			if t.tracker == what {
				contribution, f := t.now(state{what: how})
				list[n] += contribution
				fault = fault || f
			}
		}
	}
	return list, fault
}

// reachable are all sums, by column, that the trackers other than except can come to without a fault.
func (p *contender) reachable(except *tracker) (sums [][]int, ok bool) {
	sums = [][]int{make([]int, len(p.columns))}
	for _, t := range p.trackers {
		if except != nil && t.tracker == *except {
			continue
		}
		var next [][]int
		seen := map[string]bool{}
		for _, option := range p.options(t) {
			for _, sum := range sums {
				added := make([]int, len(sum))
				for n := range sum {
					added[n] = sum[n] + option[n]
				}
				if key := keyOf(added); !seen[key] {
					seen[key] = true
					next = append(next, added)
				}
			}
			if len(next) > mostStates {
				return nil, false
			}
		}
		sums = next
	}
	return sums, true
}

// options are what one tracker can add, by column, unless it is a fault.
func (p *contender) options(t track) [][]int {
	var list [][]int
	seen := map[string]bool{}
	add := func(option []int, fault bool) {
		if key := keyOf(option); !fault && !seen[key] {
			seen[key] = true
			list = append(list, option)
		}
	}
	if t.kind != kindFile {
		add(p.contributions(t.tracker, down))
		add(p.contributions(t.tracker, up))
		return list
	}
	for value := lowestContribution; value <= -lowestContribution; value++ {
		add(p.contributions(t.tracker, value))
	}
	return list
}

// keyOf makes a list of sums a key for maps.
func keyOf(list []int) string {
	key := make([]byte, 0, 64)
	for _, n := range list {
		key = binary.AppendVarint(key, int64(n))
	}
	return string(key)
}

// worth turns sums into effective priorities.
func (p *contender) worth(sums [][]int, more []int) [][]int {
	list := make([][]int, len(sums))
	for s, sum := range sums {
		list[s] = make([]int, len(sum))
		for n := range sum {
			list[s][n] = effective(p.columns[n].m.vi.Priority, sum[n]+more[n])
		}
	}
	return list
}

// joined prints priorities: one number where they are alike.
func joined(list []int) string {
	if len(slices.Compact(slices.Clone(list))) == 1 {
		return fmt.Sprint(list[0])
	}
	var parts []string
	for _, n := range list {
		parts = append(parts, fmt.Sprint(n))
	}
	return strings.Join(parts, "/")
}
