package daemon

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/govrrpd/govrrpd/internal/claims"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// While a Virtual Router is Master, others that act as such are looked for: the state machine judges adverts and
// what is said here of claims to its addresses.

// vigil is what is known of others.
type vigil struct {
	watcher *claims.Watcher
	soon    bool // the wanted addresses are about to be collected
	owners  map[spot]router.ID
	senders map[netip.Addr]router.MAC // of adverts that were looked for
	looking int

	heard heard // any goroutine
}

// spot is an address on an interface.
type spot struct {
	iface string
	addr  netip.Addr
}

// heard are the claims that the loop has not looked at yet, each once.
type heard struct {
	mu     sync.Mutex
	claims map[claims.Claim]bool
}

const (
	// mostHeard bounds the claims that wait: a flood of them says nothing more.
	mostHeard = 256
	// mostLooking bounds how many senders are looked for at a time, and lookTime for how long.
	mostLooking = 8
	lookTime    = 10 * time.Second
	// mostSenders bounds what is remembered of them.
	mostSenders = 256
	// rewatchDelay gathers the transitions of many Virtual Routers.
	rewatchDelay = 20 * time.Millisecond
)

// add tells whether the loop must be asked to look.
func (h *heard) add(c claims.Claim) (first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.claims == nil {
		h.claims = make(map[claims.Claim]bool)
		first = true
	}
	if len(h.claims) < mostHeard {
		h.claims[c] = true
	}
	return first
}

func (h *heard) take() map[claims.Claim]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.claims
	h.claims = nil
	return all
}

// keepVigil runs the watcher until the daemon ends.
func (d *Daemon) keepVigil() {
	complained := ""
	d.vigil.watcher.Run(d.ctx, func(c claims.Claim) {
		if d.vigil.heard.add(c) {
			d.inbox.post(d.claimed)
		}
	}, func(err error) {
		if text := err.Error(); text != complained {
			complained = text
			d.log.Warn(fmt.Sprintf("%v; claims of others to our addresses are not noticed, and it is tried again every half a minute", err))
		}
	})
}

// rewatch has the addresses of all Masters watched, in a moment.
func (d *Daemon) rewatch() {
	if d.vigil.soon {
		return
	}
	d.vigil.soon = true
	d.later(rewatchDelay, func() {
		d.vigil.soon = false
		d.vigil.owners = make(map[spot]router.ID)
		var wanted [2][]netip.Addr
		for id, vi := range d.plan.cfg.Instances {
			if !vi.SplitBrainAlarm || d.router.State(router.ID(id)) != router.Master {
				continue
			}
			e := d.plan.estates[id]
			for _, a := range e.addresses {
				addr, family := a.Prefix.Addr(), 0
				if addr.Is6() {
					family = 1
				}
				d.vigil.owners[spot{e.on(a), addr}] = router.ID(id)
				wanted[family] = append(wanted[family], addr)
			}
		}
		d.vigil.watcher.Set(wanted[0], wanted[1])
	})
}

// claimed tells the state machine of claims by other machines.
func (d *Daemon) claimed() {
	n := d.network.Load()
	for c := range d.vigil.heard.take() {
		id, ours := d.vigil.owners[spot{n.names[c.Index], c.Addr}]
		if ours && !n.own(c.MAC) {
			d.step(router.Event{Kind: router.AddressClaimed, VR: id, Addr: c.Addr, MAC: c.MAC})
		}
	}
}

// own tells whether an interface of this machine has a MAC address: its frames may come back from the LAN.
func (n *network) own(mac [6]byte) bool {
	for _, link := range n.links {
		if len(link.MAC) == len(mac) && [6]byte(link.MAC) == mac {
			return true
		}
	}
	return false
}

// lookForSender finds out the MAC address that adverts from source come from.
func (d *Daemon) lookForSender(id router.ID, source netip.Addr) {
	link, ok := d.network.Load().links[wireInterface(d.plan.cfg.Instances[id])]
	if !ok || d.vigil.looking == mostLooking {
		return
	}
	d.vigil.looking++
	d.workers.Go(func() {
		ctx, cancel := context.WithTimeout(d.ctx, lookTime)
		defer cancel()
		mac, err := claims.SenderOf(ctx, link.Index, source)
		d.inbox.post(func() {
			d.vigil.looking--
			if err != nil {
				return // it has fallen silent: the line does without
			}
			if len(d.vigil.senders) == mostSenders {
				clear(d.vigil.senders)
			}
			d.vigil.senders[source] = mac
		})
	})
}

// askFor asks the LAN who has an address of a Virtual Router.
func (d *Daemon) askFor(id router.ID, addr netip.Addr) {
	e := d.plan.estates[id]
	for _, a := range e.addresses {
		if a.Prefix.Addr() == addr {
			d.lane.do(func() { d.keeper.ask(e, e.on(a), addr) })
			return
		}
	}
}

func (k *keeper) ask(e *estate, iface string, addr netip.Addr) {
	if link, ok := k.network.Load().links[iface]; ok && e.current().held.Load() {
		k.complain(e, k.announcer.Ask(announceLink(link), addr))
	}
}

// senderWait is how long the line of an alarm waits for the MAC address: who looks for it hears the same advert.
const senderWait = 100 * time.Millisecond

// findNeighbour has the line of an alarm about a claim written when the kernel was asked whose MAC address it is.
func (d *Daemon) findNeighbour(duel *duel) {
	index := d.network.Load().links[duel.iface].Index
	d.workers.Go(func() {
		addr, err := claims.AddressOf(index, duel.otherMAC, duel.claimed)
		if err == nil {
			duel.neighbour = addr
		}
		d.log.Warn(duel.line())
	})
}

