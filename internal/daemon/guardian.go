package daemon

import (
	"fmt"
	"os"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
	"github.com/govrrpd/govrrpd/internal/guardian"
	"github.com/govrrpd/govrrpd/internal/netowner"
	"github.com/govrrpd/govrrpd/internal/router"
)

// The guardian puts back what somebody else removes of a Master's addresses, routes and rules, and nobody
// notices: the loop hears of the loss and decides (package guardian), the lane does the deed.

// guardianship is what is lost and about to be put back.
type guardianship struct {
	burst guardian.Burst
	lost  []*losses
	armed bool // the end of the burst is waited for
}

// A loss is one thing that is missing: an address, a route or a rule.
type loss struct {
	key   holderKey // of an address
	route *config.Route
	rule  *config.Rule
	cause cause
}

// cause is why something is missing.
type cause uint8

const (
	bySomebody  cause = iota
	withPrimary       // the kernel removed it with the first address of its subnet
	whileDown         // the interface was down
)

// on is the interface that a loss has to do with, "" for none.
func (l *loss) on() string {
	if l.route != nil {
		return l.route.Dev
	}
	return l.key.iface
}

// losses are those of one estate.
type losses struct {
	estate    *estate
	term      uint32
	first     loss
	addresses map[holderKey]cause
	routes    []*config.Route
	rules     []*config.Rule
}

// thing is something that can be lost: one of these.
type thing struct {
	address holderKey
	route   *config.Route
	rule    *config.Rule
}

func (l *losses) things() []thing {
	all := make([]thing, 0, len(l.addresses)+len(l.routes)+len(l.rules))
	for key := range l.addresses {
		all = append(all, thing{address: key})
	}
	for _, r := range l.routes {
		all = append(all, thing{route: r})
	}
	for _, r := range l.rules {
		all = append(all, thing{rule: r})
	}
	return all
}

// unnamed tells that nobody knows what is lost, if anything.
func (l *losses) unnamed() bool { return l.first == loss{} }

// missing is about something of the Virtual Router id that is not there any more.
func (d *Daemon) missing(id router.ID, l loss) {
	e, now := d.plan.estates[id], time.Now()
	switch {
	case !e.held.Load():
	case !e.watched || e.watch.Resting(now):
		d.lost(id)
	case l.on() != "" && !d.network.Load().links[l.on()].AdminUp:
		// There is nothing to put it on. If that is no fault, it comes back with the interface.
	default:
		d.guardianship.add(e, l)
		d.guardianship.burst.Add(now)
		d.awaitBurst()
	}
}

// missingOf is missing for an answer that may come after a reload.
func (d *Daemon) missingOf(id router.ID, e *estate, l loss) {
	if int(id) < len(d.plan.estates) && d.plan.estates[id] == e {
		d.missing(id, l)
	}
}

func (g *guardianship) add(e *estate, l loss) {
	all := g.of(e)
	if all == nil {
		all = &losses{estate: e, first: l, addresses: make(map[holderKey]cause)}
		g.lost = append(g.lost, all)
	}
	switch {
	case l.route != nil:
		all.routes = append(all.routes, l.route)
	case l.rule != nil:
		all.rules = append(all.rules, l.rule)
	default:
		if len(all.addresses) == 0 {
			all.first = l // rather than a route that went with it
		}
		if before, known := all.addresses[l.key]; !known || before < l.cause {
			all.addresses[l.key] = l.cause // somebody is only to blame if nothing else was
		}
		if all.first.key == l.key {
			all.first.cause = all.addresses[l.key]
		}
	}
}

// counted tells whether somebody is to blame.
func (l *losses) counted() bool {
	if len(l.routes)+len(l.rules) > 0 {
		return true
	}
	for _, cause := range l.addresses {
		if cause != whileDown {
			return true
		}
	}
	return false
}

func (g *guardianship) of(e *estate) *losses {
	for _, one := range g.lost {
		if one.estate == e {
			return one
		}
	}
	return nil
}

// awaitBurst has the losses treated when no more come.
func (d *Daemon) awaitBurst() {
	if d.guardianship.armed {
		return
	}
	d.guardianship.armed = true
	d.later(time.Until(d.guardianship.burst.Due()), func() {
		d.guardianship.armed = false
		if time.Now().Before(d.guardianship.burst.Due()) {
			d.awaitBurst()
			return
		}
		d.burstOver()
	})
}

// burstOver judges what was lost.
func (d *Daemon) burstOver() {
	lost, now := d.guardianship.lost, time.Now()
	d.guardianship = guardianship{}
	var back []*losses
	for _, one := range lost {
		one.estate = one.estate.current()
		if !one.estate.held.Load() {
			continue
		}
		one.term = one.estate.term.Load()
		since := one.estate.watch.Since(now)
		if one.counted() && one.estate.watch.Judge(now, one.things()) == guardian.GiveWay {
			d.giveWay(one, since)
			continue
		}
		back = append(back, one)
	}
	if len(back) > 0 {
		d.lane.do(func() { d.putBack(back) })
	}
}

// giveWay does what keepalived does, and says why.
func (d *Daemon) giveWay(l *losses, within time.Duration) {
	e, iface := l.estate, l.first.on()
	line := fmt.Sprintf("(%s) %s again, for the %dth time within %s: stepping back as keepalived does, and guarding it anew when it has been left alone for %s",
		e.name, l.what(), guardian.Most+1, within.Round(time.Millisecond), guardian.Rest)
	if owner := e.owner.Load(); owner != nil && owner.Name != "" {
		line += fmt.Sprintf("; %s is managed by %s", iface, owner.Name)
		if owner.Advice != "" {
			line += ": " + owner.Advice
		}
	}
	d.log.Warn(line)
	e.gaveWay.Add(1)
	d.stepBack(e)
}

