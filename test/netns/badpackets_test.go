package netns

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// badPackets are adverts for the Virtual Router under test that RFC 9568, 7.1 says to discard.
// Each would end a Master or hold up a Backup if it were believed.
func badPackets(version int, interval time.Duration) [][]byte {
	good := lab.Forgery{
		Source: netip.MustParseAddr("10.9.0.3"), Version: version, VRID: 51, Priority: 254,
		Interval: interval, Addresses: []netip.Addr{netip.MustParseAddr("10.9.0.100")}, TTL: 255,
	}
	checksum, ttl, wrongVersion, release := good, good, good, good
	checksum.WrongChecksum = true
	ttl.TTL = 254
	wrongVersion.Version = 5 - version
	release.Priority, release.WrongChecksum = 0, true
	return [][]byte{checksum.Frame(), ttl.Frame(), wrongVersion.Frame(), release.Frame()}
}

// maxFloodLog is how much a daemon may log about a flood. RFC 9568 asks for a log; a full disk is
// not what it means.
const maxFloodLog = 16 << 10

// TestBadPacketsMoveNoTimer lets a third host send bad packets while govrrpd is Master: adverts must
// leave in their rhythm, and the Backup must stay one.
func TestBadPacketsMoveNoTimer(t *testing.T) {
	for _, d := range []dialect{dialects[0], dialects[2]} {
		for _, rate := range []int{20, 50_000} {
			t.Run(fmt.Sprintf("%s/%d-a-second", d.name, rate), func(t *testing.T) {
				t.Parallel()
				d.vips = prefixes("10.9.0.100/24")
				s := newSite(t, "subject", "peer", "forger")
				subject, peer := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
				subject.duels = true // the forger pretends to be another Master
				peer.start(d.configuration(lowPriority, "10.9.0.2", "10.9.0.1"))
				subject.start(d.configuration(highPriority, "10.9.0.1", "10.9.0.2"))
				subject.waitAddress(d.vip(), true)
				peer.waitAddress(d.vip(), false)

				mark, logged := s.sniffer.Mark(), subject.daemon.Log.Size()
				// Long enough that a Backup would take over twice.
				flood(t, s, rate, 3*d.masterDownInterval(lowPriority), badPackets(d.version, d.interval))
				subject.waitFrame(s.sniffer.Mark(), "advert after the flood", isMasterAdvert)
				if taken := peer.adverts(mark); len(taken) > 0 {
					t.Errorf("the Backup sent %d adverts during the flood", len(taken))
				}
				if gap := longestGap(subject.adverts(mark)); gap > d.interval+slack {
					t.Errorf("longest gap between adverts during the flood %v, want %v", gap, d.interval)
				}
				if logged = subject.daemon.Log.Size() - logged; logged > maxFloodLog {
					t.Errorf("%d bytes were logged during the flood, want at most %d", logged, maxFloodLog)
				}
			})
		}
	}
}

// TestBadPacketsHoldUpNoTakeover lets the Master fall silent while bad packets in its place go on:
// govrrpd must take over as if there were none.
func TestBadPacketsHoldUpNoTakeover(t *testing.T) {
	t.Parallel()
	d := dialects[2]
	d.vips = prefixes("10.9.0.100/24")
	s := newSite(t, "subject", "peer", "forger")
	subject, peer := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
	subject.duels = true // the forger pretends to be another Master
	subject.start(d.configuration(lowPriority, "10.9.0.1", "10.9.0.2"))
	peer.start(d.configuration(highPriority, "10.9.0.2", "10.9.0.1"))
	peer.waitAddress(d.vip(), true)
	subject.waitAddress(d.vip(), false)
	check(t, peer.daemon.Crash())
	check(t, s.lan.Unplug(peer.host))
	last := peer.adverts(0)
	gone := last[len(last)-1].At
	flood(t, s, 20, 2*d.masterDownInterval(lowPriority), badPackets(d.version, d.interval))
	taken := subject.waitFrame(0, "advert after the crash", func(f *lab.Frame) bool {
		return isMasterAdvert(f) && f.At.After(gone)
	})
	want := d.masterDownInterval(lowPriority)
	if got := taken.At.Sub(gone); got < want-stampError || got > want+slack {
		t.Errorf("takeover %v after the last advert, want %v", got, want)
	}
}

// flood injects packets for a while and checks that the rate was reached.
func flood(t *testing.T, s *site, rate int, duration time.Duration, packets [][]byte) {
	t.Helper()
	injector, err := s.lan.Hosts[2].NewInjector("eth0")
	check(t, err)
	defer injector.Close()
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	sent, err := injector.Flood(ctx, rate, packets...)
	check(t, err)
	// A busy machine may not reach the rate; far from it, the test would not be about a flood.
	if atLeast := int(float64(rate)*duration.Seconds()/10) - 1; sent < atLeast {
		t.Fatalf("only %d packets were injected in %v, want at least %d", sent, duration, atLeast)
	}
}

// longestGap is the longest time between one advert and the next.
func longestGap(adverts []lab.Frame) time.Duration {
	var longest time.Duration
	for i := 1; i < len(adverts); i++ {
		longest = max(longest, adverts[i].At.Sub(adverts[i-1].At))
	}
	return longest
}
