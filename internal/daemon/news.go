package daemon

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/router"
)

// desk is where the kernel's reports lie until the loop takes them in.
type desk struct {
	mu     sync.Mutex
	events []netmon.Event
}

// put lays a report on the desk and tells whether it was empty.
func (k *desk) put(ev netmon.Event) (first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, ev)
	return len(k.events) == 1
}

// take takes the oldest reports, at most so many, and tells whether there are more.
func (k *desk) take(most int) (events []netmon.Event, more bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := min(most, len(k.events))
	events = slices.Clone(k.events[:n])
	k.events = slices.Delete(k.events, 0, n)
	if len(k.events) == 0 {
		k.events = nil
	}
	return events, len(k.events) > 0
}

// newsAtOnce is how many reports the loop takes in before it looks after adverts again: when somebody
// adds thousands of addresses, each of them is one.
const newsAtOnce = 64

// reported hands a report of the kernel's to the loop.
func (d *Daemon) reported(ev netmon.Event) {
	if d.desk.put(ev) {
		d.inbox.post(d.takeNews)
	}
}

// takeNews takes in what the kernel reported of interfaces, addresses, routes and rules: first all of it
// becomes known, then what follows from it is done.
func (d *Daemon) takeNews() {
	events, more := d.desk.take(newsAtOnce)
	if more {
		d.inbox.post(d.takeNews)
	}
	before := d.network.Load()
	next := before.edit()
	for i := range events {
		next.apply(&events[i])
	}
	d.network.Store(next.network)
	d.firewallNews(events)

	touched := make(map[string]bool)
	known := before.edit()
	for i := range events {
		d.news(&events[i], known.network, touched)
		if kind := events[i].Kind; kind == netmon.LinkChanged || kind == netmon.LinkGone {
			known.apply(&events[i])
		}
	}
	for iface := range touched {
		d.checkSources(iface)
	}
	d.refilter()
}

// news does what follows from one report. known has the links as they were before it; the interfaces
// whose addresses may have changed are added to touched.
func (d *Daemon) news(ev *netmon.Event, known *network, touched map[string]bool) {
	iface := d.network.Load().names[ev.Address.Index]
	switch ev.Kind {
	case netmon.LinkChanged:
		if before := known.names[ev.Link.Index]; before != "" && before != ev.Link.Name {
			d.linkRenamed(known.links[before], ev.Link)
			touched[before] = true
		}
		d.linkChanged(known.links[ev.Link.Name], ev.Link)
		touched[ev.Link.Name] = true
	case netmon.LinkGone:
		d.linkGone(known.links[ev.Link.Name], ev.Link)
		touched[ev.Link.Name] = true
	case netmon.AddressAdded:
		d.reportAddress(iface, ev.Address)
		touched[iface] = true
	case netmon.AddressGone:
		d.addressGone(iface, ev.Address, ev.Port)
		touched[iface] = true
	case netmon.RouteGone:
		d.routeGone(ev.Route)
	case netmon.RuleGone:
		d.ruleGone(ev.Rule)
	case netmon.Resync:
		d.checkEstates()
	}
}

// reportAddresses writes, with --address-monitoring, the lines about addresses that are there at the start: those of
// IPv4 come first, as the kernel lists them.
func (d *Daemon) reportAddresses(addresses []netmon.Address) {
	names := d.network.Load().names
	for _, v6 := range []bool{false, true} {
		for _, a := range addresses {
			if a.Prefix.Addr().Is6() == v6 {
				d.reportAddress(names[a.Index], a)
			}
		}
	}
}

func (d *Daemon) reportAddress(iface string, a netmon.Address) {
	if d.opts.AddressMonitoring {
		d.log.Info(fmt.Sprintf("Netlink reflector reports IP %s added to %s", a.Prefix.Addr(), iface))
	}
}

func (d *Daemon) addressGone(iface string, a netmon.Address, port uint32) {
	key := holderKey{a.Prefix, iface}
	id, virtual := d.plan.holders[key]
	if d.opts.AddressMonitoring || virtual && d.router.State(id) == router.Master && d.plan.estates[id].held.Load() {
		level := logging.LevelDetail
		if d.opts.AddressMonitoring {
			level = slog.LevelInfo
		}
		d.log.Log(noContext, level, fmt.Sprintf("Netlink reflector reports IP %s removed from %s", a.Prefix.Addr(), iface))
	}
	d.restoreStatic(key, port)
	if virtual {
		d.addressLost(id, key, port)
	}
}

// checkSources finds, for the Virtual Routers of an interface, whether adverts must leave from another
// address than before.
func (d *Daemon) checkSources(iface string) {
	d.checkSourcesOf(iface)
	if iface != "" {
		d.checkSourcesOf("") // unicast without an interface: its address may be anywhere
	}
}

