package router_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// lone is a Router with one Virtual Router, version 3, priority 100, 1 s, at 10.0.0.5, unless changed.
type lone struct {
	t     *testing.T
	r     *router.Router
	cfg   *router.Config
	start time.Time
	now   time.Time
}

func newLone(t *testing.T, change func(*router.VRConfig)) *lone {
	l := &lone{t: t, cfg: many(1, 100, time.Second), start: time.Unix(1000, 0)}
	if change != nil {
		change(&l.cfg.VRs[0])
	}
	l.now = l.start
	l.r = router.New(l.now, l.cfg)
	return l
}

// started is a lone that has started and taken d to settle.
func started(t *testing.T, d time.Duration, change func(*router.VRConfig)) *lone {
	l := newLone(t, change)
	l.r.Start(l.now)
	l.pass(d)
	return l
}

// pass lets time pass and lists what was done, without logs.
func (l *lone) pass(d time.Duration) []string {
	var done []string
	end := l.now.Add(d)
	for at := l.r.NextDeadline(); !at.IsZero() && !at.After(end); at = l.r.NextDeadline() {
		l.now = at
		done = append(done, l.words(l.r.Step(at, router.Event{}))...)
	}
	l.now = end
	return done
}

func (l *lone) words(effects []router.Effect) (words []string) {
	for _, e := range effects {
		if e.Kind != router.Log {
			words = append(words, strings.TrimPrefix(effectText(l.cfg, e), l.cfg.VRs[0].Name+" "))
		}
	}
	return words
}

// hear receives an advert of 10.0.0.9.
func (l *lone) hear(priority vrrp.Priority) []string {
	return l.words(l.r.Receive(l.now, 0, advertFor(l.cfg, 0, priority)))
}

func (l *lone) state() router.State          { return l.r.State(0) }
func (l *lone) snapshot() *router.VRSnapshot { return &l.r.Snapshot().VRs[0] }
func (l *lone) masterDownIn() time.Duration  { return l.snapshot().Deadline.Sub(l.now) }
func (l *lone) want(what string, ok bool)    { l.t.Helper(); l.wantf(ok, "%s", what) }
func (l *lone) wantState(state router.State) {
	l.t.Helper()
	l.wantf(l.state() == state, "state %s, want %s", l.state(), state)
}
func (l *lone) wantDeadline(d time.Duration) {
	l.t.Helper()
	l.wantf(l.masterDownIn() == d, "timer ends in %v, want %v", l.masterDownIn(), d)
}
func (l *lone) wantf(ok bool, f string, a ...any) {
	l.t.Helper()
	if !ok {
		l.t.Errorf(f, a...)
	}
}

func (l *lone) wantDone(got []string, want ...string) {
	l.t.Helper()
	if !slices.Equal(got, want) {
		l.t.Errorf("done %q, want %q", got, want)
	}
}

// RFC 5798, 6.4.1, 105: the owner of the addresses sends an advert, announces, and becomes Master.
func TestOwnerStartsAsMaster(t *testing.T) {
	l := newLone(t, func(vr *router.VRConfig) { vr.Priority, vr.WantMaster, vr.Announce.MasterRepeat = 255, true, 5 })
	l.wantDone(l.words(l.r.Start(l.now)), "purge", "send 255", "install", "announce 5", "transition INIT -> MASTER")
	l.wantDeadline(time.Second)
}

// RFC 5798, 6.4.1, 130 to 145: anybody else waits for Master_Down_Interval of its own interval.
func TestOtherStartsAsBackup(t *testing.T) {
	l := newLone(t, nil)
	l.wantDone(l.words(l.r.Start(l.now)), "purge", "transition INIT -> BACKUP")
	l.wantDeadline(3609375 * time.Microsecond)
}

// RFC 5798, 6.4.2, 300: a Backup sends nothing.
func TestBackupIsSilent(t *testing.T) {
	l := started(t, 0, nil)
	for range 20 {
		l.wantDone(l.hear(150))
		l.wantDone(l.pass(time.Second))
	}
}

// RFC 5798, 6.4.2, 365 to 400: when the Master_Down_Timer fires, advert, announcement, Adver_Timer, Master.
func TestSilencePromotesBackup(t *testing.T) {
	l := started(t, 3609374*time.Microsecond, nil)
	l.wantState(router.Backup)
	l.wantDone(l.pass(time.Microsecond), "send 100", "install", "transition BACKUP -> MASTER")
	l.wantDeadline(time.Second)
}

// RFC 5798, 6.4.2, 410: an advert with priority 0 sets the timer to Skew_Time.
func TestReleaseShortensWait(t *testing.T) {
	l := started(t, 0, nil)
	l.hear(150)
	l.wantDone(l.hear(0))
	l.wantDeadline(609375 * time.Microsecond)
}

