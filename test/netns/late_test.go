package netns

import (
	"syscall"
	"testing"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// TestLateMasterStepsBack: with timer_expired_backup a Master that was frozen for so long that its Backup has
// taken over says nothing more, although that one has a lower priority and its adverts wait in the socket.
func TestLateMasterStepsBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject", "other")
	subject, other := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
	subject.start(quick("VI", 51, "eth0", "nopreempt\n timer_expired_backup 100", "10.9.0.100/24"))
	subject.waitLine(0, "(VI) Entering MASTER STATE")
	other.start(quick("VI", 51, "eth0", "nopreempt\n priority 100", "10.9.0.100/24"))
	other.waitLine(0, "(VI) Entering BACKUP STATE")

	check(t, subject.daemon.Signal(syscall.SIGSTOP))
	mark := s.sniffer.Mark()
	other.waitLine(0, "(VI) Entering MASTER STATE")
	other.waitFrame(mark, "advert of the Backup", isMasterAdvert)
	mark = s.sniffer.Mark()
	line := subject.daemon.Log.Mark()
	check(t, subject.daemon.Signal(syscall.SIGCONT))
	subject.waitLine(line, "(VI) VRRP thread timer expired")
	subject.waitLine(line, "(VI) Entering BACKUP STATE")
	for range 10 {
		mark := s.sniffer.Mark()
		other.waitFrame(mark, "further advert", isMasterAdvert)
	}
	if sent := s.sniffer.Frames(mark, subject.sent(func(f *lab.Frame) bool { return isAdvert(f) })); len(sent) != 0 {
		t.Errorf("the late Master sent %d adverts", len(sent))
	}
}
