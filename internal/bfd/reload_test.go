package bfd

import "testing"

// A reload keeps the sessions that go on, under their new numbers, ends the others with a word, and starts the new.
func TestReload(t *testing.T) {
	gone, kept, fresh := usual(), usual(), usual()
	gone.Remote, fresh.Remote = there.Next(), there.Prev()
	e := newEnd(t, gone, kept)
	e.run(0)
	discr := e.m.Session(1).LocalDiscr
	e.note(e.m.Receive(e.now, &ReceivedPacket{Source: there, Destination: here, TTL: 255, Payload: e.from(Init, func(c *Control) { c.YourDiscr = discr })}))
	e.forget()
	effects := e.m.Reload(e.now, []SessionConfig{kept, fresh}, []ID{1, -1})
	if len(effects) != 2 || effects[0].Kind != Send || effects[0].Session != 0 || effects[0].Packet.State != AdminDown || effects[1].Kind != Reloaded {
		t.Fatalf("effects %+v", effects)
	}
	if i := e.m.Session(0); i.State != Up || i.LocalDiscr != discr {
		t.Errorf("the session that goes on: %+v", i)
	}
	if i := e.m.Session(1); i.State != Down || i.LocalDiscr == discr || i.LocalDiscr == 0 {
		t.Errorf("the new session: %+v", i)
	}
	for _, f := range e.m.Step(e.now) {
		if f.Kind == Send && f.Session == 1 {
			return
		}
	}
	t.Error("the new session sends nothing")
}
