package poll

import (
	"time"

	"golang.org/x/sys/unix"
)

// A clock turns a time.Time into nanoseconds of CLOCK_MONOTONIC, which timerfd wants and time.Time hides.
type clock struct {
	base  time.Time // with its monotonic reading
	nanos int64     // what CLOCK_MONOTONIC showed just after base
}

// clockTries is how often the pair is taken; the tightest one is kept, for a thread may be interrupted
// between the two readings.
const clockTries = 8

func newClock() clock {
	var best clock
	tightest := int64(never)
	for range clockTries {
		before := monotonic()
		base := time.Now()
		after := monotonic()
		if after-before < tightest {
			// The later reading: what error there is makes a deadline late by nanoseconds, and never early,
			// which would cost a second wake-up.
			tightest, best = after-before, clock{base: base, nanos: after}
		}
	}
	return best
}

// at returns the instant t, or never for the zero time.
func (c clock) at(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return c.nanos + int64(t.Sub(c.base))
}

func (c clock) now() int64 {
	return c.nanos + int64(time.Since(c.base))
}

func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic("poll: CLOCK_MONOTONIC: " + err.Error()) // every Linux has it
	}
	return ts.Nano()
}
