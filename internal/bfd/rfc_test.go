package bfd

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// One test for each MUST of RFC 5880, 5881 and 5883 that concerns asynchronous mode without authentication and echo.

// RFC 5880, 6.1: an active system sends before it has heard anything, a passive one must not.
func TestPassiveSystemSaysNothingFirst(t *testing.T) {
	cfg := usual()
	active, passive := newEnd(t, cfg), newEnd(t, func() SessionConfig { cfg.Passive = true; return cfg }())
	active.run(10 * time.Second)
	passive.run(10 * time.Second)
	if len(active.sent) < 10 || len(passive.sent) != 0 {
		t.Errorf("the active one sent %d packets, the passive one %d", len(active.sent), len(passive.sent))
	}
	passive.hear(passive.from(Down, func(c *Control) { c.YourDiscr = 0 }))
	if c := passive.last(); c.State != Init || c.YourDiscr != 77 {
		t.Errorf("the passive one answers with %+v", c)
	}
	// 6.8.7: and it falls silent again when the neighbour is forgotten.
	passive.run(20 * time.Second)
	passive.forget()
	passive.run(20 * time.Second)
	if len(passive.sent) != 0 {
		t.Errorf("%d packets to a neighbour that was not heard for long", len(passive.sent))
	}
}

// RFC 5880, 6.2: the three-way handshake.
func TestThreeWayHandshake(t *testing.T) {
	type step struct{ hear, want State }
	for _, test := range [][]step{
		{{Down, Init}, {Init, Up}},
		{{Down, Init}, {Up, Up}},
		{{Init, Up}, {Up, Up}, {Init, Up}, {Down, Down}},
		{{Up, Down}, {AdminDown, Down}, {Down, Init}, {Down, Init}, {AdminDown, Down}},
		{{Init, Up}, {AdminDown, Down}, {Init, Up}},
	} {
		e := newEnd(t, usual())
		e.run(0)
		for _, s := range test {
			e.hear(e.from(s.hear))
			if got := e.info().State; got != s.want {
				t.Fatalf("%v: after %v the session is %v, want %v", test, s.hear, got, s.want)
			}
		}
	}
}

// RFC 5880, 6.3 and 6.8.1: discriminators are not zero and differ.
func TestDiscriminatorsAreUniqueAndNotZero(t *testing.T) {
	const count = 500
	m := New(epoch, make([]SessionConfig, count), rand.New(rand.NewPCG(3, 4)))
	known := map[uint32]bool{0: true}
	for i := range ID(count) {
		d := m.Session(i).LocalDiscr
		if known[d] {
			t.Fatalf("discriminator %#x is zero or another session's", d)
		}
		known[d] = true
	}
}

// RFC 5880, 6.8.1: the values at the start.
func TestInitialValues(t *testing.T) {
	e := newEnd(t, usual())
	if i := e.info(); i.State != Down || i.RemoteState != Down || i.RemoteDiscr != 0 || i.RemoteMinRX != time.Microsecond || i.Diag != DiagNone {
		t.Errorf("at the start: %+v", i)
	}
}

// RFC 5880, 6.8.1: the neighbour's discriminator is zero when it was silent for a detection time.
func TestDiscriminatorOfASilentNeighbourIsForgotten(t *testing.T) {
	for _, state := range []State{Down, Init} { // Up ends by itself, see below
		e := newEnd(t, usual())
		e.run(0)
		e.hear(e.from(AdminDown))
		if state == Init {
			e.hear(e.from(Down))
		}
		e.expectState(state)
		e.run(29 * ms)
		if e.info().RemoteDiscr != 77 {
			t.Errorf("%v: forgotten before the detection time", state)
		}
		e.run(2 * ms)
		if e.info().RemoteDiscr != 0 {
			t.Errorf("%v: known after the detection time", state)
		}
	}
}

