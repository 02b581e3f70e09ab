package sim

import (
	"container/heap"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// world is the LAN, everything on it and the time.
type world struct {
	t       *testing.T
	seed    uint64
	rand    *rand.Rand
	now     time.Time
	nodes   []*node
	flights flights
	loss    float64       // chance that a packet does not reach one of its receivers
	delay   time.Duration // longest way of a packet
	quiet   bool          // no state may change any more
	sound   bool          // no packet is lost or refused: no alarm may sound
	plan    plan

	believed []*node // of each Virtual Router, who announced its addresses last, or whom a host has asked since
}

// plan is what all routers agree on.
type plan struct {
	version   vrrp.Version
	vrs       int
	grouped   bool // the first two Virtual Routers form a sync group
	preempt   bool
	intervals bool // every router has an interval of its own, which version 3 allows
	interval  time.Duration
	ah, hmac  bool // adverts are authenticated
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, seed: seed, rand: newRand(seed), now: time.Unix(1_000_000, 0)}
	w.plan = plan{
		version: vrrp.Version(2 + w.rand.IntN(2)), vrs: 1 + w.rand.IntN(3), preempt: w.chance(0.7),
		interval: time.Second,
	}
	// Not by chance: a seed goes on to mean what it meant before there was authentication.
	w.plan.ah = w.plan.version == vrrp.Version2 && seed%3 == 0
	w.plan.hmac = !w.plan.ah && seed%5 == 0
	w.believed = make([]*node, w.plan.vrs)
	w.plan.grouped = w.plan.vrs > 1 && w.chance(0.7)
	if w.plan.version == vrrp.Version3 {
		w.plan.interval = time.Duration(10+w.rand.IntN(90)) * 10 * time.Millisecond
		w.plan.intervals = w.chance(0.5)
	}
	for i := range 2 + w.rand.IntN(4) {
		w.nodes = append(w.nodes, newNode(w, i))
	}
	for _, n := range w.nodes {
		n.boot()
	}
	return w
}

// settlingTime is enough for every delay to pass, and then for every member of a group to be heard or missed.
func (w *world) settlingTime() time.Duration {
	return 5*vrrp.MasterDownInterval(w.plan.version, 1, time.Second, 3) + longestPreemptDelay
}

// flight is a packet on its way to one receiver.
type flight struct {
	at   time.Time
	to   *node
	from *node
	vr   router.ID
	pdu  []byte // with the headers before it
	kind flightKind
	life int // of the receiver; a packet for one that has died since is lost
}

// flightKind is what a packet is about.
type flightKind uint8

const (
	advert   flightKind = iota
	claim               // an announcement, or an answer: the address of vr is from's
	question            // who has the address of vr
)

type flights []flight

func (f flights) Len() int           { return len(f) }
func (f flights) Less(i, j int) bool { return f[i].at.Before(f[j].at) }
func (f flights) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)        { *f = append(*f, x.(flight)) }
func (f *flights) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

// send puts one packet on the LAN.
func (w *world) send(from *node, vr router.ID, kind flightKind, pdu []byte) {
	for _, to := range w.nodes {
		w.sendTo(to, from, vr, kind, pdu)
	}
}

func (w *world) sendTo(to, from *node, vr router.ID, kind flightKind, pdu []byte) {
	if to == from || to.router == nil || to.segment != from.segment || w.chance(w.loss) || kind == advert && to.deaf {
		return
	}
	way := 50*time.Microsecond + time.Duration(w.rand.Int64N(int64(w.delay)+1))
	heap.Push(&w.flights, flight{at: w.now.Add(way), to: to, from: from, vr: vr, kind: kind, pdu: pdu, life: to.life})
}

// runFor lets d pass.
func (w *world) runFor(d time.Duration) {
	end := w.now.Add(d)
	for !w.t.Failed() {
		at, who := w.next()
		if at.IsZero() || at.After(end) {
			break
		}
		if at.After(w.now) {
			w.now = at
		}
		if who != nil {
			who.wake()
			continue
		}
		f := heap.Pop(&w.flights).(flight)
		if f.to.router != nil && f.to.life == f.life {
			f.to.arrive(f)
		}
	}
	w.now = end
}

// next is the earliest thing to happen: a packet arrives, or a router's loop wakes.
func (w *world) next() (at time.Time, who *node) {
	if len(w.flights) > 0 {
		at = w.flights[0].at
	}
	for _, n := range w.nodes {
		if n.wakeAt.IsZero() {
			continue
		}
		if at.IsZero() || n.wakeAt.Before(at) {
			at, who = n.wakeAt, n
		}
	}
	return at, who
}

// checkElected finds the one Master of each Virtual Router.
func (w *world) checkElected() {
	for vr := range w.plan.vrs {
		var masters []*node
		var best *node
		for _, n := range w.nodes {
			if n.router.State(router.ID(vr)) == router.Master {
				masters = append(masters, n)
			}
			if best == nil || n.cfg.VRs[vr].Priority > best.cfg.VRs[vr].Priority {
				best = n
			}
		}
		if len(masters) != 1 {
			w.failf("Virtual Router %d has %d Masters in a healed LAN", vr, len(masters))
			return
		}
		// Of two with one priority, whoever is Master stays it: a Backup obeys an equal one (RFC 5798, 6.4.2).
		if w.plan.preempt && masters[0].cfg.VRs[vr].Priority != best.cfg.VRs[vr].Priority {
			w.failf("Virtual Router %d: node %d is Master, node %d should be", vr, masters[0].number, best.number)
		}
	}
}

// failf reports a broken invariant with what is needed to play it again.
func (w *world) failf(format string, args ...any) {
	w.t.Helper()
	w.t.Errorf("seed %d: "+format, append([]any{w.seed}, args...)...)
	for _, n := range w.nodes {
		n.describe()
	}
}
