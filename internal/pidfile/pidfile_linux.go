// Package pidfile writes the files that tell the world a daemon's process id, and finds out from them
// whether another daemon is running already.
//
// A file is held by an open file description lock for as long as the process lives, so a file that a
// crash left behind is taken over without guessing. keepalived releases without that lock are found by
// the name of the process that their file names.
//
// A file that cannot be written (a full disk, a read-only directory) is an error for the caller to log:
// whether to go on without it is left to the daemon, which does.
package pidfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrRunning means that a live process holds the file.
var ErrRunning = errors.New("daemon is already running")

// File is a pid file of this process. The zero value and nil are files that could not be had: Remove
// does nothing.
type File struct {
	f    *os.File
	path string
}

// Acquire creates or takes over the file at path, locks it, and writes this process's id into it. Its
// directory is made when it is missing. The error is ErrRunning when another process holds the file.
// With any other error the File is still right to use: it holds what could be had, perhaps the lock of
// a file that the disk has no room to fill.
func Acquire(path string) (*File, error) {
	if err := makeDirectory(filepath.Dir(path)); err != nil {
		return &File{}, err
	}
	f, err := openLocked(path)
	if err != nil {
		return &File{}, err
	}
	file := &File{f: f, path: path}
	if runningElsewhere(f) {
		f.Close()
		return &File{}, fmt.Errorf("lock %s: %w", path, ErrRunning)
	}
	return file, file.write()
}

// makeDirectory makes a directory that all may look into, whatever the umask, with those above it.
func makeDirectory(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil // what else may be wrong with it, opening the file will tell
	}
	if err := makeDirectory(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// openLocked opens and locks the file that is at path when it returns: one that its last owner removed
// between our opening and locking it would protect nothing.
func openLocked(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o644)
		if err != nil {
			return nil, err
		}
		lock := unix.Flock_t{Type: unix.F_WRLCK}
		err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock)
		if err == unix.EAGAIN || err == unix.EACCES {
			err = ErrRunning
		}
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if sameFile(f, path) {
			return f, nil
		}
		f.Close()
	}
}

func sameFile(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return true // nothing can be said; the lock is ours
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, there)
}

// runningElsewhere tells whether the file names a live keepalived, whose older releases take no lock.
func runningElsewhere(f *os.File) bool {
	var text [32]byte
	n, err := f.ReadAt(text[:], 0)
	if n == 0 && err != nil {
		return false
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text[:n])))
	if err != nil || pid <= 0 || pid == os.Getpid() {
		return false
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return err == nil && strings.HasPrefix(string(name), "keepalived")
}

// write fills the file. It is made readable for all whatever the umask: monitoring must find the pid.
func (p *File) write() error {
	if err := p.f.Truncate(0); err != nil {
		return err
	}
	if _, err := p.f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0); err != nil {
		return err
	}
	return p.f.Chmod(0o644)
}

// Remove deletes the file and releases its lock. Removing twice, or a file that is gone, is no error.
func (p *File) Remove() error {
	if p == nil || p.f == nil {
		return nil
	}
	var err error
	if sameFile(p.f, p.path) { // else somebody removed it and it is another daemon's now
		err = os.Remove(p.path)
	}
	p.f.Close() // only the lock goes with it
	p.f = nil
	for dir := filepath.Dir(p.path); strings.HasPrefix(dir, directory); dir = filepath.Dir(dir) {
		_ = os.Remove(dir) // unless another daemon has files there
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
