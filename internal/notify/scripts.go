package notify

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/script"
)

const (
	// DefaultPatience is how long a newer event waits for the scripts of the one before, where no timeout is
	// configured. Then they are terminated.
	DefaultPatience = 30 * time.Second
	// slowAfter is how long a state waits before it may be overtaken: scripts that keep up hear them all.
	slowAfter = 250 * time.Millisecond
	// killDelay is how long a script has after SIGTERM before SIGKILL follows.
	killDelay = 2 * time.Second
	// killWait is how long anybody waits for the killed to be gone: it may hang in the kernel.
	killWait = 100 * time.Millisecond
	// startWait is how long others wait for a start: a file system may hang.
	startWait = 100 * time.Millisecond
)

// Runner starts programs; it is a *script.Spawner outside of tests.
type Runner interface {
	Start(script.Command) (*script.Process, error)
}

// A Call is an event with the scripts that are told of it.
type Call struct {
	Event   Event
	Scripts []script.Command // started in this order, none waiting for another
	Timeout Timeout
	// AtOnce starts the scripts whatever else runs, as keepalived does.
	AtOnce bool
}

// Timeout is how long the scripts of a call may run. The zero value terminates those that others have
// waited for DefaultPatience long, and no others.
type Timeout struct {
	After time.Duration // since their start, whoever waits; 0: not so
	Never bool          // not even if others wait
}

// Scripts runs notify scripts, each subject's in order.
type Scripts struct {
	runner Runner
	log    *slog.Logger

	overtaken, timedOut atomic.Uint64

	stopping chan struct{}  // closed when Stop begins; patience is set before
	working  sync.WaitGroup // lanes and running programs
	patience time.Duration  // at stop: how long a lane waits for one call before it starts the next

	mu      sync.Mutex // guards all below and the lanes' fields
	lanes   map[string]*lane
	busy    []*lane                  // that dispatch is to start
	running map[*script.Process]bool // whether it is to be killed when the grace is used up

	dispatching bool // dispatch runs
	stopped     bool // Stop has begun: nothing more is accepted
	over        bool // the grace is used up: nothing more is started
}

// Counts are how often what happened since the start.
type Counts struct {
	Overtaken uint64 // events that were not told because a newer one had come
	TimedOut  uint64 // scripts that were terminated for their timeout
}

// lane is the queue of one subject. It exists while a script of the subject runs or waits.
type lane struct {
	subject   string
	current   Call
	since     time.Time // when current began
	pending   []waiting
	arrived   chan struct{} // holds a token when pending has become non-empty
	overtaken int           // since current began
}

// waiting is a call that has not begun.
type waiting struct {
	Call
	since time.Time
}

// NewScripts returns a runner of notify scripts without any work yet.
func NewScripts(runner Runner, log *slog.Logger) *Scripts {
	return &Scripts{
		runner: runner, log: log, stopping: make(chan struct{}),
		lanes: map[string]*lane{}, running: map[*script.Process]bool{},
	}
}

// Counts tells what has happened so far.
func (s *Scripts) Counts() Counts {
	return Counts{Overtaken: s.overtaken.Load(), TimedOut: s.timedOut.Load()}
}

// Enqueue has a call's scripts run when those of the calls that were queued before for the same subject have
// ended. It never waits. A call that has to wait for a script that is slow, or for many, is dropped when a newer one
// of its subject and topic comes.
// Once Stop has been called nothing is accepted.
func (s *Scripts) Enqueue(call Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || len(call.Scripts) == 0 {
		return
	}
	subject := call.Event.subject()
	l := s.lanes[subject]
	if l == nil {
		l = &lane{subject: subject, current: call, since: time.Now(), arrived: make(chan struct{}, 1)}
		s.lanes[subject] = l
		s.busy = append(s.busy, l)
		if !s.dispatching {
			s.dispatching = true
			s.working.Go(s.dispatch)
		}
		return
	}
	l.pending = append(l.pending, waiting{call, time.Now()})
	if time.Since(l.since) >= slowAfter {
		s.overtake(l)
	}
	select {
	case l.arrived <- struct{}{}:
	default:
	}
}

// overtake drops all that waits in the lane and is made pointless by what came later.
func (s *Scripts) overtake(l *lane) {
	for i := 0; i < len(l.pending); {
		if newer := l.newer(i); newer < 0 {
			i++
		} else {
			s.drop(l, i, newer)
		}
	}
}

