package lint

import (
	"fmt"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// checkPreemption finds rules about taking over from lower priorities where there are none.
func (l *linter) checkPreemption(vi *config.Instance) {
	if vi.Priority != lowestPriority || slices.ContainsFunc(l.terms(vi), func(t term) bool { return t.high() > 0 || t.file }) {
		return
	}
	switch {
	case !vi.Preempt:
		l.note(CodeLowestPriority, l.at(vi, "nopreempt"), "leave the line out", "(%s) nopreempt has no effect: no router has less than priority 1, so that there is none to preempt", vi.Name)
	case vi.PreemptDelay > 0:
		l.note(CodeLowestPriority, l.at(vi, "preempt_delay"), "leave the line out", "(%s) preempt_delay has no effect: no router has less than priority 1, so that there is none to preempt", vi.Name)
	}
}

// checkState compares the state with the priority, which alone decides.
func (l *linter) checkState(vi *config.Instance) {
	if !vi.WantMaster || l.statement(vi, "state") == nil {
		return
	}
	switch {
	case owner(vi) && l.blocks[vi.Name] != nil && l.statement(vi, "priority") == nil:
		l.warn(CodeImpliedOwner, l.at(vi, "state"), "write the priority that you mean, such as: priority 150",
			"(%s) state MASTER without a priority means priority 255, that of the owner of the addresses: it takes over at once, and neither weights nor nopreempt hold for it", vi.Name)
	case l.healthy(vi) < int(vrrp.PriorityDefault):
		l.note(CodeMasterBelow, l.at(vi, "priority"), "write state BACKUP, or a priority above those of the other routers",
			"(%s) state MASTER decides nothing, and priority %d is low: a router without a priority line has %d and becomes Master instead", vi.Name, l.healthy(vi), vrrp.PriorityDefault)
	}
}

// healthy is the priority of an instance while all is well.
func (l *linter) healthy(vi *config.Instance) int {
	total := int(vi.Priority)
	for _, t := range l.terms(vi) {
		total += t.up
	}
	return limited(total)
}

// checkGroups compares the members of each sync group, which move together or not at all.
func (l *linter) checkGroups() {
	for _, group := range l.cfg.SyncGroups {
		var members []*config.Instance
		for _, name := range group.Members {
			if vi := l.instances[name]; vi != nil {
				members = append(members, vi)
			}
		}
		if len(members) > 1 {
			l.checkGroup(group, members)
		}
	}
}

func (l *linter) checkGroup(group *config.SyncGroup, members []*config.Instance) {
	first := members[0]
	for _, vi := range members[1:] {
		if vi.Preempt != first.Preempt {
			with, without := vi, first
			if vi.Preempt {
				with, without = first, vi
			}
			l.warn(CodeGroupPreempt, l.at(with, "nopreempt"), "write nopreempt in all members, or in none",
				"(%s) nopreempt holds for all of sync group %s: %s would preempt, but the group moves only when every member may", with.Name, group.Name, without.Name)
			break
		}
	}
	if owners(members) { // that some are and some are not is an error already
		return
	}
	for _, kind := range []struct {
		keyword, why string
		value        func(*config.Instance) string
	}{
		{"priority", "another router may be better for one member and worse for another, and the group then fits neither", func(vi *config.Instance) string { return fmt.Sprint(vi.Priority) }},
		{"advert_int", "the whole group waits for the slowest", func(vi *config.Instance) string { return fmt.Sprintf("%g s", vi.AdvertInterval.Seconds()) }},
	} {
		other := slices.IndexFunc(members, func(vi *config.Instance) bool { return kind.value(vi) != kind.value(first) })
		if other < 0 {
			continue
		}
		vi := members[other]
		l.note(CodeGroupDiffers, l.at(vi, kind.keyword), "give all members of a sync group the same "+kind.keyword,
			"sync group %s: %s of %s is %s, of %s %s: %s", group.Name, kind.keyword, first.Name, kind.value(first), vi.Name, kind.value(vi), kind.why)
	}
}

func owners(members []*config.Instance) bool {
	return slices.ContainsFunc(members, owner)
}
