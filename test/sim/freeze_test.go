package sim

import (
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// freeze is a time in which a node's process does not run, or its machine sleeps. Its kernel goes on answering for
// its addresses and keeps packets, unless it sleeps too.
type freeze struct {
	from, until time.Time
	asleep      bool
	socket      []flight
}

// now is the node's own clock, which stands still while its machine sleeps.
func (n *node) now() time.Time { return n.w.now.Add(-n.slept) }

const longestFreeze = 10 * time.Second

func (n *node) freeze(asleep bool) {
	if n.router == nil || n.frozen != nil {
		return
	}
	until := n.w.now.Add(time.Duration(n.w.rand.Int64N(int64(longestFreeze))))
	n.frozen = &freeze{from: n.w.now, until: until, asleep: asleep}
	n.wakeAt = until
}

// wake is when the node's loop runs.
func (n *node) wake() {
	if n.frozen != nil {
		n.thaw()
	}
	n.tick()
}

// thaw ends a freeze: the loop learns of it first, then what came in, then what is due.
func (n *node) thaw() {
	f := n.frozen
	if f == nil {
		return
	}
	n.frozen = nil
	if f.asleep {
		n.slept += n.w.now.Sub(f.from)
		n.step(router.Event{Kind: router.Stalled, Asleep: n.w.now.Sub(f.from)})
		return
	}
	if at := n.router.NextDeadline(); !at.IsZero() && at.Before(n.now()) {
		n.step(router.Event{Kind: router.Stalled, Late: n.now().Sub(at)})
	}
	for _, packet := range f.socket {
		n.receive(packet)
	}
	n.tick()
}

// arrive is a packet on its way into the node.
func (n *node) arrive(f flight) {
	switch {
	case n.frozen == nil:
		n.receive(f)
	case !n.frozen.asleep:
		n.frozen.socket = append(n.frozen.socket, f)
	}
}

// freezeRegressions are seeds that have once shown a mistake: several short sleeps that were no long one.
var freezeRegressions = []uint64{2268}

// TestFreezesLeaveNobodyAstray lets routers of a LAN that works freeze and sleep, alone and together, while hosts ask
// who has an address and get the answer of any kernel that has it. In the end there is the right Master, and hosts
// know who it is.
func TestFreezesLeaveNobodyAstray(t *testing.T) {
	for s := range seedsFrom(freezeRegressions) {
		if t.Failed() {
			return
		}
		w := newWorld(t, s)
		if w.plan.intervals {
			continue // one with a short interval may take over before the Master has missed its own
		}
		w.delay = 2 * time.Millisecond
		asleep := w.chance(0.3) // all of them: one that sleeps misses what another asks of it
		w.runFor(w.settlingTime())
		for range 5 + w.rand.IntN(20) {
			w.runFor(time.Duration(w.rand.IntN(3000)) * time.Millisecond)
			if w.chance(0.5) {
				w.nodes[w.rand.IntN(len(w.nodes))].freeze(asleep)
			}
			w.ask()
		}
		for _, n := range w.nodes {
			n.thaw()
		}
		w.runFor(w.settlingTime())
		w.checkElected()
		w.checkBelieved()
	}
}

// ask has a host learn an address from one of those that have it.
func (w *world) ask() {
	for vr := range w.plan.vrs {
		for _, i := range w.rand.Perm(len(w.nodes)) {
			if n := w.nodes[i]; n.installed[vr] && n.answers(vr) {
				w.believed[vr] = n
				break
			}
		}
	}
}

// answers is whether the kernel of a node answers for an address that it has. That a Master's does while it is frozen
// for less than a Master_Down_Interval, and yields to a better one that came meanwhile, is left out: it is not a Master
// of the past then, and such a moment is part of every takeover.
func (n *node) answers(vr int) bool {
	if n.frozen == nil {
		return true
	}
	s := n.router.Snapshot().VRs[vr]
	return !n.frozen.asleep && n.now().Sub(s.LastAdvertSent) > s.MasterDownInterval
}

func (w *world) checkBelieved() {
	for vr, n := range w.believed {
		if w.masterPriority(vr) == 1 {
			continue // there is no lower priority by which it could be asked to announce itself
		}
		if n == nil || n.router.State(router.ID(vr)) != router.Master {
			w.failf("hosts take another node than the Master of Virtual Router %d for it", vr)
		}
	}
}

func (w *world) masterPriority(vr int) vrrp.Priority {
	for _, n := range w.nodes {
		if n.router.State(router.ID(vr)) == router.Master {
			return n.cfg.VRs[vr].Priority
		}
	}
	return 0
}
