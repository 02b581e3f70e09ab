package router_test

import (
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// scatter makes n Masters whose adverts are due at different times within an interval.
func scatter(t *testing.T, n int, interval time.Duration, links int) (*router.Router, time.Time) {
	cfg := many(n, 100, interval)
	now := time.Unix(1000, 0)
	for i := range cfg.VRs {
		cfg.VRs[i].Link = i % links
	}
	r := router.New(now, cfg)
	r.Start(now)
	// Every Backup hears of a better one at a moment of its own, so each timer ends at another moment.
	for i := range cfg.VRs {
		now = now.Add(interval / time.Duration(n))
		r.Receive(now, router.ID(i), advertFor(cfg, i, 150))
	}
	now, _ = run(r, now, 5*interval)
	for i := range cfg.VRs {
		if r.State(router.ID(i)) != router.Master {
			t.Fatalf("%s is %s", cfg.VRs[i].Name, r.State(router.ID(i)))
		}
	}
	return r, now
}

// watch ticks a Router through d. It counts wakes and the most adverts of one link in a wake, and checks
// that no Virtual Router's adverts lie further apart than its interval, or closer than the window allows.
func watch(t *testing.T, r *router.Router, now time.Time, d time.Duration) (wakes, most int) {
	cfg := r.Config()
	last := make([]time.Time, len(cfg.VRs))
	perLink := map[int]int{}
	for end := now.Add(d); !r.NextDeadline().After(end); {
		now = r.NextDeadline()
		wakes++
		clear(perLink)
		for _, e := range r.Step(now, router.Event{}) {
			if e.Kind != router.SendAdvert {
				continue
			}
			vr := &cfg.VRs[e.VR]
			perLink[vr.Link]++
			most = max(most, perLink[vr.Link])
			window := min(5*time.Millisecond, vr.AdvertInterval/20)
			if gap := now.Sub(last[e.VR]); !last[e.VR].IsZero() && (gap > vr.AdvertInterval || gap < vr.AdvertInterval-window) {
				t.Fatalf("%s: %v between two adverts", vr.Name, gap)
			}
			last[e.VR] = now
		}
	}
	return wakes, most
}

func TestAdvertsOfOneIntervalGather(t *testing.T) {
	const interval = 100 * time.Millisecond
	r, now := scatter(t, 200, interval, 4)
	wakes, _ := watch(t, r, now, 10*interval)
	// 5 ms windows in 100 ms: at most 20 wakes an interval, instead of 200.
	if wakes > 10*21 {
		t.Errorf("%d wakes in 10 intervals of 200 adverts", wakes)
	}
	// Once gathered, nothing moves any more.
	settled := now.Add(10 * interval)
	if again, _ := watch(t, r, settled, 10*interval); again > wakes {
		t.Errorf("%d wakes, then %d", wakes, again)
	}
}

func TestShortIntervalGathersWithinItsTwentieth(t *testing.T) {
	const interval = 10 * time.Millisecond
	r, now := scatter(t, 100, interval, 4)
	wakes, _ := watch(t, r, now, 10*interval)
	if wakes > 10*21 {
		t.Errorf("%d wakes in 10 intervals of 100 adverts", wakes)
	}
}

func TestOneWakeSendsAtMost64AdvertsPerLink(t *testing.T) {
	r, now := scatter(t, 3000, 100*time.Millisecond, 1)
	if _, most := watch(t, r, now, time.Second); most != 64 {
		t.Errorf("%d adverts of one link in one wake", most)
	}
}

func TestDifferentIntervalsKeepTheirOwnTime(t *testing.T) {
	cfg := many(40, 255, 100*time.Millisecond)
	for i := range cfg.VRs {
		cfg.VRs[i].AdvertInterval += time.Duration(i%3) * 10 * time.Millisecond
	}
	now := time.Unix(1000, 0)
	r := router.New(now, cfg)
	r.Start(now)
	watch(t, r, now, 3*time.Second)
}

func TestLateLoopSkipsMissedAdverts(t *testing.T) {
	l := started(t, 3609375*time.Microsecond, nil)
	l.now = l.now.Add(10 * time.Second)
	l.wantDone(l.words(l.r.Step(l.now, router.Event{})), "send 100")
	l.wantDeadline(time.Second)
}

// The heap is compared with the plain minimum over a long random walk of events.
func TestNextDeadlineIsTheEarliestOfAll(t *testing.T) {
	cfg := many(50, 100, 100*time.Millisecond)
	now := time.Unix(1000, 0)
	r := router.New(now, cfg)
	r.Start(now)
	for i := range 5000 {
		now = now.Add(time.Duration(i%7) * time.Millisecond)
		id := router.ID(i * 31 % 50)
		r.Receive(now, id, advertFor(cfg, int(id), []vrrp.Priority{0, 50, 150, 250}[i%4]))
		if i%3 == 0 {
			r.Step(now, router.Event{})
		}
		var earliest time.Time
		for _, vr := range r.Snapshot().VRs {
			if !vr.Deadline.IsZero() && (earliest.IsZero() || vr.Deadline.Before(earliest)) {
				earliest = vr.Deadline
			}
		}
		if got := r.NextDeadline(); !got.Equal(earliest) {
			t.Fatalf("step %d: next deadline %v, want %v", i, got, earliest)
		}
	}
}
