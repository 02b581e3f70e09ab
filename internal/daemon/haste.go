package daemon

import (
	"fmt"
	"time"
)

// late reports a deadline that was served so late (min_auto_priority_delay) that other routers may have taken
// over by now: the machine is overloaded. If the configuration allows it, the process becomes more urgent, once
// the adverts of this moment have left.
func (d *Daemon) late(by time.Duration) {
	d.log.Info(fmt.Sprintf("A thread timer expired %s seconds ago", precise(by)))
	d.inbox.post(d.raisePriority)
}

// raisePriority raises the real-time priority by one, up to max_auto_priority. It stays for good: what happened
// once will happen again.
func (d *Daemon) raisePriority() {
	g := &d.plan.cfg.Global
	next := max(d.raisedTo, g.RealtimePriority) + 1
	if next > g.MaxAutoPriority {
		return
	}
	d.raisedTo = next // also if it fails, so that each step is tried once
	if problems := d.process.apply(g, next); len(problems) > 0 {
		d.log.Warn(fmt.Sprintf("%v, as max_auto_priority wants", problems[0]))
		return
	}
	d.log.Info(fmt.Sprintf("Set realtime priority %d", next))
}
