package router

// announceTimers are the deadlines of a Master's announcements after the first burst.
type announceTimers struct {
	next        instant // the earliest of the others
	burstAt     instant
	burstRounds int
	refreshAt   instant
	extraAt     instant
}

var noAnnouncements = announceTimers{next: never, burstAt: never, refreshAt: never, extraAt: never}

func (t *announceTimers) update() { t.next = min(t.burstAt, t.refreshAt, t.extraAt) }

// announceAsMaster is the burst on becoming Master; it arms the second one, the refresh and the extra one.
// The latter two count from the second burst.
func (r *Router) announceAsMaster(vr *virtualRouter) {
	timing := &vr.cfg.Announce
	vr.announce = noAnnouncements
	r.announceRounds(vr, timing.MasterRepeat)
	delayed := r.after(timing.MasterDelay)
	if timing.MasterDelay > 0 {
		vr.announce.burstAt = delayed
		vr.announce.burstRounds = timing.MasterRepeat
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
		vr.announce.burstAt = r.after(timing.LowerPrioDelay)
		vr.announce.burstRounds = timing.LowerPrioRounds
		vr.announce.update()
		r.await(vr)
	}
}

// announceDue does what is due of the timers.
func (r *Router) announceDue(vr *virtualRouter) {
	t := &vr.announce
	if t.burstAt <= r.now {
		t.burstAt = never
		r.announceRounds(vr, t.burstRounds)
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
