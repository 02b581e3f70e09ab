// Package sim lets a handful of routers share a bad LAN: packets are lost, late and out of order, the LAN
// splits, routers crash, freeze, sleep, restart and reload, links and addresses come and go. Everything follows from
// one seed, so that a failure can be played again: go test ./test/sim -seed N.
//
// It checks invariants, not traces. Always: a router has its addresses installed exactly while it is Master,
// and the members of a sync group are Master together. Once the LAN has healed and has been quiet for long
// enough: every Virtual Router has one Master, the one that the election rules name.
package sim

import (
	"flag"
	"iter"
	"math/rand/v2"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 1000, "how many seeds to simulate")
	seed  = flag.Uint64("seed", 0, "simulate this seed alone")
)

// regressions are seeds that have once shown a mistake.
var regressions = []uint64{}

// seedsFrom are the seeds to simulate: that of -seed alone, else those given and then as many as -seeds says.
func seedsFrom(regressions []uint64) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if *seed != 0 {
			yield(*seed)
			return
		}
		for _, s := range regressions {
			if !yield(s) {
				return
			}
		}
		for s := range uint64(*seeds) {
			if !yield(s + 1) {
				return
			}
		}
	}
}

func TestSeededLAN(t *testing.T) {
	for s := range seedsFrom(regressions) {
		if simulate(t, s); t.Failed() {
			return
		}
	}
}

// simulate plays one seed: chaos, healing, and a time in which nothing may change any more.
func simulate(t *testing.T, seed uint64) {
	w := newWorld(t, seed)
	w.chaos(time.Duration(20+w.rand.IntN(40)) * time.Second)
	w.heal()
	w.runFor(w.settlingTime())
	w.checkElected()
	w.quiet = true
	w.runFor(10 * time.Second)
	w.checkElected()
	w.checkAlarms(false)
}

// chaos lets things go wrong at random moments for d.
func (w *world) chaos(d time.Duration) {
	end := w.now.Add(d)
	for w.now.Before(end) && !w.t.Failed() {
		w.runFor(time.Duration(w.rand.IntN(3000)) * time.Millisecond)
		w.mishap(w.nodes[w.rand.IntN(len(w.nodes))])
	}
}

func (w *world) mishap(n *node) {
	if n.frozen == nil {
		w.mishapOf(w.rand.IntN(13), n)
	}
}

func (w *world) mishapOf(what int, n *node) {
	switch what {
	case 0:
		for _, other := range w.nodes {
			other.segment = w.rand.IntN(2)
		}
	case 1:
		for _, other := range w.nodes {
			other.segment = 0
		}
	case 2:
		w.loss = w.rand.Float64() / 2
	case 3:
		w.delay = time.Duration(w.rand.IntN(300)) * time.Millisecond
	case 4:
		n.crash()
	case 5:
		n.stop()
	case 6:
		n.boot()
	case 7:
		n.setTracker(w.rand.IntN(len(n.cfg.Trackers)), w.rand.IntN(2) == 0)
	case 8:
		n.loseEffect(w.rand.IntN(len(n.cfg.VRs)))
	case 9:
		n.setSource(w.rand.IntN(len(n.cfg.VRs)), w.rand.IntN(2) == 0)
	case 10:
		n.reload()
	case 11:
		n.busyUntil = w.now.Add(time.Duration(w.rand.IntN(4000)) * time.Millisecond)
	case 12:
		n.freeze(w.chance(0.3))
	}
}

// heal repairs everything; what is in flight may still arrive late.
func (w *world) heal() {
	w.loss, w.delay = 0, 5*time.Millisecond
	for _, n := range w.nodes {
		n.thaw()
		n.segment = 0
		n.busyUntil = time.Time{}
		if n.router == nil {
			n.boot()
		}
		for i := range n.cfg.Trackers {
			n.setTracker(i, true)
		}
		for i := range n.cfg.VRs {
			n.setSource(i, true)
		}
	}
}

func (w *world) chance(p float64) bool { return w.rand.Float64() < p }

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x56525250)) }
