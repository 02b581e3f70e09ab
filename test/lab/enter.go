package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// entered marks the copy of a program that already runs as root of a user namespace of its own.
const entered = "GOVRRPD_LAB_ENTERED"

// Enter makes sure that this program may make namespaces: a program without that right is run once
// more as root of a new user namespace, and Enter then ends the first copy with the second one's
// exit status. Where even that is refused, the error says what would allow it.
func Enter() error {
	refusal := tryUnshare()
	if refusal == nil {
		return nil
	}
	if os.Getenv(entered) != "" {
		return fmt.Errorf("make a network namespace as root of a user namespace: %w", refusal)
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), entered+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	// A terminal's Ctrl-C reaches both copies; the second one cleans up and the first one waits.
	signal.Ignore(os.Interrupt)
	err := cmd.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		os.Exit(0)
	case errors.As(err, &ended):
		os.Exit(max(ended.ExitCode(), 1))
	}
	return fmt.Errorf("make a user namespace: %w (run as root, or allow it: sysctl kernel.unprivileged_userns_clone=1 "+
		"kernel.apparmor_restrict_unprivileged_userns=0)", err)
}

// tryUnshare makes namespaces on a thread that is thrown away.
func tryUnshare() error {
	refusal := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		refusal <- unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS)
	}()
	return <-refusal
}
