package track

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govrrpd/govrrpd/internal/script"
)

// journal collects log lines and results, each with the time since the test began.
type journal struct {
	mu    sync.Mutex
	began time.Time
	lines []string
}

func newJournal() *journal { return &journal{began: time.Now()} }

func (j *journal) add(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf("%v %s", time.Since(j.began), text))
}

func (j *journal) Write(line []byte) (int, error) {
	j.add(strings.TrimSpace(string(line)))
	return len(line), nil
}

func (j *journal) report(r Result) {
	j.add(fmt.Sprintf("%v %s good=%v value=%d", r.Kind, r.Name, r.Good, r.Value))
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

// expect compares what has happened since the last call; messages lose slog's quoting.
func (j *journal) expect(t *testing.T, want ...string) {
	t.Helper()
	got := j.take()
	for i, line := range got {
		got[i] = strings.NewReplacer(`msg="`, "", `"`, "").Replace(line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// fakeProgram is a program of virtual time: it runs for a while, then exits; deaf to SIGTERM, or to all.
type fakeProgram struct {
	lasts time.Duration
	exit  script.Exit
	deaf  []syscall.Signal
	err   error
}

// fakeRunner runs programs in the given order, the last one for ever.
type fakeRunner struct {
	journal  *journal
	programs []fakeProgram
	started  atomic.Int32
}

func (r *fakeRunner) Start(script.Command) (*script.Process, error) {
	program := r.programs[min(int(r.started.Add(1)), len(r.programs))-1]
	if program.err != nil {
		return nil, program.err
	}
	killed := make(chan syscall.Signal, 100)
	process, finish := script.NewProcess(1, func(sig syscall.Signal) error {
		r.journal.add("signal " + sig.String())
		killed <- sig
		return nil
	})
	go func() {
		over := time.After(program.lasts)
		for {
			select {
			case <-over:
				finish(program.exit)
				return
			case sig := <-killed:
				if !slices.Contains(program.deaf, sig) {
					finish(script.Exit{Signal: sig})
					return
				}
			}
		}
	}()
	return process, nil
}

// inBubble runs one script for the given virtual time.
func inBubble(t *testing.T, cfg ScriptConfig, programs []fakeProgram, story func(s *Scripts, r *fakeRunner, j *journal)) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		r := &fakeRunner{journal: j, programs: programs}
		cfg.Name = "S"
		s := NewScripts([]ScriptConfig{cfg}, r, j.report, j.logger())
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { s.Run(ctx) })
		story(s, r, j)
		cancel()
		running.Wait()
	})
}

func after(d time.Duration) {
	time.Sleep(d) // of the bubble's clock
	synctest.Wait()
}

func TestScriptRunsAtOnceAndThenEveryIntervalWithoutDrift(t *testing.T) {
	cfg := ScriptConfig{Interval: 1500 * time.Millisecond}
	inBubble(t, cfg, []fakeProgram{{lasts: 100 * time.Millisecond}}, func(s *Scripts, r *fakeRunner, j *journal) {
		after(10 * time.Millisecond)
		if got := s.States()[0]; got.Phase != Running || got.Decided || r.started.Load() != 1 {
			t.Errorf("after the start: %+v, %d runs", got, r.started.Load())
		}
		after(10_000*cfg.Interval - 20*time.Millisecond)
		if r.started.Load() != 10_000 {
			t.Errorf("%d runs in 10000 intervals", r.started.Load())
		}
		after(10 * time.Millisecond)
		if r.started.Load() != 10_001 {
			t.Errorf("run 10001 drifted: %d runs", r.started.Load())
		}
		j.expect(t, "100ms VRRP_Script(S) succeeded", "100ms script S good=true value=1")
	})
}

// orderRunner notes what is started when; "hangs" takes long to be started.
type orderRunner struct {
	began   time.Time
	mu      sync.Mutex
	started []string
}