// RFC 5880, 6.8.3: a session that is not Up wants no more than a packet per second.
func TestSlowWhileNotUp(t *testing.T) {
	cfg := usual()
	cfg.IdleTX = 10 * ms // hardly
	e := newEnd(t, cfg)
	e.run(100 * time.Second)
	for i, c := range e.sent {
		if c.DesiredMinTX < time.Second {
			t.Fatalf("wants to send every %v while %v", c.DesiredMinTX, c.State)
		}
		if i > 0 && e.when[i].Sub(e.when[i-1]) < 750*ms {
			t.Fatalf("%v after the packet before", e.when[i].Sub(e.when[i-1]))
		}
	}
	if n := len(e.sent); n < 100 || n > 134 {
		t.Errorf("%d packets in 100 s", n)
	}
}

// RFC 5880, 6.8.3: a change of the intervals is confirmed by a Poll Sequence, which begins with Up.
func TestPollSequenceFollowsUp(t *testing.T) {
	e := newEnd(t, usual())
	e.run(0)
	e.hear(e.from(Init))
	e.run(25 * ms)
	for _, c := range e.sent[1:] {
		if c.State != Up || !c.Poll || c.Final || c.DesiredMinTX != 10*ms {
			t.Fatalf("before the Final: %+v", c)
		}
	}
	e.hear(e.from(Up, final))
	e.forget()
	e.run(20 * ms)
	if c := e.last(); c.Poll {
		t.Errorf("after the Final: %+v", c)
	}
}

// RFC 5880, 6.8.3: while Up, a longer interval of sending is not used before the neighbour knows of it.
func TestLongerSendingIntervalWaitsForTheFinal(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	cfg := usual()
	cfg.DesiredMinTX = 100 * ms
	e.note(e.m.Reload(e.now, []SessionConfig{cfg}, []ID{0}))
	for range 20 {
		e.run(10 * ms)
		e.hear(e.from(Up))
	}
	if n := len(e.sent); n < 19 || !e.last().Poll || e.last().DesiredMinTX != 100*ms {
		t.Errorf("%d packets in 200 ms before the Final, the last %+v", n, e.last())
	}
	e.hear(e.from(Up, final))
	e.forget()
	for range 100 {
		e.run(10 * ms)
		e.hear(e.from(Up))
	}
	if n := len(e.sent); n < 10 || n > 14 {
		t.Errorf("%d packets in 1 s after the Final, want one per 75 to 100 ms", n)
	}
}

// RFC 5880, 6.8.3: while Up, a shorter interval of reception does not count before the neighbour knows of it.
func TestShorterReceptionIntervalWaitsForTheFinal(t *testing.T) {
	cfg := usual()
	cfg.RequiredMinRX = 100 * ms
	e := newEnd(t, cfg)
	e.up()
	e.note(e.m.Reload(e.now, []SessionConfig{usual()}, []ID{0}))
	e.hear(e.from(Up))
	if got := e.info().DetectionTime; got != 300*ms || !e.last().Poll || e.last().RequiredMinRX != 10*ms {
		t.Errorf("before the Final: detection time %v, packet %+v", got, e.last())
	}
	e.hear(e.from(Up, final))
	if got := e.info().DetectionTime; got != 30*ms {
		t.Errorf("after the Final: detection time %v", got)
	}
}

// RFC 5880, 6.8.3: a longer one counts at once.
func TestLongerReceptionIntervalCountsAtOnce(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	cfg := usual()
	cfg.RequiredMinRX = 100 * ms
	e.run(20 * ms)
	e.note(e.m.Reload(e.now, []SessionConfig{cfg}, []ID{0}))
	e.run(280*ms - 1) // also for the packet that was the last
	e.expectState(Up)
	e.run(1)
	e.expectState(Down)
}

// RFC 5880, 6.5: what changes during a Poll Sequence is confirmed by another one.
func TestChangeDuringAPollSequenceNeedsAnother(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	cfg := usual()
	for _, tx := range []time.Duration{20 * ms, 100 * ms} {
		cfg.DesiredMinTX = tx
		e.note(e.m.Reload(e.now, []SessionConfig{cfg}, []ID{0}))
	}
	e.hear(e.from(Up, final)) // of the first
	if e.info().Interval != 10*ms {
		t.Errorf("the second change is in force after the first Final: %v", e.info().Interval)
	}
	e.run(10 * ms)
	if !e.last().Poll {
		t.Error("no Poll after the first Final")
	}
	e.hear(e.from(Up, final))
	if e.info().Interval != 100*ms {
		t.Errorf("after the second Final: %v", e.info().Interval)
	}
}

