package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

const longestPreemptDelay = 3 * time.Second

// node is one router on the LAN with its loop and what it has installed.
type node struct {
	w         *world
	number    int
	addr      netip.Addr
	cfg       *router.Config
	router    *router.Router // nil: switched off
	life      int            // counts the boots
	segment   int            // of the split LAN
	deaf      bool           // a firewall drops adverts
	alarmed   []bool         // by LogSplitBrain
	alarms    int            // so far
	busyUntil time.Time      // its loop does not run before
	frozen    *freeze        // nil: it runs
	slept     time.Duration  // that its clock has not counted
	wakeAt    time.Time      // of its loop; zero: never
	installed []bool
	told      []router.State // by the last Transition
	adverts   [][]byte       // prepared, with the headers before them
	signers   []router.Signer
}

func newNode(w *world, number int) *node {
	n := &node{w: w, number: number, addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(number + 1)})}
	n.cfg = n.newConfig()
	return n
}

// newConfig draws a configuration within the world's plan. In a sync group a node has one priority, since
// two groups that are each better in one member have no right answer.
func (n *node) newConfig() *router.Config {
	w, cfg := n.w, &router.Config{}
	interval := w.plan.interval
	if w.plan.intervals {
		interval = time.Duration(10+w.rand.IntN(90)) * 10 * time.Millisecond
	}
	priority := vrrp.Priority(1 + w.rand.IntN(254))
	for i := range w.plan.vrs {
		if i > 1 || !w.plan.grouped {
			priority = vrrp.Priority(1 + w.rand.IntN(254))
		}
		cfg.Trackers = append(cfg.Trackers, router.TrackerConfig{Name: fmt.Sprint("eth", i), Status: router.TrackerUp})
		cfg.VRs = append(cfg.VRs, router.VRConfig{
			Name: fmt.Sprint("VI_", i), VRID: vrrp.VRID(i + 1), Version: w.plan.version, Priority: priority,
			AdvertInterval: interval, Preempt: w.plan.preempt, Source: n.addr,
			Addresses:       []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})},
			Tracks:          []router.Track{{Tracker: router.TrackerID(i)}},
			Announce:        router.AnnounceTiming{MasterDelay: time.Second, MasterRepeat: 1, LowerPrioRounds: 1},
			SplitBrainAlarm: true,
		})
		authenticate(&w.plan, &cfg.VRs[i])
		if w.plan.preempt && w.chance(0.3) {
			cfg.VRs[i].PreemptDelay = time.Duration(w.rand.Int64N(int64(longestPreemptDelay)))
		}
	}
	if w.plan.grouped {
		cfg.Groups = []router.GroupConfig{{Name: "G", Members: []router.ID{0, 1}}}
	}
	return cfg
}

func (n *node) boot() {
	if n.router != nil {
		return
	}
	n.life++
	n.installed = make([]bool, len(n.cfg.VRs))
	n.told = make([]router.State, len(n.cfg.VRs))
	n.alarmed = make([]bool, len(n.cfg.VRs))
	n.router = router.New(n.now(), n.cfg)
	n.adverts, n.signers = make([][]byte, len(n.cfg.VRs)), make([]router.Signer, len(n.cfg.VRs))
	n.prepareAll()
	n.perform(n.router.Start(n.now()))
}

// crash takes the node away without a word, and with it its addresses.
func (n *node) crash() {
	n.router, n.frozen = nil, nil
	n.wakeAt = time.Time{}
}

func (n *node) stop() {
	if n.router == nil {
		return
	}
	for _, e := range n.router.Step(n.now(), router.Event{Kind: router.Shutdown}) {
		n.performOne(e)
	}
	for i, installed := range n.installed {
		if installed {
			n.w.failf("node %d stopped with Virtual Router %d installed", n.number, i)
		}
	}
	n.crash()
}

func (n *node) setTracker(i int, up bool) {
	status := router.TrackerDown
	if up {
		status = router.TrackerUp
	}
	n.step(router.Event{Kind: router.TrackerChanged, Tracker: router.TrackerID(i), Status: status})
}

func (n *node) setSource(vr int, there bool) {
	if there {
		n.step(router.Event{Kind: router.SourceFound, VR: router.ID(vr), Addr: n.addr})
		return
	}
	n.step(router.Event{Kind: router.SourceLost, VR: router.ID(vr)})
}

func (n *node) loseEffect(vr int) { n.step(router.Event{Kind: router.EffectLost, VR: router.ID(vr)}) }

func (n *node) step(ev router.Event) {
	if n.router != nil {
		n.perform(n.router.Step(n.now(), ev))
	}
}

// reload draws another configuration for the same Virtual Routers.
func (n *node) reload() {
	if n.router == nil {
		n.cfg = n.newConfig()
		return
	}
	next := n.newConfig()
	match := make([]router.ID, len(next.VRs))
	for i := range next.VRs {
		match[i] = router.ID(i)
		next.Trackers[i].Status = router.TrackerUnknown // what was known stays
		next.VRs[i].Source = n.router.Snapshot().VRs[i].Source
	}
	effects := n.router.Reload(n.now(), next, match)
	n.cfg = next
	n.perform(effects)
	for i := range next.Trackers { // for the next boot
		next.Trackers[i].Status = router.TrackerUp
		next.VRs[i].Source = n.addr
	}
}

func (n *node) tick() {
	n.step(router.Event{})
	if at := n.router.NextDeadline(); !at.IsZero() && !at.After(n.now()) {
		n.w.failf("node %d: a Tick at %v leaves the deadline %v", n.number, n.now(), at)
	}
}