func (r *orderRunner) Start(cmd script.Command) (*script.Process, error) {
	if cmd.Args[0] == "hangs" {
		time.Sleep(time.Minute)
	} else {
		time.Sleep(time.Millisecond)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = append(r.started, fmt.Sprintf("%v %s", time.Since(r.began), cmd.Args[0]))
	return nil, syscall.ENOENT
}

func TestScriptsBeginInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, j := &orderRunner{began: time.Now()}, newJournal()
		var configs []ScriptConfig
		for _, name := range []string{"a", "b", "c", "hangs", "d"} {
			configs = append(configs, ScriptConfig{Name: name, Command: script.Command{Args: []string{name}}, Interval: time.Hour})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		NewScripts(configs, r, j.report, j.logger()).Run(ctx)
		want := []string{"1ms a", "2ms b", "3ms c", "104ms d", "1m0.003s hangs"}
		if !slices.Equal(r.started, want) {
			t.Errorf("started %q, want %q", r.started, want)
		}
	})
}

func TestLateWakeUpDoesNotShiftTheGrid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		r := &fakeRunner{journal: j, programs: []fakeProgram{{lasts: 900 * time.Millisecond}, {lasts: time.Millisecond}}}
		slow := func(Result) { time.Sleep(200 * time.Millisecond) } // makes the run due at 1 s begin at 1.1 s
		s := NewScripts([]ScriptConfig{{Name: "S", Interval: time.Second}}, r, slow, j.logger())
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { s.Run(ctx) })
		after(2050 * time.Millisecond)
		if n := r.started.Load(); n != 3 {
			t.Errorf("%d runs until 2.05 s, want those of 0, 1 and 2 s", n)
		}
		cancel()
		running.Wait()
	})
}