// RFC 5880, 6.8.3: a neighbour that wants packets faster gets them at once, counted from the last one.
func TestShorterIntervalOfTheNeighbourIsHonouredAtOnce(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	e.hear(e.from(Up, func(c *Control) { c.RequiredMinRX = time.Second; c.DesiredMinTX = time.Second }))
	e.run(time.Second)
	sent := e.when[len(e.when)-1]
	e.run(500 * ms)
	e.hear(e.from(Up, func(c *Control) { c.DesiredMinTX = time.Second }))
	e.forget()
	e.run(0)
	if len(e.sent) != 1 {
		t.Errorf("%d packets %v after the last, though the neighbour now takes one per 10 ms", len(e.sent), e.now.Sub(sent))
	}
}

// RFC 5880, 6.8.4: the detection time is the neighbour's multiplier times the larger of our interval of reception and its
// of sending.
func TestDetectionTime(t *testing.T) {
	for _, test := range []struct {
		rx, remoteTX time.Duration
		mult         uint8
		want         time.Duration
	}{
		{10 * ms, 10 * ms, 3, 30 * ms},
		{10 * ms, 50 * ms, 3, 150 * ms},
		{70 * ms, 50 * ms, 5, 350 * ms},
		{10 * ms, 10 * ms, 1, 10 * ms},
	} {
		cfg := usual()
		cfg.RequiredMinRX, cfg.DetectMult = test.rx, 9
		e := newEnd(t, cfg)
		e.up()
		e.hear(e.from(Up, func(c *Control) { c.DesiredMinTX, c.DetectMult = test.remoteTX, test.mult }))
		e.run(test.want - time.Nanosecond)
		e.expectState(Up)
		e.run(time.Nanosecond)
		e.expectState(Down)
		if i := e.info(); i.Diag != DiagExpired || i.RemoteDiscr != 0 {
			t.Errorf("%+v: diagnostic %v, discriminator %d", test, i.Diag, i.RemoteDiscr)
		}
	}
}

// RFC 5880, 6.8.4: silence ends Init too.
func TestInitEndsWithTheDetectionTime(t *testing.T) {
	e := newEnd(t, usual())
	e.run(0)
	e.hear(e.from(Down))
	e.expectState(Init)
	e.run(30 * ms)
	e.expectState(Down)
	if c := e.last(); c.Diag != DiagExpired || c.State != Down {
		t.Errorf("what is sent then: %+v", c)
	}
}

