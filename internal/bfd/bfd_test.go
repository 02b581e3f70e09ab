package bfd

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

var (
	here, there = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	epoch       = time.Unix(1000, 0)
)

const ms = time.Millisecond

// usual is a session as the tests like it: 10 ms, three packets.
func usual() SessionConfig {
	return SessionConfig{
		Remote: there, Local: here, MinTTL: 255, DesiredMinTX: 10 * ms, IdleTX: time.Second, RequiredMinRX: 10 * ms, DetectMult: 3,
	}
}

// end is one machine with one session, in virtual time.
type end struct {
	t    *testing.T
	m    *Machine
	now  time.Time
	sent []Control
	seen []Effect // but for Send
	when []time.Time
}

func newEnd(t *testing.T, cfg ...SessionConfig) *end {
	return &end{t: t, now: epoch, m: New(epoch, cfg, rand.New(rand.NewPCG(1, 2)))}
}

// note keeps what a call has given.
func (e *end) note(effects []Effect) {
	for _, f := range effects {
		if f.Kind == Send {
			e.sent, e.when = append(e.sent, f.Packet), append(e.when, e.now)
		} else {
			e.seen = append(e.seen, f)
		}
	}
}

// run lets time pass, stepping at each deadline.
func (e *end) run(d time.Duration) {
	until := e.now.Add(d)
	for {
		at := e.m.NextDeadline()
		if at.IsZero() || at.After(until) {
			e.now = until
			return
		}
		if at.After(e.now) {
			e.now = at
		}
		e.note(e.m.Step(e.now))
	}
}

// forget clears what was noted.
func (e *end) forget() { e.sent, e.when, e.seen = nil, nil, nil }

func (e *end) info() Info { return e.m.Session(0) }

// from is a packet of the neighbour that knows us, unless changed.
func (e *end) from(state State, change ...func(*Control)) []byte {
	c := Control{
		State: state, DetectMult: 3, MyDiscr: 77, YourDiscr: e.info().LocalDiscr,
		DesiredMinTX: 10 * ms, RequiredMinRX: 10 * ms,
	}
	for _, f := range change {
		f(&c)
	}
	return c.Append(nil)
}

// hear hands the machine a packet.
func (e *end) hear(payload []byte) {
	e.note(e.m.Receive(e.now, &ReceivedPacket{Source: there, Destination: here, TTL: 255, Payload: payload}))
}

// up brings the session up, confirms its Poll Sequence and forgets how.
func (e *end) up() {
	e.t.Helper()
	e.run(0)
	e.hear(e.from(Init))
	if e.info().State != Up {
		e.t.Fatalf("after Init of the neighbour the session is %v", e.info().State)
	}
	e.hear(e.from(Up, final))
	e.forget()
}

func final(c *Control) { c.Final = true }
func poll(c *Control)  { c.Poll = true }

func (e *end) last() Control {
	e.t.Helper()
	if len(e.sent) == 0 {
		e.t.Fatal("nothing was sent")
	}
	return e.sent[len(e.sent)-1]
}

func (e *end) expectState(want State) {
	e.t.Helper()
	if got := e.info().State; got != want {
		e.t.Errorf("state %v, want %v", got, want)
	}
}

// reason is why the last packet was discarded; Accepted if it was not.
func (e *end) reason() Reason {
	i := slices.IndexFunc(e.seen, func(f Effect) bool { return f.Kind == Discarded })
	if i < 0 {
		return Accepted
	}
	return e.seen[i].Reason
}

