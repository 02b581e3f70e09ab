// Package nettest gives a test network namespaces of its own: hosts with veth
// cables and a LAN between them, in which kernel effects can be tried without
// touching the machine the test runs on.
//
// It promises that whatever a Namespace held (links, addresses, routes, sockets'
// traffic) is gone when the test ends, and that a machine which cannot make
// namespaces fails the test run instead of skipping it: a silent skip is a test
// that nobody has.
//
// A test binary calls Main from TestMain, then New, Link or LAN in its tests.
// What happens inside the namespaces is left to the tests.
package nettest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// reexecVariable marks the copy of the test binary that already runs in a user
// namespace of its own, so that a second refusal is reported, not tried again.
const reexecVariable = "GOVRRPD_NETTEST_REEXEC"

// Main runs the tests of m with the right to create network namespaces and ends
// the process with their result. Without that right it starts the test binary
// once more as root of a new user, mount and network namespace. Where this is
// refused too it says so and ends with status 1.
func Main(m *testing.M) {
	refusal := tryUnshare()
	if refusal == nil {
		os.Exit(m.Run())
	}
	if os.Getenv(reexecVariable) != "" {
		fmt.Fprintln(os.Stderr, "nettest: create network namespace as root of a user namespace:", refusal)
		os.Exit(1)
	}
	os.Exit(reexec(refusal))
}

// tryUnshare makes a network namespace on a thread that is thrown away.
func tryUnshare() error {
	refusal := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		refusal <- unix.Unshare(unix.CLONE_NEWNET)
	}()
	return <-refusal
}

func reexec(refusal error) int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), reexecVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	err := cmd.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return max(ended.ExitCode(), 1)
	}
	fmt.Fprintf(os.Stderr, "nettest: create network namespace: %v; create user namespace: %v\n", refusal, err)
	return 1
}