// newer finds what makes a pending call pointless, or -1.
func (l *lane) newer(i int) int {
	for j := len(l.pending) - 1; j > i && !l.pending[i].AtOnce; j-- {
		if l.pending[j].Event.topic() == l.pending[i].Event.topic() {
			return j
		}
	}
	return -1
}

// drop takes out a pending call for the sake of a newer one.
func (s *Scripts) drop(l *lane, i, newer int) {
	s.overtaken.Add(1)
	if l.overtaken++; l.overtaken == 1 { // once per script that is slow, however fast the states change
		s.log.Info(fmt.Sprintf("%s: scripts for %s are not run, %s has come while they waited for %s",
			l.subject, l.pending[i].Event.State, l.pending[newer].Event.State, l.current.Scripts[0]))
	}
	l.pending = slices.Delete(l.pending, i, i+1)
}

// dispatch starts the lanes that have become busy, in the order in which they did: subjects do not wait for each
// other, but who is told first is started first. It ends when there is none left.
func (s *Scripts) dispatch() {
	for {
		s.mu.Lock()
		if len(s.busy) == 0 {
			s.dispatching = false
			s.mu.Unlock()
			return
		}
		l := s.busy[0]
		s.busy = slices.Delete(s.busy, 0, 1)
		s.mu.Unlock()
		started := make(chan struct{})
		s.working.Go(func() { s.serve(l, sync.OnceFunc(func() { close(started) })) })
		waitAtMost(started, startWait)
	}
}

// serve runs what is pending in one lane, until nothing is. It calls started when its first scripts have been.
func (s *Scripts) serve(l *lane, started func()) {
	for goOn := true; goOn; goOn = s.next(l) {
		runs := s.start(l.current)
		started()
		if !l.current.AtOnce {
			s.await(l, runs)
		}
	}
}

// run is a program that was started for a call.
type run struct {
	cmd     script.Command
	process *script.Process
}

// start starts the scripts of a call.
func (s *Scripts) start(call Call) (runs []run) {
	for _, cmd := range call.Scripts {
		process, err := s.runner.Start(cmd)
		if err != nil {
			s.complain(cmd, script.StartStatus(err).Status, err)
			continue
		}
		s.working.Go(func() { s.attend(process, cmd, call.Event.State == Stop) })
		runs = append(runs, run{cmd, process})
	}
	return runs
}

// next goes on to the lane's oldest pending call that is worth it, or ends the lane.
func (s *Scripts) next(l *lane) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(l.since) >= slowAfter {
		s.overtake(l)
	}
	for len(l.pending) > 0 && now.Sub(l.pending[0].since) >= slowAfter {
		newer := l.newer(0)
		if newer < 0 {
			break
		}
		s.drop(l, 0, newer)
	}
	if l.overtaken > 1 {
		s.log.Info(fmt.Sprintf("%s: %d states passed while %s ran", l.subject, l.overtaken, l.current.Scripts[0]))
	}
	if len(l.pending) == 0 || s.over {
		delete(s.lanes, l.subject)
		return false
	}
	l.current, l.since, l.overtaken = l.pending[0].Call, now, 0
	l.pending = slices.Delete(l.pending, 0, 1)
	select {
	case <-l.arrived:
	default:
	}
	if len(l.pending) > 0 {
		l.arrived <- struct{}{}
	}
	return true
}

// attend follows one program to its end, however long its lane waits for it.
func (s *Scripts) attend(process *script.Process, cmd script.Command, last bool) {
	s.mu.Lock()
	s.running[process] = last
	late := s.over
	s.mu.Unlock()
	if late { // it was being started while Stop killed the others
		_ = process.Signal(syscall.SIGKILL)
	}
	<-process.Done()
	s.mu.Lock()
	delete(s.running, process)
	s.mu.Unlock()
	if process.ByShell { // of others the status is their own business
		s.complain(cmd, process.Exit().Status, nil)
	}
}

// complain logs that a program was never run.
func (s *Scripts) complain(cmd script.Command, status int, err error) {
	text := ""
	switch status {
	case script.StatusNotExecutable:
		text = "Couldn't execute command"
	case script.StatusNotFound:
		text = "Couldn't find command"
	default:
		return
	}
	attrs := []any{"script", cmd.String()}
	if err != nil {
		attrs = append(attrs, "error", err)
	}
	s.log.Warn(text, attrs...)
}
