package notify

import (
	"log/slog"
	"sync"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/script"
)

const (
	// maxPending bounds what waits behind a script that hangs. When more comes the oldest is dropped:
	// whoever reads states wants the latest ones.
	maxPending = 64
	// slowAfter is when a script that others wait for is worth a line in the log.
	slowAfter = 30 * time.Second
	// killWait is how long Stop waits for the killed to be gone.
	killWait = 100 * time.Millisecond
)

// Runner starts programs; it is a *script.Spawner outside of tests.
type Runner interface {
	Start(script.Command) (*script.Process, error)
}

// Scripts runs notify scripts, each subject's in order.
type Scripts struct {
	runner Runner
	log    *slog.Logger

	stopping chan struct{}  // closed when Stop begins; patience is set before
	working  sync.WaitGroup // lanes and running programs
	patience time.Duration  // at stop: how long a lane waits for one script before it starts the next

	mu      sync.Mutex // guards all below and the lanes' fields
	lanes   map[string]*lane
	running map[*script.Process]struct{}
	stopped bool // Stop has begun: nothing more is accepted
	over    bool // the grace is used up: nothing more is started
}

// lane is the queue of one subject. It exists while a script of the subject runs or waits.
type lane struct {
	subject string
	pending []script.Command
	current script.Command
	slow    bool // current has been running for slowAfter
	warned  bool // and that was logged
	dropped int  // since current began
}

// NewScripts returns a runner of notify scripts without any work yet.
func NewScripts(runner Runner, log *slog.Logger) *Scripts {
	return &Scripts{
		runner: runner, log: log, stopping: make(chan struct{}),
		lanes: map[string]*lane{}, running: map[*script.Process]struct{}{},
	}
}

// Enqueue has cmd run after everything that was queued for the same subject before. It never waits. At
// most 64 scripts wait per subject: beyond, the one that has waited longest is dropped. Once Stop has
// been called nothing is accepted.
func (s *Scripts) Enqueue(subject string, cmd script.Command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	l := s.lanes[subject]
	if l == nil {
		l = &lane{subject: subject, pending: []script.Command{cmd}}
		s.lanes[subject] = l
		s.working.Go(func() { s.serve(l) })
		return
	}
	if len(l.pending) == maxPending {
		s.drop(l)
	}
	l.pending = append(l.pending, cmd)
	s.warnSlow(l)
}

func (s *Scripts) drop(l *lane) {
	if l.dropped == 0 {
		s.log.Warn("Notify script does not end, dropping the oldest of those that wait for it",
			"subject", l.subject, "script", l.current.String(), "waiting", maxPending)
	}
	l.dropped++
	l.pending = append(l.pending[:0], l.pending[1:]...)
}

func (s *Scripts) warnSlow(l *lane) {
	if l.slow && !l.warned && len(l.pending) > 0 {
		l.warned = true
		s.log.Warn("Notify script is still running, others wait for it",
			"subject", l.subject, "script", l.current.String(), "waiting", len(l.pending), "after", slowAfter)
	}
}

// serve runs what is pending in one lane, until nothing is.
func (s *Scripts) serve(l *lane) {
	for {
		cmd, ok := s.next(l)
		if !ok {
			return
		}
		process, err := s.runner.Start(cmd)
		if err != nil {
			s.complain(cmd, script.StartStatus(err).Status, err)
			continue
		}
		s.working.Go(func() { s.attend(process, cmd) })
		s.await(l, process)
	}
}

// next takes the lane's oldest command, or ends the lane.
func (s *Scripts) next(l *lane) (script.Command, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(l.pending) == 0 || s.over {
		delete(s.lanes, l.subject)
		return script.Command{}, false
	}
	l.current = l.pending[0]
	l.pending = append(l.pending[:0], l.pending[1:]...)
	l.slow, l.warned, l.dropped = false, false, 0
	return l.current, true
}

// attend follows one program to its end, however long its lane waits for it.
func (s *Scripts) attend(process *script.Process, cmd script.Command) {
	s.mu.Lock()
	s.running[process] = struct{}{}
	late := s.over
	s.mu.Unlock()
	if late { // it was being started while Stop killed the others
		_ = process.Signal(syscall.SIGKILL)
	}
	<-process.Done()
	s.mu.Lock()
	delete(s.running, process)
	s.mu.Unlock()
	s.complain(cmd, process.Exit().Status, nil)
}

// await returns when the lane may go on: the program has ended, or at stop when it takes too long.
func (s *Scripts) await(l *lane, process *script.Process) {
	slow := time.NewTimer(slowAfter)
	defer slow.Stop()
	for {
		select {
		case <-process.Done():
			return
		case <-slow.C:
			s.mu.Lock()
			l.slow = true
			s.warnSlow(l)
			s.mu.Unlock()
		case <-s.stopping:
			patience := time.NewTimer(s.patience)
			defer patience.Stop()
			select {
			case <-process.Done():
			case <-patience.C:
			}
			return
		}
	}
}

// complain logs that a program was never run; what else its exit status says is its own business.
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

// Stop ends the service within grace: what is queued, above all the STOP scripts, is still started, a
// lane waiting for each script at most a quarter of the grace. When the grace is over SIGKILL goes to
// the process groups of all that still run. Stop returns as soon as nothing runs any more.
func (s *Scripts) Stop(grace time.Duration) {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return
	}
	s.stopped, s.patience = true, grace/4
	s.mu.Unlock()
	close(s.stopping)

	idle := make(chan struct{})
	go func() { s.working.Wait(); close(idle) }()
	deadline := time.NewTimer(grace)
	defer deadline.Stop()
	select {
	case <-idle:
		return
	case <-deadline.C:
	}
	s.killAll()
	deadline.Reset(killWait)
	select {
	case <-idle:
	case <-deadline.C: // in the kernel's hands
	}
}

func (s *Scripts) killAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	waiting := 0
	for _, l := range s.lanes {
		waiting += len(l.pending)
	}
	s.log.Warn("Notify scripts did not end in time, killing them", "running", len(s.running), "not_started", waiting)
	for process := range s.running {
		_ = process.Signal(syscall.SIGKILL) // the only error is that it has just ended
	}
}
