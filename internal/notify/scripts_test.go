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
	slow   time.Duration // how long a start takes
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
	time.Sleep(r.slow)
	r.note("+" + cmd.Args[0])
	killed := make(chan syscall.Signal, 9)
	process, finish := script.NewProcess(1, func(sig syscall.Signal) error { killed <- sig; return nil })
	go func() {
		select {
		case <-time.After(lasts):
			r.note("-" + cmd.Args[0])
			finish(script.Exit{})
		case sig := <-killed:
			if sig == syscall.SIGTERM && cmd.Args[0] == "stubborn" {
				sig = <-killed
			}
			r.note(map[syscall.Signal]string{syscall.SIGTERM: "t", syscall.SIGKILL: "x"}[sig] + cmd.Args[0])
			finish(script.Exit{Signal: sig})
		}
	}()
	return process, nil
}

func program(name string, lasts string) script.Command {
	return script.Command{Args: []string{name, lasts}}
}

// told is a call about a state of a subject.
func told(subject, state string, scripts ...script.Command) Call {
	return Call{Event: Event{Name: subject, State: state}, Scripts: scripts}
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

func TestScriptsOfOneEventStartTogetherAndThoseOfTheNextWait(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		s.Enqueue(told("a", Backup, program("backup", "3s"), program("any1", "5s")))
		s.Enqueue(told("a", Master, program("master", "1s"), program("any2", "2s")))
		after(10 * time.Second)
		expect(t, r, "0s +backup", "0s +any1", "3s -backup", "5s -any1", "5s +master", "5s +any2", "6s -master", "7s -any2")
		s.Enqueue(told("a", Fault, program("again", "1s")))
		after(2 * time.Second)
		expect(t, r, "10s +again", "11s -again")
	})
}

func TestSubjectsStartInOrderAndDoNotWaitForEachOther(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		group := told("a", Backup, program("group", "1h"))
		group.Event.Group = true // of the same name as an instance
		s.Enqueue(group)
		for i := range 9 {
			s.Enqueue(told(fmt.Sprint(i), Backup, program(fmt.Sprint(i), "1h")))
		}
		s.Enqueue(told("a", Backup, program("a", "1h")))
		after(time.Second)
		want := []string{"0s +group"}
		for i := range 9 {
			want = append(want, fmt.Sprintf("0s +%d", i))
		}
		expect(t, r, append(want, "0s +a")...)
	})
}

// TestSlowStartHoldsUpNobody: the file system of a script may hang.
func TestSlowStartHoldsUpNobody(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		r.slow = time.Second
		s.Enqueue(told("a", Backup, program("hangs", "1s")))
		after(time.Millisecond)
		r.slow = 0
		s.Enqueue(told("b", Backup, program("quick", "5s")))
		after(2500 * time.Millisecond)
		expect(t, r, "100ms +quick", "1s +hangs", "2s -hangs")
	})
}

func TestWaitingStateIsOvertakenByANewerOne(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, log *logBuffer) {
		s.Enqueue(told("a", Backup, program("backup", "10s")))
		after(time.Second)
		s.Enqueue(told("a", Master, program("master", "1s")))
		s.Enqueue(told("a", MasterRxLowerPri, program("lower", "1s")))
		s.Enqueue(told("b", Master, program("other", "1s")))
		s.Enqueue(told("a", Fault, program("fault", "1s")))
		s.Enqueue(told("a", Backup, program("last", "1s")))
		after(time.Minute)
		expect(t, r, "0s +backup", "1s +other", "2s -other", "10s -backup", "10s +lower", "11s -lower", "11s +last", "12s -last")
		if got := s.Counts(); got != (Counts{Overtaken: 2}) {
			t.Errorf("counted %+v", got)
		}
		for _, line := range []string{
			"INSTANCE a: scripts for MASTER are not run, FAULT has come while they waited for backup 10s",
			"INSTANCE a: 2 states passed while backup 10s ran",
		} {
			if n := strings.Count(log.String(), line); n != 1 {
				t.Errorf("%d lines %q:\n%s", n, line, log)
			}
		}
	})
}

