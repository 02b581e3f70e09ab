package daemon

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestInboxKeepsOrderAndStopsInTimeForAdverts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		woken := 0
		b := inbox{wake: func() { woken++ }}
		var got []int
		for i := range 4 {
			b.post(func() {
				got = append(got, i)
				time.Sleep(drainTime * 3 / 5) // virtual
			})
		}
		woken = 0
		b.drain()
		if want := []int{0, 1}; !slices.Equal(got, want) || woken != 1 {
			t.Fatalf("the first turn did %v and woke the loop %d times, want %v and once", got, woken, want)
		}
		b.post(func() { got = append(got, 4) })
		for range 3 {
			b.drain()
		}
		if want := []int{0, 1, 2, 3, 4}; !slices.Equal(got, want) {
			t.Errorf("done %v, want %v", got, want)
		}
	})
}

func TestPostedFromTheInboxComesNextTime(t *testing.T) {
	b := inbox{wake: func() {}}
	count := 0
	b.post(func() { b.post(func() { count++ }) })
	b.drain()
	if count != 0 {
		t.Error("what was posted during a turn was done in it: the loop might never come back to adverts")
	}
	b.drain()
	if count != 1 {
		t.Errorf("done %d times, want once", count)
	}
}