// RFC 5880, 6.8.6: each packet that must be discarded.
func TestDiscardedPackets(t *testing.T) {
	change := func(f func(b []byte)) func([]byte) []byte { return func(b []byte) []byte { f(b); return b } }
	for name, test := range map[string]struct {
		want  Reason
		spoil func([]byte) []byte
	}{
		"version 0":        {WrongVersion, change(func(b []byte) { b[0] &= 0x1f })},
		"version 2":        {WrongVersion, change(func(b []byte) { b[0] = 2 << 5 })},
		"23 bytes":         {TooShort, func(b []byte) []byte { return b[:23] }},
		"no bytes":         {TooShort, func([]byte) []byte { return nil }},
		"length 23":        {LengthShort, change(func(b []byte) { b[3] = 23 })},
		"auth, length 25":  {LengthShort, func(b []byte) []byte { b[1] |= flagAuth; b[3] = 25; return append(b, 0, 0) }},
		"length 25 of 24":  {LengthLong, change(func(b []byte) { b[3] = 25 })},
		"multiplier 0":     {NoDetectMult, change(func(b []byte) { b[2] = 0 })},
		"multipoint":       {Multipoint, change(func(b []byte) { b[1] |= flagMultipoint })},
		"my 0":             {NoMyDiscr, change(func(b []byte) { clear(b[4:8]) })},
		"your unknown":     {NoSession, change(func(b []byte) { binary.BigEndian.PutUint32(b[8:], 1) })},
		"your 0 and Up":    {NoYourDiscr, change(func(b []byte) { clear(b[8:12]) })},
		"your 0 and Init":  {NoYourDiscr, change(func(b []byte) { clear(b[8:12]); b[1] = byte(Init) << 6 })},
		"authenticated":    {WrongAuth, func(b []byte) []byte { b[1] |= flagAuth; b[3] = 26; return append(b, 1, 2) }},
		"poll and final":   {PollAndFinal, change(func(b []byte) { b[1] |= flagPoll | flagFinal })},
		"nothing wrong":    {Accepted, change(func([]byte) {})},
		"trailing garbage": {Accepted, func(b []byte) []byte { return append(b, 1, 2, 3) }},
	} {
		e := newEnd(t, usual())
		e.up()
		before := e.info()
		e.run(20 * ms)
		e.hear(test.spoil(e.from(Up)))
		if got := e.reason(); got != test.want {
			t.Errorf("%s: reason %d, want %d", name, got, test.want)
		}
		after := e.info()
		if heard := after.HeardAt != before.HeardAt; heard != (test.want == Accepted) {
			t.Errorf("%s: counts as heard: %v", name, heard)
		}
		if after.HeardAt = before.HeardAt; after != before {
			t.Errorf("%s: the session changed from %+v to %+v", name, before, after)
		}
		// What is discarded does not count as heard.
		e.run(15 * ms)
		if want := test.want == Accepted; (e.info().State == Up) != want {
			t.Errorf("%s: 35 ms after the last good packet the session is %v", name, e.info().State)
		}
	}
}

// RFC 5880, 6.8.6: a packet without Your Discriminator finds its session by the addresses.
func TestFirstPacketFindsItsSession(t *testing.T) {
	first := func(c *Control) { c.YourDiscr = 0 }
	other := usual()
	other.Local = there
	anyLocal := usual()
	anyLocal.Remote, anyLocal.Local = here, here.Prev()
	e := newEnd(t, other, usual(), anyLocal)
	e.hear(e.from(Down, first))
	for i, want := range []State{Down, Init, Down} {
		if got := e.m.Session(ID(i)).State; got != want {
			t.Errorf("session %d is %v, want %v", i, got, want)
		}
	}
	e.forget()
	e.note(e.m.Receive(e.now, &ReceivedPacket{Source: there.Next(), Destination: here, TTL: 255, Payload: e.from(Down, first)}))
	if e.reason() != NoSession {
		t.Errorf("a stranger's packet: reason %d", e.reason())
	}
}

// RFC 5880, 6.8.6: without an address of our own in the configuration, any will do.
func TestAnyLocalAddress(t *testing.T) {
	cfg := usual()
	cfg.Local = netip.Addr{}
	e := newEnd(t, cfg)
	e.hear(e.from(Down, func(c *Control) { c.YourDiscr = 0 }))
	e.expectState(Init)
	// But a session that has just this address comes first.
	e = newEnd(t, cfg, usual())
	e.hear(e.from(Down, func(c *Control) { c.YourDiscr = 0 }))
	e.expectState(Down)
	if state := e.m.Session(1).State; state != Init {
		t.Errorf("the session with the address is %v", state)
	}
}

// RFC 5880, 6.8.6: what the neighbour says is taken over.
func TestNeighboursValuesAreTaken(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	e.hear(e.from(Up, func(c *Control) {
		c.MyDiscr, c.Diag, c.DesiredMinTX, c.RequiredMinRX, c.DetectMult = 99, 4, 70*ms, 80*ms, 7
	}))
	i := e.info()
	if i.RemoteDiscr != 99 || i.RemoteDiag != 4 || i.RemoteMinTX != 70*ms || i.RemoteMinRX != 80*ms || i.RemoteDetectMult != 7 ||
		i.RemoteState != Up || i.Interval != 80*ms {
		t.Errorf("%+v", i)
	}
	e.run(100 * ms)
	if c := e.last(); c.YourDiscr != 99 {
		t.Errorf("Your Discriminator %d, want 99", c.YourDiscr)
	}
}

