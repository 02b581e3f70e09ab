package bfd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A link joins two machines in virtual time: it loses, delays and so reorders packets, as its seed says.
type link struct {
	t      *testing.T
	chance *rand.Rand
	now    time.Time
	ends   [2]simEnd
	flying []parcel
	loss   float64
	delay  time.Duration // at most
	cut    bool
}

type simEnd struct {
	m       *Machine
	cfg     SessionConfig
	heardAt time.Time // when a packet last came in
	downs   int
}

// parcel is a packet on its way.
type parcel struct {
	at      time.Time
	to      int
	payload []byte
}

func newLink(t *testing.T, seed uint64) *link {
	l := &link{t: t, now: epoch, chance: rand.New(rand.NewPCG(seed, 5880))}
	for i := range l.ends {
		l.boot(i, l.anyConfig(i))
	}
	return l
}

// boot starts an end, as after a crash: with another discriminator, and knowing nothing.
func (l *link) boot(i int, cfg SessionConfig) {
	l.ends[i] = simEnd{cfg: cfg, m: New(l.now, []SessionConfig{cfg}, l.chance)}
}

// anyConfig is a configuration of an end; the second one may be passive.
func (l *link) anyConfig(i int) SessionConfig {
	intervals := []time.Duration{5 * ms, 10 * ms, 20 * ms, 50 * ms}
	any := func() time.Duration { return intervals[l.chance.IntN(len(intervals))] }
	cfg := SessionConfig{
		Remote: there, Local: here, MinTTL: 255, DesiredMinTX: any(), RequiredMinRX: any(), IdleTX: time.Second,
		DetectMult: uint8(2 + l.chance.IntN(4)), Passive: i == 1 && l.chance.IntN(3) == 0,
	}
	if i == 1 {
		cfg.Remote, cfg.Local = here, there
	}
	return cfg
}

// run lets time pass.
func (l *link) run(d time.Duration) {
	for until := l.now.Add(d); ; {
		at := until
		for i := range l.ends {
			if next := l.ends[i].m.NextDeadline(); !next.IsZero() && next.Before(at) {
				at = next
			}
		}
		for _, p := range l.flying {
			if p.at.Before(at) {
				at = p.at
			}
		}
		if at.After(l.now) {
			l.now = at
		}
		if !l.now.Before(until) {
			return
		}
		l.deliver()
		for i := range l.ends {
			l.follow(i, l.ends[i].m.Step(l.now))
		}
	}
}

func (l *link) deliver() {
	for {
		i := slices.IndexFunc(l.flying, func(p parcel) bool { return !p.at.After(l.now) })
		if i < 0 {
			return
		}
		p := l.flying[i]
		l.flying = slices.Delete(l.flying, i, i+1)
		e := &l.ends[p.to]
		effects := e.m.Receive(l.now, &ReceivedPacket{Source: e.cfg.Remote, Destination: e.cfg.Local, TTL: 255, Payload: p.payload})
		if len(effects) == 0 || effects[0].Kind != Discarded {
			e.heardAt = l.now
		}
		l.follow(p.to, effects)
	}
}

// follow does the effects of an end, and watches what must always hold.
func (l *link) follow(i int, effects []Effect) {
	e, other := &l.ends[i], &l.ends[1-i]
	for _, f := range effects {
		switch f.Kind {
		case Send:
			l.watchPacket(e, &f.Packet)
			if !l.cut && l.chance.Float64() >= l.loss {
				late := time.Duration(l.chance.Int64N(int64(l.delay) + 1))
				l.flying = append(l.flying, parcel{l.now.Add(late), 1 - i, f.Packet.Append(nil)})
			}
		case Expired:
			if quiet := l.now.Sub(e.heardAt); quiet < f.Duration {
				l.t.Errorf("end %d: detection time %v ran out %v after a packet", i, f.Duration, quiet)
			}
			// No more than any multiplier and interval that were ever in use.
			if quiet := l.now.Sub(e.heardAt); quiet > 5*50*ms && f.Duration <= 5*50*ms {
				l.t.Errorf("end %d: silence of %v was noticed after %v", i, f.Duration, quiet)
			}
		case StateChanged:
			if f.State == Down {
				e.downs++
			}
			if f.State == Up && other.heardAt.IsZero() {
				l.t.Errorf("end %d is Up, and the other has never heard it", i)
			}
		}
	}
}

