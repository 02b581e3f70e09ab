package lint

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// checkTrackers looks at what is defined to be tracked.
func (l *linter) checkTrackers() {
	tracked := l.trackedNames()
	unused := func(kind, list, name string, at syntax.Span) {
		if !tracked[trackedName{list, name}] {
			l.warn(CodeUnusedTracker, at, "name it in "+list+" { … } of an instance or a sync group", "%s %s is tracked by nobody, so that it has no effect", kind, name)
		}
	}
	for _, s := range l.cfg.Scripts {
		unused("vrrp_script", "track_script", s.Name, s.Span)
		l.checkSpeed(s)
		l.checkOutcome(s)
	}
	for _, f := range l.cfg.TrackFiles {
		unused("track_file", "track_file", f.Name, f.Span)
	}
	for _, p := range l.cfg.TrackProcesses {
		unused("vrrp_track_process", "track_process", p.Name, p.Span)
	}
}

type trackedName struct{ list, name string }

// trackedNames are the names in all track_* blocks of the file, those among them that were refused: an error
// says so already.
func (l *linter) trackedNames() map[trackedName]bool {
	names := map[trackedName]bool{}
	for _, outer := range l.tree.Root.Statements {
		if outer.Block == nil || outer.Keyword() != "vrrp_instance" && outer.Keyword() != "vrrp_sync_group" {
			continue
		}
		for _, s := range outer.Block.Statements {
			if s.Block == nil {
				continue
			}
			for _, line := range s.Block.Statements {
				names[trackedName{strings.TrimPrefix(s.Keyword(), "vrrp_"), line.Keyword()}] = true
			}
		}
	}
	return names
}

// slow is how late a change may count before it is worth a word: a dead router is replaced within seconds.
const slow = time.Minute

// checkSpeed works out how long a failure and a recovery take to count. Runs start once per interval; one that
// hangs is ended after the timeout, and the next then waits for the following start.
func (l *linter) checkSpeed(s *config.Script) {
	run := s.Interval
	if s.Timeout > s.Interval {
		run = (s.Timeout + s.Interval - 1) / s.Interval * s.Interval
	}
	failure, recovery := time.Duration(s.Fall)*run, time.Duration(s.Rise)*s.Interval
	switch {
	case s.Fall > 1 && failure > slow:
		l.note(CodeSlowTracker, s.Span, "lower fall, interval or timeout", "vrrp_script %s takes up to %v to find a failure: fall %d, once in %v", s.Name, failure, s.Fall, run)
	case s.Rise > 1 && recovery > slow:
		l.note(CodeSlowTracker, s.Span, "lower rise or interval", "vrrp_script %s takes %v to find that all is well again: rise %d, once in %v", s.Name, recovery, s.Rise, s.Interval)
	}
}

// checkOutcome finds scripts whose result is known before they run.
func (l *linter) checkOutcome(s *config.Script) {
	args := s.Command.Args
	if len(args) == 0 {
		return
	}
	switch script := shellScript(args); {
	case path.Base(args[0]) == "true", path.Base(args[0]) == "echo", script != "" && alwaysSucceeds(script):
		l.warn(CodeCannotFail, s.Command.Span, "run something that fails when the service does", "vrrp_script %s cannot fail: nothing that tracks it ever changes", s.Name)
	case path.Base(args[0]) == "false", script == "false", script == "exit 1":
		l.warn(CodeAlwaysFails, s.Command.Span, "run something that succeeds while the service works", "vrrp_script %s never succeeds: what tracks it has failed from the start", s.Name)
	}
}

// shellScript is the script of `sh -c SCRIPT`, or "".
func shellScript(args []string) string {
	if len(args) == 3 && args[1] == "-c" && slices.Contains(shells, path.Base(args[0])) {
		return strings.TrimSpace(args[2])
	}
	return ""
}

var shells = []string{"sh", "bash", "dash", "ash", "ksh", "zsh"}

// alwaysSucceeds recognises scripts that end well whatever happens in them.
func alwaysSucceeds(script string) bool {
	switch script {
	case "true", ":", "exit 0":
		return true
	}
	for _, end := range []string{"|| true", "|| :", "|| exit 0"} {
		if before, ok := strings.CutSuffix(script, end); ok {
			return !strings.Contains(before, "exit")
		}
	}
	return false
}

// checkDevices finds weights of interfaces that an address, a route or a rule of the instance needs: their
// failure is a fault in any case.
func (l *linter) checkDevices(vi *config.Instance) {
	if len(vi.TrackInterfaces) == 0 {
		return
	}
	needs := map[string]string{}
	for _, a := range slices.Concat(vi.VIPs, vi.ExcludedVIPs) {
		if !a.NoTrack && a.DevGiven {
			needs[a.Interface] = "address " + a.Prefix.Addr().String()
		}
	}
	for _, r := range vi.Routes {
		if !r.NoTrack && r.Dev != "" {
			needs[r.Dev] = "a virtual route"
		}
	}
	for _, r := range vi.Rules {
		if !r.NoTrack && r.IIF != "" {
			needs[r.IIF] = "a virtual rule"
		}
	}
	for _, t := range vi.TrackInterfaces {
		if what := needs[t.Name]; what != "" && t.Weight != 0 {
			l.warn(CodeWeightOfDevice, t.Span, "write no_track behind what is there, or track without a weight",
				"(%s) %s is tracked with weight %d and carries %s: to keepalived its failure is then a fault, whatever the weight", vi.Name, t.Name, t.Weight, what)
		}
	}
}
