package daemon

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/bfd"
	"github.com/govrrpd/govrrpd/internal/bfdsock"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/router"
)

// lineRecorder is a log that keeps its lines.
type lineRecorder struct {
	level slog.Level
	lines []string
}

func (r *lineRecorder) Enabled(_ context.Context, level slog.Level) bool { return level >= r.level }
func (r *lineRecorder) WithAttrs([]slog.Attr) slog.Handler               { return r }
func (r *lineRecorder) WithGroup(string) slog.Handler                    { return r }
func (r *lineRecorder) Handle(_ context.Context, record slog.Record) error {
	r.lines = append(r.lines, record.Message)
	return nil
}

func testBFD(name string) *config.BFD {
	return &config.BFD{
		Name: name, Neighbor: netip.MustParseAddr("10.9.0.2"), Source: netip.MustParseAddr("10.9.0.1"), MinTX: 20 * time.Millisecond,
		MinRX: 30 * time.Millisecond, IdleTX: 1500 * time.Millisecond, Multiplier: 3, TTL: 255, MinTTL: 255,
	}
}

// testLane is a lane without sockets whose sessions are down.
func testLane(level slog.Level, sessions ...*config.BFD) (*bfdLane, *lineRecorder) {
	log := &lineRecorder{level: level}
	l := newBFDLane(nil, slog.New(log))
	l.machine = bfd.New(time.Now(), nil, l.chance)
	l.adopt(time.Now(), sessions)
	return l, log
}

func (l *bfdLane) packet(change func(*bfd.Control)) *bfdsock.Packet {
	c := bfd.Control{
		State: bfd.Down, DetectMult: 5, MyDiscr: 77, DesiredMinTX: time.Second, RequiredMinRX: 50 * time.Millisecond,
	}
	change(&c)
	return &bfdsock.Packet{
		Source: netip.MustParseAddr("10.9.0.2"), SourcePort: 50000, Destination: netip.MustParseAddr("10.9.0.1"), TTL: 255, Payload: c.Append(nil),
	}
}

func (r *lineRecorder) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(r.lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(r.lines, "\n"), strings.Join(want, "\n"))
	}
	r.lines = nil
}

// The lines of a session that comes up and falls silent, as keepalived 2.2.7 has written them.
func TestBFDLinesAreKeepaliveds(t *testing.T) {
	down := func(*bfd.Control) {}
	for _, level := range []slog.Level{logging.LevelDetail, slog.LevelInfo} {
		l, log := testLane(level, testBFD("PEER"))
		d := &Daemon{bfd: l, log: l.log, plan: &plan{}}
		detail := func(lines ...string) []string {
			if level == logging.LevelDetail {
				return lines
			}
			return nil
		}
		now := time.Now()
		l.now = now
		d.handleBFD(l.packet(down))
		log.expect(t, append(detail(
			"(PEER) ---------------< Session parameters >--------------",
			"                min_tx  min_rx  tx_intv  mult  detect_time",
			"       local   1500000   30000  1500000     3      5000000",
			"       remote  1000000   50000  1000000     5      4500000"),
			"       Detection time is 5000000 us (was 0 us)")...)

		l.now = now.Add(time.Millisecond)
		d.handleBFD(l.packet(func(c *bfd.Control) {
			c.State, c.YourDiscr = bfd.Init, l.machine.Session(0).LocalDiscr
		}))
		for i := range log.lines { // how long it took
			log.lines[i], _, _ = strings.Cut(log.lines[i], " (delivered in ")
		}
		log.expect(t, append([]string{"(PEER) Entering Up state"},
			detail("(PEER) Starting poll sequence", "Received BFD event: instance PEER is in state Up")...)...)

		after := l.now.Add(5 * time.Second)
		d.performBFD(after, l.machine.Step(after))
		for i := range log.lines {
			log.lines[i], _, _ = strings.Cut(log.lines[i], " (delivered in ")
		}
		log.expect(t, slices.Concat(
			detail("(PEER) Expired after 5000 ms (0 usec overdue)"),
			[]string{"(PEER) Entering Down state (Local diagnostic - Control Detection Time Expired, Remote diagnostic - No Diagnostic)"},
			detail("Received BFD event: instance PEER is in state Down"))...)
	}
}

