package netns

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
)

// reloadDialect paces the reload tests: fast, so that each gap shows.
var reloadDialect = dialects[2]

// newReloadedMaster starts the subject and waits until it is Master.
func newReloadedMaster(t *testing.T, configuration string) *router {
	t.Helper()
	subject := newSite(t, "subject").router(0, subjectProgram(t))
	subject.start(configuration)
	subject.waitLine(0, "(VI) Entering MASTER STATE")
	subject.waitAddress(reloadDialect.vips[0], true)
	subject.waitBurst(reloadDialect.vips)
	return subject
}

// expectUndisturbed checks that since the marks the Master has stayed one and kept its rhythm.
func (r *router) expectUndisturbed(mark, line int) {
	r.t.Helper()
	const watched = 5
	seen := 0
	r.waitFrame(r.sniffer.Mark(), "five adverts after the reload", func(f *lab.Frame) bool {
		if isMasterAdvert(f) {
			seen++
		}
		return seen == watched
	})
	adverts := r.adverts(mark)
	for _, f := range adverts {
		if f.Priority == 0 {
			r.t.Errorf("an advert with priority 0 was sent")
		}
	}
	if gap := longestGap(adverts); gap > reloadDialect.interval+slack {
		r.t.Errorf("longest gap between adverts %v, want %v", gap, reloadDialect.interval)
	}
	if n := r.daemon.Log.Count(line, "(VI) Entering"); n != 0 {
		r.t.Errorf("%d transitions were logged:\n%s", n, r.daemon.Log)
	}
	if n := r.watch.Losses(reloadDialect.vips[0]); n != 0 {
		r.t.Errorf("the address was removed %d times", n)
	}
}

func TestReloadUnchangedChangesNothing(t *testing.T) {
	t.Parallel()
	configuration := reloadDialect.configuration(highPriority, "", "") + quietAnnouncements
	r := newReloadedMaster(t, configuration)
	mark, line := r.sniffer.Mark(), r.daemon.Log.Mark()
	check(t, r.daemon.Reload(configuration))
	r.waitLine(line, "Reload")
	r.expectUndisturbed(mark, line)
	announced := r.sniffer.Frames(mark, r.sent(func(f *lab.Frame) bool { return f.Kind == lab.GratuitousARP }))
	if len(announced) != 0 {
		t.Errorf("%d gratuitous ARPs were sent", len(announced))
	}
}

// quietAnnouncements leaves out the second burst, which comes 5 s after a router became Master.
const quietAnnouncements = "global_defs {\n vrrp_garp_master_delay 0\n}\n"

func TestReloadAppliesChangesWithoutElection(t *testing.T) {
	t.Parallel()
	d := reloadDialect
	r := newReloadedMaster(t, d.configuration(highPriority, "", ""))
	mark, line := r.sniffer.Mark(), r.daemon.Log.Mark()
	kept, removed, added := d.vips[0], d.vips[1], netip.MustParsePrefix("10.9.0.102/24")
	d.vips = []netip.Prefix{kept, added}
	check(t, r.daemon.Reload(d.configuration(highPriority-10, "", "")))
	r.waitAddress(added, true)
	r.waitAddress(removed, false)
	r.waitFrame(mark, "announcement of the new address", isAnnouncement(added.Addr()))
	advert := r.waitFrame(mark, "advert with the new priority", func(f *lab.Frame) bool {
		return isAdvert(f) && f.Priority == highPriority-10
	})
	if advert.Count != 2 {
		t.Errorf("the advert has %d addresses, want 2", advert.Count)
	}
	r.expectUndisturbed(mark, line)
}

// TestReloadOfAWrongFileKeepsTheOldOne: keepalived skips the faulty parts instead, so this one is
// govrrpd's alone.
func TestReloadOfAWrongFileKeepsTheOldOne(t *testing.T) {
	t.Parallel()
	configuration := reloadDialect.configuration(highPriority, "", "")
	r := newReloadedMaster(t, configuration)
	mark, line := r.sniffer.Mark(), r.daemon.Log.Mark()
	check(t, r.daemon.Reload(strings.Replace(configuration, "virtual_router_id 51", "virtual_router_id 5100", 1)))
	r.waitLine(line, "5100")
	r.expectUndisturbed(mark, line)
}

// TestReloadAddsAndRemovesInstances: the one that stays is not touched by those that come and go.
func TestReloadAddsAndRemovesInstances(t *testing.T) {
	t.Parallel()
	configuration := reloadDialect.configuration(highPriority, "", "")
	another := strings.NewReplacer("VI {", "OTHER {", "virtual_router_id 51", "virtual_router_id 52",
		"10.9.0.100/24", "10.9.0.110/24", "10.9.0.101/32", "10.9.0.111/32").Replace(configuration)
	r := newReloadedMaster(t, configuration)
	mark, line := r.sniffer.Mark(), r.daemon.Log.Mark()
	vip := netip.MustParsePrefix("10.9.0.110/24")

	check(t, r.daemon.Reload(configuration+another))
	r.waitAddress(vip, true)
	check(t, r.daemon.Reload(configuration))
	r.waitFrame(mark, "release of the removed instance", func(f *lab.Frame) bool {
		return isAdvert(f) && f.VRID == 52 && f.Priority == 0
	})
	r.waitAddress(vip, false)

	stayed := r.sniffer.Frames(mark, r.sent(func(f *lab.Frame) bool { return isAdvert(f) && f.VRID == 51 }))
	if gap := longestGap(stayed); gap > reloadDialect.interval+slack {
		t.Errorf("longest gap between adverts of the instance that stayed %v", gap)
	}
	if n := r.daemon.Log.Count(line, "(VI) Entering"); n != 0 {
		t.Errorf("the instance that stayed changed its state %d times:\n%s", n, r.daemon.Log)
	}
}

