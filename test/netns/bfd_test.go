package netns

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/govrrpd/govrrpd/test/lab"
)

// bfdEnd is one end of a session.
type bfdEnd struct {
	own, peer string
	millis    int    // between packets; three lost ones make a failure
	extra     string // further lines of the bfd_instance
}

// calm is an interval at which a busy machine does not take its own slowness for a failure.
const calm = 100

// bfdEnds are the two ends of a session between the first two hosts.
func bfdEnds(ipv6 bool, millis int, extra string) [2]bfdEnd {
	one, two := "10.9.0.1", "10.9.0.2"
	if ipv6 {
		one, two = "fd09::1", "fd09::2"
	}
	return [2]bfdEnd{{one, two, millis, extra}, {two, one, millis, extra}}
}

// bfdConfiguration is a session, and an instance that depends on it. The instances of the hosts have nothing else to
// do with each other.
func bfdConfiguration(host int, end bfdEnd, track string) string {
	return fmt.Sprintf("bfd_instance PEER {\n neighbor_ip %s\n source_ip %s\n min_rx %d\n min_tx %d\n multiplier 3\n%s}\n",
		end.peer, end.own, end.millis, end.millis, end.extra) +
		quick("VI", 51+host, "eth0", "track_bfd {\n PEER"+track+"\n}", bfdVIP(host).String())
}

func bfdVIP(host int) netip.Prefix {
	return netip.MustParsePrefix(fmt.Sprintf("10.9.0.%d/24", 101+host))
}

// The lines of a session that ends.
const (
	bfdUp        = "(PEER) Entering Up state"
	bfdSilence   = "(PEER) Entering Down state (Local diagnostic - Control Detection Time Expired, Remote diagnostic - No Diagnostic)"
	bfdTold      = "(PEER) Entering Down state (Local diagnostic - Neighbor Signaled Session Down"
	bfdAdminDown = bfdTold + ", Remote diagnostic - Administratively Down)"
)

// newBFDPair starts two programs with a session between them and waits until it is up.
func newBFDPair(t *testing.T, ends [2]bfdEnd) [2]*router {
	t.Helper()
	s := newSite(t, "one", "two")
	var pair [2]*router
	for i := range pair {
		pair[i] = s.router(i, subjectProgram(t))
		pair[i].start(bfdConfiguration(i, ends[i], ""))
	}
	for _, r := range pair {
		r.waitLine(0, "(VI) entering FAULT state")
		r.waitBFD(0, true)
	}
	return pair
}

// waitBFD waits until the session is up, or down, and the instance has followed.
func (r *router) waitBFD(mark int, up bool) {
	r.t.Helper()
	if up {
		r.waitLine(mark, bfdUp)
		r.waitLine(mark, "VRRP_Instance(VI) Tracked BFD instance PEER is UP")
		r.waitLine(mark, "(VI) Entering MASTER STATE")
		return
	}
	r.waitLine(mark, "VRRP_Instance(VI) Tracked BFD instance PEER is DOWN")
	r.waitLine(mark, "(VI) Entering FAULT STATE")
}

// expectFlaps cuts the second host off again and again: the first one's session and instance follow.
func (r *router) expectFlaps(times int) {
	r.t.Helper()
	for range times {
		line := r.daemon.Log.Mark()
		check(r.t, r.lan.Unplug(r.lan.Hosts[1]))
		r.waitLine(line, bfdSilence)
		r.waitBFD(line, false)
		r.waitAddress(bfdVIP(0), false)
		line = r.daemon.Log.Mark()
		check(r.t, r.lan.Plug(r.lan.Hosts[1]))
		r.waitBFD(line, true)
		r.waitAddress(bfdVIP(0), true)
	}
}

func TestBFDSessionBetweenTwoOfOurOwn(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string][2]bfdEnd{
		"IPv4":          bfdEnds(false, calm, ""),
		"IPv6":          bfdEnds(true, calm, ""),
		"multihop":      bfdEnds(false, calm, " multihop\n ttl 64\n max_hops 5\n"),
		"IPv6 multihop": bfdEnds(true, calm, " multihop\n max_hops 5\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pair := newBFDPair(t, ends)
			one, two := pair[0], pair[1]
			one.expectFlaps(2)

			// One that stops says so: the other need not wait for the detection time.
			line := one.daemon.Log.Mark()
			two.stop()
			one.waitLine(line, bfdAdminDown)
			one.waitBFD(line, false)

			line = one.daemon.Log.Mark()
			two.start(bfdConfiguration(1, ends[1], ""))
			one.waitBFD(line, true)
			line = one.daemon.Log.Mark()
			check(t, two.daemon.Crash())
			one.waitLine(line, bfdSilence)
			one.waitBFD(line, false)
		})
	}
}

