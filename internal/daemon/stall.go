package daemon

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/router"
)

// guardAgainstStalls tells the state machine when the loop has not run for so long that others may have taken over
// (stall_guard). It comes before the packets that have come in meanwhile are read.
func (d *Daemon) guardAgainstStalls(now time.Time, late time.Duration) {
	asleep := d.sleep.since(now.Round(0), now, suspended)
	if asleep == 0 && late < noticeable || !d.plan.cfg.Global.StallGuard {
		return
	}
	d.perform(d.router.Step(now, router.Event{Kind: router.Stalled, Late: late, Asleep: asleep}))
}

// sleepWatch notices that the machine was suspended, which the monotonic clock does not count.
type sleepWatch struct {
	date, seen time.Time     // of the last look: by the calendar, and with the monotonic clock
	total      time.Duration // that the machine has slept since it was started
}

// ahead is by how much the date must run ahead of the monotonic clock for a look at how long the machine has slept:
// that look is a system call, and somebody setting the clock is no sleep.
const ahead = 50 * time.Millisecond

// since is for how long the machine has slept since the last call. total asks the kernel.
func (w *sleepWatch) since(date, now time.Time, total func() time.Duration) time.Duration {
	drift := date.Sub(w.date) - now.Sub(w.seen)
	first := w.seen.IsZero()
	w.date, w.seen = date, now
	if first {
		w.total = total()
		return 0
	}
	if drift < ahead {
		return 0
	}
	slept := total() - w.total
	w.total += slept
	return max(0, slept)
}

// suspended is for how long the machine has slept since it was started; a resolution that two readings in succession
// can have is cut off.
func suspended() time.Duration {
	var boot, monotonic unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) != nil || unix.ClockGettime(unix.CLOCK_MONOTONIC, &monotonic) != nil {
		return 0
	}
	return time.Duration(boot.Nano() - monotonic.Nano()).Truncate(10 * time.Millisecond)
}

// stalledLine is the one line about a stall: how long, and what it led to.
func stalledLine(e *router.Effect) string {
	length := precise(time.Duration(e.Value))
	if e.Priority != 0 {
		return fmt.Sprintf("The machine slept for %s seconds: listening for another Master before speaking again (%s)", length, instances(int(e.Want)))
	}
	var parts []string
	if e.Want > 0 {
		parts = append(parts, fmt.Sprintf("another Master has spoken, stepping back (%s)", instances(int(e.Want))))
	}
	if e.Count > 0 {
		parts = append(parts, fmt.Sprintf("nobody has taken over for good, announcing the addresses anew (%s)", instances(e.Count)))
	}
	return fmt.Sprintf("Stood still for %s seconds: %s", length, strings.Join(parts, "; "))
}

func instances(n int) string {
	if n == 1 {
		return "1 instance"
	}
	return fmt.Sprintf("%d instances", n)
}
