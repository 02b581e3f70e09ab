package poll

import (
	"testing"
	"time"
)

func TestWaitAllocatesNothing(t *testing.T) {
	for _, hold := range []time.Duration{0, 100 * time.Microsecond} {
		p := newPoller(t)
		s := newPair(t, p, 1)
		p.Moderate(hold)
		allocs := testing.AllocsPerRun(200, func() {
			s.send(t)
			wait(t, p, time.Now().Add(time.Second)) // ends with a socket
			s.drain(t)
			wait(t, p, time.Now().Add(200*time.Microsecond)) // sleeps, ends with the deadline
			p.Wake()
			wait(t, p, time.Time{})
			wait(t, p, time.Now().Add(-time.Second))
		})
		if allocs != 0 {
			t.Errorf("hold %v: %v allocations in four Waits, want none", hold, allocs)
		}
	}
}

func BenchmarkWaitReadySocket(b *testing.B) {
	p := newPoller(b)
	newPair(b, p, 1).send(b)
	deadline := time.Now().Add(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		wait(b, p, deadline)
	}
}

func BenchmarkWaitNewDeadline(b *testing.B) {
	p := newPoller(b)
	newPair(b, p, 1).send(b)
	deadline := time.Now().Add(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		deadline = deadline.Add(time.Millisecond)
		wait(b, p, deadline)
	}
}

// BenchmarkDeadline reports by how much a sleeping goroutine misses its deadline.
func BenchmarkDeadline(b *testing.B) {
	p := newPoller(b)
	var late time.Duration
	for b.Loop() {
		deadline := time.Now().Add(time.Millisecond)
		wait(b, p, deadline)
		late += time.Since(deadline)
	}
	b.ReportMetric(float64(late.Nanoseconds())/float64(b.N), "ns-late/op")
}
