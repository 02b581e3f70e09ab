package router

import "time"

// Start takes every Virtual Router out of INIT, unless a script has to give its first result (RFC 5798, 6.4.1).
func (r *Router) Start(now time.Time) []Effect {
	r.begin(now)
	for i := range r.vrs {
		r.effect(Purge, &r.vrs[i])
	}
	if r.cfg.StartupDelay > 0 {
		r.delayedUntil = r.after(r.cfg.StartupDelay)
		r.emit(Effect{Kind: Log, Reason: LogStartupDelay, VR: -1, Group: -1, Tracker: -1, Value: int64(r.cfg.StartupDelay)})
	}
	for i := range r.vrs {
		r.settle(&r.vrs[i])
	}
	for i := range r.vrs {
		r.startOne(&r.vrs[i])
	}
	return r.effects
}

// settle works out the first effective priority.
func (r *Router) settle(vr *virtualRouter) {
	r.updatePriority(vr)
	vr.lastTransition = r.wall
}

// startOne gives one Virtual Router its first state; what follows for its group was decided by the same rules for
// every member.
func (r *Router) startOne(vr *virtualRouter) {
	if vr.state != Initialize {
		return
	}
	faulted, waiting := vr.faulted(), vr.waiting > 0
	if vr.group >= 0 {
		f, w := r.groupTroubles(&r.groups[vr.group])
		faulted, waiting = f > 0, w > 0
	}
	switch {
	case faulted:
		r.startGroup(vr, Fault)
		r.logFaults(vr)
		r.enterFault(vr, 0)
	case waiting:
	case r.startsAsMaster(vr):
		if vr.group >= 0 {
			r.groups[vr.group].state = Master
		}
		r.startMaster(vr)
	default:
		r.startGroup(vr, Backup)
		r.log(LogEnteringInit, vr, Effect{})
		wish := vr.want
		r.enterBackup(vr)
		vr.want = wish
	}
}

// startGroup tells of the group's first state before the first member's: at the start, and only then, the
// group comes first.
func (r *Router) startGroup(vr *virtualRouter, state State) {
	if vr.group >= 0 && r.groups[vr.group].state == Initialize {
		r.groupNotify(&r.groups[vr.group], state)
	}
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

// logFaults gives every reason why vr starts in FAULT.
func (r *Router) logFaults(vr *virtualRouter) {
	if vr.configFault {
		r.log(LogFaultConfig, vr, Effect{})
	}
	if !vr.source.IsValid() {
		r.logNoSource(vr, vr.source)
	}
	for i := range vr.tracks {
		if t := &vr.tracks[i]; t.fault {
			r.logTracker(LogFaultTracker, vr, t.track.Tracker)
		}
	}
}
