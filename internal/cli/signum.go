package cli

import "golang.org/x/sys/unix"

// Signal numbers behind the names of --signum. The real-time ones are counted from glibc's SIGRTMIN
// (34) and SIGRTMAX (64), because that is what keepalived prints and what exporters send.
const (
	SignalStop       = unix.SIGTERM
	SignalReload     = unix.SIGHUP
	SignalData       = unix.SIGUSR1
	SignalStats      = unix.SIGUSR2
	SignalStatsClear = unix.Signal(63)
	SignalJSON       = unix.Signal(36)
)

// signalNumber returns what --signum=name prints.
func signalNumber(name string) (unix.Signal, bool) {
	switch name {
	case "STOP":
		return SignalStop, true
	case "RELOAD":
		return SignalReload, true
	case "DATA":
		return SignalData, true
	case "STATS":
		return SignalStats, true
	case "STATS_CLEAR":
		return SignalStatsClear, true
	case "JSON":
		return SignalJSON, true
	}
	return 0, false
}
