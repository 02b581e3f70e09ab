package router

import (
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// enterMaster takes the role (RFC 5798, 6.4.1 and 6.4.2): the advert leaves before anything else.
func (r *Router) enterMaster(vr *virtualRouter) {
	vr.masterDownAt = never
	vr.advertAt = r.after(vr.cfg.AdvertInterval)
	r.ownPriorityBack(vr, LogOwnerRestored)
	if vr.ah != nil {
		vr.ah.renew()
	}
	r.sendAdvert(vr, vr.priority)
	r.log(LogEnteringState, vr, Effect{State: Master})
	vr.stats.BecomeMaster++
	vr.want = Master
	if own := vr.cfg.AdvertInterval; vr.masterAdvertInterval != own {
		r.log(LogIntervalReset, vr, Effect{Value: int64(vr.masterAdvertInterval), Want: int64(own)})
		r.learnInterval(vr, own)
	}
	r.effect(Install, vr)
	vr.installed = true
	r.announceAsMaster(vr)
	r.become(vr, Master)
	r.await(vr)
}

// leaveMaster takes down what enterMaster has put up. The lines and adverts before it are the caller's.
func (r *Router) leaveMaster(vr *virtualRouter, next State) {
	vr.advertAt = never
	vr.announce = noAnnouncements
	r.intruderGone(vr, next)
	vr.rivalry = rivalry{rival: vr.rivalry.rival, endsAt: never} // a reduced owner goes on knowing its rival
	r.effect(CancelAnnounce, vr)
	r.effect(Withdraw, vr)
	vr.installed = false
	vr.stats.ReleaseMaster++
	vr.want = next
	r.become(vr, next)
	r.await(vr)
	if vr.doubt {
		vr.untold = next == Backup
		r.settle(vr, &r.stall.yielded)
	}
}

// sendAdvert sends one now. It moves no timer.
func (r *Router) sendAdvert(vr *virtualRouter, p vrrp.Priority) {
	r.emit(Effect{Kind: SendAdvert, VR: vr.id, Group: -1, Tracker: -1, Priority: p, Value: r.nextSequence(vr)})
	vr.stats.AdvertSent++
	vr.lastAdvertSent, vr.sleptBefore = r.wall, r.slept
	if vr.rivalry.adverts > 0 {
		r.insisted(vr)
	}
}

// sendExtraAdvert sends one out of turn; the next is due an interval later.
func (r *Router) sendExtraAdvert(vr *virtualRouter) {
	r.sendAdvert(vr, vr.priority)
	vr.advertAt = r.after(vr.cfg.AdvertInterval)
	r.await(vr)
}

// sendRelease tells the Backups that this Master stops (RFC 5798, 6.4.3).
func (r *Router) sendRelease(vr *virtualRouter) {
	if !vr.canSend() {
		return
	}
	r.sendAdvert(vr, vrrp.PriorityRelease)
	vr.stats.PriZeroSent++
	r.log(LogSentPriorityZero, vr, Effect{})
}

// canSend is false without sockets, and for IPv6 without an address to send from; IPv4 goes on with the one that
// it had.
func (vr *virtualRouter) canSend() bool {
	return !vr.noSockets && (!vr.cfg.IPv6 || vr.source.IsValid())
}

// tooLate steps back when the loop stood still for so long that the best Backup has taken over by now. It
// says nothing to the others: they have a Master.
func (r *Router) tooLate(vr *virtualRouter) bool {
	if vr.cfg.LateBackupPriority == 0 {
		return false
	}
	patience := vrrp.MasterDownInterval(vr.cfg.Version, vr.cfg.LateBackupPriority, vr.cfg.AdvertInterval, 3)
	if r.wall.Sub(vr.lastAdvertSent) <= patience {
		return false
	}
	r.log(LogTimerExpired, vr, Effect{Value: int64(r.now - vr.advertAt)})
	r.log(LogEnteringState, vr, Effect{State: Backup})
	r.leaveMaster(vr, Backup)
	r.armMasterDown(vr, vr.masterDownInterval)
	if vr.group >= 0 {
		r.groupToBackup(vr)
	}
	return true
}

// masterAdvert judges a good advert of somebody else (RFC 5798, 6.4.3).
func (r *Router) masterAdvert(vr *virtualRouter, a *heard) {
	if r.tooLate(vr) {
		r.backupAdvert(vr, a) // of the one that has taken over
		return
	}
	if vr.doubt {
		if !r.mayInsist(vr, a) {
			r.stepBack(vr)
			r.backupAdvert(vr, a)
			return
		}
		r.settle(vr, &r.stall.resumed)
	}
	switch {
	case a.priority == vrrp.PriorityRelease:
		r.log(LogMasterRelease, vr, Effect{})
		r.sendExtraAdvert(vr)
	case a.priority > vr.priority:
		if vr.cfg.HigherPrioSendAdvert {
			r.sendAdvert(vr, vr.priority)
		}
		r.log(LogHigherPriority, vr, Effect{Priority: a.priority, Addr: a.source, Value: int64(vr.priority)})
		r.yield(vr, a)
	case a.priority < vr.priority:
		r.lowerAdvert(vr, a)
	default:
		r.equalAdvert(vr, a)
	}
}

// equalAdvert lets the greater address win (RFC 5798, 6.4.3, 725).
func (r *Router) equalAdvert(vr *virtualRouter, a *heard) {
	r.meetOwner(vr, a)
	switch c := a.source.Compare(vr.source); {
	case c > 0:
		r.log(LogHigherAddress, vr, Effect{Priority: a.priority, Addr: a.source, Value: int64(vr.priority)})
		r.yield(vr, a)
	case c < 0:
		r.lowerAdvert(vr, a)
	default:
		r.log(LogSameAddress, vr, Effect{Priority: a.priority, Addr: a.source})
		r.foreignAdvert(vr, a, LogNone)
	}
}

// yield hands the role to the sender of a, without releasing it: the other is there already.
func (r *Router) yield(vr *virtualRouter, a *heard) {
	r.learnFrom(vr, a)
	r.log(LogEnteringState, vr, Effect{State: Backup})
	r.leaveMaster(vr, Backup)
	r.acceptMaster(vr, a)
	r.armMasterDown(vr, vr.masterDownInterval)
	if vr.group >= 0 {
		r.groupToBackup(vr)
	}
}

// lowerAdvert answers a Master that should not be one: it is told, and so is everybody who believed it.
func (r *Router) lowerAdvert(vr *virtualRouter, a *heard) {
	reason := LogNewElection
	if vr.cfg.LowerPrioNoAdvert {
		reason = LogLowerNoElection
	}
	r.log(reason, vr, Effect{Priority: a.priority, Addr: a.source, Value: int64(vr.priority)})
	r.syncHeader(vr)
	if !vr.cfg.LowerPrioNoAdvert {
		r.sendExtraAdvert(vr)
	}
	r.announceAfterLowerPriority(vr)
	r.emit(Effect{Kind: RxLowerPriority, VR: vr.id, Group: -1, Tracker: -1, Priority: vr.priority})
	r.foreignAdvert(vr, a, LogNone)
	if vr.group < 0 {
		return
	}
	for _, id := range r.groups[vr.group].cfg.Members {
		if m := &r.vrs[id]; m != vr && m.state == Master {
			r.announceAfterLowerPriority(m)
		}
	}
}

// effectLost gives the role up for a moment when somebody took away what it rests on, and lets the timer
// win it back: re-adding an address quietly would hide that another router may have it by now.
func (r *Router) effectLost(vr *virtualRouter) {
	if vr.state != Master {
		return
	}
	r.loseEffects(vr)
	if vr.group < 0 {
		return
	}
	for _, id := range r.groups[vr.group].cfg.Members {
		if m := &r.vrs[id]; m.state == Master {
			r.loseEffects(m)
		}
	}
	r.groups[vr.group].state = Backup
	// The one that lost something is the last whose timer is set, so that it is the first to be Master again.
	vr.masterDownAt++
	r.await(vr)
}

func (r *Router) loseEffects(vr *virtualRouter) {
	r.log(LogEnteringState, vr, Effect{State: Backup})
	r.sendRelease(vr)
	r.leaveMaster(vr, Backup)
	r.armMasterDown(vr, vr.skewTime())
}
