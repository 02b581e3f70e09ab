package bfd

import "time"

// interval is how often packets leave, without jitter. RFC 5880, 6.8.7.
func (s *session) interval() time.Duration { return max(s.sendMinTX, s.remoteMinRX) }

// detectionTime is after how long without a packet the neighbour is down. RFC 5880, 6.8.4.
func (s *session) detectionTime() time.Duration {
	return time.Duration(s.remoteDetectMult) * max(s.detectMinRX, s.remoteMinTX)
}

// jittered shortens an interval at random, so that systems do not fall into step: by up to a quarter, and by at
// least a tenth where a single packet lost would end the session. RFC 5880, 6.8.7.
func (s *session) jittered(interval time.Duration) time.Duration {
	least, most := interval*75/100, interval
	if s.cfg.DetectMult == 1 {
		most = interval * 90 / 100
	}
	return least + time.Duration(s.m.rand.Int64N(int64(most-least)+1))
}

// quiet tells whether this end must not speak unless asked. RFC 5880, 6.8.7.
func (s *session) quiet() bool {
	demanded := s.remoteDemand && s.state == Up && s.remoteState == Up && !s.polling
	return s.cfg.Passive && s.remoteDiscr == 0 || s.remoteMinRX == 0 || demanded
}

// reschedule puts the next packet where the intervals want it now, counted from the last one: a shorter interval
// is honoured at once. RFC 5880, 6.8.3.
func (s *session) reschedule(now instant) {
	if s.quiet() {
		s.sendAt = never
		return
	}
	s.sendAt = max(now, s.lastSentAt+instant(s.jittered(s.interval())))
}

// send lets a packet leave, because it is due or says something new, and plans the next.
func (s *session) send(now instant) {
	if s.quiet() {
		s.sendAt = never
		return
	}
	c := s.control()
	c.Poll = s.polling
	s.m.emit(Effect{Kind: Send, Session: s.id, Packet: c})
	s.lastSentAt = now
	s.sendAt = now + instant(s.jittered(s.interval()))
}

// answer confirms a Poll, whatever the timers say. RFC 5880, 6.5 and 6.8.7: a packet has Poll or Final, not both.
func (s *session) answer() {
	c := s.control()
	c.Final = true
	s.m.emit(Effect{Kind: Send, Session: s.id, Packet: c})
}

// control is the packet that the session would send, without Poll and Final. RFC 5880, 6.8.7.
func (s *session) control() Control {
	return Control{
		Diag: s.diag, State: s.state, DetectMult: s.cfg.DetectMult,
		MyDiscr: s.localDiscr, YourDiscr: s.remoteDiscr,
		DesiredMinTX: s.desiredMinTX, RequiredMinRX: s.requiredMinRX,
	}
}
