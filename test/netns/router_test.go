package netns

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// eventTimeout is how long a test waits for what must happen; more than any interval in use, on a
// machine that runs all tests at once.
const eventTimeout = 30 * time.Second

// site is a LAN with an observer, that ends with its test.
type site struct {
	t       *testing.T
	lan     *lab.LAN
	sniffer *lab.Sniffer
}

func newSite(t *testing.T, hosts ...string) *site {
	t.Helper()
	lan, err := lab.NewLAN(hosts...)
	check(t, err)
	t.Cleanup(lan.Close)
	sniffer, err := lan.Sniff()
	check(t, err)
	t.Cleanup(sniffer.Close)
	return &site{t: t, lan: lan, sniffer: sniffer}
}

// router is one host of a site with the daemon on it.
type router struct {
	*site
	host    *lab.Host
	program peers.Program
	watch   *lab.Watch
	daemon  *lab.Daemon
	duels   bool // there will be two Masters, and the daemon may say so
}

// router puts a daemon's program on the host with that index, without starting it.
func (s *site) router(i int, program peers.Program) *router {
	s.t.Helper()
	watch, err := s.lan.Hosts[i].WatchAddresses()
	check(s.t, err)
	s.t.Cleanup(watch.Close)
	return &router{site: s, host: s.lan.Hosts[i], program: program, watch: watch}
}

// start runs the daemon, and shows its log if the test fails.
func (r *router) start(configuration string, extra ...string) {
	r.t.Helper()
	daemon, err := r.host.Start(r.program, r.t.TempDir(), configuration, extra...)
	check(r.t, err)
	r.daemon = daemon
	r.t.Cleanup(func() {
		daemon.Close()
		if !r.duels && daemon.Log.Count(0, "SPLIT BRAIN") > 0 {
			r.t.Errorf("%s says that there are two Masters", r.host.Name)
		}
		if r.t.Failed() {
			r.t.Logf("log of %s:\n%s", r.host.Name, daemon.Log)
		}
	})
}

// stop ends the daemon in order.
func (r *router) stop() {
	r.t.Helper()
	ctx, cancel := deadline(r.t)
	defer cancel()
	check(r.t, r.daemon.Stop(ctx))
}

// waitLine waits for a line of the daemon's log from a mark on.
func (r *router) waitLine(mark int, text string) lab.Line {
	r.t.Helper()
	ctx, cancel := deadline(r.t)
	defer cancel()
	line, err := r.daemon.Log.Wait(ctx, mark, text)
	check(r.t, err)
	return line
}

// waitAddress waits until the host has an address or has it no more.
func (r *router) waitAddress(prefix netip.Prefix, present bool) {
	r.t.Helper()
	ctx, cancel := deadline(r.t)
	defer cancel()
	if err := r.watch.Wait(ctx, prefix, present); err != nil {
		r.t.Fatalf("%s: %v", r.host.Name, err)
	}
}

// waitFrame waits for a frame that the host sends, from a mark on.
func (r *router) waitFrame(mark int, what string, match func(*lab.Frame) bool) lab.Frame {
	r.t.Helper()
	ctx, cancel := deadline(r.t)
	defer cancel()
	frame, err := r.sniffer.Wait(ctx, mark, r.sent(match))
	if err != nil {
		r.t.Fatalf("%s from %s: %v", what, r.host.Name, err)
	}
	return frame
}

// sent narrows a match to what this host sends.
func (r *router) sent(match func(*lab.Frame) bool) func(*lab.Frame) bool {
	return func(f *lab.Frame) bool { return f.Port == r.host.Name && match(f) }
}

// adverts lists the adverts that this host has sent since a mark.
func (r *router) adverts(mark int) []lab.Frame {
	return r.sniffer.Frames(mark, r.sent(isAdvert))
}

func isAdvert(f *lab.Frame) bool { return f.Kind == lab.Advert }

func isMasterAdvert(f *lab.Frame) bool { return f.Kind == lab.Advert && f.Priority > 0 }

func isAnnouncement(address netip.Addr) func(*lab.Frame) bool {
	kind := lab.GratuitousARP
	if address.Is6() {
		kind = lab.UnsolicitedNA
	}
	return func(f *lab.Frame) bool { return f.Kind == kind && f.Address == address }
}

func deadline(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), eventTimeout)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// waitBurst waits for the end of the announcements that follow on becoming Master: five rounds.
func (r *router) waitBurst(vips []netip.Prefix) {
	r.t.Helper()
	const rounds = 5
	ctx, cancel := deadline(r.t)
	defer cancel()
	for _, vip := range vips {
		seen := 0
		_, err := r.sniffer.Wait(ctx, 0, r.sent(func(f *lab.Frame) bool {
			if isAnnouncement(vip.Addr())(f) {
				seen++
			}
			return seen == rounds
		}))
		if err != nil {
			r.t.Fatalf("%s announced %v %d times: %v", r.host.Name, vip, seen, err)
		}
	}
}
