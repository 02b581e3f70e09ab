package track

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/govrrpd/govrrpd/internal/script"
)

// ScriptConfig is one vrrp_script.
type ScriptConfig struct {
	Name     string
	Command  script.Command
	Interval time.Duration // from start to start; must be positive
	Timeout  time.Duration // 0 means Interval
	Rise     int           // successes in a row until GOOD; 0 means 1
	Fall     int           // failures in a row until BAD; 0 means 1
	InitFail bool          // counts as failed before its first result
}

// Runner starts programs; it is a *script.Spawner outside of tests.
type Runner interface {
	Start(script.Command) (*script.Process, error)
}

// ScriptPhase is what a script's program is doing, in the words of keepalived's data dump.
type ScriptPhase uint8

// The phases, in the order in which a program that hangs goes through them.
const (
	Idle ScriptPhase = iota
	Running
	Terminating // has got SIGTERM for its timeout
	Killing     // has got SIGKILL
)

func (p ScriptPhase) String() string {
	return [...]string{"idle", "running", "requested termination", "forcing termination"}[p]
}

// ScriptState is all there is to know of one script at one moment.
type ScriptState struct {
	Name    string
	Phase   ScriptPhase
	Decided bool // there has been a result
	Assumed bool // there has been none, and until then it counts as failed (init_fail)
	Good    bool
	Counter int // 0 to Rise+Fall-1
	Status  int // the last exit status by which the program itself ended
}

// Scripts runs a set of tracking scripts.
type Scripts struct {
	scripts []*scriptTrack
}

// NewScripts prepares the scripts; nothing runs before Run.
func NewScripts(configs []ScriptConfig, runner Runner, report func(Result), log *slog.Logger) *Scripts {
	s := &Scripts{}
	for _, cfg := range configs {
		if cfg.Timeout <= 0 {
			cfg.Timeout = cfg.Interval
		}
		t := &scriptTrack{cfg: cfg, runner: runner, report: report, log: log, verdict: NewHysteresis(cfg.Rise, cfg.Fall)}
		s.scripts = append(s.scripts, t)
	}
	return s
}

// Adopt carries verdicts over from the scripts of the configuration before a reload: a script of the
// same name, command and user keeps its verdict. To be called before Run; previous may be running.
func (s *Scripts) Adopt(previous *Scripts) {
	for _, t := range s.scripts {
		i := slices.IndexFunc(previous.scripts, func(old *scriptTrack) bool {
			return old.cfg.Name == t.cfg.Name && old.cfg.Command.Equal(t.cfg.Command)
		})
		if i < 0 {
			continue
		}
		if old := previous.scripts[i].state(); old.Decided {
			t.adopt(old)
		}
	}
}

// States returns the state of every script, in the order of the configuration.
func (s *Scripts) States() []ScriptState {
	states := make([]ScriptState, len(s.scripts))
	for i, t := range s.scripts {
		states[i] = t.state()
	}
	return states
}

// Run runs the scripts, each at once and then once per interval, until ctx ends. Then programs that are
// still running get SIGTERM, and Run returns without waiting for them.
//
// The first runs begin in the order of the configuration, one after the other, but none waits for long: the file
// system of a script may hang.
func (s *Scripts) Run(ctx context.Context) {
	var running sync.WaitGroup
	turn := make(chan struct{})
	close(turn)
	for _, t := range s.scripts {
		mine, next := turn, make(chan struct{})
		turn = next
		running.Go(func() {
			<-mine
			begun := sync.OnceFunc(func() { close(next) })
			defer time.AfterFunc(startWait, begun).Stop()
			t.run(ctx, begun)
		})
	}
	running.Wait()
}

// startWait is how long a script waits for the start of the one before it.
const startWait = 100 * time.Millisecond

func (t *scriptTrack) state() ScriptState {
	t.mu.Lock()
	defer t.mu.Unlock()
	return ScriptState{
		Name: t.cfg.Name, Phase: t.phase, Status: t.status,
		Decided: t.verdict.Decided(), Assumed: t.cfg.InitFail && !t.verdict.Decided(), Good: t.verdict.Good(), Counter: t.verdict.Counter(),
	}
}

func (t *scriptTrack) adopt(old ScriptState) {
	t.verdict.Decide(old.Good)
	t.status = old.Status
	word := "unsuccessful"
	if old.Good {
		word = "successful"
	}
	t.log.Info(fmt.Sprintf("VRRP_Script(%s) considered %s on reload", t.cfg.Name, word))
}
