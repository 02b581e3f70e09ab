package router

import (
	"cmp"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// Reload puts newCfg in force. match has, for each Virtual Router of newCfg, the ID of the old one that it
// continues, or -1. A matched one keeps state, statistics, Master and timers; a Master stays Master without a
// transition and advertises at once. Trackers keep what was known of them, by kind and name, where newCfg does
// not know; groups keep their state by name.
//
// Effects before Reloaded are about what goes and name the old IDs; those after it name the new ones. All
// prepared adverts whose configuration differs must be encoded again. Adverts come in the order in which they
// were due, so that the one with the least time left is not the last to leave. Differences of addresses,
// routes and rules are the caller's.
func (r *Router) Reload(now time.Time, newCfg *Config, match []ID) []Effect {
	r.begin(now)
	old := *r
	kept := make([]bool, len(old.vrs))
	for _, id := range match {
		if id >= 0 {
			kept[id] = true
		}
	}
	for i := range old.vrs {
		if !kept[i] {
			r.retire(&old.vrs[i])
		}
	}
	r.emit(Effect{Kind: Reloaded, VR: -1, Group: -1, Tracker: -1})
	r.build(newCfg)
	r.stall = stall{} // Masters advertise at once, so nothing is in doubt any more
	r.keepTrackers(old.trackers)
	for i := range r.vrs {
		if match[i] >= 0 {
			r.vrs[i].continueFrom(&old.vrs[match[i]])
		}
	}
	r.keepGroups(old.groups)
	r.afterReload(match, old.vrs)
	return r.effects
}

// reloadBegun lets all Masters advertise. Nothing else of them changes.
func (r *Router) reloadBegun() {
	for i := range r.vrs {
		if vr := &r.vrs[i]; vr.state == Master {
			r.sendAdvert(vr, vr.priority)
		}
	}
}

// retire ends a Virtual Router that the new configuration does not have.
func (r *Router) retire(vr *virtualRouter) {
	if vr.state == Master {
		r.releaseForStop(vr)
	}
	last := Fault
	if vr.cfg.NotifyDeleted {
		last = Deleted
	}
	r.emit(Effect{Kind: Transition, VR: vr.id, Group: vr.group, Tracker: -1, Old: vr.state, State: last, Priority: vr.priority})
}

// keepTrackers carries over what was known.
func (r *Router) keepTrackers(old []tracker) {
	for i := range r.trackers {
		t := &r.trackers[i]
		if t.status != TrackerUnknown {
			continue
		}
		for j := range old {
			if old[j].cfg.Kind == t.cfg.Kind && old[j].cfg.Name == t.cfg.Name {
				t.status, t.value = old[j].status, old[j].value
			}
		}
	}
	r.readTrackers()
}

func (r *Router) keepGroups(old []syncGroup) {
	for i := range r.groups {
		g := &r.groups[i]
		before := slices.IndexFunc(old, func(o syncGroup) bool { return o.cfg.Name == g.cfg.Name })
		if before >= 0 {
			g.state = old[before].state
			continue
		}
		g.state = r.commonState(g)
	}
}

// commonState is the state of a group that is new, made of members that are not: its own was never told of.
func (r *Router) commonState(g *syncGroup) State {
	state := Initialize
	for i, id := range g.cfg.Members {
		if of := r.vrs[id].state; i == 0 {
			state = of
		} else if of != state {
			return Backup
		}
	}
	return state
}

// continueFrom takes over everything that a reload does not change.
func (vr *virtualRouter) continueFrom(old *virtualRouter) {
	vr.state = old.state
	vr.want = old.want
	vr.priority = old.priority
	vr.masterDownAt, vr.advertAt, vr.preemptAt = old.masterDownAt, old.advertAt, old.preemptAt
	vr.announce, vr.rivalry, vr.intruder = old.announce, old.rivalry, old.intruder
	vr.master, vr.masterPriority = old.master, old.masterPriority
	vr.stats = old.stats
	vr.installed, vr.noSockets = old.installed, old.noSockets
	vr.lastTransition, vr.lastAdvertSent, vr.sleptBefore = old.lastTransition, old.lastAdvertSent, old.sleptBefore
	vr.complaints = old.complaints
	if vr.ah != nil && old.ah != nil {
		vr.ah.sequence, vr.ah.own, vr.ah.spent = old.ah.sequence, old.ah.own, old.ah.spent
	}
	if vr.ext != nil && old.ext != nil {
		vr.ext.continueFrom(old.ext)
	}
	vr.oldChecksum = vr.cfg.OldChecksum == OldChecksumAlways || (old.oldChecksum && vr.cfg.OldChecksum == OldChecksumAuto)
	if vr.state == Backup && vr.cfg.Version == old.cfg.Version && old.master.IsValid() && old.masterAdvertInterval != old.cfg.AdvertInterval {
		vr.masterAdvertInterval = old.masterAdvertInterval // learnt
	}
	if vr.owner() && old.cfg.Priority != vr.cfg.Priority {
		vr.priority = vr.cfg.Priority
	}
	vr.updateMasterDownInterval()
}

// afterReload applies the new priorities, adverts first, then new faults, then new Virtual Routers.
func (r *Router) afterReload(match []ID, old []virtualRouter) {
	for _, vr := range r.byAdvert(match) {
		r.setPriority(vr, func(vrrp.Priority) {}) // somebody wrote it; what trackers make of it is told
		if base := vr.cfg.Priority; vr.priority != base && !vr.owner() {
			r.log(LogPriority, vr, Effect{Priority: vr.priority, Value: int64(base)})
		}
		r.retime(vr)
		if vr.state == Master {
			r.sendAfterReload(vr, old[match[vr.id]].cfg.AdvertInterval)
		}
		if vr.state == Backup {
			vr.masterDownAt = min(vr.masterDownAt, r.timerStart()+instant(vr.masterDownInterval))
		}
		r.await(vr)
	}
	for i := range r.vrs {
		if match[i] >= 0 {
			r.judgeAfterReload(&r.vrs[i])
		}
	}
	r.startAll(func(id ID) bool { return match[id] < 0 }, r.cfg.PurgeNew)
}

// sendAfterReload advertises at once. The schedule stays as it was: moving all to this instant would make a
// thousand adverts a burst of each interval from then on.
func (r *Router) sendAfterReload(vr *virtualRouter, interval time.Duration) {
	if interval != vr.cfg.AdvertInterval {
		r.sendExtraAdvert(vr)
		return
	}
	r.sendAdvert(vr, vr.priority)
}

// byAdvert are the matched Virtual Routers, whose advert is due first in front.
func (r *Router) byAdvert(match []ID) []*virtualRouter {
	kept := make([]*virtualRouter, 0, len(match))
	for i := range r.vrs {
		if match[i] >= 0 {
			kept = append(kept, &r.vrs[i])
		}
	}
	slices.SortStableFunc(kept, func(a, b *virtualRouter) int { return cmp.Compare(a.advertAt, b.advertAt) })
	return kept
}

// judgeAfterReload applies the faults of the new configuration, also those of new fellows in a sync group.
func (r *Router) judgeAfterReload(vr *virtualRouter) {
	if vr.faulted() && vr.state != Fault {
		r.logFaults(vr)
	}
	r.reconsider(vr)
	if vr.group < 0 || vr.state == Fault {
		return
	}
	g := &r.groups[vr.group]
	if faults, _ := r.groupTroubles(g); faults > 0 {
		r.enterFault(vr, false)
		r.groupNotify(g, Fault)
	}
}