// senderIsComing has the line of an alarm written in a moment, if more may be known then of the other one.
func (d *Daemon) senderIsComing(e *router.Effect) bool {
	duel := d.duelOf(e)
	if !duel.other.IsValid() {
		d.findNeighbour(duel)
		return true
	}
	if d.vigil.looking == 0 || duel.otherMAC != (router.MAC{}) {
		return false
	}
	d.later(senderWait, func() {
		duel.otherMAC = d.vigil.senders[duel.other]
		d.log.Warn(duel.line())
	})
	return true
}

// splitBrain tells of an alarm.
func (d *Daemon) splitBrain(e *router.Effect) {
	vi := d.plan.cfg.Instances[e.VR]
	if vi.NotifySplitBrainSet {
		d.teller.splitBrain(vi, e, d.duelOf(e).line())
	}
}

// duelOf is all that can be said of two Masters.
func (d *Daemon) duelOf(e *router.Effect) *duel {
	vi := d.plan.cfg.Instances[e.VR]
	mac := e.MAC
	if mac == (router.MAC{}) {
		mac = d.vigil.senders[e.Addr]
	}
	iface := wireInterface(vi)
	return &duel{
		vi: vi, iface: iface, source: d.sources[e.VR], mac: d.network.Load().links[iface].MAC,
		own: e.Priority, other: e.Addr, otherMAC: mac, claimed: e.From, priority: vrrp.Priority(e.Want), reason: router.Reason(e.Value),
	}
}

// A duel is two Masters.
type duel struct {
	vi       *config.Instance
	iface    string
	source   netip.Addr
	mac      net.HardwareAddr
	own      vrrp.Priority
	other    netip.Addr // of its adverts, if any were heard
	otherMAC router.MAC // if known
	claimed  netip.Addr // what it claims, if it does
	// neighbour is its own address where only claims were heard, if this host has spoken with it.
	neighbour netip.Addr
	priority  vrrp.Priority
	reason    router.Reason // why its adverts are refused
}

func (d *duel) line() string {
	us := fmt.Sprintf("we are %s, priority %d", who(d.source, d.mac.String()), d.own)
	if !d.other.IsValid() {
		return fmt.Sprintf("(%s) SPLIT BRAIN: %s on %s claims %s, an address of VRID %d, and sends no adverts that we hear; %s. "+
			"Check that adverts (%s) pass in both directions, and that no other machine has the address",
			d.vi.Name, who(d.neighbour, net.HardwareAddr(d.otherMAC[:]).String()), d.iface, d.claimed, d.vi.VRID, us, d.wire())
	}
	return fmt.Sprintf("(%s) SPLIT BRAIN: %s is Master of VRID %d on %s too, priority %d; %s. %s",
		d.vi.Name, d.them(), d.vi.VRID, d.iface, d.priority, us, d.advice())
}

func (d *duel) end(e *router.Effect) string {
	line := fmt.Sprintf("(%s) split brain of VRID %d on %s is over after %s: ", d.vi.Name, d.vi.VRID, d.iface, time.Duration(e.Want).Round(time.Millisecond))
	if e.State != router.Master {
		return line + "we are " + e.State.String()
	}
	return line + fmt.Sprintf("nothing was heard of %s for %s", d.them(), time.Duration(e.Value).Round(time.Millisecond))
}

func (d *duel) them() string {
	mac := ""
	if d.otherMAC != (router.MAC{}) {
		mac = net.HardwareAddr(d.otherMAC[:]).String()
	}
	return who(d.other, mac)
}

// who is an IP address, a MAC address, or both.
func who(addr netip.Addr, mac string) string {
	switch {
	case !addr.IsValid():
		return mac
	case mac == "":
		return addr.String()
	}
	return fmt.Sprintf("%s (%s)", addr, mac)
}

// wire is where adverts must pass.
func (d *duel) wire() string {
	protocol := vrrp.Protocol
	if d.vi.AuthType == vrrp.AuthAH {
		protocol = vrrp.ProtocolAH
	}
	if d.vi.Unicast {
		return fmt.Sprintf("IP protocol %d between the peers", protocol)
	}
	return fmt.Sprintf("IP protocol %d to %s", protocol, d.vi.MulticastGroup)
}

// advice is what to check about somebody whose adverts are heard.
func (d *duel) advice() string {
	const refused = "Its adverts are refused: "
	const alien = ", or whether other routers use this VRID"
	switch d.reason {
	case router.LogNone:
		if d.other == d.source {
			return "It has our own address: check whether a machine was cloned, or an address given twice"
		}
		return fmt.Sprintf("It does not hear us: check firewalls (%s), multicast snooping of switches, and links that work in one direction", d.wire())
	case router.LogVersion:
		return refused + "check the VRRP version on both" + alien
	case router.LogIntervalV2:
		return refused + "check advert_int on both" + alien
	case router.LogChecksum:
		return refused + "check old_unicast_checksum and v3_checksum_as_v2 on both" + alien
	case router.LogOwnerIgnores:
		return "Owners of the addresses ignore adverts: check whether both have priority 255"
	case router.LogExtStale:
		return refused + "check the clocks of both"
	case router.LogLengthShort, router.LogLengthLong:
		return refused + "check authentication on both" + alien
	}
	return refused + "check authentication on both, type and password" + alien
}

// splitBrainFigures tell of each Virtual Router that has had another Master beside it.
func (d *Daemon) splitBrainFigures() (lines []dump.Line) {
	for i := range d.plan.estates {
		if n := d.router.Stats(router.ID(i)).SplitBrain; n > 0 {
			lines = append(lines, figure("("+d.plan.cfg.Instances[i].Name+") Split brains", int(n)))
		}
	}
	return lines
}