// TestReloadMovesAddresses: from one instance to another, and between what is virtual and what is static,
// whichever of them comes first in the file.
func TestReloadMovesAddresses(t *testing.T) {
	t.Parallel()
	const static = "static_ipaddress {\n 10.9.0.120/24 dev eth0\n}\n"
	first := func(vips ...string) string { return quick("FIRST", 51, "eth0", "", vips...) }
	second := func(vips ...string) string { return quick("SECOND", 52, "eth0", "", vips...) }
	r := startMaster(t, first("10.9.0.100/24")+second("10.9.0.101/24", "10.9.0.102/24"), "FIRST", "SECOND")
	r.waitAddress(netip.MustParsePrefix("10.9.0.102/24"), true)
	mark := r.daemon.Log.Mark()
	for _, configuration := range []string{
		first("10.9.0.100/24", "10.9.0.102/24") + second("10.9.0.101/24"),
		first("10.9.0.100/24") + second("10.9.0.101/24", "10.9.0.102/24"),
		first("10.9.0.100/24") + second("10.9.0.101/24", "10.9.0.102/24") + static,
		first("10.9.0.100/24") + second("10.9.0.101/24", "10.9.0.102/24", "10.9.0.120/24"),
	} {
		line := r.daemon.Log.Mark()
		check(t, r.daemon.Reload(configuration))
		r.waitLine(line, "Reload complete")
		for _, vip := range []string{"10.9.0.100/24", "10.9.0.101/24", "10.9.0.102/24"} {
			r.waitAddress(netip.MustParsePrefix(vip), true)
		}
		r.waitAddress(netip.MustParsePrefix("10.9.0.120/24"), strings.Contains(configuration, ".120"))
		seen := 0
		r.waitFrame(r.sniffer.Mark(), "twenty adverts", func(f *lab.Frame) bool {
			if isMasterAdvert(f) {
				seen++
			}
			return seen == 20
		})
	}
	for _, vip := range []string{"10.9.0.102/24", "10.9.0.120/24"} {
		r.waitAddress(netip.MustParsePrefix(vip), true)
	}
	if n := r.daemon.Log.Count(mark, "Entering"); n != 0 {
		t.Errorf("%d transitions were logged:\n%s", n, r.daemon.Log)
	}
}

// TestStopLeavesNothing counts on the stop to be quick as well: govrrpd has no reason to linger.
func TestStopLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newReloadedMaster(t, strings.Replace(reloadDialect.configuration(highPriority, "", ""),
		" virtual_ipaddress {", " virtual_routes {\n  10.77.0.0/24 via 10.9.0.254 dev eth0\n }\n"+
			" virtual_rules {\n  from 10.9.0.100 table 100 priority 1234\n }\n virtual_ipaddress {", 1))
	host := r.host
	waitUntil(t, func() bool { return hasRoute(t, host, "10.77.0.0/24") && hasRule(t, host, 1234) },
		func() string { return fmt.Sprintf("the virtual route or rule is missing:\n%s", r.daemon.Log) })
	start := time.Now()
	r.stop()
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if code := r.daemon.ExitCode(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	for _, vip := range reloadDialect.vips {
		r.waitAddress(vip, false)
	}
	if hasRoute(t, host, "10.77.0.0/24") || hasRule(t, host, 1234) {
		t.Error("the virtual route or rule is still there")
	}
	isRelease := func(f *lab.Frame) bool { return isAdvert(f) && f.Priority == 0 }
	r.waitFrame(0, "release", isRelease)
	released := r.sniffer.Frames(0, r.sent(isRelease))
	if len(released) != 1 {
		t.Errorf("%d adverts with priority 0 were sent, want 1", len(released))
	}
}

// TestReleaseVIPsAtAReload: with -X a new instance begins without the address that somebody has set; without it
// the address stays, also when a Backup ends.
func TestReleaseVIPsAtAReload(t *testing.T) {
	t.Parallel()
	const configuration = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n advert_int 250\n" +
		" virtual_ipaddress {\n  10.9.0.100/24\n }\n}\n"
	another := strings.NewReplacer("A {", "B {", "51", "52", "100/24", "110/24").Replace(configuration)
	vip := netip.MustParsePrefix("10.9.0.110/24")
	start := func(options ...string) *router {
		r := newSite(t, "subject").router(0, subjectProgram(t))
		r.start(configuration, options...)
		r.waitLine(0, "Startup complete")
		check(t, r.host.AddAddress("eth0", vip))
		r.waitAddress(vip, true)
		check(t, r.daemon.Reload(configuration+another))
		r.waitLine(0, "(B) Entering BACKUP STATE (init)")
		return r
	}
	start("-X").waitAddress(vip, false)

	kept := start()
	kept.stop() // everything that it had to do is done
	if n := kept.watch.Losses(vip); n != 0 {
		t.Errorf("without -X the address was removed %d times", n)
	}
}
