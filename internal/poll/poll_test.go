package poll

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// soon is how late an event may be on a loaded machine before a test gives up on it.
const soon = 10 * time.Second

func newPoller(t testing.TB) *Poller {
	t.Helper()
	p, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// A pair is a socket that the Poller watches and the end that a test writes to.
type pair struct {
	near, far int
	sent      []byte // under the race detector a local buffer would be an allocation
	received  []byte
}

func newPair(t testing.TB, p *Poller, token Token) pair {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	if err := p.Add(fds[0], token); err != nil {
		t.Fatal(err)
	}
	return pair{near: fds[0], far: fds[1], sent: []byte{1}, received: make([]byte, 8)}
}

func (s pair) send(t testing.TB) {
	if _, err := unix.Write(s.far, s.sent); err != nil {
		t.Fatal(err)
	}
}

// drain reads what there is and returns the number of packets.
func (s pair) drain(t testing.TB) int {
	for n := 0; ; n++ {
		if _, err := unix.Read(s.near, s.received); errors.Is(err, unix.EAGAIN) {
			return n
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func wait(t testing.TB, p *Poller, deadline time.Time) []Token {
	t.Helper()
	tokens, err := p.Wait(deadline)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestWaitReportsTheSocketsThatCanBeRead(t *testing.T) {
	p := newPoller(t)
	var pairs []pair
	for token := range Token(100) { // more than any fixed array of events would hold
		pairs = append(pairs, newPair(t, p, token+0xffffff00))
	}
	for i, s := range pairs {
		if i%3 == 0 {
			s.send(t)
		}
	}
	got := slices.Sorted(slices.Values(wait(t, p, time.Time{})))
	if len(got) != 34 || got[0] != 0xffffff00 || got[33] != 0xffffff00+99 {
		t.Errorf("got %d tokens %#x, want the 34 of the sockets written to", len(got), got)
	}
}

func TestSocketIsReportedUntilItWasRead(t *testing.T) {
	p := newPoller(t)
	s := newPair(t, p, 7)
	s.send(t)
	for range 3 {
		if got := wait(t, p, time.Now().Add(soon)); !slices.Equal(got, []Token{7}) {
			t.Fatalf("got %v, want the unread socket", got)
		}
	}
	s.drain(t)
	if got := wait(t, p, time.Now().Add(time.Millisecond)); len(got) != 0 {
		t.Errorf("got %v after reading, want nothing", got)
	}
}

func TestRemovedSocketIsSilent(t *testing.T) {
	p := newPoller(t)
	gone, kept := newPair(t, p, 1), newPair(t, p, 2)
	if err := p.Remove(gone.near); err != nil {
		t.Fatal(err)
	}
	gone.send(t)
	if got := wait(t, p, time.Now().Add(time.Millisecond)); len(got) != 0 {
		t.Errorf("got %v of a removed socket", got)
	}
	kept.send(t)
	if got := wait(t, p, time.Now().Add(soon)); !slices.Equal(got, []Token{2}) {
		t.Errorf("got %v, want the socket that stayed", got)
	}
	if err := p.Remove(gone.near); !errors.Is(err, unix.ENOENT) {
		t.Errorf("second Remove: %v, want ENOENT", err)
	}
}

func TestDeadlineIsNeverEarly(t *testing.T) {
	p := newPoller(t)
	for i := range 50 {
		deadline := time.Now().Add(time.Duration(i) * 20 * time.Microsecond)
		if got := wait(t, p, deadline); len(got) != 0 {
			t.Fatalf("got %v of no sockets", got)
		}
		if early := time.Until(deadline); early > 0 {
			t.Fatalf("Wait returned %v before its deadline", early)
		}
	}
}

// A timer of the Go runtime is rounded up to milliseconds; the best of many is at 0.3 to 1 ms past a
// deadline that lies 0.3 ms ahead.
func TestDeadlineIsFinerThanAMillisecond(t *testing.T) {
	p := newPoller(t)
	best := time.Hour
	for range 100 {
		deadline := time.Now().Add(300 * time.Microsecond)
		wait(t, p, deadline)
		best = min(best, time.Since(deadline))
	}
	if best > 250*time.Microsecond {
		t.Errorf("the best of 100 deadlines was %v late", best)
	}
}

func TestPastDeadlineLooksOnceAndReturns(t *testing.T) {
	p := newPoller(t)
	s := newPair(t, p, 3)
	past := time.Now().Add(-time.Hour)
	if got := wait(t, p, past); len(got) != 0 {
		t.Errorf("got %v of a silent socket", got)
	}
	s.send(t)
	if got := wait(t, p, past); !slices.Equal(got, []Token{3}) {
		t.Errorf("got %v, want the socket that has a packet", got)
	}
}

// The timerfd is never read: an expiry of the past must not end a Wait of the present.
func TestExpiredDeadlineDoesNotEndTheNextWait(t *testing.T) {
	p := newPoller(t)
	wait(t, p, time.Now().Add(time.Millisecond))
	next := time.Now().Add(20 * time.Millisecond)
	wait(t, p, next)
	if early := time.Until(next); early > 0 {
		t.Errorf("Wait returned %v before its deadline", early)
	}
	wait(t, p, time.Now().Add(time.Millisecond))
	woken := time.AfterFunc(20*time.Millisecond, p.Wake)
	start := time.Now()
	wait(t, p, time.Time{})
	if got := time.Since(start); got < 20*time.Millisecond {
		t.Errorf("Wait without deadline returned after %v, without a Wake (%v)", got, woken)
	}
}

// Events that stay behind would not end a Wait, but have it look again and again without sleep.
func TestNothingStaysBehindInTheEpoll(t *testing.T) {
	p := newPoller(t)
	wait(t, p, time.Now().Add(time.Millisecond))
	if !p.outerHasEvents(0) {
		t.Fatal("the expired timerfd is not seen")
	}
	for _, at := range []int64{p.clock.now() + int64(time.Hour), never} {
		wait(t, p, time.Now().Add(time.Millisecond))
		if err := p.setTimer(at); err != nil {
			t.Fatal(err)
		}
		if p.outerHasEvents(0) {
			t.Errorf("timerfd set to %d, and the expiry before it is still seen", at)
		}
	}
	p.state.Store(parked)
	p.Wake()
	if !p.outerHasEvents(0) {
		t.Fatal("Wake is not seen")
	}
	if p.outerHasEvents(0) {
		t.Error("one Wake is seen twice")
	}
}

func TestClockIsTheKernels(t *testing.T) {
	c := newClock()
	for range 1000 {
		before := monotonic()
		at := c.at(time.Now())
		after := monotonic()
		if at < before || at > after+int64(time.Millisecond) {
			t.Fatalf("now is %d, between %d and %d: early by %d, late by %d", at, before, after, before-at, at-after)
		}
	}
	if got := c.at(time.Time{}); got != never {
		t.Errorf("the zero time is at %d, want never", got)
	}
}

// awaitParked returns when the goroutine inside Wait sleeps, or is just about to.
func awaitParked(t *testing.T, p *Poller) {
	t.Helper()
	for end := time.Now().Add(soon); p.state.Load() != parked; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("Wait does not park")
		}
	}
}

// eventWrites returns the number of writes to the eventfd, which the Poller never reads.
func eventWrites(t *testing.T, p *Poller) uint64 {
	var b [8]byte
	if _, err := unix.Read(p.eventFD, b[:]); errors.Is(err, unix.EAGAIN) {
		return 0
	} else if err != nil {
		t.Fatal(err)
	}
	return binary.NativeEndian.Uint64(b[:])
}

func TestManyWakesCostOneWrite(t *testing.T) {
	p := newPoller(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if got, err := p.Wait(time.Time{}); len(got) != 0 || err != nil {
			t.Errorf("Wait: %v, %v", got, err)
		}
	}()
	awaitParked(t, p)
	for range 1000 {
		p.Wake()
	}
	<-done
	// The sleeper may have been awake again for the last of them; those cost nothing.
	if got := eventWrites(t, p); got != 1 {
		t.Errorf("%d writes to the eventfd, want 1", got)
	}
}

func TestWakeBeforeWaitIsNotLost(t *testing.T) {
	p := newPoller(t)
	for range 3 {
		p.Wake()
		p.Wake()
		wait(t, p, time.Time{}) // hangs if the Wake is lost
	}
	if got := eventWrites(t, p); got != 0 {
		t.Errorf("%d writes to the eventfd for a goroutine that did not sleep, want none", got)
	}
	next := time.Now().Add(5 * time.Millisecond)
	wait(t, p, next)
	if early := time.Until(next); early > 0 {
		t.Errorf("a Wake was seen twice: Wait returned %v early", early)
	}
}

// A queue that is filled before Wake is found filled after Wait, whatever the two goroutines do.
func TestNoWakeIsLostInARace(t *testing.T) {
	const total = 20000
	p := newPoller(t)
	queue := make(chan int, total)
	go func() {
		for i := range total {
			queue <- i
			p.Wake()
			if i%7 == 0 {
				runtime.Gosched()
			}
		}
	}()
	end := time.Now().Add(6 * soon)
	for received := 0; received < total; {
		wait(t, p, end)
		if time.Now().After(end) {
			t.Fatalf("%d of %d arrived: a Wake was lost", received, total)
		}
		for len(queue) > 0 {
			<-queue
			received++
		}
	}
}

func TestCloseEndsWaitingAndWaking(t *testing.T) {
	p := newPoller(t)
	p.state.Store(parked) // as for a Wake that comes while the goroutine closes
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	p.Wake()
	if _, err := p.Wait(time.Time{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Wait after Close: %v, want os.ErrClosed", err)
	}
	if err := p.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("second Close: %v, want os.ErrClosed", err)
	}
}

func TestAddReportsWhatIsWrong(t *testing.T) {
	p := newPoller(t)
	if err := p.Add(-1, 0); !errors.Is(err, unix.EBADF) {
		t.Errorf("Add(-1): %v, want EBADF", err)
	}
}