// TestScriptsThatKeepUpHearEachState: nothing is left out while they are quick, however fast states change.
func TestScriptsThatKeepUpHearEachState(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		for i, state := range []string{Backup, Master, Fault, Backup, Master} {
			s.Enqueue(told("a", state, program(fmt.Sprint(i), "60ms")))
		}
		after(time.Second)
		expect(t, r, "0s +0", "60ms -0", "60ms +1", "120ms -1", "120ms +2", "180ms -2", "180ms +3", "240ms -3", "240ms +4", "300ms -4")
		for i := range 20 { // too many, even for quick ones
			s.Enqueue(told("a", Backup, program(fmt.Sprint(i), "100ms")))
		}
		after(time.Second)
		expect(t, r, "1s +0", "1.1s -0", "1.1s +1", "1.2s -1", "1.2s +2", "1.3s -2", "1.3s +19", "1.4s -19")
		if got := s.Counts(); got != (Counts{Overtaken: 16}) {
			t.Errorf("counted %+v", got)
		}
	})
}

// TestSlowScriptIsFollowedByTheLastState, although the one before has come only a moment ago.
func TestSlowScriptIsFollowedByTheLastState(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		s.Enqueue(told("a", Master, program("master", "300ms")))
		after(200 * time.Millisecond) // when nobody knows yet that it is slow
		s.Enqueue(told("a", Fault, program("fault", "1s")))
		s.Enqueue(told("a", Backup, program("backup", "1s")))
		after(3 * time.Second)
		expect(t, r, "0s +master", "300ms -master", "300ms +backup", "1.3s -backup")
	})
}

func TestAtOnceIsAsKeepalivedDoes(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		r.slow = time.Second // to start, so that the others wait
		for _, state := range []string{Backup, Master, Fault} {
			call := told("a", state, program(state, "1h"))
			call.AtOnce = true
			s.Enqueue(call)
		}
		after(time.Hour - time.Second)
		expect(t, r, "1s +BACKUP", "2s +MASTER", "3s +FAULT")
	})
}

func TestMissingScriptIsLoggedAndDoesNotStopTheQueue(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, log *logBuffer) {
		s.Enqueue(told("a", Backup, program("/missing", "no such"), program("any", "1s")))
		s.Enqueue(told("a", Master, program("next", "1s")))
		after(2 * time.Second)
		expect(t, r, "0s +any", "1s -any", "1s +next", "2s -next")
		if got := log.String(); strings.Count(got, "Couldn't find command") != 1 || !strings.Contains(got, "/missing") {
			t.Errorf("log:\n%s", got)
		}
	})
}

// TestScriptIsTerminatedWhenOthersHaveWaitedForLong: but one that nobody waits for may run as long as it likes.
func TestScriptIsTerminatedWhenOthersHaveWaitedForLong(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, log *logBuffer) {
		s.Enqueue(told("a", Master, program("long", "1000h"), program("stubborn", "1000h")))
		s.Enqueue(told("b", Master, program("alone", "1000h")))
		after(100 * time.Hour)
		expect(t, r, "0s +long", "0s +stubborn", "0s +alone")
		s.Enqueue(told("a", Fault, program("fault", "1s")))
		after(DefaultPatience - time.Second)
		s.Enqueue(told("a", Backup, program("backup", "1s"))) // has another 30 seconds to wait no more
		after(time.Minute)
		expect(t, r, "100h0m30s tlong", "100h0m32s xstubborn", "100h0m32s +backup", "100h0m33s -backup")
		if got := s.Counts(); got != (Counts{Overtaken: 1, TimedOut: 2}) {
			t.Errorf("counted %+v", got)
		}
		if n := strings.Count(log.String(), "takes too long, terminating it: long"); n != 1 {
			t.Errorf("%d lines:\n%s", n, log)
		}
	})
}

