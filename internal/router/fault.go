package router

import (
	"net/netip"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// faulted reports whether anything of vr itself keeps it in FAULT.
func (vr *virtualRouter) faulted() bool {
	return vr.faults > 0 || vr.configFault || vr.misplaced || vr.noSockets || !vr.source.IsValid()
}

// reconsider moves vr into or out of FAULT after a change of what faults it. Only the first reason makes a
// transition, and only the end of the last one ends it.
func (r *Router) reconsider(vr *virtualRouter) {
	switch {
	case vr.faulted():
		if vr.state != Fault {
			r.fail(vr)
		}
	case vr.state == Fault || vr.state == Initialize:
		r.recover(vr)
	}
}

// fail takes vr and its sync group to FAULT.
func (r *Router) fail(vr *virtualRouter) {
	r.enterFault(vr, true)
	if vr.group >= 0 {
		r.groupToFault(vr)
	}
}

// enterFault takes vr to FAULT. A Master that failed itself says so twice, one that follows its group once:
// keepalived does it so, and counts and logs only the second time, and people compare the figures.
func (r *Router) enterFault(vr *virtualRouter, itself bool) {
	if vr.state == Initialize {
		r.log(LogEnteringFault, vr, Effect{})
	} else {
		r.log(LogEnteringState, vr, Effect{State: Fault})
	}
	if vr.state == Master {
		if vr.canSend() {
			r.sendAdvert(vr, vrrp.PriorityRelease)
		}
		if itself {
			r.sendRelease(vr)
		}
		r.leaveMaster(vr, Fault)
		return
	}
	vr.masterDownAt = never
	if !vr.configFault { // what it would want to be is known, and nothing will change before the configuration does
		vr.want = Fault
	}
	r.become(vr, Fault)
	r.await(vr)
}

// recover ends FAULT or INIT if nothing speaks against it any more, in the whole sync group.
func (r *Router) recover(vr *virtualRouter) {
	if vr.group >= 0 {
		r.groupRecover(vr)
		return
	}
	if vr.waiting == 0 {
		r.resume(vr)
	}
}

// resume takes vr from FAULT or INIT to work. An address owner goes straight to MASTER from INIT only.
func (r *Router) resume(vr *virtualRouter) {
	if vr.state == Initialize && r.startsAsMaster(vr) {
		r.startMaster(vr)
		return
	}
	fromFault := vr.state == Fault
	r.log(LogEnteringState, vr, Effect{State: Backup})
	r.enterBackup(vr)
	if fromFault && vr.cfg.Unicast {
		// The peers' switches and ARP caches may have forgotten us while the link was down.
		r.emit(Effect{Kind: AnnounceSource, VR: vr.id, Group: -1, Tracker: -1, Addr: vr.source})
	}
}

func (r *Router) sourceFound(vr *virtualRouter, addr netip.Addr) {
	if vr.source == addr {
		return
	}
	vr.source = addr
	r.effect(AdvertChanged, vr)
	r.reconsider(vr)
}

func (r *Router) sourceLost(vr *virtualRouter) {
	if !vr.source.IsValid() {
		return
	}
	if vr.cfg.IPv6 {
		vr.source = netip.Addr{} // there is nothing to send the release from
	}
	if vr.state != Fault {
		r.fail(vr)
	}
	vr.source = netip.Addr{}
}

// socketsChanged says nothing itself: why sockets cannot be opened only the caller knows.
func (r *Router) socketsChanged(vr *virtualRouter, open bool) {
	if vr.noSockets == !open {
		return
	}
	vr.noSockets = !open
	r.reconsider(vr)
}

// placeChanged says nothing itself: what is wrong with the interface only the caller knows.
func (r *Router) placeChanged(vr *virtualRouter, misplaced bool) {
	if vr.misplaced == misplaced {
		return
	}
	vr.misplaced = misplaced
	r.reconsider(vr)
}

func (r *Router) logNoSource(vr *virtualRouter, addr netip.Addr) {
	reason := LogFaultNoAddress
	if vr.cfg.SourceTracked {
		reason = LogFaultSource
	}
	r.log(reason, vr, Effect{Addr: addr})
}

// shutdown ends everything. Releases leave first, then the notifications follow, of the groups last.
func (r *Router) shutdown(release bool) {
	r.stopped = true
	for i := range r.vrs {
		if vr := &r.vrs[i]; release && vr.state == Master {
			r.releaseForStop(vr)
		}
	}
	for i := range r.vrs {
		vr := &r.vrs[i]
		r.emit(Effect{Kind: Transition, VR: vr.id, Group: vr.group, Tracker: -1, Old: vr.state, State: Stopped, Priority: vr.priority})
		vr.state = Initialize
		vr.masterDownAt, vr.advertAt, vr.announce, vr.rivalry, vr.intruder = never, never, noAnnouncements, noRivalry, noIntruder
		r.await(vr)
	}
	for i := range r.groups {
		r.groupNotify(&r.groups[i], Stopped)
	}
	r.delayedUntil = never
}

func (r *Router) releaseForStop(vr *virtualRouter) {
	r.sendRelease(vr)
	r.effect(CancelAnnounce, vr)
	r.effect(Withdraw, vr)
	vr.installed = false
	vr.stats.ReleaseMaster++
}
