// Package poll lets one goroutine wait for sockets, for a deadline and for other goroutines at once.
//
// It promises that a deadline is kept to the precision of the kernel's high resolution timers (a Go timer is
// up to a millisecond late), that packets which have arrived are reported before the deadline that they may
// move, and that waiting allocates nothing. Reading the sockets, and everything that a deadline means, is left
// to the caller.
//
// Three descriptors sit in an outer epoll: a timerfd, an eventfd, and an inner epoll that holds the sockets.
// The outer epoll itself is parked in the poller of the Go runtime, so that the waiting goroutine needs no
// thread of its own. The inner epoll exists so that all sockets together can be silenced by one system call,
// which is how wake-ups are moderated.
package poll

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Token names a socket: what Add was given is what Wait returns.
type Token uint32

// never is the instant, in nanoseconds of CLOCK_MONOTONIC, of a deadline that does not exist.
const never = math.MaxInt64

// What the waiting goroutine is doing, as Wake sees it.
const (
	running int32 = iota // between two Waits, or about to look once more: a write to the eventfd is not needed
	parked               // asleep or about to be: only a write to the eventfd wakes it
	woken                // somebody called Wake since
)

// A Poller belongs to the one goroutine that calls Wait; only Wake may be called from others.
type Poller struct {
	outer   *os.File
	raw     syscall.RawConn
	check   func(fd uintptr) bool // made once: a method value made for each Wait would be an allocation
	outerFD int
	innerFD int
	timerFD int
	eventFD int

	clock   clock
	timerAt int64           // what the timerfd is set to; never: disarmed
	timer   unix.ItimerSpec // kept here because the kernel reads it through a pointer

	outerReady [3]unix.EpollEvent
	innerReady []unix.EpollEvent // as long as there are sockets, so that one call reports them all
	socketRing bool              // the inner epoll was among the events that ended the last park
	tokens     []Token
	moderation moderation
	err        error // of a call that cannot report it: the next Wait does

	state   atomic.Int32
	one     [8]byte    // what Wake writes: an eventfd counts in the machine's byte order
	closing sync.Mutex // so that no Wake writes to a descriptor that has been closed, and perhaps reused
	closed  bool
}

// New makes a Poller without sockets and without moderation.
func New() (*Poller, error) {
	p := &Poller{outerFD: -1, innerFD: -1, timerFD: -1, eventFD: -1, clock: newClock(), timerAt: never}
	p.check = p.outerHasEvents
	binary.NativeEndian.PutUint64(p.one[:], 1)
	if err := p.open(); err != nil {
		p.closeDescriptors()
		return nil, err
	}
	return p, nil
}

func (p *Poller) open() (err error) {
	if p.outerFD, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("create epoll: %w", err)
	}
	if p.innerFD, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("create epoll: %w", err)
	}
	if p.timerFD, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		return fmt.Errorf("create timerfd: %w", err)
	}
	if p.eventFD, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("create eventfd: %w", err)
	}
	for _, member := range []struct {
		fd     int
		events uint32
	}{
		{p.timerFD, unix.EPOLLIN},
		// Edge-triggered: each write is reported once, and the counter needs never be read.
		{p.eventFD, unix.EPOLLIN | unix.EPOLLET},
		{p.innerFD, unix.EPOLLIN},
	} {
		if err := control(p.outerFD, unix.EPOLL_CTL_ADD, member.fd, member.events, uint32(member.fd)); err != nil {
			return err
		}
	}
	return p.handToRuntime()
}

// handToRuntime puts the outer epoll into the poller of the Go runtime, which takes non-blocking descriptors.
func (p *Poller) handToRuntime() error {
	if err := unix.SetNonblock(p.outerFD, true); err != nil {
		return fmt.Errorf("set epoll non-blocking: %w", err)
	}
	p.outer = os.NewFile(uintptr(p.outerFD), "epoll")
	raw, err := p.outer.SyscallConn()
	if err != nil {
		return fmt.Errorf("hand epoll to the runtime: %w", err)
	}
	p.raw = raw
	return nil
}

// Close releases the Poller's descriptors, not those of the sockets. It belongs to the goroutine that calls
// Wait; a Wake afterwards does nothing.
func (p *Poller) Close() error {
	p.closing.Lock()
	defer p.closing.Unlock()
	if p.closed {
		return os.ErrClosed
	}
	p.closed = true
	return p.closeDescriptors()
}

func (p *Poller) closeDescriptors() error {
	var err error
	if p.outer != nil {
		err = p.outer.Close()
	} else if p.outerFD >= 0 {
		err = unix.Close(p.outerFD)
	}
	for _, fd := range []int{p.innerFD, p.timerFD, p.eventFD} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	return err
}

// Add has Wait report token while fd has something to read (level-triggered: until it was read). The
// descriptor stays the caller's; a token may stand for several of them.
func (p *Poller) Add(fd int, token Token) error {
	if err := control(p.innerFD, unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN, uint32(token)); err != nil {
		return err
	}
	p.innerReady = append(p.innerReady, unix.EpollEvent{})
	return nil
}

// Remove ends what Add began. It must come before fd is closed where fd has been duplicated: the kernel
// watches the socket, not its number.
func (p *Poller) Remove(fd int) error {
	if err := control(p.innerFD, unix.EPOLL_CTL_DEL, fd, 0, 0); err != nil {
		return err
	}
	p.innerReady = p.innerReady[:len(p.innerReady)-1]
	return nil
}

// Wake makes the Wait in progress return, or else the next one. Any goroutine may call it. Many Wakes before
// one Wait cost one system call if that Wait was asleep, and none if the goroutine is busy.
func (p *Poller) Wake() {
	if p.state.Swap(woken) != parked {
		return
	}
	p.closing.Lock()
	defer p.closing.Unlock()
	if !p.closed {
		unix.Write(p.eventFD, p.one[:]) // fails only at 2^64 writes
	}
}

// control adds, changes or removes fd in an epoll.
func control(epoll, operation, fd int, events, data uint32) error {
	event := unix.EpollEvent{Events: events, Fd: int32(data)}
	if err := unix.EpollCtl(epoll, operation, fd, &event); err != nil {
		return fmt.Errorf("watch descriptor %d: %w", fd, err)
	}
	return nil
}
