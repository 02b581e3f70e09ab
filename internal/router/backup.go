package router

import (
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// enterBackup starts waiting for a Master of whom nothing is known yet (RFC 5798, 6.4.1).
func (r *Router) enterBackup(vr *virtualRouter) {
	r.become(vr, Backup)
	vr.want = Backup
	r.learnInterval(vr, vr.cfg.AdvertInterval)
	r.armMasterDown(vr, vr.masterDownInterval)
}

// armMasterDown lets the Master_Down_Timer run out d from now.
func (r *Router) armMasterDown(vr *virtualRouter, d time.Duration) {
	vr.masterDownAt = r.timerStart() + instant(d)
	vr.advertAt = never
	vr.graced = false
	r.await(vr)
}

// backupTimeout is the end of the Master_Down_Timer (RFC 5798, 6.4.2). In a sync group all wait for the last.
func (r *Router) backupTimeout(vr *virtualRouter) {
	r.log(LogAdvertTimeout, vr, Effect{})
	if vr.group >= 0 && !r.othersWantMaster(vr) {
		vr.want = Master
		r.armMasterDown(vr, vr.masterDownInterval)
		return
	}
	r.enterMaster(vr)
	if vr.group >= 0 {
		r.groupToMaster(vr)
	}
}

// backupAdvert judges a good advert (RFC 5798, 6.4.2, lines 420 to 455; RFC 9568, 6.4.2).
func (r *Router) backupAdvert(vr *virtualRouter, a *heard) {
	if vr.untold {
		r.askForAnnouncement(vr, a)
	}
	if a.priority == vrrp.PriorityRelease {
		r.log(LogBackupRelease, vr, Effect{})
		r.armMasterDown(vr, vr.skewTime())
		return
	}
	if a.priority < vr.priority && vr.cfg.Preempt && r.preemptDelayOver(vr) {
		// The timer runs on: its end is the take-over.
		r.log(LogLowerPriority, vr, Effect{Priority: a.priority, Addr: a.source})
		return
	}
	if a.priority >= vr.priority && vr.preemptAt != never {
		vr.preemptAt = never
		r.log(LogPreemptDelayStop, vr, Effect{})
	}
	r.restoreOwner(vr, a)
	r.acceptMaster(vr, a)
	vr.masterDownAt = r.after(vr.masterDownInterval)
	vr.graced = false
	r.await(vr)
}

// acceptMaster remembers whose advert it was, and its interval.
func (r *Router) acceptMaster(vr *virtualRouter, a *heard) {
	vr.want = Backup
	vr.masterPriority = a.priority
	if vr.master != a.source {
		if vr.master.IsValid() {
			r.log(LogMasterChanged, vr, Effect{Addr: a.source, From: vr.master})
		} else {
			r.log(LogMasterSet, vr, Effect{Addr: a.source})
		}
		vr.master = a.source
		vr.complaints = 0
	}
	r.learnFrom(vr, a)
}

// learnFrom takes over the interval of an advert.
func (r *Router) learnFrom(vr *virtualRouter, a *heard) {
	if vr.cfg.Version == vrrp.Version3 && a.interval != vr.masterAdvertInterval && a.interval > 0 {
		r.log(LogIntervalLearnt, vr, Effect{Value: int64(vr.masterAdvertInterval), Want: int64(a.interval)})
		r.learnInterval(vr, a.interval)
	}
}

// learnInterval makes d the Master_Adver_Interval (RFC 5798, 6.1).
func (r *Router) learnInterval(vr *virtualRouter, d time.Duration) {
	vr.masterAdvertInterval = d
	vr.updateMasterDownInterval()
}

// preemptDelayOver reports whether a Master of lower priority may be taken over from. The first advert of
// one starts the delay.
func (r *Router) preemptDelayOver(vr *virtualRouter) bool {
	if vr.cfg.PreemptDelay == 0 {
		return true
	}
	if vr.preemptAt == never {
		vr.preemptAt = r.after(vr.cfg.PreemptDelay)
		r.log(LogPreemptDelayStart, vr, Effect{Value: int64(vr.cfg.PreemptDelay)})
	}
	return r.now >= vr.preemptAt
}
