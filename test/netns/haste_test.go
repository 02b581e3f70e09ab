package netns

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLateTimersRaiseThePriority: each time that timers are late, every thread becomes more urgent by one, up to
// max_auto_priority.
func TestLateTimersRaiseThePriority(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start("global_defs {\n max_auto_priority 2\n min_auto_priority_delay 200000\n}\n" +
		quick("VI", 51, "eth0", "", "10.9.0.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	for priority := 1; priority <= 3; priority++ {
		line := r.daemon.Log.Mark()
		r.freeze(500 * time.Millisecond)
		r.waitLine(line, "A thread timer expired 0.")
		if priority == 3 {
			break
		}
		if !mayBeRealtime() {
			r.waitLine(line, fmt.Sprintf("become real-time with priority %d (max_auto_priority)", priority))
			continue
		}
		r.waitLine(line, fmt.Sprintf("Set realtime priority %d", priority))
		r.expectRealtime(priority)
	}
	r.waitFrame(r.sniffer.Mark(), "advert", isMasterAdvert)
	if n := r.daemon.Log.Count(0, "priority 3"); n != 0 {
		t.Errorf("the priority was raised beyond its limit")
	}
}

// freeze stops the daemon for as long as a machine that is overloaded might.
func (r *router) freeze(d time.Duration) {
	r.t.Helper()
	pids := r.daemon.Pids()
	speaker := pids[len(pids)-1] // of keepalived's processes the one that speaks VRRP
	check(r.t, unix.Kill(speaker, unix.SIGSTOP))
	<-time.After(d)
	check(r.t, unix.Kill(speaker, unix.SIGCONT))
}

// mayBeRealtime tells whether this user may have real-time priority at all: in a user namespace nobody may.
func mayBeRealtime() bool {
	var limit unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_RTPRIO, nil, &limit); err == nil && limit.Cur > 0 {
		return true
	}
	namespace, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && os.Geteuid() == 0 && len(namespace) > 0 && string(namespace) == fmt.Sprintf("%10d %10d %10d\n", 0, 0, uint32(1<<32-1))
}

// expectRealtime checks every thread of the daemon.
func (r *router) expectRealtime(priority int) {
	r.t.Helper()
	pids := r.daemon.Pids()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pids[len(pids)-1]))
	check(r.t, err)
	for _, thread := range threads {
		tid, err := strconv.Atoi(filepath.Base(thread))
		check(r.t, err)
		attr, err := unix.SchedGetAttr(tid, 0)
		if err == nil && (attr.Policy != unix.SCHED_RR || int(attr.Priority) != priority) {
			r.t.Errorf("thread %d of %d has policy %d, priority %d; want real-time priority %d", tid, len(threads), attr.Policy, attr.Priority, priority)
		}
	}
}
