package router

import "github.com/govrrpd/govrrpd/pkg/vrrp"

// syncGroup keeps its members in one state. state is the last one that was made known.
type syncGroup struct {
	cfg   *GroupConfig
	id    GroupID
	state State
}

// othersWantMaster reports whether all other members are, or would be, Master: the last one whose
// Master_Down_Timer ran out takes all of them along.
func (r *Router) othersWantMaster(vr *virtualRouter) bool {
	for _, id := range r.groups[vr.group].cfg.Members {
		m := &r.vrs[id]
		if m == vr || m.state == Master || (m.state == Backup && m.want == Master) {
			continue
		}
		return false
	}
	return true
}

// groupToMaster brings the others along after vr became Master.
func (r *Router) groupToMaster(vr *virtualRouter) {
	g := &r.groups[vr.group]
	if g.state == Master {
		return // an owners' group after its start, or a member that joined at a reload
	}
	r.logGroup(g, Master)
	for _, id := range g.cfg.Members {
		if m := &r.vrs[id]; m.state == Backup {
			r.enterMaster(m)
		}
	}
	r.groupNotify(g, Master)
}

// groupToBackup brings the others along after vr yielded. Nobody is released: the other group is there.
func (r *Router) groupToBackup(vr *virtualRouter) {
	g := &r.groups[vr.group]
	r.logGroup(g, Backup)
	for _, id := range g.cfg.Members {
		m := &r.vrs[id]
		if m == vr {
			continue
		}
		m.want = Backup
		if m.state == Master {
			r.log(LogEnteringState, m, Effect{State: Backup})
			r.leaveMaster(m, Backup)
			r.armMasterDown(m, m.masterDownInterval)
		}
	}
	r.groupNotify(g, Backup)
}

// groupToFault brings the others along after vr failed.
func (r *Router) groupToFault(vr *virtualRouter) {
	g := &r.groups[vr.group]
	r.logGroup(g, Fault)
	for _, id := range g.cfg.Members {
		if m := &r.vrs[id]; m.state != Fault {
			r.enterFault(m, false)
		}
	}
	r.groupNotify(g, Fault)
}

// groupRecover ends FAULT or INIT of all members once nothing speaks against any of them.
func (r *Router) groupRecover(vr *virtualRouter) {
	g := &r.groups[vr.group]
	if faults, waiting := r.groupTroubles(g); faults+waiting > 0 {
		return
	}
	if r.startsAsMaster(vr) && vr.state == Initialize {
		r.groupStartMaster(g)
		return
	}
	r.resume(vr)
	r.logGroup(g, Backup)
	for _, id := range g.cfg.Members {
		if m := &r.vrs[id]; m.state == Fault || m.state == Initialize {
			r.resume(m)
		}
	}
	r.groupNotify(g, Backup)
}

// groupStartMaster starts a group of address owners. It counts as Master from the beginning, so nothing is
// said of the group.
func (r *Router) groupStartMaster(g *syncGroup) {
	g.state = Master
	for _, id := range g.cfg.Members {
		r.startMaster(&r.vrs[id])
	}
}

func (r *Router) groupTroubles(g *syncGroup) (faults, waiting int) {
	for _, id := range g.cfg.Members {
		if r.vrs[id].faulted() {
			faults++
		}
		if r.vrs[id].waiting > 0 {
			waiting++
		}
	}
	return faults, waiting
}

// groupNotify tells of a group's new state, once.
func (r *Router) groupNotify(g *syncGroup, state State) {
	if g.state == state {
		return
	}
	r.emit(Effect{Kind: GroupTransition, VR: -1, Group: g.id, Tracker: -1, Old: g.state, State: state})
	g.state = state
}

func (r *Router) logGroup(g *syncGroup, state State) {
	r.emit(Effect{Kind: Log, Reason: LogGroupSync, VR: -1, Group: g.id, Tracker: -1, State: state})
}

// startsAsMaster reports whether vr need not wait for anybody: it owns the addresses, and so do all
// others of its sync group (RFC 5798, 6.4.1, 110).
func (r *Router) startsAsMaster(vr *virtualRouter) bool {
	if vr.group < 0 {
		return vr.owner() && vr.cfg.WantMaster
	}
	for _, id := range r.groups[vr.group].cfg.Members {
		if m := &r.vrs[id]; m.cfg.Priority != vrrp.PriorityOwner || !m.cfg.WantMaster {
			return false
		}
	}
	return true
}

// firstWish is the wanted state of a Virtual Router that has not started.
func (r *Router) firstWish(vr *virtualRouter) State {
	if vr.cfg.WantMaster && (vr.group < 0 || r.startsAsMaster(vr)) {
		return Master
	}
	return Backup
}
