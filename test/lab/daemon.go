package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/peers"
)

// Daemon is a routing daemon that runs on a host: keepalived or govrrpd, which are started, told
// and ended in the same way, or FRR's bfdd.
type Daemon struct {
	// Dir holds its configuration, its pid files and what it dumps.
	Dir string
	// Log is what it writes to stderr, and bfdd to stdout.
	Log *Log
	// StartedAt is the moment before it was executed.
	StartedAt time.Time

	host   *Host
	cmd    *exec.Cmd
	exited chan struct{}
	once   sync.Once
}

// Start runs a daemon on the host with the configuration as its file, in the foreground, logging
// in detail to stderr. dir is its own directory. extra options come after the lab's.
func (h *Host) Start(program peers.Program, dir, configuration string, extra ...string) (*Daemon, error) {
	return h.StartQuiet(program, dir, configuration, append([]string{"-l", "-D"}, extra...)...)
}

// StartQuiet is Start without a log, for measurements that a log would falsify.
func (h *Host) StartQuiet(program peers.Program, dir, configuration string, extra ...string) (*Daemon, error) {
	file := filepath.Join(dir, "keepalived.conf")
	if err := os.WriteFile(file, []byte(configuration), 0o644); err != nil {
		return nil, err
	}
	return h.run(program, dir, append([]string{"-n", "-G", "-P", "-f", file,
		"-p", filepath.Join(dir, "parent.pid"), "-r", filepath.Join(dir, "vrrp.pid"), "-b", filepath.Join(dir, "bfd.pid")}, extra...), false)
}

// run starts a program on the host. dir is its own directory. The log is what it writes to stderr, and, if that is
// asked for, to stdout.
func (h *Host) run(program peers.Program, dir string, args []string, stdout bool) (*Daemon, error) {
	d := &Daemon{Dir: dir, Log: NewLog(), host: h, exited: make(chan struct{})}
	d.cmd = exec.Command(program.Path, args...)
	d.cmd.Env = append(append(os.Environ(), "TMPDIR="+dir), program.Env...)
	d.cmd.Stderr = d.Log
	if stdout {
		d.cmd.Stdout = d.Log
	}
	d.cmd.Dir = dir
	// A group of its own, so that a terminal's Ctrl-C does not end it before its owner does; and an
	// owner who is killed takes it along.
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	// Scripts that outlive the daemon may hold its stderr: they do not hold up the end.
	d.cmd.WaitDelay = 500 * time.Millisecond
	err := h.Do(func() error {
		d.StartedAt = time.Now()
		return d.cmd.Start()
	})
	if err != nil {
		return nil, fmt.Errorf("start %s on %s: %w", program.Path, h.Name, err)
	}
	go func() {
		_ = d.cmd.Wait() // how it ended is in ProcessState
		close(d.exited)
	}()
	return d, nil
}

// Pid is the process that was started: keepalived's parent, or govrrpd.
func (d *Daemon) Pid() int { return d.cmd.Process.Pid }

// Pids lists the daemon's processes, the one that was started first. The second, where there is
// one, is keepalived's VRRP process, known once it has written its pid file.
func (d *Daemon) Pids() []int {
	pids := []int{d.Pid()}
	text, err := os.ReadFile(filepath.Join(d.Dir, "vrrp.pid"))
	if err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid != d.Pid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Signal sends a signal to the process that was started.
func (d *Daemon) Signal(signal syscall.Signal) error {
	if err := d.cmd.Process.Signal(signal); err != nil {
		return fmt.Errorf("signal %v to the daemon on %s: %w", signal, d.host.Name, err)
	}
	return nil
}

// Reload replaces the configuration file and asks the daemon to read it.
func (d *Daemon) Reload(configuration string) error {
	file := filepath.Join(d.Dir, "keepalived.conf")
	if err := os.WriteFile(file, []byte(configuration), 0o644); err != nil {
		return err
	}
	return d.Signal(unix.SIGHUP)
}

// Crash kills the daemon so that it can say nothing more. keepalived's parent is stopped first: it
// would answer the death of its child with a new one.
func (d *Daemon) Crash() error {
	pids := d.Pids()
	if len(pids) > 1 {
		if err := d.Signal(unix.SIGSTOP); err != nil {
			return err
		}
		if err := unix.Kill(pids[1], unix.SIGKILL); err != nil {
			return fmt.Errorf("kill process %d: %w", pids[1], err)
		}
	}
	if err := d.Signal(unix.SIGKILL); err != nil {
		return err
	}
	<-d.exited
	return nil
}

// Exited is closed when the daemon's first process has ended.
func (d *Daemon) Exited() <-chan struct{} { return d.exited }

// ExitCode is the exit status of a daemon that has ended; -1 when a signal ended it.
func (d *Daemon) ExitCode() int {
	<-d.exited
	return d.cmd.ProcessState.ExitCode()
}

// Stop asks the daemon to end and waits for it.
func (d *Daemon) Stop(ctx context.Context) error {
	if err := d.Signal(unix.SIGTERM); err != nil {
		return err
	}
	select {
	case <-d.exited:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the daemon on %s: %w\n%s", d.host.Name, ctx.Err(), d.Log)
	}
}

// Close ends the daemon in any case.
func (d *Daemon) Close() {
	d.once.Do(func() {
		select {
		case <-d.exited:
		default:
			if err := d.Crash(); errors.Is(err, os.ErrProcessDone) {
				<-d.exited
			}
		}
	})
}
