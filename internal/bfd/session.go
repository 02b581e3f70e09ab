package bfd

import "time"

// A session holds the variables of RFC 5880, 6.8.1, and its deadlines.
type session struct {
	m   *Machine
	id  ID
	cfg SessionConfig

	state, remoteState      State
	localDiscr, remoteDiscr uint32
	diag, remoteDiag        Diag

	// What packets say, and what is in force: the two differ while a Poll Sequence has not confirmed a change
	// that would break the session if the neighbour did not know of it.
	desiredMinTX, sendMinTX    time.Duration
	requiredMinRX, detectMinRX time.Duration

	remoteMinTX, remoteMinRX time.Duration
	remoteDetectMult         uint8
	remoteDemand             bool

	polling, pollAgain bool

	lastSentAt       instant
	heardAt          instant
	spared           bool // the detection time ran out while we slept, and was extended
	sendAt, detectAt instant
}

// enter changes the state.
func (s *session) enter(now instant, next State, diag Diag) {
	if next == s.state {
		return
	}
	s.state, s.diag = next, diag
	s.polling, s.pollAgain = false, false
	s.detectMinRX, s.requiredMinRX = s.cfg.RequiredMinRX, s.cfg.RequiredMinRX
	before := s.desiredMinTX
	s.desiredMinTX = s.cfg.desiredMinTX(next)
	s.sendMinTX = s.desiredMinTX
	s.m.emit(Effect{Kind: StateChanged, Session: s.id, State: next, Diag: diag, RemoteDiag: s.remoteDiag})
	// RFC 5880, 6.8.3: a Poll Sequence follows on a change of the intervals. Without a session nobody relies on them.
	if next == Up && s.desiredMinTX != before {
		s.poll()
	}
	// RFC 5880, 6.8.7: a packet that says something new should leave between the periodic ones.
	s.send(now)
}

const (
	// overslept is by how much a machine that is served in time never misses a deadline.
	overslept = time.Millisecond
	// grace is what a neighbour gets then: who has slept must not take its own absence for the neighbour's, whose
	// packets may need a moment to get here from where they waited.
	grace = 2 * time.Millisecond
)

// expire ends the detection time.
func (s *session) expire(now instant) {
	overdue := time.Duration(now-s.heardAt) - s.detectionTime()
	if overdue >= overslept && !s.spared {
		s.spared = true
		s.detectAt = now + instant(grace)
		return
	}
	s.detectAt = never
	// RFC 5880, 6.8.1: nobody was heard for a detection time, so nobody is there to be named.
	s.remoteDiscr, s.remoteMinRX = 0, unknownMinRX
	if s.state != Init && s.state != Up {
		s.reschedule(now)
		return
	}
	s.m.emit(Effect{Kind: Expired, Session: s.id, Duration: s.detectionTime(), Overdue: overdue})
	s.remoteState = Down
	s.enter(now, Down, DiagExpired) // RFC 5880, 6.8.4
}

// shutdown ends the session by our own will.
func (s *session) shutdown(now instant) {
	if s.state == AdminDown {
		return
	}
	s.state, s.diag = AdminDown, DiagAdminDown
	s.polling = false
	s.desiredMinTX = s.cfg.desiredMinTX(AdminDown)
	s.sendMinTX = s.desiredMinTX
	s.send(now)
	s.sendAt, s.detectAt = never, never
}

// reconfigure puts another configuration of the same session in force.
func (s *session) reconfigure(now instant, cfg SessionConfig) {
	if cfg == s.cfg {
		return
	}
	s.cfg = cfg
	tx, rx := cfg.desiredMinTX(s.state), cfg.RequiredMinRX
	changed := tx != s.desiredMinTX || rx != s.requiredMinRX
	s.desiredMinTX, s.requiredMinRX = tx, rx
	// RFC 5880, 6.8.3: while Up, a longer interval of sending, and a shorter one of receiving, wait until the
	// neighbour has confirmed that it knows.
	if s.state != Up || tx < s.sendMinTX {
		s.sendMinTX = tx
	}
	if s.state != Up || rx > s.detectMinRX {
		s.detectMinRX = rx
	}
	if s.detectAt != never { // the neighbour slows down as soon as it knows
		s.detectAt = s.heardAt + instant(s.detectionTime())
	}
	if changed && s.state == Up {
		s.poll()
	}
	s.send(now)
}

// poll begins a Poll Sequence, or another one when that which goes on has ended: what is confirmed now may be what
// was said before. RFC 5880, 6.5 and 6.8.3.
func (s *session) poll() {
	if s.polling {
		s.pollAgain = true
		return
	}
	s.polling = true
	s.m.emit(Effect{Kind: PollStarted, Session: s.id})
}

// pollEnded follows a packet with the Final bit.
func (s *session) pollEnded() {
	if s.pollAgain {
		s.pollAgain = false
		return
	}
	s.polling = false
	s.sendMinTX, s.detectMinRX = s.desiredMinTX, s.requiredMinRX
}
