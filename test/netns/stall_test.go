package netns

import (
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// TestFrozenMaster: a Master that is stopped for longer than its Master_Down_Interval, while a Backup takes over and
// a third host goes on believing it, because its kernel answers for the addresses. In the end there is one Master,
// the one that the configuration wants, and the third host believes that one.
func TestFrozenMaster(t *testing.T) {
	for _, c := range []struct {
		name, lines, otherLines string
		returns                 bool
	}{
		{"preempts", "priority 150", "priority 100", true},
		{"does not preempt", "nopreempt\n priority 150", "nopreempt\n priority 100", false},
		{"is outranked", "priority 100", "priority 150", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFreeze(t, c.lines, c.otherLines)
			line, otherLine := f.subject.daemon.Log.Mark(), f.other.daemon.Log.Mark()
			f.freezeUntilTaken()
			f.believe(f.subject)
			check(t, f.subject.daemon.Signal(syscall.SIGCONT))
			f.subject.waitLine(line, "(VI) Entering BACKUP STATE")
			f.subject.waitLine(line, "another Master has spoken, stepping back (1 instance)")
			f.waitBelief(f.other)
			last, first := f.other, f.subject
			if c.returns {
				f.subject.waitLine(line, "(VI) Entering MASTER STATE")
				f.other.waitLine(otherLine, "(VI) Entering BACKUP STATE")
				last, first = f.subject, f.other
			}
			f.waitBelief(last)
			last.waitAddress(f.vip, true)
			first.waitAddress(f.vip, false)
			f.expectOneMaster(last, first)
			if n := f.subject.daemon.Log.Count(line, "Stood still for"); n != 1 {
				t.Errorf("%d lines about one stall", n)
			}
		})
	}
}

// TestFrozenMasterAlone: nobody has taken over, so it goes on at once, and tells everybody where the addresses are.
func TestFrozenMasterAlone(t *testing.T) {
	t.Parallel()
	f := newFreeze(t, "priority 150", "")
	line := f.subject.daemon.Log.Mark()
	mark := f.sniffer.Mark()
	f.subject.freeze(2 * time.Second)
	f.subject.waitFrame(mark, "announcement", isAnnouncement(f.vip.Addr()))
	f.subject.waitLine(line, "nobody has taken over for good, announcing the addresses anew (1 instance)")
	if n := f.subject.daemon.Log.Count(line, "STATE"); n != 0 {
		t.Errorf("%d changes of state", n)
	}
}

// TestShortFreezeChangesNothing: one that is shorter than the Master_Down_Interval.
func TestShortFreezeChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject")
	subject := s.router(0, subjectProgram(t))
	subject.start(strings.Replace(quick("VI", 51, "eth0", "", "10.9.0.100/24"), "advert_int 0.1", "advert_int 3", 1))
	subject.waitLine(0, "(VI) Entering MASTER STATE")
	subject.waitBurst([]netip.Prefix{netip.MustParsePrefix("10.9.0.100/24")})
	line, mark := subject.daemon.Log.Mark(), s.sniffer.Mark()
	subject.freeze(4 * time.Second)
	for range 2 { // what the first one would bring along comes before the second
		subject.waitFrame(s.sniffer.Mark(), "advert", isMasterAdvert)
	}
	if n := subject.daemon.Log.Count(line, "Stood still") + subject.daemon.Log.Count(line, "STATE"); n != 0 {
		t.Errorf("%d lines about a short freeze", n)
	}
	if frames := s.sniffer.Frames(mark, isAnnouncement(netip.MustParseAddr("10.9.0.100"))); len(frames) != 0 {
		t.Errorf("%d announcements after a short freeze", len(frames))
	}
}

// TestStallGuardOff: then it goes on as keepalived does, and forces an election.
func TestStallGuardOff(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject", "other")
	subject, other := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
	subject.start("global_defs {\n stall_guard off\n}\n" + quick("VI", 51, "eth0", "", "10.9.0.100/24"))
	subject.waitLine(0, "(VI) Entering MASTER STATE")
	other.start(quick("VI", 51, "eth0", "priority 100", "10.9.0.100/24"))
	f := &freeze{site: s, subject: subject, other: other}
	line := subject.daemon.Log.Mark()
	f.freezeUntilTaken()
	check(t, subject.daemon.Signal(syscall.SIGCONT))
	subject.waitLine(line, "forcing new election")
	if n := subject.daemon.Log.Count(line, "STATE"); n != 0 {
		t.Errorf("%d changes of state", n)
	}
}

