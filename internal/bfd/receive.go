package bfd

import "time"

// Receive takes a packet in, by the rules of RFC 5880, 6.8.6, in their order.
func (m *Machine) Receive(now time.Time, p *ReceivedPacket) []Effect {
	at := m.begin(now)
	c := &m.packet
	if reason, value := c.decode(p.Payload); reason != Accepted {
		return m.discard(-1, reason, value)
	}
	s := m.find(c, p)
	switch {
	case s == nil:
		return m.discard(-1, NoSession, c.YourDiscr)
	case p.TTL < s.cfg.MinTTL: // RFC 5881, 5; RFC 5883, 3
		return m.discard(s.id, Hops, uint32(p.TTL))
	case c.Auth:
		return m.discard(s.id, WrongAuth, 0)
	}
	s.receive(at, c)
	return m.effects
}

func (m *Machine) discard(id ID, reason Reason, value uint32) []Effect {
	m.emit(Effect{Kind: Discarded, Session: id, Reason: reason, Value: value})
	return m.effects
}

// find selects the session: by our discriminator if the neighbour knows it, else by the addresses. A session that
// takes any address of ours comes after one that has just that.
func (m *Machine) find(c *Control, p *ReceivedPacket) (any *session) {
	for i := range m.sessions {
		s := &m.sessions[i]
		if s.cfg.Multihop != p.Multihop {
			continue
		}
		switch {
		case c.YourDiscr != 0:
			if c.YourDiscr == s.localDiscr {
				return s
			}
		case s.cfg.Remote != p.Source:
		case s.cfg.Local == p.Destination:
			return s
		case !s.cfg.Local.IsValid() && any == nil:
			any = s
		}
	}
	return any
}

// agreed is what two ends have told each other of their intervals.
type agreed struct {
	interval, detect         time.Duration
	remoteMinTX, remoteMinRX time.Duration
	remoteDetectMult         uint8
}

func (s *session) agreed() agreed {
	return agreed{s.interval(), s.detectionTime(), s.remoteMinTX, s.remoteMinRX, s.remoteDetectMult}
}

// receive takes in a packet that belongs to the session.
func (s *session) receive(now instant, c *Control) {
	before, wasQuiet := s.agreed(), s.quiet()
	s.remoteDiscr, s.remoteState, s.remoteDiag = c.MyDiscr, c.State, c.Diag
	s.remoteDemand = c.Demand
	s.remoteMinTX, s.remoteMinRX, s.remoteDetectMult = c.DesiredMinTX, c.RequiredMinRX, c.DetectMult
	if s.polling && c.Final {
		s.pollEnded()
	}
	if s.state == AdminDown {
		return
	}
	s.heardAt, s.detectAt, s.spared = now, now+instant(s.detectionTime()), false
	if s.agreed() != before {
		s.m.emit(Effect{Kind: Negotiated, Session: s.id, Duration: before.detect})
	}
	s.hear(now, c.State)
	if s.interval() != before.interval || s.quiet() != wasQuiet {
		s.reschedule(now)
	}
	if c.Poll {
		s.answer()
	}
}

// hear is the state machine: what the neighbour says of itself. RFC 5880, 6.2 and 6.8.6.
func (s *session) hear(now instant, remote State) {
	switch {
	case remote == AdminDown:
		if s.state != Down {
			s.enter(now, Down, DiagNeighbourDown)
		}
	case s.state == Down && remote == Down:
		s.enter(now, Init, s.diag)
	case s.state == Down && remote == Init:
		s.enter(now, Up, DiagNone)
	case s.state == Init && remote >= Init:
		s.enter(now, Up, DiagNone)
	case s.state == Up && remote == Down:
		s.enter(now, Down, DiagNeighbourDown)
	}
}