// RFC 5880, 6.8.6: the diagnostic of a session that the neighbour ended.
func TestNeighbourSignalsDown(t *testing.T) {
	for _, state := range []State{Down, AdminDown} {
		e := newEnd(t, usual())
		e.up()
		e.hear(e.from(state))
		e.expectState(Down)
		if c := e.last(); c.Diag != DiagNeighbourDown || c.State != Down || c.DesiredMinTX != time.Second {
			t.Errorf("after %v: %+v", state, c)
		}
	}
}

// RFC 5880, 6.8.6 and 6.5: a Poll is answered at once by a Final, which is no Poll, whatever the timers say.
func TestPollIsAnswered(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	for range 3 {
		e.hear(e.from(Up, poll))
	}
	if len(e.sent) != 3 {
		t.Fatalf("%d answers to three Polls", len(e.sent))
	}
	for _, c := range e.sent {
		if !c.Final || c.Poll || c.State != Up {
			t.Errorf("answer %+v", c)
		}
	}
	// Also by a passive system that would not speak, and while Down.
	cfg := usual()
	cfg.Passive = true
	e = newEnd(t, cfg)
	e.hear(e.from(AdminDown, poll))
	if c := e.last(); !c.Final || c.State != Down {
		t.Errorf("while Down: %+v", c)
	}
}

// RFC 5880, 6.8.7: packets leave no faster than both ends want, less jitter of at most a quarter, and not much slower.
func TestJitter(t *testing.T) {
	for mult, most := range map[uint8]time.Duration{3: 100 * ms, 1: 90 * ms} {
		cfg := usual()
		cfg.DetectMult, cfg.DesiredMinTX = mult, 100*ms
		e := newEnd(t, cfg)
		e.up()
		for range 5000 {
			e.run(20 * ms)
			e.hear(e.from(Up))
		}
		shortest, longest := time.Hour, time.Duration(0)
		for i := 1; i < len(e.when); i++ {
			gap := e.when[i].Sub(e.when[i-1])
			shortest, longest = min(shortest, gap), max(longest, gap)
		}
		if shortest < 75*ms || shortest > 77*ms || longest > most || longest < most-2*ms {
			t.Errorf("multiplier %d: gaps from %v to %v, want 75ms to %v", mult, shortest, longest, most)
		}
	}
}

// RFC 5880, 6.8.7: the larger of the two intervals.
func TestNoFasterThanTheNeighbourTakes(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	slow := func(c *Control) { c.RequiredMinRX = 200 * ms }
	e.hear(e.from(Up, slow))
	e.run(0)
	e.forget()
	for range 200 {
		e.run(10 * ms)
		e.hear(e.from(Up, slow))
	}
	if n := len(e.sent); n < 10 || n > 14 {
		t.Errorf("%d packets in 2 s to a neighbour that takes one per 200 ms", n)
	}
}

// RFC 5880, 6.8.7: nothing periodic for a neighbour that takes nothing.
func TestNeighbourThatTakesNothing(t *testing.T) {
	none := func(c *Control) { c.RequiredMinRX = 0 }
	e := newEnd(t, usual())
	e.up()
	e.hear(e.from(Up, none))
	e.forget()
	for range 100 {
		e.run(10 * ms)
		e.hear(e.from(Up, none))
	}
	if len(e.sent) != 0 {
		t.Errorf("%d packets", len(e.sent))
	}
	e.hear(e.from(Up))
	e.run(10 * ms)
	if len(e.sent) == 0 {
		t.Error("nothing is sent when it takes packets again")
	}
}

