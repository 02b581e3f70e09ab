package notify

import (
	"fmt"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/script"
)

// await returns when the lane may go on: all programs of its call have ended, if need be by force, or at
// stop when they take too long.
func (s *Scripts) await(l *lane, runs []run) {
	ended := make(chan struct{})
	go func() { // ends with the programs
		for _, r := range runs {
			<-r.process.Done()
		}
		close(ended)
	}()
	timeout, arrived := l.current.Timeout, l.arrived
	var limit *time.Timer
	if limit = time.NewTimer(timeout.After); timeout.After == 0 {
		limit.Stop()
	}
	defer limit.Stop()
	for {
		select {
		case <-ended:
			return
		case <-arrived: // from now on somebody waits
			arrived = nil
			if timeout.After == 0 {
				limit.Reset(DefaultPatience)
			}
		case <-limit.C:
			if timeout.Never {
				s.log.Info(fmt.Sprintf("%s: newer states wait for %s, which still runs", l.subject, runs[0].cmd))
				continue
			}
			s.terminate(l, runs, ended)
			return
		case <-s.stopping:
			waitAtMost(ended, s.patience)
			return
		}
	}
}

// terminate ends programs that have used up their time, first politely. It does not hold up the stop.
func (s *Scripts) terminate(l *lane, runs []run, ended <-chan struct{}) {
	press := func(sig syscall.Signal, doing string) {
		for _, r := range runs {
			if r.process.Signal(sig) != nil {
				continue // it has ended
			}
			if sig == syscall.SIGTERM {
				s.timedOut.Add(1)
				s.condemn(r.process)
			}
			s.log.Warn(fmt.Sprintf("%s: notify script takes too long, %s it: %s", l.subject, doing, r.cmd))
		}
	}
	press(syscall.SIGTERM, "terminating")
	limit := time.NewTimer(killDelay)
	defer limit.Stop()
	select {
	case <-ended:
		return
	case <-s.stopping:
		waitAtMost(ended, s.patience)
		return
	case <-limit.C:
	}
	press(syscall.SIGKILL, "killing")
	waitAtMost(ended, killWait)
}

// condemn has a program that got SIGTERM killed if the stop comes before its time is over.
func (s *Scripts) condemn(process *script.Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, runs := s.running[process]; runs {
		s.running[process] = true
	}
}

func waitAtMost(ended <-chan struct{}, patience time.Duration) bool {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-ended:
		return true
	case <-limit.C:
		return false
	}
}

// Stop ends the service within grace: what is queued, above all the STOP scripts, is still started, a
// lane waiting for each call at most a quarter of the grace. When the grace is over SIGKILL goes to the process groups
// of the STOP scripts that still run, and SIGTERM to those of others, which may be in the middle of something.
// Stop returns as soon as nothing runs any more.
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
	if waitAtMost(idle, grace) {
		return
	}
	s.endAll()
	waitAtMost(idle, killWait) // beyond, they are in the kernel's hands
}

func (s *Scripts) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	waiting := 0
	for _, l := range s.lanes {
		waiting += len(l.pending)
	}
	s.log.Warn("Notify scripts did not end in time, ending them", "running", len(s.running), "not_started", waiting)
	for process, kill := range s.running {
		sig := syscall.SIGTERM
		if kill {
			sig = syscall.SIGKILL
		}
		_ = process.Signal(sig) // the only error is that it has just ended
	}
}
