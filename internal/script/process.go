package script

import (
	"fmt"
	"os"
	"sync"
	"syscall"
)

// Exit statuses by which a shell, and we, say that a program did not run at all.
const (
	StatusNotExecutable = 126
	StatusNotFound      = 127
)

// Exit tells how a program ended: by a signal if Signal is not zero, else with Status.
type Exit struct {
	Status int
	Signal syscall.Signal
}

// OK says that the program ended by itself with status 0.
func (e Exit) OK() bool { return e == Exit{} }

// String is "exited with status N" or "due to signal N".
func (e Exit) String() string {
	if e.Signal != 0 {
		return fmt.Sprintf("due to signal %d", int(e.Signal))
	}
	return fmt.Sprintf("exited with status %d", e.Status)
}

// Process is a started program, and with it the process group that it leads.
type Process struct {
	// ByShell says that a shell runs the program, because the kernel does not know its form: the statuses 126 and 127
	// are then the shell's own.
	ByShell bool

	pid  int
	kill func(syscall.Signal) error
	done chan struct{}

	mu   sync.Mutex // guards exit and ended; held while signalling, so that the pid cannot be reaped meanwhile
	exit Exit
	over bool
}

// NewProcess makes the handle of a program that somebody else runs: kill sends a signal to its group,
// finish must be called once, when it has ended. [Spawner] uses it, and so do the tests of callers.
func NewProcess(pid int, kill func(syscall.Signal) error) (p *Process, finish func(Exit)) {
	p = &Process{pid: pid, kill: kill, done: make(chan struct{})}
	return p, func(exit Exit) { p.reap(func() Exit { return exit }) }
}

// PID is the process id of the program.
func (p *Process) PID() int { return p.pid }

// Done is closed when the program has ended; what it left running in its group does not count.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit tells how the program ended; it is the zero Exit until Done is closed.
func (p *Process) Exit() Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}

// Signal sends sig to the whole process group. The error is os.ErrProcessDone once the program has
// ended: from then on the id may belong to somebody else.
func (p *Process) Signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return os.ErrProcessDone
	}
	return p.kill(sig)
}

// reap collects the exit under the lock that Signal takes.
func (p *Process) reap(collect func() Exit) {
	p.mu.Lock()
	p.exit, p.over = collect(), true
	p.mu.Unlock()
	close(p.done)
}
