package router

import (
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// MAC is a link-layer address; the zero MAC is unknown.
type MAC [6]byte

// intruder is somebody else who acts as Master while we are: its adverts go on although ours were sent, or it
// claims our addresses (ARP, neighbour discovery) when an election would have been over. What an election brings
// along passes: whoever should yield hears our advert and does. A claim may be the only sign for a long time, so
// addresses that were claimed are asked for: who has them says so again.
type intruder struct {
	source   netip.Addr // of its adverts; invalid: none was heard
	looked   bool       // whose they are was asked for
	priority vrrp.Priority
	reason   Reason // why its adverts are refused; LogNone: they are not
	address  netip.Addr
	mac      MAC // that claims address; zero: none was heard

	since, last instant       // first and last sign; never: nobody is suspected
	heardAt     instant       // last advert
	sent        uint64        // our adverts before the first sign
	interval    time.Duration // the longer one of ours and its
	alarmed     bool          // since alarmedAt
	alarmedAt   instant
	lookAt      instant // to ask for the address, or to see whether it is over
	adverts     int     // heard
	questions   int     // asked since the last answer
	answers     int     // to questions
	repairAt    instant // announcing again would be no flood then
	repairPause time.Duration
}

var noIntruder = intruder{since: never, lookAt: never}

const (
	// persistence is for how many intervals signs must go on. In the first one packets may have crossed, in the
	// second one our advert may have been lost.
	persistence = 3
	// leastAdverts must be heard in that time, none of them missing twice in a row.
	leastAdverts = 3
	// leastAnswers is how many questions for an address must be answered.
	leastAnswers = 2
	// silence is after how many intervals without a sign an alarm is over.
	silence = 4
	// leastPersistence is the same for the shortest intervals: removing addresses takes time.
	leastPersistence = 500 * time.Millisecond
	// leastQuestion is the least time between two questions for an address.
	leastQuestion = time.Second
	// lastQuestion is how often is asked before a suspicion is dropped.
	lastQuestion = 3
	// firstRepair and longestRepair bound the pause between two announcements against an intruder, who may do
	// the same.
	firstRepair   = 5 * time.Second
	longestRepair = time.Minute
)

// foreignAdvert notes an advert of somebody else that a Master has heard and has not yielded to. reason is why
// it was refused, LogNone if it was not.
func (r *Router) foreignAdvert(vr *virtualRouter, a *heard, reason Reason) {
	i := &vr.intruder
	if !vr.cfg.SplitBrainAlarm || vr.state != Master || a.priority == vrrp.PriorityRelease {
		return
	}
	switch {
	case i.since == never, !i.alarmed && i.source.IsValid() && r.now-i.heardAt > i.tooLong():
		r.suspect(vr, a.interval)
		i.source = a.source
	case !i.source.IsValid():
		i.source = a.source
	case i.source != a.source:
		return // one at a time
	}
	// One of lower priority is most likely about to yield; one that is refused is not.
	if !i.looked && (i.adverts > 0 || reason != LogNone) {
		i.looked = true
		r.emit(Effect{Kind: LookForSender, VR: vr.id, Group: -1, Tracker: -1, Addr: a.source})
	}
	i.priority, i.reason, i.last, i.heardAt = a.priority, reason, r.now, r.now
	i.adverts++
	if i.alarmed {
		r.repair(vr)
		return
	}
	if reason != LogNone && i.lookAt == never && i.questions == 0 {
		// keepalived starts its timer anew with each advert that it refuses: ours may have silenced it.
		r.lookLater(vr)
	}
	if i.adverts >= leastAdverts && r.now-i.since >= instant(persistence*i.interval) && i.answered(vr) {
		r.alarm(vr)
	}
}

// refusedAdvert is foreignAdvert for one that did not pass the checks. What is no advert of another router with
// our VRID at all is none.
func (r *Router) refusedAdvert(vr *virtualRouter, p *ReceivedPacket, h *vrrp.Header) {
	switch r.refused {
	case LogVersion, LogAuthInvalid, LogAuthMismatch, LogAuthFailure, LogIntervalV2, LogLengthShort, LogLengthLong, LogChecksum,
		LogOwnerIgnores, LogAHWrongSPI, LogAHWrongValue, LogExtMissing, LogExtMalformed, LogExtStale, LogExtUnknownKey, LogExtWrongHMAC:
		r.foreignAdvert(vr, &heard{source: p.Source, priority: h.Priority, interval: h.AdvertInterval}, r.refused)
	}
}

// addressClaimed notes that another machine has said that an address of ours is its own.
func (r *Router) addressClaimed(vr *virtualRouter, addr netip.Addr, mac MAC) {
	i := &vr.intruder
	if !vr.cfg.SplitBrainAlarm || vr.state != Master {
		return
	}
	if i.since == never {
		r.suspect(vr, 0)
	}
	if i.questions > 0 {
		i.answers++
	}
	i.last, i.address, i.mac, i.questions = r.now, addr, mac, 0
	switch {
	case i.alarmed:
		r.repair(vr)
	case i.answers >= leastAnswers && i.answered(vr):
		r.alarm(vr)
	case i.lookAt == never:
		r.lookLater(vr)
	}
}

// lookLater has somebody asked for when an election would be over.
func (r *Router) lookLater(vr *virtualRouter) {
	i := &vr.intruder
	i.lookAt = r.after(max(persistence*i.interval, leastPersistence))
	r.await(vr)
}

// suspect begins to look at somebody. interval is its own, if known.
func (r *Router) suspect(vr *virtualRouter, interval time.Duration) {
	vr.intruder = intruder{
		since: r.now, last: r.now, sent: vr.stats.AdvertSent, lookAt: never,
		interval: max(vr.cfg.AdvertInterval, interval), repairPause: firstRepair,
	}
}

// answered tells whether so many of our adverts were sent since the first sign that they should have been heard.
func (i *intruder) answered(vr *virtualRouter) bool { return vr.stats.AdvertSent >= i.sent+persistence }

// tooLong is after how long without an advert a suspicion is one no more: one may be lost.
func (i *intruder) tooLong() instant { return instant(i.interval * 5 / 2) }

func (i *intruder) silent() instant {
	if i.address.IsValid() {
		return instant(silence * max(i.interval, leastQuestion))
	}
	return instant(silence * i.interval)
}

func (r *Router) alarm(vr *virtualRouter) {
	i := &vr.intruder
	i.alarmed, i.alarmedAt, i.questions = true, r.now, 0
	vr.stats.SplitBrain++
	e := i.culprit(vr)
	r.log(LogSplitBrain, vr, e)
	e.Kind, e.VR, e.Group, e.Tracker = SplitBrain, vr.id, -1, -1
	r.emit(e)
	r.repair(vr)
	i.lookAt = r.after(max(i.interval, leastQuestion))
	r.await(vr)
}

// culprit are the values of the lines about an intruder.
func (i *intruder) culprit(vr *virtualRouter) Effect {
	return Effect{Priority: vr.priority, Addr: i.source, From: i.address, MAC: i.mac, Want: int64(i.priority), Value: int64(i.reason)}
}

// repair tells everybody who believes the intruder otherwise, unless it is the better one of the two, and not
// often: it may do the same. An advert of lower priority is answered so anyway.
func (r *Router) repair(vr *virtualRouter) {
	i := &vr.intruder
	answered := i.source.IsValid() && i.reason == LogNone && vr.cfg.Announce.LowerPrioRounds > 0
	better := i.source.IsValid() && (i.priority > vr.priority || i.priority == vr.priority && vr.source.Less(i.source))
	if answered || better || r.now < i.repairAt {
		return
	}
	r.announceRounds(vr, 1)
	i.repairAt = r.after(i.repairPause)
	i.repairPause = min(2*i.repairPause, longestRepair)
}

// lookForIntruder asks for the address that was claimed, and ends what is over.
func (r *Router) lookForIntruder(vr *virtualRouter) {
	i := &vr.intruder
	switch {
	case i.alarmed && r.now-i.last >= i.silent():
		r.intruderGone(vr, Master)
		return
	case !i.alarmed && i.questions == lastQuestion:
		if i.lookAt = never; !i.source.IsValid() || r.now-i.heardAt > i.tooLong() {
			vr.intruder = noIntruder
		}
		return
	}
	if addr := i.wanted(vr); addr.IsValid() {
		i.questions++
		r.emit(Effect{Kind: AskForAddress, VR: vr.id, Group: -1, Tracker: -1, Addr: addr})
	}
	i.lookAt = r.after(max(i.interval, leastQuestion))
	if i.alarmed {
		i.lookAt = min(i.lookAt, i.last+i.silent())
	}
}

// wanted is the address to ask for: what was claimed, or else one that whoever sends refused adverts may have.
func (i *intruder) wanted(vr *virtualRouter) netip.Addr {
	if !i.address.IsValid() && i.reason != LogNone && len(vr.cfg.Addresses) > 0 {
		return vr.cfg.Addresses[0]
	}
	return i.address
}

// intruderGone ends a suspicion, and with a line an alarm: nothing more was heard, or vr becomes next.
func (r *Router) intruderGone(vr *virtualRouter, next State) {
	if i := &vr.intruder; i.alarmed {
		e := i.culprit(vr)
		e.State, e.Value, e.Want = next, int64(r.now-i.last), int64(r.now-i.alarmedAt)
		r.log(LogSplitBrainOver, vr, e)
	}
	vr.intruder = noIntruder
}
