package track

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/script"
)

// A program that outlives its timeout gets SIGTERM, after killDelay SIGKILL, and if even that does not
// end it (it may hang in the kernel, on a dead network file system say), SIGKILL again and again.
const (
	killDelay  = 2 * time.Second
	killRepeat = 10 * time.Second
)

// scriptTrack runs one script. Its goroutine alone writes the fields below mu, under mu because States
// reads them; process belongs to the goroutine alone.
type scriptTrack struct {
	cfg    ScriptConfig
	runner Runner
	report func(Result)
	log    *slog.Logger

	process *script.Process // nil while idle

	mu      sync.Mutex
	phase   ScriptPhase
	verdict Hysteresis
	status  int
}

// run runs the script until ctx ends. It calls begun when the first run has been started, or is not to be.
func (t *scriptTrack) run(ctx context.Context, begun func()) {
	defer begun()
	next := time.Now()
	due, patience := time.NewTimer(0), time.NewTimer(time.Hour)
	patience.Stop()
	defer due.Stop()
	defer patience.Stop()
	for ctx.Err() == nil {
		var done <-chan struct{}
		if t.process != nil {
			done = t.process.Done()
		}
		select {
		case <-ctx.Done():
		case <-done:
			patience.Stop()
			t.ended(t.process.Exit())
		case <-patience.C:
			patience.Reset(t.press())
		case <-due.C:
			// From start to start and on a fixed grid: neither the run nor this wake-up's lateness adds up.
			next = following(next, time.Now(), t.cfg.Interval)
			due.Reset(time.Until(next))
			if t.start() {
				patience.Reset(t.cfg.Timeout)
			}
			begun()
		}
	}
	if t.process != nil {
		_ = t.process.Signal(syscall.SIGTERM) // the only error is that it has just ended
	}
}

// following is the first instant after now on the grid; whole intervals that passed unseen (the machine
// was suspended) are not made up for.
func following(at, now time.Time, interval time.Duration) time.Time {
	at = at.Add(interval)
	if late := now.Sub(at); late >= 0 {
		at = at.Add(interval * (1 + late/interval))
	}
	return at
}

// start begins a run unless the one before is not over.
func (t *scriptTrack) start() bool {
	if t.process != nil {
		t.skip()
		return false
	}
	process, err := t.runner.Start(t.cfg.Command)
	if err != nil {
		exit := script.StartStatus(err)
		if exit.Status != t.status {
			t.log.Warn(fmt.Sprintf("VRRP_Script(%s) cannot be run", t.cfg.Name), "error", err)
		}
		t.ended(exit)
		return false
	}
	t.process = process
	t.enter(Running)
	return true
}

func (t *scriptTrack) skip() {
	doing := "already running"
	if t.phase != Running {
		doing = "being timed out"
	}
	t.log.Info(fmt.Sprintf("Track script %s is %s, expect idle - skipping run", t.cfg.Name, doing))
}

// press puts more pressure on a program that has used up its time, and returns how long to wait then.
func (t *scriptTrack) press() time.Duration {
	sig, phase, wait := syscall.SIGKILL, Killing, killRepeat
	if t.phase == Running {
		sig, phase, wait = syscall.SIGTERM, Terminating, killDelay
	}
	t.enter(phase)
	if err := t.process.Signal(sig); err != nil {
		t.log.Debug(fmt.Sprintf("VRRP_Script(%s) cannot be signalled", t.cfg.Name), "signal", int(sig), "error", err)
	}
	return wait
}

func (t *scriptTrack) enter(phase ScriptPhase) {
	t.mu.Lock()
	t.phase = phase
	t.mu.Unlock()
}

// ended takes one result; a program that had to be terminated has failed, however it ended.
func (t *scriptTrack) ended(exit script.Exit) {
	timedOut := t.phase > Running
	success := exit.OK() && !timedOut
	t.process = nil

	t.mu.Lock()
	t.phase = Idle
	returning := !timedOut && exit.Signal == 0 && exit.Status != t.status
	if returning {
		t.status = exit.Status
	}
	changed := t.verdict.Add(success)
	result := Result{Kind: Script, Name: t.cfg.Name, Good: t.verdict.Good(), Value: t.verdict.Counter()}
	t.mu.Unlock()

	if returning {
		t.log.Info(fmt.Sprintf("Script `%s` now returning %d", t.cfg.Name, exit.Status))
	}
	if changed {
		t.log.Info(verdictLine(result, exit, timedOut))
		t.report(result)
	}
}

func verdictLine(result Result, exit script.Exit, timedOut bool) string {
	switch {
	case result.Good:
		return fmt.Sprintf("VRRP_Script(%s) succeeded", result.Name)
	case timedOut:
		return fmt.Sprintf("VRRP_Script(%s) timed_out", result.Name)
	default:
		return fmt.Sprintf("VRRP_Script(%s) failed (%v)", result.Name, exit)
	}
}