// TestBFDPassiveEndWaitsForTheOther: RFC 5880, 6.1.
func TestBFDPassiveEndWaitsForTheOther(t *testing.T) {
	t.Parallel()
	s := newSite(t, "one", "two")
	ends := bfdEnds(false, calm, " passive\n")
	one, two := s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))
	one.start(bfdConfiguration(0, ends[0], ""))
	two.start(bfdConfiguration(1, bfdEnds(false, calm, "")[1], ""))
	one.waitBFD(0, true)
	two.waitBFD(0, true)
}

// TestBFDShowsInTheDumps, and in the log, as in keepalived.
func TestBFDShowsInTheDumps(t *testing.T) {
	t.Parallel()
	pair := newBFDPair(t, bfdEnds(false, calm, ""))
	one := pair[0]
	one.waitLine(0, "Starting BFD child process, pid=")
	one.waitLine(0, "Received BFD event: instance PEER is in state Down (delivered in ")
	one.waitLine(0, "Received BFD event: instance PEER is in state Up (delivered in ")
	one.waitLine(0, "       Detection time is 300000 us (was ")
	pid, err := os.ReadFile(filepath.Join(one.daemon.Dir, "bfd.pid"))
	check(t, err)
	if want := fmt.Sprintf("%d\n", one.daemon.Pid()); string(pid) != want {
		t.Errorf("bfd.pid contains %q, want %q", pid, want)
	}
	expectInOrder(t, one.dump(syscall.SIGUSR1, "keepalived.data"), "   Tracked BFDs :", "     PEER: weight 0",
		"------< VRRP Track BFDs >------", " VRRP Track BFD = PEER", "   Weight = 0", "   Bfd is up", "   Tracking VRRP instances :",
		"   Tracking instances :", "     VI, weight 0", "------< Interfaces >------")
	path := filepath.Join(one.daemon.Dir, "keepalived_bfd.data")
	waitUntil(t, func() bool { _, err := os.Stat(path); return err == nil }, func() string { return path + " did not come" })
	text, err := os.ReadFile(path)
	check(t, err)
	expectInOrder(t, string(text), "------< BFD Topology >------", " BFD Instance = PEER", "   Neighbor IP = 10.9.0.2", "   Source IP = 10.9.0.1",
		"   local state = Up", "   remote state = Up", "   local detection time = 300000 us")
}

// TestWithoutBFD: with -B no session is run, and to those that track one it is down.
func TestWithoutBFD(t *testing.T) {
	t.Parallel()
	s := newSite(t, "one", "two")
	watch := s.watchBFD()
	ends := bfdEnds(false, calm, "")
	one, two := s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))
	two.start(bfdConfiguration(1, ends[1], ""))
	one.start(bfdConfiguration(0, ends[0], ""), "-B")
	one.waitLine(0, "(VI) entering FAULT state")
	for range 3 {
		watch.await(watch.Mark(), "two", inBFDState(lab.BFDDown))
	}
	if n := len(watch.Frames(0, func(f *lab.Frame) bool { return f.Port == "one" })); n != 0 {
		t.Errorf("%d BFD packets were sent", n)
	}
	if n := one.daemon.Log.Count(0, "(VI) Entering"); n != 0 {
		t.Errorf("the instance left FAULT")
	}
}

// TestBFDWeightMovesThePriority, and reverse turns it round.
func TestBFDWeightMovesThePriority(t *testing.T) {
	t.Parallel()
	s := newSite(t, "one", "two")
	ends := bfdEnds(false, calm, "")
	one, two := s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))
	one.start(bfdConfiguration(0, ends[0], " weight 7") + quick("VJ", 60, "eth0", "track_bfd {\n PEER weight -9 reverse\n}", "10.9.0.110/24"))
	one.waitLine(0, "(VJ) Changing effective priority from 150 to 159")
	one.waitLine(0, "(VI) Entering MASTER STATE")
	two.start(bfdConfiguration(1, ends[1], ""))
	one.waitLine(0, "(VI) Changing effective priority from 150 to 157")
	one.waitLine(0, "(VJ) Changing effective priority from 159 to 150")
	line := one.daemon.Log.Mark()
	two.stop()
	one.waitLine(line, "(VI) Changing effective priority from 157 to 150")
	one.waitLine(line, "(VJ) Changing effective priority from 150 to 159")
	if n := one.daemon.Log.Count(0, "FAULT"); n != 0 {
		t.Errorf("%d lines of FAULT, though both entries have weights", n)
	}
}

