package daemon

import (
	"time"

	"github.com/govrrpd/govrrpd/internal/dump"
)

// lateness is what is remembered of deadlines that were missed: how well the machine lets us work.
type lateness struct {
	count                int
	stalls               int // that were long enough to cost a Master its role
	last, longest, total time.Duration
}

// noticeable is from which lateness on a deadline counts as missed. A busy machine makes every process wait for
// some milliseconds.
const noticeable = 10 * time.Millisecond

func (l *lateness) note(late time.Duration) {
	if late < noticeable {
		return
	}
	l.count++
	l.last = late
	l.longest = max(l.longest, late)
	l.total += late
}

func (l *lateness) figures() []dump.Line {
	return []dump.Line{
		figure("Late timers", l.count),
		timing("Last lateness", l.last),
		timing("Longest lateness", l.longest),
		timing("Total lateness", l.total),
		figure("Stalls", l.stalls),
	}
}

// missedBy is by how much a deadline was missed, the zero deadline by nothing.
func missedBy(deadline, now time.Time) time.Duration {
	if deadline.IsZero() {
		return 0
	}
	return now.Sub(deadline)
}