// stepBack is lost for an estate.
func (d *Daemon) stepBack(e *estate) {
	for id, other := range d.plan.estates {
		if other == e {
			d.lost(router.ID(id))
		}
	}
}

// putBack is the lane's.
func (d *Daemon) putBack(all []*losses) {
	var done []*losses
	for _, l := range all {
		e := l.estate.current()
		if !e.held.Load() {
			continue // it was given up meanwhile
		}
		if err := d.keeper.putBack(e, l); err != nil {
			d.log.Error(fmt.Sprintf("(%s) %s and cannot be put back: %v", e.name, l.what(), err))
			d.inbox.post(func() {
				if e = e.current(); e.held.Load() {
					e.watch.Surrender(time.Now())
					e.gaveWay.Add(1)
					d.stepBack(e)
				}
			})
			continue
		}
		if !l.unnamed() {
			done = append(done, l)
		}
	}
	for _, line := range restorationLines(done) {
		d.log.Info(line)
	}
	for _, l := range done { // when all is there again: whom to name if it goes on
		if iface := l.first.on(); iface != "" && l.counted() {
			owner := netowner.Of(os.DirFS("/"), d.network.Load().links[iface].Index, iface)
			l.estate.current().owner.Store(&owner)
		}
	}
}

// eachSaid is for how many Virtual Routers a restoration is told one by one.
const eachSaid = 3

// restorationLines tell what was put back in one go.
func restorationLines(all []*losses) []string {
	var lines []string
	if len(all) > eachSaid {
		total := *all[0]
		addresses := 0
		for _, l := range all {
			addresses += len(l.addresses)
		}
		for _, l := range all[1:] {
			total.routes = append(total.routes, l.routes...)
			total.rules = append(total.rules, l.rules...)
		}
		return append(lines, fmt.Sprintf("(%s) and %d more instances: %s; %s (guardian)", total.estate.name, len(all)-1, total.sentence(addresses), total.deed()))
	}
	for _, l := range all {
		lines = append(lines, fmt.Sprintf("(%s) %s; %s (guardian)", l.estate.name, l.what(), l.deed()))
	}
	return lines
}

func (l *losses) deed() string {
	if len(l.addresses) > 0 {
		return "restored and announced"
	}
	return "restored"
}

// what is what happened: "10.0.0.1/24 was removed from eth0 by somebody else".
func (l *losses) what() string { return l.sentence(len(l.addresses)) }

func (l *losses) sentence(addresses int) string {
	subject, place, more := "", "", []string{}
	routes, rules := len(l.routes), len(l.rules)
	switch {
	case l.first.route != nil:
		subject = "route " + shortRoute(l.first.route)
		routes--
	case l.first.rule != nil:
		subject = "rule " + l.first.rule.Text
		rules--
	default:
		subject, place = l.first.key.prefix.String(), l.first.key.iface
		addresses--
	}
	for _, part := range []struct {
		count     int
		one, many string
	}{{addresses, "address", "addresses"}, {routes, "route", "routes"}, {rules, "rule", "rules"}} {
		switch {
		case part.count == 1:
			more = append(more, "1 "+part.one)
		case part.count > 1:
			more = append(more, fmt.Sprintf("%d %s", part.count, part.many))
		}
	}
	verb := "was"
	if len(more) > 0 {
		verb = "were"
	}
	for i, words := range more {
		switch {
		case i < len(more)-1:
			subject += ", " + words + " more"
		default:
			subject += " and " + words + " more"
		}
	}
	if place != "" {
		place = " from " + place
	}
	switch l.first.cause {
	case withPrimary:
		return fmt.Sprintf("%s %s removed%s with the first address of the subnet", subject, verb, place)
	case whileDown:
		return fmt.Sprintf("%s %s lost while %s was down", subject, verb, l.first.key.iface)
	}
	return fmt.Sprintf("%s %s removed%s by somebody else", subject, verb, place)
}

// shortRoute is as much of a route as tells a reader which one it is.
func shortRoute(r *config.Route) string {
	text := r.Destination.String()
	if r.Via.IsValid() {
		text += " via " + r.Via.String()
	}
	if r.Dev != "" {
		text += " dev " + r.Dev
	}
	return text
}

// guardianFigures tell of each Virtual Router that somebody removed something from.
func (p *plan) guardianFigures() (lines []dump.Line) {
	for _, e := range p.estates {
		if restored, gaveWay := e.restored.Load(), e.gaveWay.Load(); restored+gaveWay > 0 {
			lines = append(lines, figure("("+e.name+") Restored by the guardian", int(restored)),
				figure("("+e.name+") Guardian gave way", int(gaveWay)))
		}
	}
	return lines
}

// returned looks, when an interface is there again, for what went with it.
func (d *Daemon) returned(iface string) {
	for id, e := range d.plan.estates {
		if !e.watched || !e.held.Load() {
			continue
		}
		for _, a := range e.addresses {
			if e.on(a) == iface {
				key := holderKey{a.Prefix, iface}
				d.lookUp(key, func() { d.missingOf(router.ID(id), e, loss{key: key, cause: whileDown}) })
			}
		}
		for _, r := range e.routes {
			if r.Dev == iface || r.Dev == "" {
				d.refill(e)
				break
			}
		}
	}
}

// refill sets all routes and rules of an estate once more, without a word: the kernel does not say which it
// has dropped.
func (d *Daemon) refill(e *estate) {
	if len(e.routes)+len(e.rules) > 0 {
		l := &losses{estate: e, routes: e.routes, rules: e.rules}
		d.lane.do(func() { d.putBack([]*losses{l}) })
	}
}
