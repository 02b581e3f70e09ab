package netns

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
)

// bfdEnd is one end of a session, by its place on the LAN.
type bfdEnd struct {
	own, peer string
	extra     string // further lines of the bfd_instance
}

// bfdConfiguration is a session, and an instance that depends on it. Its VRID and address are those of the
// host, so that no other router has a say in its state.
func bfdConfiguration(host int, end bfdEnd, track string) string {
	return fmt.Sprintf("bfd_instance PEER {\n neighbor_ip %s\n source_ip %s\n min_rx 10\n min_tx 10\n multiplier 3\n%s}\n", end.peer, end.own, end.extra) +
		quick("VI", 51+host, "eth0", "track_bfd {\n PEER"+track+"\n}", fmt.Sprintf("10.9.0.%d/24", 101+host))
}

// bfdEnds are the two ends of a session over the addresses of the first two hosts.
func bfdEnds(ipv6 bool, extra string) [2]bfdEnd {
	one, two := "10.9.0.1", "10.9.0.2"
	if ipv6 {
		one, two = "fd09::1", "fd09::2"
	}
	return [2]bfdEnd{{one, two, extra}, {two, one, extra}}
}

// newBFDPair starts two subjects with a session between them and waits until it is up.
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
		r.waitLine(0, "(PEER) Entering Up state")
		r.waitLine(0, "VRRP_Instance(VI) Tracked BFD instance PEER is UP")
		r.waitLine(0, "(VI) Entering MASTER STATE")
	}
	return pair
}

func vipOf(host int) netip.Prefix {
	return netip.MustParsePrefix(fmt.Sprintf("10.9.0.%d/24", 101+host))
}

func TestBFDSessionBetweenTwoOfOurOwn(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string][2]bfdEnd{
		"IPv4":          bfdEnds(false, ""),
		"IPv6":          bfdEnds(true, ""),
		"multihop":      bfdEnds(false, " multihop\n ttl 64\n max_hops 5\n"),
		"IPv6 multihop": bfdEnds(true, " multihop\n max_hops 5\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pair := newBFDPair(t, ends)
			one, two := pair[0], pair[1]

			line := one.daemon.Log.Mark()
			check(t, one.lan.Unplug(two.host))
			one.waitLine(line, "(PEER) Entering Down state (Local diagnostic - Control Detection Time Expired, Remote diagnostic - No Diagnostic)")
			one.waitLine(line, "VRRP_Instance(VI) Tracked BFD instance PEER is DOWN")
			one.waitLine(line, "(VI) Entering FAULT STATE")
			one.waitAddress(vipOf(0), false)

			line = one.daemon.Log.Mark()
			check(t, one.lan.Plug(two.host))
			one.waitLine(line, "VRRP_Instance(VI) Tracked BFD instance PEER is UP")
			one.waitLine(line, "(VI) Entering MASTER STATE")

			// One that stops says so: the other need not wait for the detection time.
			line = one.daemon.Log.Mark()
			two.stop()
			one.waitLine(line, "(PEER) Entering Down state (Local diagnostic - Neighbor Signaled Session Down, Remote diagnostic - Administratively Down)")
			one.waitLine(line, "(VI) Entering FAULT STATE")
		})
	}
}

// bfdSlack is what a detection may take beyond its 30 ms.
const bfdSlack = 10 * time.Millisecond

var _ = lab.NewLog