// freeze is a Master, a Backup and a host that uses their address.
type freeze struct {
	*site
	subject, other *router
	client         *lab.Host
	vip            netip.Prefix
}

// newFreeze makes the subject Master and, unless it is to be alone, the other router its Backup. One that
// outranks it starts while it is frozen.
func newFreeze(t *testing.T, lines, otherLines string) *freeze {
	t.Helper()
	s := newSite(t, "subject", "other", "client")
	f := &freeze{
		site: s, subject: s.router(0, subjectProgram(t)), other: s.router(1, peers.Need(t, "keepalived")),
		client: s.lan.Hosts[2], vip: netip.MustParsePrefix("10.9.0.100/24"),
	}
	f.subject.start(quick("VI", 51, "eth0", lines, f.vip.String()))
	f.subject.waitLine(0, "(VI) Entering MASTER STATE")
	f.subject.waitBurst([]netip.Prefix{f.vip})
	if otherLines != "" {
		if strings.Contains(otherLines, "priority 150") {
			check(t, f.subject.daemon.Signal(syscall.SIGSTOP)) // a second time is no matter
		}
		f.other.start(quick("VI", 51, "eth0", otherLines, f.vip.String()))
	}
	return f
}

// freezeUntilTaken stops the subject until the other one is Master and has said so for a while.
func (f *freeze) freezeUntilTaken() {
	f.t.Helper()
	f.other.waitLine(0, "(VI) Entering BACKUP STATE")
	check(f.t, f.subject.daemon.Signal(syscall.SIGSTOP))
	f.other.waitLine(0, "(VI) Entering MASTER STATE")
	f.waitAdverts(f.other, 20)
}

func (f *freeze) waitAdverts(r *router, count int) {
	f.t.Helper()
	for range count {
		r.waitFrame(f.sniffer.Mark(), "further advert", isMasterAdvert)
	}
}

// believe has the client take a router for the owner of the address.
func (f *freeze) believe(r *router) {
	f.t.Helper()
	check(f.t, f.client.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		return netlink.NeighSet(&netlink.Neigh{
			LinkIndex: link.Attrs().Index, IP: f.vip.Addr().AsSlice(), HardwareAddr: f.mac(r), State: netlink.NUD_STALE,
		})
	}))
}

// waitBelief waits until the client takes that router for the owner.
func (f *freeze) waitBelief(r *router) {
	f.t.Helper()
	want := f.mac(r).String()
	r.waitFrame(0, "announcement", isAnnouncement(f.vip.Addr()))
	var got string
	for end := time.Now().Add(eventTimeout); time.Now().Before(end); <-time.After(10 * time.Millisecond) {
		if got = f.belief(); got == want {
			return
		}
	}
	f.t.Errorf("the client believes that %s has the address, want %s, that of %s", got, want, r.host.Name)
}

func (f *freeze) belief() (mac string) {
	f.t.Helper()
	check(f.t, f.client.Do(func() error {
		neighbours, err := netlink.NeighList(0, netlink.FAMILY_V4)
		for _, n := range neighbours {
			if n.IP.Equal(net.IP(f.vip.Addr().AsSlice())) {
				mac = n.HardwareAddr.String()
			}
		}
		return err
	}))
	return mac
}

func (f *freeze) mac(r *router) (mac net.HardwareAddr) {
	f.t.Helper()
	check(f.t, r.host.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err == nil {
			mac = link.Attrs().HardwareAddr
		}
		return err
	}))
	return mac
}

// expectOneMaster watches for two Master_Down_Intervals.
func (f *freeze) expectOneMaster(master, backup *router) {
	f.t.Helper()
	f.waitAdverts(master, 2) // what was sent before now may be on its way to the observer
	mark := f.sniffer.Mark()
	f.waitAdverts(master, 8)
	if sent := f.sniffer.Frames(mark, backup.sent(isMasterAdvert)); len(sent) != 0 {
		f.t.Errorf("%s, a Backup, sent %d adverts", backup.host.Name, len(sent))
	}
}
