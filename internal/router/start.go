package router

import "time"

// Start takes every Virtual Router out of INIT, unless a script has to give its first result (RFC 5798, 6.4.1).
func (r *Router) Start(now time.Time) []Effect {
	r.begin(now)
	if r.cfg.StartupDelay > 0 {
		r.delayedUntil = r.after(r.cfg.StartupDelay)
		r.emit(Effect{Kind: Log, Reason: LogStartupDelay, VR: -1, Group: -1, Tracker: -1, Value: int64(r.cfg.StartupDelay)})
	}
	r.startAll(func(ID) bool { return true }, true)
	return r.effects
}

// startAll gives their first state to those that are new, in the order in which keepalived tells of it: first all
// that is wrong, then the groups, the Backups, and at last the owners of addresses, which are Masters at once.
// Only here do groups come before their members. With purge, what others have left of their addresses is removed.
func (r *Router) startAll(isNew func(ID) bool, purge bool) {
	for i := range r.vrs {
		if vr := &r.vrs[i]; isNew(vr.id) {
			r.updatePriority(vr)
			vr.lastTransition = r.wall
			r.logTrackerFaults(vr)
		}
	}
	for i := range r.vrs {
		if vr := &r.vrs[i]; isNew(vr.id) {
			r.logOwnFaults(vr)
		}
	}
	each := func(state State, start func(*virtualRouter)) {
		for i := range r.vrs {
			if vr := &r.vrs[i]; vr.state == Initialize && isNew(vr.id) && r.firstState(vr) == state {
				start(vr)
			}
		}
	}
	each(Fault, func(vr *virtualRouter) { r.enterFault(vr, true) })
	for i := range r.vrs {
		// At a reload, a sync group may already have taken a new member along.
		if vr := &r.vrs[i]; purge && isNew(vr.id) && vr.state != Master {
			r.effect(Purge, vr)
		}
	}
	for i := range r.groups {
		r.startGroup(&r.groups[i])
	}
	each(Backup, r.startBackup)
	each(Master, func(vr *virtualRouter) {
		if r.delayedUntil == never {
			r.log(LogAdvertTimeout, vr, Effect{}) // it says so, though there was nothing to wait for
		}
		r.startMaster(vr)
	})
}

// firstState is the state that vr is to leave INIT for; INIT if it has to wait.
func (r *Router) firstState(vr *virtualRouter) State {
	faulted, waiting := vr.faulted(), vr.waiting > 0
	if vr.group >= 0 {
		f, w := r.groupTroubles(&r.groups[vr.group])
		faulted, waiting = f > 0, w > 0
	}
	switch {
	case faulted:
		return Fault
	case waiting:
		return Initialize
	case r.startsAsMaster(vr):
		return Master
	}
	return Backup
}

// startGroup tells of a group's first state. A group of owners counts as Master from the beginning, so nothing
// is said of it.
func (r *Router) startGroup(g *syncGroup) {
	if g.state != Initialize || len(g.cfg.Members) == 0 {
		return
	}
	switch state := r.firstState(&r.vrs[g.cfg.Members[0]]); state {
	case Master:
		g.state = Master
	case Backup, Fault:
		r.groupNotify(g, state)
	}
}

// startBackup starts one that has to wait for a Master. What it wants to be stays known.
func (r *Router) startBackup(vr *virtualRouter) {
	r.log(LogEnteringInit, vr, Effect{})
	wish := vr.want
	r.enterBackup(vr)
	vr.want = wish
}

// startMaster lets an address owner take its role without a word about BACKUP.
func (r *Router) startMaster(vr *virtualRouter) {
	if vr.state != Initialize {
		return
	}
	if r.delayedUntil == never {
		r.enterMaster(vr)
		return
	}
	vr.state = Backup
	vr.want = Master
	r.armMasterDown(vr, 0)
}

// logFaults gives every reason why vr is in FAULT.
func (r *Router) logFaults(vr *virtualRouter) {
	r.logTrackerFaults(vr)
	r.logOwnFaults(vr)
}

// logTrackerFaults gives the reasons that others look after.
func (r *Router) logTrackerFaults(vr *virtualRouter) {
	for i := range vr.tracks {
		// keepalived gives no reason where it is a BFD session, only the state that follows.
		if t := &vr.tracks[i]; t.fault && r.trackers[t.track.Tracker].cfg.Kind != TrackBFD {
			r.logTracker(LogFaultTracker, vr, t.track.Tracker)
		}
	}
}

// logOwnFaults gives the reasons that are vr's own.
func (r *Router) logOwnFaults(vr *virtualRouter) {
	if vr.configFault || vr.misplaced {
		r.log(LogFaultConfig, vr, Effect{})
	}
	if !vr.source.IsValid() {
		r.logNoSource(vr, vr.source)
	}
}