func TestPacketSurvivesTheWire(t *testing.T) {
	for _, c := range []Control{
		{Diag: 8, State: Up, Poll: true, DetectMult: 255, MyDiscr: 1, YourDiscr: 0xffffffff, DesiredMinTX: 4294967295 * time.Microsecond},
		{State: Down, Final: true, Independent: true, Auth: true, Demand: true, DetectMult: 1, MyDiscr: 9, RequiredMinRX: time.Microsecond, RequiredMinEchoRX: 5 * time.Microsecond},
		{State: AdminDown, Diag: DiagAdminDown, DetectMult: 3, MyDiscr: 0x01020304, YourDiscr: 0x05060708},
	} {
		b := c.Append(nil)
		if len(b) != PacketLength || int(b[3]) != PacketLength || b[0]>>5 != 1 {
			t.Errorf("%+v: encoded as % x", c, b)
		}
		var got Control
		got.read(b)
		if got != c {
			t.Errorf("got %+v, want %+v", got, c)
		}
	}
	// RFC 5880, 4.1, byte for byte.
	c := Control{Diag: DiagExpired, State: Init, Poll: true, DetectMult: 3, MyDiscr: 0x11223344, YourDiscr: 0x55667788, DesiredMinTX: time.Second, RequiredMinRX: 10 * ms}
	want := []byte{0x21, 0xa0, 3, 24, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0, 0x0f, 0x42, 0x40, 0, 0, 0x27, 0x10, 0, 0, 0, 0}
	if got := c.Append(nil); !slices.Equal(got, want) {
		t.Errorf("got  % x\nwant % x", got, want)
	}
}

// A machine that has slept over the detection time gives the neighbour's packets a moment to come in, once.
func TestOwnAbsenceIsNotTheNeighbours(t *testing.T) {
	for _, comes := range []bool{true, false} {
		e := newEnd(t, usual())
		e.up()
		e.now = e.now.Add(35 * ms)
		e.note(e.m.Step(e.now))
		e.expectState(Up)
		e.run(2*ms - 1)
		e.expectState(Up)
		if comes {
			e.hear(e.from(Up))
			e.run(2 * ms)
			e.expectState(Up)
			e.run(28 * ms)
		} else {
			e.run(1)
		}
		e.expectState(Down)
		want := map[bool]time.Duration{true: 0, false: 7 * ms}[comes]
		if f := e.seen[0]; f.Kind != Expired || f.Duration != 30*ms || f.Overdue != want {
			t.Errorf("told of it as %+v, want %v overdue", f, want)
		}
	}
	// A millisecond less is no sleep.
	e := newEnd(t, usual())
	e.up()
	e.now = e.now.Add(31*ms - 1)
	e.note(e.m.Step(e.now))
	e.expectState(Down)
}

func FuzzReceive(f *testing.F) {
	e := newEnd(nil, usual())
	f.Add(e.from(Down), byte(255))
	f.Add(e.from(Up, poll), byte(1))
	f.Add([]byte{}, byte(0))
	f.Fuzz(func(t *testing.T, payload []byte, ttl byte) {
		e := newEnd(t, usual())
		e.run(time.Second)
		for range 3 {
			e.note(e.m.Receive(e.now, &ReceivedPacket{Source: there, Destination: here, TTL: ttl, Payload: payload}))
			e.run(50 * ms)
		}
		if n := len(e.sent); n > 200 {
			t.Errorf("%d packets in little more than a second", n)
		}
	})
}

func TestNothingIsAllocatedPerPacket(t *testing.T) {
	e := newEnd(t, usual())
	e.up()
	packet := &ReceivedPacket{Source: there, Destination: here, TTL: 255, Payload: e.from(Up, poll)}
	buffer := make([]byte, 0, PacketLength)
	now := e.now
	allocs := testing.AllocsPerRun(500, func() {
		now = now.Add(9 * ms)
		for _, f := range e.m.Receive(now, packet) {
			buffer = f.Packet.Append(buffer[:0])
		}
		for _, f := range e.m.Step(now) {
			buffer = f.Packet.Append(buffer[:0])
		}
		e.m.NextDeadline()
	})
	if allocs != 0 || e.info().State != Up {
		t.Errorf("%v allocations for a packet in and one out (session %v), want none", allocs, e.info().State)
	}
}
