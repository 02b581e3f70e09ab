package cli

import (
	"fmt"
	"iter"

	"golang.org/x/sys/unix"
)

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

// signals are the names of --signum.
var signals = []struct {
	name   string
	number unix.Signal
	does   string
}{
	{"STOP", SignalStop, "stops the daemon: priority 0 is sent, addresses are removed"},
	{"RELOAD", SignalReload, "reads the configuration anew"},
	{"DATA", SignalData, "writes the configuration and state to keepalived.data"},
	{"STATS", SignalStats, "writes the statistics to keepalived.stats"},
	{"STATS_CLEAR", SignalStatsClear, "writes the statistics and sets them back to 0"},
	{"JSON", SignalJSON, "writes both as JSON to keepalived.json"},
}

// Signals are the names that --signum knows, with their numbers and what these signals do.
func Signals() iter.Seq2[string, string] {
	return func(yield func(name, does string) bool) {
		for _, s := range signals {
			if !yield(fmt.Sprintf("%s (%d)", s.name, s.number), s.does) {
				return
			}
		}
	}
}

// signalNumber returns what --signum=name prints.
func signalNumber(name string) (unix.Signal, bool) {
	for _, s := range signals {
		if s.name == name {
			return s.number, true
		}
	}
	return 0, false
}