func TestConfiguredTimeoutHoldsWhoeverWaits(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, log *logBuffer) {
		call := told("a", Master, program("limited", "1000h"))
		call.Timeout.After = 5 * time.Second
		s.Enqueue(call)
		call = told("b", Master, program("never", "1000h"))
		call.Timeout.Never = true
		s.Enqueue(call)
		s.Enqueue(told("b", Backup, program("waits", "1s")))
		after(10 * time.Hour)
		expect(t, r, "0s +limited", "0s +never", "5s tlimited")
		if n := strings.Count(log.String(), "INSTANCE b: newer states wait for never 1000h, which still runs"); n != 1 {
			t.Errorf("%d lines:\n%s", n, log)
		}
	})
}

func TestStopStartsWhatIsQueuedAndKillsWhatHangs(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		s.Enqueue(told("a", Master, program("hangs", "1h")))
		s.Enqueue(told("a", Stop, program("stop", "1h"), program("generic", "100ms")))
		s.Enqueue(told("b", Stop, program("quick", "100ms")))
		after(0)
		r.take()
		begin := time.Now()
		s.Stop(time.Second)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("Stop took %v", took)
		}
		s.Enqueue(told("b", Stop, program("too late", "1s")))
		synctest.Wait()
		got := r.take()
		slices.Sort(got[len(got)-2:]) // both are ended in the same instant
		want := []string{"100ms -quick", "250ms +stop", "250ms +generic", "350ms -generic", "1s thangs", "1s xstop"}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

// TestStopIsToldWhileAScriptIsBeingTerminated: the two seconds before SIGKILL do not cost the STOP scripts their turn.
func TestStopIsToldWhileAScriptIsBeingTerminated(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		call := told("a", Master, program("stubborn", "1h"))
		call.Timeout.After = time.Second
		s.Enqueue(call)
		after(1500 * time.Millisecond)
		s.Enqueue(told("a", Stop, program("stop", "1ms")))
		s.Stop(time.Second)
		expect(t, r, "0s +stubborn", "1.75s +stop", "1.751s -stop", "2.5s xstubborn")
	})
}

func TestStopReturnsAsSoonAsNothingRuns(t *testing.T) {
	bubble(t, func(t *testing.T, s *Scripts, r *fakeRunner, _ *logBuffer) {
		s.Enqueue(told("a", Stop, program("stop", "200ms")))
		begin := time.Now()
		s.Stop(time.Second)
		if took := time.Since(begin); took != 200*time.Millisecond {
			t.Errorf("Stop took %v", took)
		}
		s.Enqueue(told("a", Stop, program("too late", "1s")))
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
	if err := os.WriteFile(path, []byte("echo \"$*\" >>"+out+"\nexit 126\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var log logBuffer
	s := NewScripts(spawner, slog.New(slog.NewTextHandler(&log, nil)))
	cmd := script.Command{Args: []string{path, "x"}, UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
	own := cmd
	own.Args = []string{"/bin/sh", "-c", "exit 126"} // its own business
	want := ""
	for priority, state := range []string{Backup, MasterRxLowerPri, Master} {
		event := Event{Name: "VI_1", State: state, Priority: priority}
		if priority > 0 {
			event.State += "x" // a topic of its own, so that none is overtaken
		}
		s.Enqueue(Call{Event: event, Scripts: []script.Command{cmd.With(event.Args()...), own}})
		want += fmt.Sprintf("x INSTANCE VI_1 %s %d\n", event.State, priority)
	}
	s.Stop(20 * time.Second)
	got, err := os.ReadFile(out)
	if err != nil || string(got) != want {
		t.Errorf("the script wrote %q, %v", got, err)
	}
	if n := strings.Count(log.String(), "Couldn't execute command"); n != 3 {
		t.Errorf("status 126 is explained %d times:\n%s", n, log.String())
	}
}
