package router

import "time"

// announceTimers are the deadlines of a Master's announcements after the first burst.
type announceTimers struct {
	next        instant // the earliest of the others
	masterAt    instant // second burst after becoming Master
	lowerPrioAt instant // second burst after an advert of lower priority
	refreshAt   instant
	extraAt     instant
}

var noAnnouncements = announceTimers{next: never, masterAt: never, lowerPrioAt: never, refreshAt: never, extraAt: never}

func (t *announceTimers) update() { t.next = min(t.masterAt, t.lowerPrioAt, t.refreshAt, t.extraAt) }

// announceAsMaster is the burst on becoming Master; it arms the second one, the refresh and the extra one.
// The latter two count from the second burst.
func (r *Router) announceAsMaster(vr *virtualRouter) {
	timing := &vr.cfg.Announce
	vr.announce = noAnnouncements
	r.announceRounds(vr, timing.MasterRepeat)
	delayed := r.after(timing.MasterDelay)
	if timing.MasterDelay > 0 {
		vr.announce.masterAt = delayed
	}
	if timing.Refresh > 0 {
		vr.announce.refreshAt = delayed + instant(timing.Refresh)
	}
	if timing.ExtraInterval > 0 {
		vr.announce.extraAt = delayed + instant(timing.ExtraInterval)
	}
	vr.announce.update()
}

// announceAfterLowerPriority corrects everybody who believed the other Master.
func (r *Router) announceAfterLowerPriority(vr *virtualRouter) {
	timing := &vr.cfg.Announce
	r.announceRounds(vr, timing.LowerPrioRounds)
	if timing.LowerPrioDelay > 0 && timing.LowerPrioRounds > 0 {
		vr.announce.lowerPrioAt = r.after(timing.LowerPrioDelay)
		vr.announce.update()
		r.await(vr)
	}
}

// announceDue does what is due of the timers.
func (r *Router) announceDue(vr *virtualRouter) {
	t := &vr.announce
	if t.masterAt <= r.now {
		t.masterAt = never
		r.announceRounds(vr, vr.cfg.Announce.MasterRepeat)
	}
	if t.lowerPrioAt <= r.now {
		t.lowerPrioAt = never
		r.announceRounds(vr, vr.cfg.Announce.LowerPrioRounds)
	}
	if t.refreshAt <= r.now {
		t.refreshAt = r.after(vr.cfg.Announce.Refresh)
		r.announceRounds(vr, vr.cfg.Announce.RefreshRepeat)
	}
	if t.extraAt <= r.now {
		t.extraAt = r.after(vr.cfg.Announce.ExtraInterval)
		r.effect(AnnounceExtra, vr)
	}
	t.update()
}

// retime follows a reload: announcements that are not asked for any more must not fall due, and those that
// now are, must.
func (r *Router) retime(vr *virtualRouter) {
	t, timing := &vr.announce, &vr.cfg.Announce
	adjust := func(at *instant, interval time.Duration) {
		if interval == 0 || vr.state != Master {
			*at = never
			return
		}
		*at = min(*at, r.after(interval))
	}
	adjust(&t.refreshAt, timing.Refresh)
	adjust(&t.extraAt, timing.ExtraInterval)
	t.update()
}

// addressesAdded announces everything as on becoming Master, because that is what it is for the new ones.
func (r *Router) addressesAdded(vr *virtualRouter) {
	if vr.state == Master {
		r.announceAsMaster(vr)
		r.await(vr)
	}
}

func (r *Router) announceRequested(vr *virtualRouter) {
	if vr.state == Master {
		r.announceRounds(vr, 1)
	}
}

func (r *Router) announceRounds(vr *virtualRouter, rounds int) {
	if rounds > 0 {
		r.emit(Effect{Kind: Announce, VR: vr.id, Group: -1, Tracker: -1, Count: rounds})
	}
}
