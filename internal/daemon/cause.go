package daemon

import (
	"strings"

	"github.com/govrrpd/govrrpd/internal/router"
)

// causeReach is how far back a cause is looked for: what the state machine reports of a Virtual Router's change
// stands just before it.
const causeReach = 24

// cause says in a few words why a Virtual Router or sync group has changed, for the people that scripts tell.
// before are the effects that came with it.
func (d *Daemon) cause(before []router.Effect, e *router.Effect) string {
	switch e.State {
	case router.Stopped:
		return "stop"
	case router.Deleted:
		return "removed by a reload"
	}
	if d.retiring {
		return "removed by a reload"
	}
	before = before[max(0, len(before)-causeReach):]
	for i := len(before) - 1; i >= 0; i-- {
		if b := &before[i]; b.Kind == router.Log && b.VR >= 0 && (b.VR == e.VR || e.VR < 0) && explains(b.Reason) {
			return d.causeText(b)
		}
	}
	for i := len(before) - 1; i >= 0; i-- {
		if b := &before[i]; b.Kind == router.Log && b.Reason == router.LogGroupSync && b.Group == e.Group {
			return "the sync group follows another instance"
		}
	}
	switch {
	case e.Old == router.Initialize:
		return "start"
	case e.Old == router.Fault:
		return "no fault is left"
	case e.Old == router.Master && e.State == router.Backup:
		return "an address, route or rule was removed"
	case e.State == router.Fault:
		return "a fault"
	}
	return ""
}

// causeText is the line of the journal without the name before it.
func (d *Daemon) causeText(e *router.Effect) string {
	vi := d.plan.cfg.Instances[e.VR]
	_, text := d.journal.line(e)
	if text == "" { // a detail, which the journal does not write without -D
		text = detailLine(d.plan, vi, e)
	}
	text = strings.TrimPrefix(text, "("+vi.Name+")")
	return strings.TrimPrefix(strings.TrimPrefix(text, ":"), " ")
}

// explains tells lines that say why something happens from those that say what happens.
func explains(r router.Reason) bool {
	switch r {
	case router.LogFaultTracker, router.LogFaultNoAddress, router.LogFaultSource, router.LogFaultConfig,
		router.LogTrackerFault, router.LogTrackerRecovered, router.LogAdvertTimeout, router.LogMasterRelease,
		router.LogHigherPriority, router.LogHigherAddress, router.LogTimerExpired:
		return true
	}
	return false
}
