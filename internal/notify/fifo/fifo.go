// Package fifo tells other programs of transitions through named pipes (notify_fifo, vrrp_notify_fifo).
//
// A [FIFO] promises that writing never blocks and never fails the caller: when nobody reads and the
// pipe is full, lines are dropped and counted. The pipe is left in the file system when it is closed,
// so that readers may keep it open over a restart. Which lines to write is the caller's business.
package fifo

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/script"
)

// ErrForeign is returned by Open when something else than a pipe of ours is at the path.
var ErrForeign = errors.New("exists and is no FIFO of ours")

// mode lets everybody read what the daemon says, as far as its umask does; only the owner may put words in its mouth.
const mode = 0o644

// Config is one notify FIFO.
type Config struct {
	Name     string // for the log: "notify fifo" or "vrrp notify fifo"
	Path     string
	UID, GID uint32 // owner of a pipe that is created here
	// Reader, if it has arguments, is started before the pipe is opened, with Path as its last argument.
	Reader script.Command
}

// Runner starts programs; it is a *script.Spawner outside of tests.
type Runner interface {
	Start(script.Command) (*script.Process, error)
}

// FIFO is an open notify pipe. Its methods may be called from any goroutine.
type FIFO struct {
	name    string
	log     *slog.Logger
	reader  *script.Process // nil without one
	dropped atomic.Uint64

	mu     sync.Mutex // guards what follows
	fd     int
	closed bool
	full   bool // the last line did not fit
}

// Open creates the pipe unless it is there, starts the reader, and opens the pipe for reading too, so
// that it exists for us whether or not somebody reads. An existing pipe must belong to this process's
// user or to UID (ErrForeign). A reader that cannot be started is logged, and the pipe works without it.
func Open(cfg Config, runner Runner, log *slog.Logger) (*FIFO, error) {
	created, err := create(cfg)
	if err != nil {
		return nil, fmt.Errorf("open %s %s: %w", cfg.Name, cfg.Path, err)
	}
	f := &FIFO{name: cfg.Name, log: log}
	f.startReader(cfg, runner)
	fd, err := open(cfg, created)
	f.mu.Lock()
	f.fd, f.closed = fd, err != nil
	f.mu.Unlock()
	if err != nil {
		f.stopReader(0)
		return nil, fmt.Errorf("open %s %s: %w", cfg.Name, cfg.Path, err)
	}
	return f, nil
}

// create makes the pipe, or makes sure that opening what is there is harmless.
func create(cfg Config) (created bool, err error) {
	err = unix.Mkfifo(cfg.Path, mode)
	if !errors.Is(err, unix.EEXIST) {
		return err == nil, err
	}
	var stat unix.Stat_t
	if err := unix.Lstat(cfg.Path, &stat); err != nil {
		return false, err
	}
	return false, cfg.acceptable(&stat)
}

func (cfg Config) acceptable(stat *unix.Stat_t) error {
	if stat.Mode&unix.S_IFMT != unix.S_IFIFO || (stat.Uid != cfg.UID && stat.Uid != uint32(os.Geteuid())) {
		return ErrForeign
	}
	return nil
}

func open(cfg Config, created bool) (fd int, err error) {
	fd, err = unix.Open(cfg.Path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return -1, err
	}
	var stat unix.Stat_t
	if err = unix.Fstat(fd, &stat); err == nil {
		err = cfg.acceptable(&stat) // again: it may have been exchanged
	}
	if err == nil && created {
		err = own(fd, &stat, cfg)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// own gives a new pipe its owner.
func own(fd int, stat *unix.Stat_t, cfg Config) error {
	if stat.Uid == cfg.UID && stat.Gid == cfg.GID {
		return nil
	}
	return unix.Fchown(fd, int(cfg.UID), int(cfg.GID))
}

// Write writes one line, which must end with a newline, or drops it if the pipe is full.
func (f *FIFO) Write(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	_, err := unix.Write(f.fd, []byte(line))
	for err == unix.EINTR {
		_, err = unix.Write(f.fd, []byte(line))
	}
	if err != nil {
		f.dropped.Add(1)
		if !f.full { // once per outage: nobody may be meant to read
			f.log.Info(f.name+" takes no more, dropping lines until it is read", "error", err)
		}
	}
	f.full = err != nil
}

// Dropped is how many lines did not fit.
func (f *FIFO) Dropped() uint64 { return f.dropped.Load() }

// Close closes the pipe and leaves it in the file system. The reader, which sees the end of file, gets
// up to grace to end; then SIGTERM, and nobody waits for it.
func (f *FIFO) Close(grace time.Duration) error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil
	}
	f.closed = true
	err := unix.Close(f.fd)
	f.mu.Unlock()
	f.stopReader(grace)
	return err
}

func (f *FIFO) startReader(cfg Config, runner Runner) {
	if len(cfg.Reader.Args) == 0 {
		return
	}
	cmd := cfg.Reader.With(cfg.Path)
	reader, err := runner.Start(cmd)
	if err != nil {
		f.log.Error("Unable to start "+cfg.Name+" script", "script", cmd.String(), "error", err)
		return
	}
	f.reader = reader
	go f.watchReader() // ends with the reader
}

// watchReader tells that the reader is gone. It is not started again: it may have had its reasons.
func (f *FIFO) watchReader() {
	<-f.reader.Done()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.log.Info("vrrp notify fifo script terminated")
	}
}

func (f *FIFO) stopReader(grace time.Duration) {
	if f.reader == nil {
		return
	}
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case <-f.reader.Done():
	case <-patience.C:
		_ = f.reader.Signal(syscall.SIGTERM) // the only error is that it has just ended
	}
}
