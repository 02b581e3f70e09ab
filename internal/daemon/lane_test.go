package daemon

import (
	"slices"
	"testing"
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
