package poll

import (
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Wait sleeps until a socket can be read, the deadline is reached or Wake is called, and returns the tokens of
// the sockets that can be read, if any: the slice is valid until the next Wait. The zero deadline is none; one
// that has passed makes Wait look once and return. Whatever ends it, all sockets with packets are reported.
// Wait never returns empty-handed before the deadline unless Wake was called.
func (p *Poller) Wait(deadline time.Time) ([]Token, error) {
	p.tokens = p.tokens[:0]
	if p.closed {
		return nil, os.ErrClosed
	}
	if p.err != nil {
		return nil, p.err
	}
	for until := p.clock.at(deadline); ; {
		now := p.clock.now()
		if now >= until || !p.state.CompareAndSwap(running, parked) {
			p.state.Store(running)
			err := p.collect(now)
			return p.tokens, err
		}
		if done, err := p.sleep(now, until); done || err != nil {
			return p.tokens, err
		}
	}
}

// sleep waits once. It is not done when the sleep ended with nothing to report: at the end of a hold, or
// because a packet was dropped after it had been announced (its checksum was wrong).
func (p *Poller) sleep(now, until int64) (done bool, err error) {
	if err := p.endHold(now); err != nil || len(p.tokens) > 0 {
		p.state.Store(running)
		return true, err
	}
	if err := p.setTimer(min(until, p.moderation.holdEnd())); err != nil {
		p.state.Store(running)
		return true, err
	}
	parkErr := p.park()
	wasWoken := p.state.Swap(running) == woken
	if parkErr != nil {
		return true, parkErr
	}
	now = p.clock.now()
	if p.socketRing {
		p.moderation.fired(now)
	}
	if wasWoken || p.socketRing || now >= until {
		err = p.collect(now)
	}
	return wasWoken || now >= until || len(p.tokens) > 0, err
}

// park sleeps until the outer epoll has an event.
func (p *Poller) park() error {
	p.socketRing = false
	if err := p.raw.Read(p.check); err != nil {
		return fmt.Errorf("wait for epoll: %w", err)
	}
	return p.err
}

// outerHasEvents is called by the runtime before it parks the goroutine and after each event of the outer epoll.
func (p *Poller) outerHasEvents(uintptr) bool {
	n, err := epollWait(p.outerFD, p.outerReady[:])
	if err != nil {
		p.err = err
		return true
	}
	for i := range n {
		if int(p.outerReady[i].Fd) == p.innerFD {
			p.socketRing = true
		}
	}
	return n > 0
}

// collect asks the sockets, without waiting, and keeps the tokens of those that can be read.
func (p *Poller) collect(now int64) error {
	if len(p.innerReady) == 0 {
		return nil
	}
	n, err := epollWait(p.innerFD, p.innerReady)
	if err != nil {
		return err
	}
	for i := range n {
		p.tokens = append(p.tokens, Token(p.innerReady[i].Fd))
	}
	if n > 0 {
		p.moderation.reported(now)
	}
	return nil
}

// setTimer has the timerfd fire at the instant at. Setting it also clears an expiry, so it needs no reading.
func (p *Poller) setTimer(at int64) error {
	if at == p.timerAt {
		return nil
	}
	p.timer = unix.ItimerSpec{} // all zero disarms it
	if at != never {
		p.timer.Value = unix.NsecToTimespec(at)
	}
	if err := unix.TimerfdSettime(p.timerFD, unix.TFD_TIMER_ABSTIME, &p.timer, nil); err != nil {
		return fmt.Errorf("set timerfd: %w", err)
	}
	p.timerAt = at
	return nil
}

// epollWait asks an epoll for events without waiting. The call cannot block, so the scheduler of the runtime
// is not told of it.
func epollWait(fd int, events []unix.EpollEvent) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0, fmt.Errorf("ask epoll: %w", errno)
	}
	return int(n), nil
}