// What is said of packets that are not taken, with -D.
func TestBFDLinesOfBadPackets(t *testing.T) {
	const bogus = "Discarding bogus packet from [10.9.0.2]:50000"
	session := testBFD("PEER")
	for name, test := range map[string]struct {
		change func(*bfd.Control)
		spoil  func(*bfdsock.Packet)
		want   []string
	}{
		"ttl":        {nil, func(p *bfdsock.Packet) { p.TTL = 254 }, []string{"Packet ttl(254) < 255 - discarding"}},
		"version":    {nil, func(p *bfdsock.Packet) { p.Payload[0] = 0 }, []string{"Packet is of unsupported version: 0", bogus}},
		"multiplier": {func(c *bfd.Control) { c.DetectMult = 0 }, nil, []string{"Packet 'detection multiplier' field is zero", bogus}},
		"my":         {func(c *bfd.Control) { c.MyDiscr = 0 }, nil, []string{"Packet 'my discriminator' field is zero", bogus}},
		"your":       {func(c *bfd.Control) { c.YourDiscr = 12345 }, nil, []string{"Discarding packet from [10.9.0.2]:50000 (session is not found - your discriminator field is 0x00003039)"}},
		"multipoint": {func(c *bfd.Control) { c.Multipoint = true }, nil, []string{"Packet has 'multipoint' flag", bogus}},
		"auth": {nil, func(p *bfdsock.Packet) { p.Payload[1] |= 4; p.Payload[3] = 26; p.Payload = append(p.Payload, 0, 0) },
			[]string{"Discarding packet from [10.9.0.2]:50000 (auth bit is set, but no authentication  is in use)"}},
		"short":  {nil, func(p *bfdsock.Packet) { p.Payload = p.Payload[:20] }, []string{"Packet is too small: 20 bytes", bogus}},
		"length": {nil, func(p *bfdsock.Packet) { p.Payload[3] = 30 }, []string{"Packet size mismatch: length field: 30 bytes, buffer size: 24 bytes", bogus}},
		"both":   {func(c *bfd.Control) { c.Poll, c.Final = true, true }, nil, []string{"Packet has both poll and final  flags set", bogus}},
		"state":  {func(c *bfd.Control) { c.State = bfd.Up }, nil, []string{"Packet 'your discriminator' field is zero and 'state' field is not Down or AdminDown", bogus}},
	} {
		for _, level := range []slog.Level{logging.LevelDetail, slog.LevelInfo} {
			l, log := testLane(level, session)
			l.now = time.Now()
			d := &Daemon{bfd: l}
			if test.change == nil {
				test.change = func(*bfd.Control) {}
			}
			p := l.packet(test.change)
			if test.spoil != nil {
				test.spoil(p)
			}
			d.handleBFD(p)
			t.Run(name, func(t *testing.T) {
				if level == logging.LevelDetail {
					log.expect(t, test.want...)
				} else {
					log.expect(t)
				}
			})
		}
	}
}

// A session goes on over a reload whatever its name is then, and its tracker knows how it is.
func TestBFDSessionsAreContinuedByTheirEnds(t *testing.T) {
	l, _ := testLane(slog.LevelError, testBFD("OLD"), &config.BFD{Name: "GOES", Neighbor: netip.MustParseAddr("10.9.0.9"), Multiplier: 3})
	discr := l.machine.Session(0).LocalDiscr
	l.machine.Receive(time.Now(), &bfd.ReceivedPacket{
		Source: netip.MustParseAddr("10.9.0.2"), Destination: netip.MustParseAddr("10.9.0.1"), TTL: 255,
		Payload: l.packet(func(c *bfd.Control) { c.State, c.YourDiscr = bfd.Init, discr }).Payload,
	})
	fresh := testBFD("FRESH")
	fresh.Neighbor = netip.MustParseAddr("10.9.0.7")
	l.adopt(time.Now(), []*config.BFD{fresh, testBFD("NEW")})
	if i := l.machine.Session(1); i.State != bfd.Up || i.LocalDiscr != discr {
		t.Errorf("the session with the same ends: %+v", i)
	}
	p := &plan{router: &router.Config{}, trackers: make(map[trackerKey]router.TrackerID)}
	for _, name := range []string{"NEW", "FRESH", "NONE"} {
		p.track(router.TrackBFD, name, 0, false, nil)
	}
	l.seed(p)
	for i, want := range []router.TrackerStatus{router.TrackerUp, router.TrackerDown, router.TrackerDown} {
		if got := p.router.Trackers[i]; got.Status != want {
			t.Errorf("tracker %s has status %d, want %d", got.Name, got.Status, want)
		}
	}
}

// With checker alone a session is run, and no Virtual Router is told.
func TestBFDSessionsForServersAlone(t *testing.T) {
	for _, test := range []struct{ vrrp, checker, want bool }{{false, false, true}, {true, false, true}, {true, true, true}, {false, true, false}} {
		if got := tracked(&config.BFD{ForVRRP: test.vrrp, ForChecker: test.checker}); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

// What happens with each packet while a session is up allocates nothing.
func TestBFDPacketsAllocateNothing(t *testing.T) {
	l, _ := testLane(logging.LevelDetail, testBFD("PEER"))
	d := &Daemon{bfd: l, log: l.log, plan: &plan{}}
	now := time.Now()
	l.now = now
	up := func(change func(*bfd.Control)) *bfdsock.Packet {
		return l.packet(func(c *bfd.Control) {
			c.State, c.YourDiscr, c.DesiredMinTX = bfd.Up, l.machine.Session(0).LocalDiscr, 20*time.Millisecond
			change(c)
		})
	}
	d.handleBFD(l.packet(func(c *bfd.Control) { c.State = bfd.Down }))
	d.handleBFD(up(func(*bfd.Control) {}))
	d.handleBFD(up(func(c *bfd.Control) { c.Final = true }))
	packet := up(func(c *bfd.Control) { c.Poll = true })
	allocs := testing.AllocsPerRun(500, func() {
		now = now.Add(19 * time.Millisecond)
		l.now = now
		d.handleBFD(packet)
		d.performBFD(now, l.machine.Step(now))
	})
	if state := l.machine.Session(0).State; allocs != 0 || state != bfd.Up {
		t.Errorf("%v allocations per packet, session %v", allocs, state)
	}
}
