package router

import (
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// A stall is a time in which the caller could do nothing: its process was stopped, the machine was too busy for it
// or slept. A Master that was silent for its Master_Down_Interval has, for all others, ceased to be one (RFC 9568,
// 6.4.2), while the kernel went on answering for its addresses. It neither shouts nor gives them up unasked:
//
//   - What waits in the sockets is judged first. An advert among it, however old, says that somebody has taken over.
//     The Master is a Backup then, without its addresses, and the rules for a Backup say whether and when it returns.
//     Only a brief stall of one that would return at once is not worth the way there and back: it is what a busy
//     machine does to adverts that come many times a second.
//   - If nothing waits there, nobody has. It goes on, and announces its addresses anew, because nobody knows what
//     hosts and switches have come to believe meanwhile.
//   - After a sleep of the machine nothing waits whatever has happened. So it listens as a Backup.
type stall struct {
	length  time.Duration
	asleep  bool
	open    int // Masters that are in doubt
	resumed int // have gone on
	yielded int // have stepped back
}

const (
	// After a stall of the whole machine packets are still on their way through it for a moment.
	lastArrival         = 20 * time.Millisecond
	lastArrivalFraction = 4 // of the interval: waiting must not be what makes a Backup take over
)

// briefStall is how long a Master may have been silent that insists on its role. So long may be what a busy machine
// does to a process every day.
const briefStall = time.Second

// stalled follows a stall; the packets of that time come next.
func (r *Router) stalled(late, asleep time.Duration) {
	r.stall = stall{length: max(late, asleep), asleep: asleep > 0, open: 1} // this function is not through, too
	r.slept += asleep
	for i := range r.vrs {
		switch vr := &r.vrs[i]; vr.state {
		case Master:
			r.stalledMaster(vr)
		case Backup:
			r.stalledBackup(vr, late, asleep)
		}
	}
	for i := range r.vrs {
		if vr := &r.vrs[i]; vr.doubt && asleep > 0 {
			r.stepBack(vr)
		}
	}
	r.settled()
}

func (r *Router) stalledMaster(vr *virtualRouter) {
	silent := r.silence(vr)
	if silent <= vr.masterDownInterval || r.tooLate(vr) {
		return
	}
	vr.doubt = true
	r.stall.open++
	vr.advertAt = r.now
	if silent > briefStall { // else sleeping once more costs a busy machine more than it brings
		vr.advertAt = r.after(min(lastArrival, vr.cfg.AdvertInterval/lastArrivalFraction))
	}
	r.await(vr)
}

// silence is for how long others have heard nothing of a Master. Several short sleeps may make a long one.
func (r *Router) silence(vr *virtualRouter) time.Duration {
	return r.wall.Sub(vr.lastAdvertSent) + r.slept - vr.sleptBefore
}

// stalledBackup does not mistake its own sleep for the Master's silence.
func (r *Router) stalledBackup(vr *virtualRouter, late, asleep time.Duration) {
	switch {
	case asleep > 0:
		r.armMasterDown(vr, vr.masterDownInterval)
	case late > max(briefStall, vr.masterAdvertInterval) && vr.masterDownAt <= r.now && !vr.graced:
		// If the Master stood still as well, on one and the same machine, it speaks now. Once only: else a machine
		// that is always late would never get a Master.
		vr.masterDownAt = r.after(vr.masterAdvertInterval)
		vr.graced = true
		r.await(vr)
	}
}

// stepBack gives up a role that somebody else has, or may have. Nobody is released: the other is there.
func (r *Router) stepBack(vr *virtualRouter) {
	r.log(LogEnteringState, vr, Effect{State: Backup})
	r.leaveMaster(vr, Backup)
	r.armMasterDown(vr, vr.masterDownInterval)
	if vr.group >= 0 {
		r.groupToBackup(vr)
	}
}

// mayInsist reports whether a Master in doubt need not step back for the advert of another one.
func (r *Router) mayInsist(vr *virtualRouter, a *heard) bool {
	return a.priority != vrrp.PriorityRelease && a.priority < vr.priority && vr.cfg.Preempt && vr.cfg.PreemptDelay == 0 &&
		r.silence(vr) <= briefStall
}

// carryOn goes on as Master after a stall in which nobody else spoke.
func (r *Router) carryOn(vr *virtualRouter) {
	r.announceAsMaster(vr)
	r.settle(vr, &r.stall.resumed)
}

// settle ends a Master's doubt.
func (r *Router) settle(vr *virtualRouter, count *int) {
	vr.doubt = false
	*count++
	r.settled()
}

// settled tells once of all that a stall has led to, if anything, when nothing is in doubt any more.
func (r *Router) settled() {
	s := &r.stall
	if s.open--; s.open > 0 || s.resumed+s.yielded == 0 {
		return
	}
	e := Effect{Kind: Log, Reason: LogStalled, VR: -1, Group: -1, Tracker: -1, Value: int64(s.length), Count: s.resumed, Want: int64(s.yielded)}
	if s.asleep {
		e.Priority = 1
	}
	r.emit(e)
	*s = stall{}
}

// lowest is a priority that no Master yields to.
const lowest = 1

// askForAnnouncement has the Master that took over announce its addresses once more. While we stood still our kernel
// answered for them too, so some hosts believe us, and the other does not know. A Master corrects them when it
// hears a lower priority.
func (r *Router) askForAnnouncement(vr *virtualRouter, a *heard) {
	if a.priority <= lowest {
		return // nobody who could be asked: a release, or another one who asks
	}
	if vr.ah != nil && !r.wall.After(vr.lastTransition) {
		return // it waited in the socket, with more behind it: the Master's number is higher by now, so it would not hear us
	}
	vr.untold = false
	if vr.canSend() {
		r.sendAdvert(vr, lowest)
	}
}