// RFC 5880, 6.8.6 and 6.8.7: nothing periodic for a neighbour in Demand mode while both are Up.
func TestDemandModeOfTheNeighbour(t *testing.T) {
	demand := func(c *Control) { c.Demand = true }
	e := newEnd(t, usual())
	e.up()
	e.hear(e.from(Up, demand))
	e.forget()
	for range 100 {
		e.run(10 * ms)
		e.hear(e.from(Up, demand))
	}
	if len(e.sent) != 0 {
		t.Errorf("%d packets", len(e.sent))
	}
	e.hear(e.from(Up, demand, poll))
	if c := e.last(); !c.Final {
		t.Errorf("a Poll is answered with %+v", c)
	}
	e.hear(e.from(Down, demand))
	e.run(3 * time.Second)
	if c := e.last(); c.State != Down {
		t.Errorf("after Down: %+v", c)
	}
}

// RFC 5880, 6.8.7: what packets of ours say.
func TestContentsOfPackets(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	e.run(10 * ms)
	want := Control{State: Up, DetectMult: 3, MyDiscr: e.info().LocalDiscr, YourDiscr: 77, DesiredMinTX: 10 * ms, RequiredMinRX: 10 * ms}
	if got := e.last(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// RFC 5880, 6.8.7: a change of state is told between the periodic packets.
func TestChangeOfStateIsToldAtOnce(t *testing.T) {
	e := newEnd(t, usual())
	e.run(0)
	for _, step := range []struct{ hear, want State }{{Down, Init}, {Init, Up}, {Down, Down}} {
		e.forget()
		e.hear(e.from(step.hear))
		if len(e.sent) != 1 || e.sent[0].State != step.want {
			t.Errorf("after %v: %+v", step.hear, e.sent)
		}
	}
}

// RFC 5880, 6.8.16: an administrative end is told, and nothing brings the session back.
func TestAdministrativeDown(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	e.note(e.m.Shutdown(e.now))
	if c := e.last(); c.State != AdminDown || c.Diag != DiagAdminDown || c.YourDiscr != 77 {
		t.Errorf("the neighbour is told %+v", c)
	}
	for _, state := range []State{Down, Init, Up} {
		e.hear(e.from(state))
		e.expectState(AdminDown)
	}
	if !e.m.NextDeadline().IsZero() {
		t.Error("a session that ended has a deadline")
	}
}

// RFC 5881, 5: a packet with another TTL than 255 is discarded; RFC 5883, 5, and keepalived's max_hops allow less.
func TestTTL(t *testing.T) {
	cfg := usual()
	for _, test := range []struct {
		least, ttl uint8
		want       Reason
	}{{255, 255, Accepted}, {255, 254, Hops}, {255, 1, Hops}, {61, 61, Accepted}, {61, 255, Accepted}, {61, 60, Hops}, {0, 0, Accepted}} {
		cfg.MinTTL = test.least
		e := newEnd(t, cfg)
		e.note(e.m.Receive(e.now, &ReceivedPacket{Source: there, Destination: here, TTL: test.ttl, Payload: e.from(Down)}))
		if got := e.reason(); got != test.want {
			t.Errorf("TTL %d where %d is needed: reason %d, want %d", test.ttl, test.least, got, test.want)
		}
	}
}

// RFC 5883, 5: sessions over several hops have a port of their own.
func TestPortsAreKeptApart(t *testing.T) {
	single, multi := usual(), usual()
	multi.Multihop = true
	e := newEnd(t, single, multi)
	e.note(e.m.Receive(e.now, &ReceivedPacket{Source: there, Destination: here, TTL: 255, Multihop: true, Payload: e.from(Down, func(c *Control) { c.YourDiscr = 0 })}))
	if one, many := e.m.Session(0).State, e.m.Session(1).State; one != Down || many != Init {
		t.Errorf("sessions over one hop %v, over several %v", one, many)
	}
	e.forget()
	e.note(e.m.Receive(e.now, &ReceivedPacket{Source: there, Destination: here, TTL: 255, Multihop: true, Payload: e.from(Down)}))
	if e.reason() != NoSession {
		t.Errorf("the discriminator of a session of the other port: reason %d", e.reason())
	}
}
