package daemon

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLaneDoesDeedsInOrderAndAllBeforeItEnds(t *testing.T) {
	l := newLane()
	var got []int
	for i := range 100 {
		l.do(func() { got = append(got, i) })
	}
	if !l.close(10 * time.Second) {
		t.Fatal("the lane did not end")
	}
	l.do(func() { got = append(got, -1) })
	if len(got) != 100 || !slices.IsSorted(got) {
		t.Errorf("done %v", got)
	}
}

func TestLaneThatHangsIsGivenUp(t *testing.T) {
	l := newLane()
	release := make(chan struct{})
	defer close(release)
	l.do(func() { <-release })
	if l.close(time.Millisecond) {
		t.Error("a lane whose deed hangs claims to have done everything")
	}
}

// A worker that hangs must not hold up the end, one that is nearly done is waited for.
func TestEndWaitsForWorkersButNotForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var workers sync.WaitGroup
		release := make(chan struct{})
		workers.Go(func() { <-release })
		start := time.Now()
		if waitAtMost(&workers, time.Second) || time.Since(start) != time.Second {
			t.Errorf("a worker that hangs was given up after %v, want 1s", time.Since(start))
		}
		time.AfterFunc(time.Millisecond, func() { close(release) })
		start = time.Now()
		if !waitAtMost(&workers, time.Second) || time.Since(start) != time.Millisecond {
			t.Errorf("a worker that ended after 1ms was waited for %v", time.Since(start))
		}
	})
}