// RFC 5798, 6.4.2, 420 to 440: an advert of equal or higher priority restarts the timer, with its interval.
func TestBetterAdvertRestartsTimer(t *testing.T) {
	for _, priority := range []vrrp.Priority{100, 101, 255} {
		l := started(t, 2*time.Second, nil)
		l.wantDone(l.hear(priority))
		l.wantDeadline(3609375 * time.Microsecond)
	}
}

// RFC 5798, 6.4.2, 425: Master_Adver_Interval and with it Skew_Time come from the advert.
func TestBackupLearnsIntervalInVersion3(t *testing.T) {
	for _, version := range []vrrp.Version{vrrp.Version2, vrrp.Version3} {
		l := started(t, 0, func(vr *router.VRConfig) { vr.Version = version })
		p := advertFor(l.cfg, 0, 150)
		a, err := vrrp.ParseAdvertisement(p.Payload, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		a.AdvertInterval = 2 * time.Second
		p.Payload = vrrp.AppendAdvertisement(nil, &a, p.Source, p.Destination, vrrp.ChecksumStandard)
		l.pass(time.Second)
		l.words(l.r.Receive(l.now, 0, p))
		want := 2 * 3609375 * time.Microsecond
		if version == vrrp.Version2 { // RFC 3768, 7.1: another interval is a reason to discard
			want = 2609375 * time.Microsecond
		}
		l.wantDeadline(want)
	}
}

// RFC 5798, 6.4.2, 450: with Preempt_Mode, an advert of lower priority is discarded.
func TestLowerAdvertMovesNothing(t *testing.T) {
	l := started(t, 2*time.Second, nil)
	l.wantDone(l.hear(99))
	l.wantDeadline(1609375 * time.Microsecond)
}

// RFC 5798, 6.4.2, 420: without Preempt_Mode, it restarts the timer.
func TestLowerAdvertIsObeyedWithoutPreemption(t *testing.T) {
	l := started(t, 2*time.Second, func(vr *router.VRConfig) { vr.Preempt = false })
	l.wantDone(l.hear(1))
	l.wantDeadline(3609375 * time.Microsecond)
}

// RFC 5798, 6.4.3, 655: on shutdown, a Master sends priority 0.
func TestMasterReleasesOnShutdown(t *testing.T) {
	l := started(t, 4*time.Second, nil)
	l.wantDone(l.words(l.r.Step(l.now, router.Event{Kind: router.Shutdown})),
		"send 0", "cancel-announce", "withdraw", "transition MASTER -> STOP")
	l.want("nothing is awaited after a shutdown", l.r.NextDeadline().IsZero())
}

// RFC 5798, 6.4.2, 350: on shutdown, a Backup just stops.
func TestBackupStopsSilently(t *testing.T) {
	l := started(t, time.Second, nil)
	l.wantDone(l.words(l.r.Step(l.now, router.Event{Kind: router.Shutdown})), "transition BACKUP -> STOP")
}

// RFC 5798, 6.4.3, 670: the Adver_Timer sends an advert and is reset, without drift.
func TestMasterAdvertisesEveryInterval(t *testing.T) {
	l := started(t, 3609375*time.Microsecond, nil)
	for range 5 {
		// The loop comes late by a millisecond each time; the grid stays.
		l.now = l.snapshot().Deadline.Add(time.Millisecond)
		l.wantDone(l.words(l.r.Step(l.now, router.Event{})), "send 100")
		l.wantDeadline(999 * time.Millisecond)
	}
}

// RFC 5798, 6.4.3, 700: a Master answers priority 0 with an advert, and resets the Adver_Timer.
func TestMasterAnswersRelease(t *testing.T) {
	l := started(t, 4*time.Second, nil)
	l.wantDone(l.hear(0), "send 100")
	l.wantDeadline(time.Second)
}

// RFC 5798, 6.4.3, 725 to 750: higher priority, or equal with greater address, wins; the timer comes from it.
func TestMasterYieldsToBetter(t *testing.T) {
	for _, priority := range []vrrp.Priority{101, 255, 100} { // 10.0.0.9 is greater than our 10.0.0.5
		l := started(t, 4*time.Second, nil)
		l.wantDone(l.hear(priority), "cancel-announce", "withdraw", "transition MASTER -> BACKUP")
		l.wantDeadline(3609375 * time.Microsecond)
	}
}

// RFC 5798, 6.4.3, 760, and RFC 9568, 6.4.3: a lower one is discarded and answered with an advert at once.
func TestMasterAnswersLower(t *testing.T) {
	l := started(t, 4*time.Second, nil)
	l.wantDone(l.hear(99), "send 100", "rx-lower-priority P=100")
	l.wantDeadline(time.Second)

	l = started(t, 4*time.Second, func(vr *router.VRConfig) { vr.Source = netip.MustParseAddr("10.0.0.200") })
	l.wantDone(l.hear(100), "send 100", "rx-lower-priority P=100") // equal, but ours is the greater address
	l.wantState(router.Master)
}

// RFC 5798, 7.1: what MUST be verified; a packet that fails is discarded.
func TestBadAdvertIsDiscarded(t *testing.T) {
	for name, spoil := range map[string]func(*router.ReceivedPacket){
		"TTL":                  func(p *router.ReceivedPacket) { p.TTL = 254 },
		"version":              func(p *router.ReceivedPacket) { p.Payload[0] = 0x21 },
		"type":                 func(p *router.ReceivedPacket) { p.Payload[0] = 0x32 },
		"no complete header":   func(p *router.ReceivedPacket) { p.Payload = p.Payload[:7] },
		"no complete address":  func(p *router.ReceivedPacket) { p.Payload = p.Payload[:11] },
		"checksum":             func(p *router.ReceivedPacket) { p.Payload[7]++ },
		"another priority":     func(p *router.ReceivedPacket) { p.Payload[2]++ },
		"IPv4 total length":    func(p *router.ReceivedPacket) { p.TotalLength++ },
		"more addresses":       func(p *router.ReceivedPacket) { p.Payload[3]++ },
		"unicast to multicast": func(p *router.ReceivedPacket) { p.Multicast = false },
	} {
		for _, asMaster := range []bool{false, true} {
			l := started(t, 2*time.Second, nil)
			if asMaster {
				l.pass(2 * time.Second)
			}
			before := l.snapshot()
			p := advertFor(l.cfg, 0, 200)
			spoil(p)
			l.wantDone(l.words(l.r.Receive(l.now, 0, p)))
			after := l.snapshot()
			l.wantf(after.State == before.State && after.Deadline.Equal(before.Deadline) && after.Stats.AdvertRcvd == 0,
				"%s, Master %v: %+v", name, asMaster, after)
		}
	}
}

// RFC 5798, 5.2.6: the reserved bits are ignored.
func TestReservedBitsAreIgnored(t *testing.T) {
	l := started(t, 2*time.Second, nil)
	p := advertFor(l.cfg, 0, 200)
	p.Payload[4] |= 0xf0
	sum := vrrp.Checksum(p.Payload, p.Source, p.Destination, vrrp.ChecksumStandard)
	p.Payload[6], p.Payload[7] = byte(sum>>8), byte(sum)
	l.r.Receive(l.now, 0, p)
	l.wantDeadline(3609375 * time.Microsecond)
}

// RFC 5798, 6.1: an owner's priority is 255 whatever happens to its trackers; another's is 1 to 254.
func TestPriorityStaysInItsRange(t *testing.T) {
	for _, test := range []struct {
		base   vrrp.Priority
		weight int
		want   vrrp.Priority
	}{{255, -100, 255}, {254, 100, 254}, {200, 100, 254}, {50, -100, 1}, {100, 5, 105}} {
		cfg := many(1, test.base, time.Second)
		cfg.Trackers = []router.TrackerConfig{{Kind: router.TrackFile, Name: "f", Status: router.TrackerUp, Value: 1}}
		cfg.VRs[0].Tracks = []router.Track{{Tracker: 0, Weight: test.weight}}
		now := time.Unix(1000, 0)
		r := router.New(now, cfg)
		r.Start(now)
		if got := r.Snapshot().VRs[0].EffectivePriority; got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}

// A prepared advert says what the RFC's layout says, for every kind of Virtual Router.
func TestAppendAdvert(t *testing.T) {
	for _, version := range []vrrp.Version{vrrp.Version2, vrrp.Version3} {
		l := started(t, 0, func(vr *router.VRConfig) {
			vr.Version, vr.AuthData, vr.AuthType = version, [8]byte{'x'}, vrrp.AuthNone
			if version == vrrp.Version2 {
				vr.AuthType = vrrp.AuthPass
			}
		})
		pdu := l.r.AppendAdvert(nil, 0, vrrp.GroupIPv4)
		if !vrrp.ChecksumValid(pdu, l.cfg.VRs[0].Source, vrrp.GroupIPv4, vrrp.ChecksumStandard) {
			t.Errorf("version %d: wrong checksum", version)
		}
		a, err := vrrp.ParseAdvertisement(pdu, false, nil)
		text := fmt.Sprint(a.Version, a.VRID, a.Priority, a.AuthType, a.AdvertInterval, a.Addresses, err)
		if want := fmt.Sprint(version, 1, 100, l.cfg.VRs[0].AuthType, time.Second, l.cfg.VRs[0].Addresses, nil); text != want {
			t.Errorf("%s, want %s", text, want)
		}
	}
}
