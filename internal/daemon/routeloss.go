package daemon

import (
	"fmt"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/netmon"
)

// Routes and rules are looked up after messages of the kernel were lost: it says of each once that it was removed.
// The reading is done in the lane, where every deed of ours that came before is done.

// checkRouting finds what was removed unheard of the routes and rules that are ours to watch over.
func (d *Daemon) checkRouting() {
	p, static := d.plan, d.static
	if !p.hasRouting() && len(static.routes)+len(static.rules) == 0 {
		return
	}
	d.lane.do(func() {
		there, err := netmon.ReadRouting()
		if err != nil {
			d.log.Error(fmt.Sprintf("look for removed routes and rules: %v", err))
			return
		}
		d.inbox.post(func() {
			if d.plan == p {
				d.judgeRouting(static, there)
			}
		})
	})
}

func (p *plan) hasRouting() bool {
	return slices.ContainsFunc(p.estates, func(e *estate) bool { return len(e.routes)+len(e.rules) > 0 })
}

// judgeRouting says what is missing. Those whom the guardian watches over have been refilled by now.
func (d *Daemon) judgeRouting(static *estate, there *netmon.Routing) {
	n := d.network.Load()
	for id, e := range d.plan.held() {
		route, rule := e.missingRouting(there, n)
		switch {
		case e.watched:
		case route != nil:
			d.missingOf(id, e, loss{route: route})
		case rule != nil:
			d.missingOf(id, e, loss{rule: rule})
		}
	}
	if d.static != static {
		return
	}
	for _, r := range static.routes {
		if r.TrackGroup != "" && absentRoute(r, there, n) {
			d.putBackStaticRoute(static, r, n)
		}
	}
	for _, r := range static.rules {
		if r.TrackGroup != "" && absentRule(r, there) {
			d.putBackStaticRule(static, r)
		}
	}
}

// missingRouting is the first tracked route and the first tracked rule of an estate that is not there.
func (e *estate) missingRouting(there *netmon.Routing, n *network) (*config.Route, *config.Rule) {
	return find(e.routes, func(r *config.Route) bool { return !r.NoTrack && absentRoute(r, there, n) }),
		find(e.rules, func(r *config.Rule) bool { return !r.NoTrack && absentRule(r, there) })
}

// absentRoute tells whether a route has been removed. What the kernel drops with its interface, without a word, is no
// loss.
func absentRoute(r *config.Route, there *netmon.Routing, n *network) bool {
	if r.Dev != "" && !n.links[r.Dev].Up {
		return false
	}
	return !slices.ContainsFunc(there.Routes, func(one netmon.Route) bool { return sameRoute(r, &one, n) })
}

func absentRule(r *config.Rule, there *netmon.Routing) bool {
	return !slices.ContainsFunc(there.Rules, func(one netmon.Rule) bool { return sameRule(r, &one) })
}

// learnDevices has the lane find by which interfaces the routes of an estate go that name none: for keepalived.data,
// which shows them.
func (d *Daemon) learnDevices(e *estate) {
	if !slices.ContainsFunc(e.routes, nameless) {
		return
	}
	d.inbox.post(func() { // behind what else follows from becoming Master
		d.lane.do(func() {
			if !e.held.Load() {
				return
			}
			there, err := netmon.ReadRouting()
			if err != nil {
				d.log.Error(fmt.Sprintf("(%s) look for the interfaces of routes: %v", e.name, err))
				return
			}
			e.learnt.Store(devicesOfRoutes(e.routes, there, d.network.Load()))
		})
	})
}

// nameless tells whether the kernel chooses a route's interface.
func nameless(r *config.Route) bool {
	return r.Dev == "" && r.Via.IsValid() && len(r.Nexthops) == 0
}

func devicesOfRoutes(routes []*config.Route, there *netmon.Routing, n *network) *map[*config.Route]string {
	devices := make(map[*config.Route]string)
	for _, r := range routes {
		at := slices.IndexFunc(there.Routes, func(one netmon.Route) bool { return sameRoute(r, &one, n) })
		if nameless(r) && at >= 0 {
			devices[r] = n.names[there.Routes[at].Index]
		}
	}
	return &devices
}

// shownRoute is a route as the dumps have it, with the interface that the kernel has chosen.
func (e *estate) shownRoute(r *config.Route) string {
	if learnt := e.learnt.Load(); learnt != nil && e.held.Load() && (*learnt)[r] != "" {
		return fmt.Sprintf("%s [dev %s]", r.Text, (*learnt)[r])
	}
	return r.Text
}

// learnAll finds the interfaces of all routes that are held after a start or a reload.
func (d *Daemon) learnAll() {
	d.learnDevices(d.static)
	for _, e := range d.plan.held() {
		d.learnDevices(e)
	}
}
