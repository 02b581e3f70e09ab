package poll

import (
	"slices"
	"testing"
	"time"
)

const hold = 20 * time.Millisecond

// busy brings the Poller to the point where a hold has begun: two packets in quick succession.
func busy(t *testing.T, p *Poller, s pair) (held time.Time) {
	t.Helper()
	for range 100 {
		before := p.moderation.until
		s.send(t)
		held = time.Now()
		wait(t, p, held.Add(soon))
		s.drain(t)
		if p.moderation.until > before {
			return held
		}
	}
	t.Fatal("packets in quick succession begin no hold")
	return held
}

func TestBusySocketWakesOncePerHold(t *testing.T) {
	p := newPoller(t)
	s := newPair(t, p, 1)
	p.Moderate(hold)
	busy(t, p, s)
	for range 5 {
		last := p.moderation.reportedAt
		s.send(t)
		s.send(t)
		if got := wait(t, p, time.Now().Add(soon)); !slices.Equal(got, []Token{1}) {
			t.Fatalf("got %v, want the packets that waited", got)
		}
		if got := time.Duration(p.moderation.reportedAt - last); got < hold {
			t.Fatalf("woken after %v, within the hold of %v", got, hold)
		}
		if got := s.drain(t); got != 2 {
			t.Errorf("%d packets, want both", got)
		}
	}
}

func TestFloodWakesOncePerHold(t *testing.T) {
	p := newPoller(t)
	s := newPair(t, p, 1)
	p.Moderate(hold)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for ticker := time.NewTicker(time.Millisecond / 4); ; {
			select {
			case <-ticker.C:
				s.send(t)
			case <-stop:
				return
			}
		}
	}()
	wakes, packets := 0, 0
	start := time.Now()
	for time.Since(start) < 15*hold {
		if got := wait(t, p, start.Add(soon)); len(got) != 1 {
			t.Fatalf("woken for nothing: %v", got)
		}
		wakes++
		packets += s.drain(t)
	}
	close(stop)
	<-stopped
	// One more for the beginning, one for the end.
	if most := int(time.Since(start)/hold) + 2; wakes > most {
		t.Errorf("%d wake-ups for %d packets in %v, want at most %d", wakes, packets, time.Since(start), most)
	}
	if packets <= 2*wakes {
		t.Fatalf("%d packets are no flood", packets)
	}
}

func TestLonePacketIsReportedAtOnce(t *testing.T) {
	p := newPoller(t)
	s := newPair(t, p, 1)
	const long = time.Minute
	p.Moderate(long)
	p.moderation.reportedAt = p.clock.now() - int64(2*long)
	start := time.Now()
	s.send(t)
	if got := wait(t, p, start.Add(soon)); !slices.Equal(got, []Token{1}) || time.Since(start) >= soon {
		t.Fatalf("got %v after %v, want the lone packet at once", got, time.Since(start))
	}
	s.drain(t)
	// It begins no hold either: nothing but the deadline wakes the goroutine after it.
	wait(t, p, time.Now().Add(time.Millisecond))
	if p.moderation.disarmed || p.moderation.holdEnd() != never {
		t.Errorf("moderation %+v after a lone packet, want the sockets armed", p.moderation)
	}
}

func TestHoldDelaysNeitherDeadlineNorWake(t *testing.T) {
	p := newPoller(t)
	s := newPair(t, p, 1)
	p.Moderate(time.Minute)
	start := busy(t, p, s)
	s.send(t)
	deadline := time.Now().Add(2 * time.Millisecond)
	// The packet came before the deadline, so it is reported with it: it may be what moves the deadline.
	if got := wait(t, p, deadline); !slices.Equal(got, []Token{1}) {
		t.Errorf("got %v at the deadline, want the packet that is there", got)
	}
	if early := time.Until(deadline); early > 0 {
		t.Errorf("the packet cut the hold short by %v", early)
	}
	s.drain(t)
	s.send(t)
	time.AfterFunc(time.Millisecond, p.Wake)
	if got := wait(t, p, start.Add(soon)); !slices.Equal(got, []Token{1}) {
		t.Errorf("got %v at the Wake, want the packet that is there", got)
	}
	if got := time.Since(start); got > soon {
		t.Errorf("the hold delayed a Wake to %v", got)
	}
}

func TestQuietSocketIsArmedAgainWithoutAReport(t *testing.T) {
	p := newPoller(t)
	s := newPair(t, p, 1)
	p.Moderate(hold)
	start := busy(t, p, s)
	deadline := start.Add(3 * hold)
	if got := wait(t, p, deadline); len(got) != 0 {
		t.Errorf("got %v of a quiet socket", got)
	}
	if early := time.Until(deadline); early > 0 {
		t.Errorf("the end of a hold without packets ended Wait %v early", early)
	}
	s.send(t)
	if got := wait(t, p, time.Now().Add(soon)); !slices.Equal(got, []Token{1}) {
		t.Errorf("got %v after the hold, want the packet", got)
	}
}

func TestModerationCanBeTurnedOff(t *testing.T) {
	p := newPoller(t)
	s := newPair(t, p, 1)
	p.Moderate(time.Minute)
	start := busy(t, p, s)
	p.Moderate(0)
	for range 5 {
		s.send(t)
		if got := wait(t, p, start.Add(soon)); !slices.Equal(got, []Token{1}) || time.Since(start) >= soon {
			t.Fatalf("got %v after %v, want each packet at once", got, time.Since(start))
		}
		s.drain(t)
	}
}
