package script

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("spawner is closed")

// A thread that starts a program is held until the program's file has been read. Should that file be on
// a network file system that hangs, other scripts must not hang with it: so another thread joins in when
// nobody takes a request for busyAfter.
const (
	busyAfter  = time.Second
	maxThreads = 8
)

// Spawner starts programs from a thread of its own that lives until Close.
//
// It must be such a thread because the kernel sends the parent-death signal when the *thread* that made
// the child ends, and because only that thread then has to leave real-time scheduling, which children
// inherit. The zero value is ready to use; its methods may be called from any goroutine.
type Spawner struct {
	// Nice is the nice value of programs, and Core, unless nil, their limit for core files: what this process
	// was started with, whatever it has made of it for itself.
	Nice int
	Core *unix.Rlimit

	mu       sync.Mutex // guards threads, closed, and the making of the channels
	threads  int
	closed   bool
	requests chan request
	quit     chan struct{} // closed by Close

	// Set by tests only.
	waitByThread bool // as on kernels whose process descriptors cannot be polled
	forkExec     func(path string, args []string, attr *syscall.ProcAttr) (int, error)
}

type request struct {
	attr  *syscall.ProcAttr
	path  string
	args  []string
	reply chan<- reply
}

type reply struct {
	pid, pidfd int
	err        error
}

// Start runs the command and returns as soon as it has been executed (well under a millisecond on an
// idle machine). A program that the kernel does not recognise is given to the shell. The error wraps
// the system's: syscall.ENOENT, EACCES, EPERM; [StartStatus] turns it into an exit status.
func (s *Spawner) Start(cmd Command) (*Process, error) {
	if len(cmd.Args) == 0 {
		return nil, errors.New("start script: empty command")
	}
	p, err := s.start(cmd)
	if errors.Is(err, syscall.ENOEXEC) {
		if p, err = s.start(cmd.shell()); p != nil {
			p.ByShell = true
		}
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.path(), err)
	}
	return p, nil
}

// StartStatus is the exit status that stands for an error of Start: StatusNotFound or
// StatusNotExecutable, as a shell would say it.
func StartStatus(err error) Exit {
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) {
		return Exit{Status: StatusNotFound}
	}
	return Exit{Status: StatusNotExecutable}
}

// Close ends the threads; the kernel then sends SIGTERM to programs that are still running.
func (s *Spawner) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.quit != nil && !s.closed {
		close(s.quit)
	}
	s.closed = true
}

func (s *Spawner) start(cmd Command) (*Process, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	stdin := null
	if cmd.Stdin != nil {
		if stdin, err = stdinFile(cmd.Stdin); err != nil {
			return nil, err
		}
		defer stdin.Close()
	}
	pidfd := -1
	replies := make(chan reply, 1)
	err = s.send(request{
		path: cmd.path(), args: cmd.Args, reply: replies,
		attr: &syscall.ProcAttr{
			Env:   environment(os.Environ()),
			Files: []uintptr{stdin.Fd(), null.Fd(), null.Fd()},
			Sys: &syscall.SysProcAttr{
				Setpgid: true, Pdeathsig: syscall.SIGTERM, Credential: credential(cmd), PidFD: &pidfd,
			},
		},
	})
	if err != nil {
		return nil, err
	}
	r := <-replies
	if r.err != nil {
		return nil, r.err
	}
	if s.waitByThread && r.pidfd >= 0 {
		unix.Close(r.pidfd)
		r.pidfd = -1
	}
	p, _ := NewProcess(r.pid, func(sig syscall.Signal) error { return unix.Kill(-r.pid, sig) })
	go p.wait(r.pidfd)
	return p, nil
}

// send hands the request to a thread that is free.
func (s *Spawner) send(r request) error {
	requests, quit, err := s.channels()
	if err != nil {
		return err
	}
	busy := time.NewTimer(busyAfter)
	defer busy.Stop()
	for {
		select {
		case requests <- r:
			return nil
		case <-quit:
			return ErrClosed
		case <-busy.C:
			s.grow()
			busy.Reset(busyAfter) // the new thread may take another request, which then asks for none
		}
	}
}

// channels starts the first thread when the first script is started: most daemons have none.
func (s *Spawner) channels() (chan<- request, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, ErrClosed
	}
	if s.threads == 0 {
		s.requests, s.quit = make(chan request), make(chan struct{})
		s.threads++
		go s.serve()
	}
	return s.requests, s.quit, nil
}

func (s *Spawner) grow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.threads < maxThreads && !s.closed {
		s.threads++
		go s.serve()
	}
}

// serve is a spawning thread. It never unlocks it, so the runtime ends the thread with the goroutine.
func (s *Spawner) serve() {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		s.moveOn()
		return
	}
	forkExec := s.forkExec
	if forkExec == nil {
		forkExec = syscall.ForkExec
	}
	for {
		select {
		case <-s.quit:
			return
		case r := <-s.requests:
			// Each time, not once: whoever makes the process real-time does so to every thread, at any time.
			s.normalScheduling(0)
			pid, err := forkExec(r.path, r.args, r.attr)
			if err == nil {
				s.settle(pid)
			}
			r.reply <- reply{pid: pid, pidfd: *r.attr.Sys.PidFD, err: err}
		}
	}
}

// moveOn starts serve on another thread than the main one, which never ends: what it has started would not
// be told of the end. Being locked, this goroutine keeps the main thread to itself until the other has its own.
func (s *Spawner) moveOn() {
	settled := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(settled)
		s.serve()
	}()
	<-settled
	runtime.UnlockOSThread()
}

// settle takes from a program what it has of this process and should not. One that has ended needs nothing taken.
func (s *Spawner) settle(pid int) {
	s.normalScheduling(pid) // in case the thread has just become real-time, once more
	if s.Core != nil {
		_ = unix.Prlimit(pid, unix.RLIMIT_CORE, s.Core, nil)
	}
}

// normalScheduling takes a thread, 0 for this one, or a program out of real-time scheduling.
func (s *Spawner) normalScheduling(id int) {
	// Leaving real-time scheduling is always permitted; there is nothing to do about an error.
	_ = unix.SchedSetAttr(id, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: int32(s.Nice)}, 0)
}

// credential is nil when nothing is to be changed, so that an unprivileged daemon can run scripts as itself.
func credential(cmd Command) *syscall.Credential {
	if cmd.Groups == nil && cmd.UID == uint32(os.Geteuid()) && cmd.GID == uint32(os.Getegid()) {
		return nil
	}
	groups := cmd.Groups
	if groups == nil {
		groups = []uint32{cmd.GID} // as keepalived has it; some programs look there only
	}
	return &syscall.Credential{Uid: cmd.UID, Gid: cmd.GID, Groups: groups}
}

// environment leaves out what would change how a program is loaded or how a shell splits its words.
func environment(env []string) []string {
	kept := make([]string, 0, len(env))
	for _, entry := range env {
		switch name, _, _ := strings.Cut(entry, "="); name {
		case "IFS", "LD_PRELOAD", "LD_LIBRARY_PATH":
		default:
			kept = append(kept, entry)
		}
	}
	return kept
}
