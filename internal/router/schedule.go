package router

import "time"

// Adverts of one interval whose turns lie close together are sent in one wake: a wake of the process costs
// as much as five adverts. Those that join are moved early, once, by at most the window, and keep the grid of
// the one that was due from then on. A Master_Down_Timer is never early.
const (
	alignWindow   = 5 * time.Millisecond
	alignFraction = 20 // of the interval: 10 ms adverts move by half a millisecond at most
	linkBurst     = 64 // adverts per link and wake
	lookAhead     = 32 // deadlines that may be stepped over in search of adverts
)

// schedule is the working memory of one Tick.
type schedule struct {
	leaders []leader // one per interval that was due in this Tick
	parked  []ID     // taken out of the queue until the end of the Tick
	sent    []int32  // per link
	touched []int32  // links with sent > 0
	links   map[int]int32
}

// leader is an advert that was due, with which others may go.
type leader struct {
	interval time.Duration
	due      instant
	next     instant
}

func newSchedule(cfg *Config) schedule {
	s := schedule{links: map[int]int32{}}
	for i := range cfg.VRs {
		if _, known := s.links[cfg.VRs[i].Link]; !known {
			s.links[cfg.VRs[i].Link] = int32(len(s.links))
		}
	}
	s.sent = make([]int32, len(s.links))
	return s
}

func (s *schedule) denseLink(link int) int32 { return s.links[link] }

// take reserves room for one advert on a link in this Tick.
func (s *schedule) take(link int32) bool {
	if s.sent[link] >= linkBurst {
		return false
	}
	if s.sent[link] == 0 {
		s.touched = append(s.touched, link)
	}
	s.sent[link]++
	return true
}

// leaderFor finds an advert of the same interval, due at most the window before at.
func (s *schedule) leaderFor(interval time.Duration, at instant) *leader {
	for i := range s.leaders {
		l := &s.leaders[i]
		if l.interval == interval && at-l.due <= l.window() {
			return l
		}
	}
	return nil
}

func (l *leader) window() instant { return instant(min(alignWindow, l.interval/alignFraction)) }

// tick does everything that is due.
func (r *Router) tick() {
	if r.delayedUntil <= r.now {
		r.delayedUntil = never
		r.emit(Effect{Kind: Log, Reason: LogStartupComplete, VR: -1, Group: -1, Tracker: -1})
	}
	// Whoever is parked is still due, so a Tick that ends for their number is followed by another at once.
	for len(r.schedule.parked) < lookAhead {
		id, at := r.queue.first()
		if at > r.now {
			break
		}
		r.expire(&r.vrs[id])
	}
	r.joinAdverts()
	r.endTick()
}

// expire does what is due of one Virtual Router.
func (r *Router) expire(vr *virtualRouter) {
	if vr.masterDownAt <= r.now {
		r.backupTimeout(vr)
		return
	}
	if vr.advertAt <= r.now && r.tooLate(vr) {
		return
	}
	if vr.rivalry.endsAt <= r.now {
		r.rivalGone(vr)
	}
	if vr.intruder.lookAt <= r.now {
		r.lookForIntruder(vr)
	}
	if vr.doubt && vr.advertAt <= r.now {
		r.carryOn(vr)
	}
	sent := vr.advertAt > r.now || r.sendScheduled(vr)
	if vr.announce.next <= r.now {
		r.announceDue(vr)
	}
	if !sent {
		r.park(vr.id) // the link has had its burst; the rest goes with the next Tick, at once
		return
	}
	r.await(vr)
}

// sendScheduled sends the advert that is due or joins; it reports false if the link has had its burst.
func (r *Router) sendScheduled(vr *virtualRouter) bool {
	if !r.schedule.take(vr.link) {
		return false
	}
	r.sendAdvert(vr, vr.priority)
	interval := vr.cfg.AdvertInterval
	if l := r.schedule.leaderFor(interval, vr.advertAt); l != nil {
		vr.advertAt = l.next
		return true
	}
	due := vr.advertAt
	next := due + instant(interval)
	if next <= r.now {
		next = r.after(interval) // late by more than an interval: there is no use in sending what was missed
	}
	r.schedule.leaders = append(r.schedule.leaders, leader{interval: interval, due: due, next: next})
	vr.advertAt = next
	return true
}

// joinAdverts sends what may go along with the adverts that were due.
func (r *Router) joinAdverts() {
	horizon := instant(-1)
	for i := range r.schedule.leaders {
		horizon = max(horizon, r.schedule.leaders[i].due+r.schedule.leaders[i].window())
	}
	for stepped := 0; stepped < lookAhead; {
		id, at := r.queue.first()
		if at > horizon {
			return
		}
		vr := &r.vrs[id]
		if vr.advertAt == at && !vr.doubt && r.schedule.leaderFor(vr.cfg.AdvertInterval, at) != nil && r.sendScheduled(vr) {
			r.await(vr)
			continue
		}
		r.park(id)
		stepped++
	}
}

// park takes a Virtual Router out of the queue until the end of the Tick.
func (r *Router) park(id ID) {
	r.queue.set(id, never)
	r.schedule.parked = append(r.schedule.parked, id)
}

func (r *Router) endTick() {
	s := &r.schedule
	for _, id := range s.parked {
		r.await(&r.vrs[id])
	}
	for _, link := range s.touched {
		s.sent[link] = 0
	}
	s.parked, s.touched, s.leaders = s.parked[:0], s.touched[:0], s.leaders[:0]
}
