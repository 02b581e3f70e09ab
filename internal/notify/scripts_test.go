package notify

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govrrpd/govrrpd/internal/script"
)

// fakeRunner runs commands of the form {"name", "duration"} in virtual time and notes what happens.
type fakeRunner struct {
	mu     sync.Mutex
	began  time.Time
	events []string
}

func (r *fakeRunner) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf("%v %s", time.Since(r.began), text))
}

func (r *fakeRunner) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

func (r *fakeRunner) Start(cmd script.Command) (*script.Process, error) {
	lasts, err := time.ParseDuration(cmd.Args[1])
	if err != nil {
		return nil, fmt.Errorf("start: %w", syscall.ENOENT)
	}
	r.note("+" + cmd.Args[0])
	killed := make(chan syscall.Signal, 9)
	process, finish := script.NewProcess(1, func(sig syscall.Signal) error { killed <- sig; return nil })
	go func() {
		select {
		case <-time.After(lasts):
			r.note("-" + cmd.Args[0])
			finish(script.Exit{})
		case sig := <-killed:
			r.note("x" + cmd.Args[0])
			finish(script.Exit{Signal: sig})
		}
	}()
	return process, nil
}

func program(name string, lasts string) script.Command {
	return script.Command{Args: []string{name, lasts}}
}

// logBuffer collects log lines from any goroutine.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// bubble runs a story in virtual time, and stops the service at its end.
func bubble(t *testing.T, story func(t *testing.T, s *Scripts, r *fakeRunner, log *logBuffer)) {
	synctest.Test(t, func(t *testing.T) {
		r, log := &fakeRunner{began: time.Now()}, &logBuffer{}
		s := NewScripts(r, slog.New(slog.NewTextHandler(log, nil)))
		story(t, s, r, log)
		s.Stop(0)
	})
}

func after(d time.Duration) {
	time.Sleep(d) // of the bubble's clock
	synctest.Wait()
}

func expect(t *testing.T, r *fakeRunner, want ...string) {
	t.Helper()
	if got := r.take(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestScriptsOfOneSubjectRunInOrderOneAtATime(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		s.Enqueue("a", program("slow", "3s"))
		s.Enqueue("a", program("fast", "1s"))
		after(0)
		expect(t, r, "0s +slow")
		s.Enqueue("a", program("last", "1s"))
		after(10 * time.Second)
		expect(t, r, "3s -slow", "3s +fast", "4s -fast", "4s +last", "5s -last")
		s.Enqueue("a", program("again", "1s"))
		after(2 * time.Second)
		expect(t, r, "10s +again", "11s -again")
	})
}

func TestSubjectsDoNotWaitForEachOther(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		s.Enqueue("a", program("hangs", "1h"))
		after(time.Second)
		s.Enqueue("b", program("other", "1s"))
		s.Enqueue("a", program("waits", "1s"))
		after(10 * time.Second)
		expect(t, r, "0s +hangs", "1s +other", "2s -other")
	})
}

func TestMissingScriptIsLoggedAndDoesNotStopTheQueue(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, log *logBuffer) {
		s.Enqueue("a", program("/missing", "no such"))
		s.Enqueue("a", program("next", "1s"))
		after(2 * time.Second)
		expect(t, r, "0s +next", "1s -next")
		if got := log.String(); strings.Count(got, "Couldn't find command") != 1 || !strings.Contains(got, "/missing") {
			t.Errorf("log:\n%s", got)
		}
	})
}

func TestFullQueueDropsTheOldestWithOneLine(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, log *logBuffer) {
		s.Enqueue("a", program("hangs", "1m"))
		after(0)
		for i := range 70 {
			s.Enqueue("a", program(fmt.Sprint(i), "1s"))
		}
		if n := strings.Count(log.String(), "dropping the oldest"); n != 1 {
			t.Errorf("%d lines:\n%s", n, log.String())
		}
		after(time.Minute + 63500*time.Millisecond)
		events := r.take()
		if len(events) != 2+2*63+1 || events[2] != "1m0s +6" || events[len(events)-1] != "2m3s +69" {
			t.Errorf("%d events %q", len(events), events)
		}
	})
}

func TestSlowScriptIsLoggedOnceIfOthersWait(t *testing.T) {
	slow := "still running"
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, log *logBuffer) {
		s.Enqueue("alone", program("alone", "1h"))
		s.Enqueue("a", program("hangs", "1h"))
		s.Enqueue("a", program("waits", "1s"))
		after(slowAfter - time.Second)
		if strings.Contains(log.String(), slow) {
			t.Errorf("too early:\n%s", log.String())
		}
		after(2 * time.Second)
		s.Enqueue("a", program("waits", "1s"))
		if n := strings.Count(log.String(), slow); n != 1 || !strings.Contains(log.String(), "hangs 1h") {
			t.Errorf("%d lines:\n%s", n, log.String())
		}
		s.Enqueue("alone", program("late", "1s"))
		if n := strings.Count(log.String(), slow); n != 2 {
			t.Errorf("a late comer: %d lines:\n%s", n, log.String())
		}
	})
}

func TestStopStartsWhatIsQueuedAndKillsWhatHangs(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		s.Enqueue("a", program("hangs", "1h"))
		s.Enqueue("a", program("stop", "1h"))
		s.Enqueue("a", program("generic", "100ms"))
		s.Enqueue("b", program("quick", "100ms"))
		after(0)
		r.take()
		begin := time.Now()
		s.Stop(time.Second)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("Stop took %v", took)
		}
		s.Enqueue("b", program("too late", "1s"))
		synctest.Wait()
		got := r.take()
		slices.Sort(got[len(got)-2:]) // both are killed in the same instant
		want := []string{"100ms -quick", "250ms +stop", "500ms +generic", "600ms -generic", "1s xhangs", "1s xstop"}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestStopReturnsAsSoonAsNothingRuns(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		s.Enqueue("a", program("stop", "200ms"))
		begin := time.Now()
		s.Stop(time.Second)
		if took := time.Since(begin); took != 200*time.Millisecond {
			t.Errorf("Stop took %v", took)
		}
		s.Enqueue("a", program("too late", "1s"))
		after(time.Second)
		expect(t, r, "0s +stop", "200ms -stop")
	})
}

// TestRealScriptsRunInOrder starts real programs, one of which only a shell can run.
func TestRealScriptsRunInOrder(t *testing.T) {
	spawner := &script.Spawner{}
	defer spawner.Close()
	out := filepath.Join(t.TempDir(), "out")
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("echo \"$*\" >>"+out+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var log logBuffer
	s := NewScripts(spawner, slog.New(slog.NewTextHandler(&log, nil)))
	cmd := script.Command{Args: []string{path, "x"}, UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
	for priority := range 5 {
		s.Enqueue("VI_1", cmd.With(Event{Name: "VI_1", State: Master, Priority: priority}.Args()...))
	}
	shell := cmd
	shell.Args = []string{"/bin/sh", "-c", "exit 126"}
	s.Enqueue("VI_1", shell)
	s.Stop(20 * time.Second)
	got, err := os.ReadFile(out)
	want := ""
	for priority := range 5 {
		want += fmt.Sprintf("x INSTANCE VI_1 MASTER %d\n", priority)
	}
	if err != nil || string(got) != want {
		t.Errorf("the script wrote %q, %v", got, err)
	}
	if !strings.Contains(log.String(), "Couldn't execute command") {
		t.Errorf("status 126 is not explained:\n%s", log.String())
	}
}