// TestBFDSurvivesAReload: a session that stays the same is not touched, one whose timers change stays up and tells
// the neighbour, one that goes says so, one that comes comes up.
func TestBFDSurvivesAReload(t *testing.T) {
	t.Parallel()
	ends := bfdEnds(false, calm, "")
	pair := newBFDPair(t, ends)
	one, two := pair[0], pair[1]
	undisturbed := func(line, other int) {
		t.Helper()
		for r, mark := range map[*router]int{one: line, two: other} {
			if n := r.daemon.Log.Count(mark, "(PEER) Entering"); n != 0 {
				t.Errorf("the session of %s changed its state %d times:\n%s", r.host.Name, n, r.daemon.Log)
			}
			if n := r.daemon.Log.Count(mark, "(VI) Entering"); n != 0 {
				t.Errorf("the instance of %s changed its state %d times", r.host.Name, n)
			}
		}
	}
	line, other := one.daemon.Log.Mark(), two.daemon.Log.Mark()
	check(t, one.daemon.Reload(bfdConfiguration(0, ends[0], "")))
	one.waitLine(line, "Reload complete")
	undisturbed(line, other)

	faster := ends[0]
	faster.millis = calm / 2
	check(t, one.daemon.Reload(bfdConfiguration(0, faster, "")))
	one.waitLine(line, "(PEER) Starting poll sequence")
	two.waitLine(other, "remote    50000   50000   100000     3       300000")
	undisturbed(line, other)

	check(t, one.daemon.Reload(quick("VI", 51, "eth0", "", bfdVIP(0).String())))
	two.waitLine(other, bfdAdminDown)
	two.waitBFD(other, false)
	waitUntil(t, func() bool { _, err := os.Stat(filepath.Join(one.daemon.Dir, "bfd.pid")); return os.IsNotExist(err) },
		func() string { return "bfd.pid is there without a session" })
	other = two.daemon.Log.Mark()
	check(t, one.daemon.Reload(bfdConfiguration(0, ends[0], "")))
	two.waitBFD(other, true)
	one.waitLine(line, "VRRP_Instance(VI) Tracked BFD instance PEER is UP")
}

// TestBFDWaitsForItsPort: while another program has BFD's port, the session is down and it is tried again.
func TestBFDWaitsForItsPort(t *testing.T) {
	t.Parallel()
	s := newSite(t, "one", "two")
	ends := bfdEnds(false, calm, "")
	one, two := s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))
	var squatter net.PacketConn
	check(t, one.host.Do(func() (err error) {
		squatter, err = net.ListenPacket("udp4", ":3784")
		return err
	}))
	t.Cleanup(func() { squatter.Close() })
	two.start(bfdConfiguration(1, ends[1], ""))
	one.start(bfdConfiguration(0, ends[0], ""))
	one.waitLine(0, "receive BFD packets on UDP port 3784: address already in use; its sessions stay down, and it is tried again")
	check(t, squatter.Close())
	one.waitBFD(0, true)
	if n := one.daemon.Log.Count(0, "address already in use"); n != 1 {
		t.Errorf("the reason is told %d times, want once", n)
	}
}

// TestBFDOfASyncGroup: what the group tracks holds for every member.
func TestBFDOfASyncGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t, "one", "two")
	ends := bfdEnds(false, calm, "")
	one, two := s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))
	session, _, _ := strings.Cut(bfdConfiguration(0, ends[0], ""), "vrrp_instance")
	one.start(session + "vrrp_sync_group G {\n group {\n VI\n VJ\n }\n track_bfd {\n PEER\n }\n}\n" +
		quick("VI", 51, "eth0", "", "10.9.0.101/24") + quick("VJ", 60, "eth0", "", "10.9.0.110/24"))
	for _, name := range []string{"VI", "VJ"} {
		one.waitLine(0, "("+name+") entering FAULT state")
	}
	two.start(bfdConfiguration(1, ends[1], ""))
	for _, name := range []string{"VI", "VJ"} {
		one.waitLine(0, "VRRP_Instance("+name+") Tracked BFD instance PEER is UP")
		one.waitLine(0, "("+name+") Entering MASTER STATE")
	}
	line := one.daemon.Log.Mark()
	two.stop()
	for _, name := range []string{"VI", "VJ"} {
		one.waitLine(line, "VRRP_Instance("+name+") Tracked BFD instance PEER is DOWN")
		one.waitLine(line, "("+name+") Entering FAULT STATE")
	}
}