func (n *node) receive(f flight) {
	switch f.kind {
	case claim:
		n.step(router.Event{Kind: router.AddressClaimed, VR: f.vr, Addr: n.cfg.VRs[f.vr].Addresses[0], MAC: router.MAC{2, 5: byte(f.from.number)}})
		return
	case question:
		if n.installed[f.vr] {
			n.w.sendTo(f.from, n, f.vr, claim, nil)
		}
		return
	}
	headers := n.w.plan.headers()
	n.perform(n.router.Receive(n.now(), f.vr, &router.ReceivedPacket{
		Source: f.from.addr, Destination: vrrp.GroupIPv4, TTL: vrrp.TTL, Multicast: true,
		AH: n.w.plan.ah, Packet: f.pdu, Payload: f.pdu[headers:], TotalLength: len(f.pdu), HeaderLength: headers,
	}))
}

// perform does what the state machine wants, checks what must hold now, and plans the loop's next wake: a
// little late, as loops are, and much later when it is busy.
func (n *node) perform(effects []router.Effect) {
	for _, e := range effects {
		n.performOne(e)
	}
	n.check()
	n.wakeAt = n.router.NextDeadline()
	if n.wakeAt.IsZero() {
		return
	}
	n.wakeAt = n.wakeAt.Add(n.slept + time.Duration(n.w.rand.IntN(1000))*time.Microsecond)
	if n.wakeAt.Before(n.busyUntil) {
		n.wakeAt = n.busyUntil
	}
}

func (n *node) performOne(e router.Effect) {
	switch e.Kind {
	case router.SendAdvert:
		headers := n.w.plan.headers()
		packet := slices.Clone(n.adverts[e.VR])
		vrrp.Patch(packet[headers:], e.Priority)
		n.signers[e.VR].Sign(packet, headers, e.Value)
		n.w.send(n, e.VR, advert, packet)
	case router.AdvertChanged:
		n.prepare(e.VR)
	case router.Reloaded:
		n.prepareAll()
	case router.Install:
		n.setInstalled(e.VR, true)
	case router.Announce:
		n.w.believed[e.VR] = n
		n.w.send(n, e.VR, claim, nil)
	case router.Withdraw:
		n.setInstalled(e.VR, false)
	case router.AskForAddress:
		n.w.send(n, e.VR, question, nil)
	case router.Log:
		n.hearLine(e)
	case router.Transition:
		if n.told[e.VR] != e.Old {
			n.w.failf("node %d: transition of Virtual Router %d from %s, but it was %s", n.number, e.VR, e.Old, n.told[e.VR])
		}
		if n.w.quiet {
			n.w.failf("node %d: Virtual Router %d goes from %s to %s in a quiet LAN", n.number, e.VR, e.Old, e.State)
		}
		n.told[e.VR] = e.State
	}
}

// hearLine counts alarms. There is none in a LAN that has healed, and each ends.
func (n *node) hearLine(e router.Effect) {
	switch e.Reason {
	case router.LogSplitBrain:
		if n.alarmed[e.VR] {
			n.w.failf("node %d: Virtual Router %d sounds the alarm twice", n.number, e.VR)
		}
		if n.w.quiet || n.w.sound {
			n.w.failf("node %d: Virtual Router %d finds another Master, %v %v, in a LAN that works", n.number, e.VR, e.Addr, e.MAC)
		}
		n.alarmed[e.VR] = true
		n.alarms++
	case router.LogSplitBrainOver:
		if !n.alarmed[e.VR] {
			n.w.failf("node %d: Virtual Router %d ends an alarm that there was not", n.number, e.VR)
		}
		n.alarmed[e.VR] = false
	}
}

// prepare encodes an advert anew, as a wire lane does it; without a source address the old one stays.
func (n *node) prepare(vr router.ID) {
	packet := ipv4Header(&n.w.plan, n.addr)
	if headers := len(packet); len(n.router.AppendAdvert(packet, vr, vrrp.GroupIPv4)) > headers {
		n.adverts[vr] = n.router.AppendAdvert(packet, vr, vrrp.GroupIPv4)
		n.signers[vr] = n.router.Signer(vr)
	}
}

func (n *node) prepareAll() {
	for i := range n.adverts {
		n.prepare(router.ID(i))
	}
}

func (n *node) setInstalled(vr router.ID, installed bool) {
	if n.installed[vr] == installed {
		n.w.failf("node %d: Virtual Router %d installed twice or withdrawn twice (%v)", n.number, vr, installed)
	}
	n.installed[vr] = installed
}

// check holds after every step, in the worst of chaos.
func (n *node) check() {
	for i := range n.cfg.VRs {
		state := n.router.State(router.ID(i))
		if (state == router.Master) != n.installed[i] {
			n.w.failf("node %d: Virtual Router %d is %s, installed %v", n.number, i, state, n.installed[i])
		}
		if state != n.told[i] {
			n.w.failf("node %d: Virtual Router %d is %s, but %s was told", n.number, i, state, n.told[i])
		}
	}
	for _, g := range n.cfg.Groups {
		first := n.router.State(g.Members[0])
		for _, id := range g.Members {
			if state := n.router.State(id); state != first {
				n.w.failf("node %d: sync group with members in %s and %s", n.number, first, state)
			}
		}
	}
}

func (n *node) describe() {
	if n.router == nil {
		n.w.t.Logf("node %d is off", n.number)
		return
	}
	for i, vr := range n.router.Snapshot().VRs {
		n.w.t.Logf("node %d %s %s priority %d, Master %v/%d, interval %v, timer in %v, installed %v", n.number, vr.Config.Name,
			vr.State, vr.EffectivePriority, vr.Master, vr.MasterPriority, vr.MasterAdvertInterval, vr.Deadline.Sub(n.now()), n.installed[i])
	}
}