func TestScriptVerdictFollowsRiseAndFall(t *testing.T) {
	program := func(status int, sig syscall.Signal) fakeProgram {
		return fakeProgram{exit: script.Exit{Status: status, Signal: sig}}
	}
	programs := []fakeProgram{
		program(3, 0), program(0, 0), program(0, 0), program(0, 0), program(4, 0), program(0, syscall.SIGABRT),
		program(4, 0), program(0, 0),
	}
	inBubble(t, ScriptConfig{Interval: time.Second, Rise: 2, Fall: 2}, programs, func(s *Scripts, r *fakeRunner, j *journal) {
		after(7500 * time.Millisecond)
		j.expect(t,
			"0s Script `S` now returning 3", "0s VRRP_Script(S) failed (exited with status 3)", "0s script S good=false value=0",
			"1s Script `S` now returning 0",
			"2s VRRP_Script(S) succeeded", "2s script S good=true value=3",
			"4s Script `S` now returning 4",
			"5s VRRP_Script(S) failed (due to signal 6)", "5s script S good=false value=0",
			"7s Script `S` now returning 0",
		)
		if got, want := s.States()[0], (ScriptState{Name: "S", Decided: true, Counter: 1}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func TestHangingScriptIsTerminatedThenKilledAndHasFailed(t *testing.T) {
	programs := []fakeProgram{
		{lasts: time.Hour, deaf: []syscall.Signal{syscall.SIGTERM}},
		{lasts: time.Hour, deaf: []syscall.Signal{syscall.SIGTERM}},
		{lasts: time.Second},
	}
	cfg := ScriptConfig{Interval: 2 * time.Second, Timeout: 3 * time.Second}
	inBubble(t, cfg, programs, func(s *Scripts, r *fakeRunner, j *journal) {
		phases := []string{}
		for range 6 {
			after(time.Second - time.Millisecond)
			phases = append(phases, s.States()[0].Phase.String())
			after(time.Millisecond)
		}
		if got := strings.Join(phases, ","); got != "running,running,running,requested termination,requested termination,idle" {
			t.Error(got)
		}
		j.expect(t,
			"2s Track script S is already running, expect idle - skipping run",
			"3s signal terminated", "4s Track script S is being timed out, expect idle - skipping run", "5s signal killed",
			"5s VRRP_Script(S) timed_out", "5s script S good=false value=0",
		)
		after(8 * time.Second) // a second time: the state is the same
		j.expect(t, "8s Track script S is already running, expect idle - skipping run",
			"9s signal terminated", "10s Track script S is being timed out, expect idle - skipping run", "11s signal killed",
			"13s VRRP_Script(S) succeeded", "13s script S good=true value=1")
	})
}

func TestRunIsSkippedWhileTheScriptIsBeingTimedOut(t *testing.T) {
	deaf := []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}
	cfg := ScriptConfig{Interval: 4 * time.Second, Timeout: time.Second}
	inBubble(t, cfg, []fakeProgram{{lasts: 25 * time.Second, deaf: deaf}, {}}, func(s *Scripts, r *fakeRunner, j *journal) {
		after(3500 * time.Millisecond)
		if got := s.States()[0].Phase.String(); got != "forcing termination" {
			t.Error(got)
		}
		after(25 * time.Second)
		j.expect(t, "1s signal terminated", "3s signal killed",
			"4s Track script S is being timed out, expect idle - skipping run", "8s Track script S is being timed out, expect idle - skipping run",
			"12s Track script S is being timed out, expect idle - skipping run", "13s signal killed",
			"16s Track script S is being timed out, expect idle - skipping run", "20s Track script S is being timed out, expect idle - skipping run",
			"23s signal killed", "24s Track script S is being timed out, expect idle - skipping run",
			"25s VRRP_Script(S) timed_out", "25s script S good=false value=0",
			"28s VRRP_Script(S) succeeded", "28s script S good=true value=1")
	})
}

func TestTimeoutIsTheIntervalByDefault(t *testing.T) {
	inBubble(t, ScriptConfig{Interval: 2 * time.Second}, []fakeProgram{{lasts: time.Hour}}, func(s *Scripts, r *fakeRunner, j *journal) {
		after(2100 * time.Millisecond)
		if got := strings.Join(j.take(), "\n"); !strings.Contains(got, "2s signal terminated") || !strings.Contains(got, "timed_out") {
			t.Error(got)
		}
	})
}

func TestEverySkippedRunIsTold(t *testing.T) {
	programs := []fakeProgram{{lasts: 2500 * time.Millisecond}}
	cfg := ScriptConfig{Interval: time.Second, Timeout: 5 * time.Second}
	inBubble(t, cfg, programs, func(s *Scripts, r *fakeRunner, j *journal) {
		after(4100 * time.Millisecond)
		j.expect(t, "1s Track script S is already running, expect idle - skipping run",
			"2s Track script S is already running, expect idle - skipping run",
			"2.5s VRRP_Script(S) succeeded", "2.5s script S good=true value=1",
			"4s Track script S is already running, expect idle - skipping run")
	})
}

func TestScriptThatCannotBeStartedHasFailed(t *testing.T) {
	missing := fmt.Errorf("start /x: %w", syscall.ENOENT)
	programs := []fakeProgram{{err: missing}, {err: missing}, {err: errors.New("start /x: out of memory")}, {}}
	inBubble(t, ScriptConfig{Interval: time.Second}, programs, func(s *Scripts, r *fakeRunner, j *journal) {
		after(3100 * time.Millisecond)
		j.expect(t,
			"0s VRRP_Script(S) cannot be run error=start /x: no such file or directory",
			"0s Script `S` now returning 127", "0s VRRP_Script(S) failed (exited with status 127)", "0s script S good=false value=0",
			"2s VRRP_Script(S) cannot be run error=start /x: out of memory", "2s Script `S` now returning 126",
			"3s Script `S` now returning 0", "3s VRRP_Script(S) succeeded", "3s script S good=true value=1")
	})
}

// What init_fail assumes is no result: the first one is reported, also when it is the failure.
func TestInitFailIsAssumedUntilTheFirstResult(t *testing.T) {
	cfg := ScriptConfig{Interval: time.Second, Rise: 3, InitFail: true}
	inBubble(t, cfg, []fakeProgram{{exit: script.Exit{Status: 1}, lasts: time.Millisecond}}, func(s *Scripts, r *fakeRunner, j *journal) {
		synctest.Wait()
		if got := s.States()[0]; got.Decided || !got.Assumed || got.Good {
			t.Errorf("before the first result %+v", got)
		}
		after(500 * time.Millisecond)
		j.expect(t, "1ms Script `S` now returning 1", "1ms VRRP_Script(S) failed (exited with status 1)", "1ms script S good=false value=0")
		if got := s.States()[0]; !got.Decided || got.Assumed || got.Good {
			t.Errorf("after the first result %+v", got)
		}
	})
}

func TestStopTerminatesWhatRuns(t *testing.T) {
	var kept *journal
	inBubble(t, ScriptConfig{Interval: time.Second}, []fakeProgram{{lasts: 10 * time.Second}}, func(s *Scripts, r *fakeRunner, j *journal) {
		after(100 * time.Millisecond)
		kept = j
	})
	if got := strings.Join(kept.take(), "\n"); got != "100ms signal terminated" {
		t.Errorf("after the end of Run: %q", got)
	}
}

func TestReloadKeepsVerdictsOfTheSameCommandAndUser(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	cmd := func(path string, uid uint32) script.Command { return script.Command{Args: []string{path}, UID: uid} }
	old := NewScripts([]ScriptConfig{
		{Name: "good", Command: cmd("/a", 0)}, {Name: "bad", Command: cmd("/b", 0)}, {Name: "undecided", Command: cmd("/c", 0)},
		{Name: "edited", Command: cmd("/d", 0)}, {Name: "user", Command: cmd("/e", 0)},
	}, nil, nil, logger)
	for _, i := range []int{0, 3, 4} {
		old.scripts[i].verdict.Decide(true)
	}
	old.scripts[1].verdict.Decide(false)
	old.scripts[1].status = 7
	next := NewScripts([]ScriptConfig{
		{Name: "bad", Command: cmd("/b", 0)}, {Name: "good", Command: cmd("/a", 0), Rise: 2, Fall: 5}, {Name: "undecided", Command: cmd("/c", 0)},
		{Name: "edited", Command: cmd("/dd", 0)}, {Name: "user", Command: cmd("/e", 9)}, {Name: "new", Command: cmd("/a", 0)},
	}, nil, nil, logger)
	next.Adopt(old)
	want := []ScriptState{
		{Name: "bad", Decided: true, Status: 7}, {Name: "good", Decided: true, Good: true, Counter: 6},
		{Name: "undecided"}, {Name: "edited"}, {Name: "user"}, {Name: "new"},
	}
	if got := next.States(); !slices.Equal(got, want) {
		// an undecided counter is rise-1 = 0
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, line := range []string{"VRRP_Script(good) considered successful on reload", "VRRP_Script(bad) considered unsuccessful on reload"} {
		if strings.Count(log.String(), line) != 1 {
			t.Errorf("log lacks %q:\n%s", line, log.String())
		}
	}
	if strings.Count(log.String(), "considered") != 2 {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestGridIsKeptAcrossASuspendedMachine(t *testing.T) {
	at := time.Unix(100, 0)
	for late, want := range map[time.Duration]time.Duration{
		0: 3 * time.Second, time.Second: 3 * time.Second, 3 * time.Second: 6 * time.Second, time.Hour + time.Second: time.Hour + 3*time.Second,
	} {
		if got := following(at, at.Add(late), 3*time.Second).Sub(at); got != want {
			t.Errorf("woken %v late: next after %v, want %v", late, got, want)
		}
	}
}

// TestRealScriptsAreJudged runs real programs; only the order of things is claimed, not their times.
func TestRealScriptsAreJudged(t *testing.T) {
	spawner := &script.Spawner{}
	defer spawner.Close()
	sh := func(line string) script.Command {
		return script.Command{Args: []string{"/bin/sh", "-c", line}, UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
	}
	results := make(chan Result, 10)
	s := NewScripts([]ScriptConfig{
		{Name: "ok", Command: sh("exit 0"), Interval: time.Hour},
		{Name: "no", Command: sh("exit 1"), Interval: time.Hour},
		{Name: "hangs", Command: sh("trap '' TERM; while :; do sleep 0.1; done"), Interval: time.Hour, Timeout: 50 * time.Millisecond},
	}, spawner, func(r Result) { results <- r }, newJournal().logger())
	go s.Run(t.Context())
	got := map[string]bool{}
	for range 3 {
		select {
		case r := <-results:
			got[r.Name] = r.Good
		case <-time.After(20 * time.Second):
			t.Fatalf("only %v have been judged", got)
		}
	}
	if want := map[string]bool{"ok": true, "no": false, "hangs": false}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
