package script

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// wait collects the program's end. The process descriptor waits in the runtime's poller, so hundreds
// of running scripts cost no thread each; kernels before 5.4 have no such descriptor.
func (p *Process) wait(pidfd int) {
	if pidfd < 0 || !pollExit(pidfd) {
		var info unix.Siginfo
		// WNOWAIT: the pid must stay ours until reap holds the lock.
		for unix.Waitid(unix.P_PID, p.pid, &info, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		}
	}
	p.reap(func() Exit { return collect(p.pid) })
}

// pollExit waits until the process behind pidfd has ended, and closes pidfd. It is false if that
// descriptor cannot be polled.
func pollExit(pidfd int) bool {
	if unix.SetNonblock(pidfd, true) != nil {
		unix.Close(pidfd)
		return false
	}
	file := os.NewFile(uintptr(pidfd), "pidfd")
	defer file.Close()
	raw, err := file.SyscallConn()
	if err != nil {
		return false
	}
	return raw.Read(func(fd uintptr) bool {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		return err == nil && n > 0
	}) == nil
}

func collect(pid int) Exit {
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(pid, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		switch {
		case err != nil: // somebody else reaped it: nothing is known of its success
			return Exit{Status: -1}
		case status.Signaled():
			return Exit{Signal: status.Signal()}
		default:
			return Exit{Status: status.ExitStatus()}
		}
	}
}
