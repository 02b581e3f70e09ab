package poll

import (
	"time"

	"golang.org/x/sys/unix"
)

// moderation is how wake-ups by sockets are kept rare while packets come fast.
//
// The inner epoll is one-shot inside the outer one: once it has woken the goroutine it is silent until it is
// armed again. A report that follows the one before by less than hold leaves it disarmed for hold, and the
// timerfd ends the hold; as long as packets are found then, the next hold begins without arming. So a flood
// costs one wake-up per hold, and a lone packet now and then costs one and not two (its own and that of the
// end of a hold). The price is one additional wake-up when packets begin to come fast.
type moderation struct {
	hold       int64 // nanoseconds; 0: off
	disarmed   bool  // the inner epoll has fired and is silent
	until      int64 // while disarmed: the end of the hold; 0: none, arm before parking
	reportedAt int64
}

// Moderate limits how often sockets wake the goroutine: once per hold while they are busy. What arrives during
// a hold stays in its socket, for no longer than hold, and is reported with whatever ends a Wait earlier: a
// Wake, or a deadline, which is thus never acted upon before the packets that came in time. 0, or less, reports every
// packet at once, which is how a Poller begins.
func (p *Poller) Moderate(hold time.Duration) {
	p.moderation = moderation{hold: max(0, int64(hold)), reportedAt: p.moderation.reportedAt}
	if err := p.arm(); err != nil {
		p.err = err
	}
}

// arm lets the sockets wake the goroutine again. A socket that is ready does so at once.
func (p *Poller) arm() error {
	events := uint32(unix.EPOLLIN)
	if p.moderation.hold > 0 {
		events |= unix.EPOLLONESHOT
	}
	p.moderation.disarmed = false
	return control(p.outerFD, unix.EPOLL_CTL_MOD, p.innerFD, events, uint32(p.innerFD))
}

// fired notes that the sockets woke the goroutine at the instant now.
func (m *moderation) fired(now int64) {
	if m.hold == 0 {
		return
	}
	m.disarmed, m.until = true, 0
	if now-m.reportedAt < m.hold {
		m.until = now + m.hold
	}
}

// reported notes that packets were found at the instant now. Those found during a hold, or at its end, begin
// the next one: nothing is left that could be late.
func (m *moderation) reported(now int64) {
	m.reportedAt = now
	if m.disarmed && m.until != 0 {
		m.until = now + m.hold
	}
}

// holdEnd returns when the goroutine must look at the sockets by itself.
func (m *moderation) holdEnd() int64 {
	if m.disarmed {
		return m.until
	}
	return never
}

// endHold prepares for sleeping at the instant now: what a hold that is over has kept back is collected, and
// if that is nothing the sockets are armed.
func (p *Poller) endHold(now int64) error {
	m := &p.moderation
	if !m.disarmed || now < m.until {
		return nil
	}
	if m.until != 0 {
		if err := p.collect(now); err != nil || len(p.tokens) > 0 {
			return err
		}
	}
	return p.arm()
}
