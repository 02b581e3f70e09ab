package bfd

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// An instant is a time on the machine's own scale: nanoseconds since it was made.
type instant int64

const never instant = math.MaxInt64

// Machine is a set of sessions. The slices of effects that it returns are valid until its next call.
type Machine struct {
	start    time.Time
	rand     *rand.Rand
	sessions []session
	effects  []Effect
	packet   Control // the one being received
}

// New makes a machine whose sessions are Down. Nothing is sent before the first Step.
func New(now time.Time, cfg []SessionConfig, chance *rand.Rand) *Machine {
	m := &Machine{start: now, rand: chance}
	m.sessions = make([]session, len(cfg))
	for i := range cfg {
		m.sessions[i] = m.newSession(ID(i), cfg[i], 0)
	}
	return m
}

func (m *Machine) newSession(id ID, cfg SessionConfig, now instant) session {
	s := session{
		m: m, id: id, cfg: cfg, localDiscr: m.discriminator(),
		state: Down, remoteState: Down, // RFC 5880, 6.8.1
		requiredMinRX: cfg.RequiredMinRX, detectMinRX: cfg.RequiredMinRX,
		remoteMinRX: unknownMinRX,
		sendAt:      now, detectAt: never,
	}
	s.desiredMinTX = cfg.desiredMinTX(Down)
	s.sendMinTX = s.desiredMinTX
	return s
}

// unknownMinRX is what a neighbour that was not heard is thought to want. RFC 5880, 6.8.1.
const unknownMinRX = time.Microsecond

// discriminator chooses one that no session of ours has. RFC 5880, 6.3: unique and not zero; 6.8.1: random.
func (m *Machine) discriminator() uint32 {
	for {
		d := m.rand.Uint32()
		if d != 0 && !slices.ContainsFunc(m.sessions, func(s session) bool { return s.localDiscr == d }) {
			return d
		}
	}
}

func (m *Machine) at(now time.Time) instant { return instant(now.Sub(m.start)) }

// begin starts a call.
func (m *Machine) begin(now time.Time) instant {
	m.effects = m.effects[:0]
	return m.at(now)
}

func (m *Machine) emit(e Effect) { m.effects = append(m.effects, e) }

// Step does what is due at the instant now: packets to send, detection times that ran out.
func (m *Machine) Step(now time.Time) []Effect {
	at := m.begin(now)
	for i := range m.sessions {
		s := &m.sessions[i]
		if s.detectAt <= at {
			s.expire(at)
		}
		if s.sendAt <= at {
			s.send(at)
		}
	}
	return m.effects
}

// NextDeadline is when Step must be called at the latest; the zero time if never.
func (m *Machine) NextDeadline() time.Time {
	earliest := never
	for i := range m.sessions {
		earliest = min(earliest, m.sessions[i].sendAt, m.sessions[i].detectAt)
	}
	if earliest == never {
		return time.Time{}
	}
	return m.start.Add(time.Duration(earliest))
}

// Shutdown ends all sessions and tells the neighbours that this was meant. RFC 5880, 6.8.16.
func (m *Machine) Shutdown(now time.Time) []Effect {
	at := m.begin(now)
	for i := range m.sessions {
		m.sessions[i].shutdown(at)
	}
	return m.effects
}

// Reload puts another configuration in force. The session at i continues the one that was at matched[i] with its
// state, or is new where that is -1; those that nobody continues tell their neighbours that they end.
func (m *Machine) Reload(now time.Time, cfg []SessionConfig, matched []ID) []Effect {
	at := m.begin(now)
	old := m.sessions
	for i := range old {
		if !slices.Contains(matched, ID(i)) {
			old[i].shutdown(at)
		}
	}
	m.emit(Effect{Kind: Reloaded, Session: -1})
	next := make([]session, len(cfg))
	for i, from := range matched {
		if from >= 0 {
			next[i] = old[from]
			next[i].id = ID(i)
		}
	}
	m.sessions = next
	for i, from := range matched {
		if from < 0 {
			next[i] = m.newSession(ID(i), cfg[i], at)
		} else {
			next[i].reconfigure(at, cfg[i])
		}
	}
	return m.effects
}