func (d *Daemon) checkSourcesOf(iface string) {
	if _, tracked := d.plan.trackers[trackerKey{router.TrackInterface, iface}]; tracked || len(d.plan.onInterface[iface]) > 0 {
		d.reportSources(iface, false)
		d.reportSources(iface, true)
	}
	for _, id := range d.plan.onInterface[iface] {
		vi := d.plan.cfg.Instances[id]
		source := keptSource(vi, d.sources[id], sourceOf(vi, d.network.Load(), d.plan.virtual))
		if source != d.sources[id] {
			d.sourceChanged(id, source)
		} else if waitsForInterface(d.unwired.failed[id]) {
			d.rewireOne(id)
		}
	}
}

// reportSources writes the lines of -D about the addresses that adverts of the Virtual Routers on an
// interface may, or may no longer, leave from: of both families, as keepalived does.
func (d *Daemon) reportSources(iface string, v6 bool) {
	place := sourcePlace{iface, v6}
	before, after := d.assigned[place], d.network.Load().source(iface, v6, d.plan.virtual)
	if before == after {
		return
	}
	d.assigned[place] = after
	if before.IsValid() {
		d.log.Log(noContext, logging.LevelDetail, fmt.Sprintf("Deassigned address %s from interface %s", before, iface))
	}
	if after.IsValid() {
		d.log.Log(noContext, logging.LevelDetail, fmt.Sprintf("Assigned address %s for interface %s", after, iface))
	}
}

// reportAllSources does so for all interfaces that Virtual Routers use, in the order of the file. Of those that are only
// tracked, changes are told later.
func (d *Daemon) reportAllSources() {
	n := d.network.Load()
	for key := range d.plan.trackers {
		if key.kind == router.TrackInterface && len(d.plan.onInterface[key.name]) == 0 {
			for _, v6 := range []bool{false, true} {
				d.assigned[sourcePlace{key.name, v6}] = n.source(key.name, v6, d.plan.virtual)
			}
		}
	}
	reported := make(map[string]bool)
	for _, vi := range d.plan.cfg.Instances {
		for _, iface := range []string{vi.Interface, wireInterface(vi)} {
			if !reported[iface] {
				reported[iface] = true
				d.reportSources(iface, false)
				d.reportSources(iface, true)
			}
		}
	}
}

// reportChannels says which kinds of announcements there are to be, as keepalived does: those of the addresses'
// families.
func (d *Daemon) reportChannels() {
	var arp, ndisc bool
	for _, e := range d.plan.estates {
		for _, a := range e.addresses {
			ndisc = ndisc || a.Prefix.Addr().Is6()
			arp = arp || a.Prefix.Addr().Is4()
		}
	}
	if arp {
		d.log.Info("Registering gratuitous ARP shared channel")
	}
	if ndisc {
		d.log.Info("Registering gratuitous NDISC shared channel")
	}
}

// sourcePlace is where automatic sources are the same for all.
type sourcePlace struct {
	iface string
	v6    bool
}

func (d *Daemon) sourceChanged(id router.ID, source netip.Addr) {
	d.sources[id] = source
	if !source.IsValid() {
		if name := deviceName(d.plan.cfg.Instances[id]); d.network.Load().links[name].AdminUp {
			d.lane.do(func() { d.vmacs.renew(name) })
		}
		d.step(router.Event{Kind: router.SourceLost, VR: id})
		d.wire.detach(id)
		return
	}
	if b, ok := berthOf(d.plan.cfg.Instances[id], d.network.Load(), source); ok {
		if err := d.wire.open(&b); err != nil {
			d.attached(id, err) // before the address makes it a Backup for nothing
			d.wire.detach(id)
		}
	}
	// The state machine must know the address before adverts from it are prepared, and adverts must be
	// prepared before what it now wants can be performed.
	effects := d.router.Step(time.Now(), router.Event{Kind: router.SourceFound, VR: id, Addr: source})
	err := d.attach(id)
	if err == nil {
		d.refilter()
	}
	d.perform(effects)
	d.attached(id, err)
}

// attach gives a Virtual Router its sockets and prepared adverts, or takes them where it can have none.
func (d *Daemon) attach(id router.ID) error {
	b, ok := berthOf(d.plan.cfg.Instances[id], d.network.Load(), d.sources[id])
	if !ok {
		d.wire.detach(id)
		return nil
	}
	b.buffer = d.plan.buffers[id]
	return d.wire.attach(id, b, d.router)
}

func (d *Daemon) refilter() {
	for _, err := range d.wire.refilter() {
		d.log.Error(err.Error())
	}
}

// step lets the state machine have an event and does what follows from it.
func (d *Daemon) step(ev router.Event) { d.perform(d.router.Step(time.Now(), ev)) }

// moderate sets how long packets may wait in their sockets while they come fast: long enough that a
// Backup of thousands of adverts a second is woken seldom, short against every interval.
func (d *Daemon) moderate() {
	const most = time.Millisecond
	hold := most
	for _, vi := range d.plan.cfg.Instances {
		hold = min(hold, vi.AdvertInterval/20)
	}
	d.poller.Moderate(hold)
}
