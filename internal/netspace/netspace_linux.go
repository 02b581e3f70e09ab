// Package netspace moves the program into a named network namespace, one that `ip netns add` made.
//
// A namespace belongs to a thread, and a Go program has many. So the program enters on one thread and
// then starts itself anew in its place: same process id, same arguments, all threads inside. Callers
// therefore enter before they open, write or start anything.
package netspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// directory is where iproute2 keeps the names.
const directory = "/run/netns"

// Purpose is what a process enters a namespace for.
type Purpose bool

// The purposes.
const (
	ToLook Purpose = false // nothing is left behind
	ToStay Purpose = true  // with a directory of its own in the place of Directory
)

// Enter returns nil when the process is in the namespace of that name. Otherwise it moves there and
// runs the program from its start again: then it does not return. An error says why neither was
// possible, and the process is where it was.
func Enter(name string, purpose Purpose) error {
	if name != filepath.Base(name) || name == "." || name == ".." {
		return fmt.Errorf("enter network namespace %q: not a name below %s", name, directory)
	}
	path := filepath.Join(directory, name)
	target, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("enter network namespace: %w", err)
	}
	defer target.Close()
	inside, err := isCurrent(target)
	if err != nil || inside {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return startInside(target, program, purpose)
}

// isCurrent tells whether the process is in that namespace.
func isCurrent(target *os.File) (bool, error) {
	current, err1 := os.Stat("/proc/self/ns/net")
	wanted, err2 := target.Stat()
	if err := errors.Join(err1, err2); err != nil {
		return false, err
	}
	return os.SameFile(current, wanted), nil
}

// startInside returns only with an error.
func startInside(target *os.File, program string, purpose Purpose) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	outside, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer outside.Close()
	if err := unix.Setns(int(target.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace %s: %w", target.Name(), err)
	}
	if purpose == ToStay {
		// Without it the daemon works as well: its files are where others see them in any case.
		_ = makePrivate(filepath.Base(target.Name()))
	}
	err = unix.Exec(program, os.Args, os.Environ())
	// The thread must not stay where no other is.
	return errors.Join(fmt.Errorf("start %s: %w", program, err), unix.Setns(int(outside.Fd()), unix.CLONE_NEWNET))
}
