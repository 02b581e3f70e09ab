package daemon

import (
	"fmt"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/dump"
)

// figures are what govrrpd counts beside keepalived's counters: the last section of keepalived.data. Whoever has
// more to tell adds a list of lines here. The loop calls it.
func (d *Daemon) figures() []dump.Line {
	return slices.Concat(
		d.lateness.figures(),
		d.plan.guardianFigures(),
		d.splitBrainFigures(),
		d.teller.figures(),
	)
}

// figure is one line with a number.
func figure(name string, n int) dump.Line {
	return dump.Line{Name: name, Value: fmt.Sprint(n)}
}

// timing is one line with a duration, in seconds and microseconds as keepalived prints them.
func timing(name string, t time.Duration) dump.Line {
	return dump.Line{Name: name, Value: precise(t) + " secs"}
}
