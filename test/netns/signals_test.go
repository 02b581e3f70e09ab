package netns

import (
	"syscall"
	"testing"
)

// TestSignalsWithoutEffect: what keepalived ignores neither ends nor stops the daemon: a terminal's keys, timers and
// limits of others, and the signals of the real-time range that mean nothing; nor does SIGINT, if that is asked for.
func TestSignalsWithoutEffect(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start(quick("VI", 51, "eth0", "", "10.9.0.100/24"), "--ignore-sigint")
	r.waitLine(0, "(VI) Entering MASTER STATE")
	for _, signal := range []syscall.Signal{
		syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGALRM, syscall.SIGSTKFLT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU,
		syscall.SIGXCPU, syscall.SIGVTALRM, syscall.SIGPROF, syscall.SIGWINCH, syscall.SIGIO, syscall.SIGPWR, 35, 50, 64,
	} {
		check(t, r.daemon.Signal(signal))
		for range 2 { // the first may have been on its way
			r.waitFrame(r.sniffer.Mark(), "advert after "+signal.String(), isMasterAdvert)
		}
	}
	line := r.daemon.Log.Mark()
	r.stop()
	if n := r.daemon.Log.Count(line, "Stopped"); n == 0 || r.daemon.ExitCode() != 0 {
		t.Errorf("ended with code %d", r.daemon.ExitCode())
	}
}
