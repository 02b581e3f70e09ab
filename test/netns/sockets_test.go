package netns

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// TestSocketsThatCannotBeOpened: a Virtual Router that finds no descriptors left is in FAULT, says so once
// whatever its interface reports meanwhile, and works as soon as there are some.
func TestSocketsThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject")
	r := s.router(0, subjectProgram(t))
	r.start("global_defs {\n dynamic_interfaces\n}\n"+quick("STEADY", 50, "eth0", "", "10.9.0.100/24")+
		quick("LATE", 51, "late0", "", "10.9.2.100/24"), "--address-monitoring")
	r.waitLine(0, "(STEADY) Entering MASTER STATE")

	restore := limitDescriptors(t, r.daemon.Pid())
	line := r.daemon.Log.Mark()
	check(t, lab.Cable(r.host, "late0", s.lan.Switch, "late1"))
	for _, address := range []string{"10.9.2.1/24", "10.9.3.1/24", "10.9.4.1/24"} {
		prefix := netip.MustParsePrefix(address)
		check(t, r.host.AddAddress("late0", prefix))
		r.waitLine(line, fmt.Sprintf("reports IP %s added to late0", prefix.Addr()))
	}
	r.waitLine(line, "(LATE) receive VRRP packets")
	r.expectSteady() // two seconds: it was tried again
	if n := r.daemon.Log.Count(line, "(LATE) receive VRRP packets"); n != 1 {
		t.Errorf("the failure was told %d times", n)
	}
	if n := r.daemon.Log.Count(line, "(LATE) Entering"); n != 0 {
		t.Errorf("LATE changed its state %d times", n)
	}

	restore()
	r.waitLine(line, "(LATE) the sockets are open now")
	r.waitLine(line, "(LATE) Entering MASTER STATE")
	r.waitAddress(netip.MustParsePrefix("10.9.2.100/24"), true)
	r.stop()
}

// limitDescriptors leaves a process no descriptor beyond those that it has, until restore is called.
func limitDescriptors(t *testing.T, pid int) (restore func()) {
	t.Helper()
	free := 0
	for ; ; free++ {
		if _, err := os.Lstat("/proc/" + strconv.Itoa(pid) + "/fd/" + strconv.Itoa(free)); err != nil {
			break
		}
	}
	var before unix.Rlimit
	check(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before))
	check(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(free), Max: before.Max}, nil))
	return func() { check(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &before, nil)) }
}