// watchPacket: a packet that says nothing new does not follow the one before too soon.
func (l *link) watchPacket(e *simEnd, c *Control) {
	if c.Poll && c.Final {
		l.t.Errorf("a packet with Poll and Final: %+v", c)
	}
	if c.State != Up && c.DesiredMinTX < time.Second {
		l.t.Errorf("a packet that is too eager: %+v", c)
	}
}

// settle makes the link good and expects the session to be Up soon, with both ends agreed.
func (l *link) settle() {
	l.cut, l.loss, l.delay = false, 0, ms
	l.run(5 * time.Second)
	a, b := l.ends[0].m.Session(0), l.ends[1].m.Session(0)
	if a.State != Up || b.State != Up {
		l.t.Fatalf("5 s over a good link: %v and %v", a.State, b.State)
	}
	if a.RemoteDiscr != b.LocalDiscr || b.RemoteDiscr != a.LocalDiscr {
		l.t.Errorf("the ends name each other wrongly: %+v, %+v", a, b)
	}
	if a.Interval != b.RemoteInterval || b.Interval != a.RemoteInterval || a.DetectionTime != b.RemoteDetection || b.DetectionTime != a.RemoteDetection {
		l.t.Errorf("the ends do not agree:\n%+v\n%+v", a, b)
	}
	// And it stays so.
	before := [2]int{l.ends[0].downs, l.ends[1].downs}
	l.run(2 * time.Second)
	if after := [2]int{l.ends[0].downs, l.ends[1].downs}; after != before {
		l.t.Errorf("over a good link the session went down: %v, then %v", before, after)
	}
}

// TestTwoSessionsOverABadLink: whatever happens to it, the ends notice silence in time and not before, and agree again
// when the link is good.
func TestTwoSessionsOverABadLink(t *testing.T) {
	seeds := uint64(200)
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			l := newLink(t, seed)
			l.settle()
			for range 8 {
				l.disturb()
				l.run(time.Duration(l.chance.IntN(1500)) * ms)
			}
			l.settle()
		})
	}
}

// disturb does something to the link or to an end.
func (l *link) disturb() {
	i := l.chance.IntN(2)
	switch e := &l.ends[i]; l.chance.IntN(5) {
	case 0:
		l.cut = !l.cut
	case 1:
		l.loss = l.chance.Float64()
	case 2:
		l.delay = time.Duration(l.chance.IntN(30)) * ms
	case 3: // a crash, long enough for what was under way to arrive
		l.flying = nil
		l.boot(i, e.cfg)
	case 4:
		passive := e.cfg.Passive
		e.cfg = l.anyConfig(i)
		e.cfg.Passive = passive
		l.follow(i, e.m.Reload(l.now, []SessionConfig{e.cfg}, []ID{0}))
	}
}

// TestCutIsNoticedInTime: both ends of a session of 10 ms and three packets notice within 30 ms.
func TestCutIsNoticedInTime(t *testing.T) {
	for seed := range uint64(50) {
		l := newLink(t, seed)
		for i := range l.ends {
			cfg := usual()
			if i == 1 {
				cfg.Remote, cfg.Local = here, there
			}
			l.boot(i, cfg)
		}
		l.settle()
		l.run(time.Duration(l.chance.IntN(100)) * ms)
		l.cut = true
		l.run(32 * ms) // what is under way arrives within 1 ms
		for i := range l.ends {
			if state := l.ends[i].m.Session(0).State; state != Down {
				t.Errorf("seed %d: end %d is %v 32 ms after the cut", seed, i, state)
			}
		}
	}
}
