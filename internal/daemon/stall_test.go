package daemon

import (
	"testing"
	"time"
)

// A clock that somebody sets is no sleep; a sleep is one, however the clock was set in it.
func TestSleepIsToldFromASetClock(t *testing.T) {
	slept := 20 * time.Hour // before we were started
	total := func() time.Duration { return slept }
	now := time.Now()
	var w sleepWatch
	for _, step := range []struct {
		name  string
		ahead time.Duration // of the date, against the monotonic clock
		sleep time.Duration
		want  time.Duration
	}{
		{"the first look", 0, 0, 0},
		{"nothing", 0, 0, 0},
		{"the clock is set", time.Hour, 0, 0},
		{"and set back", 0, 0, 0},
		{"a sleep", 30 * time.Second, 30 * time.Second, 30 * time.Second},
		{"and work", 30 * time.Second, 0, 0},
		{"another sleep, with a correction of the clock", 90 * time.Second, 59 * time.Second, 59 * time.Second},
	} {
		slept += step.sleep
		now = now.Add(time.Second)
		if got := w.since(now.Round(0).Add(step.ahead), now, total); got != step.want {
			t.Errorf("%s: slept %v, want %v", step.name, got, step.want)
		}
	}
}
