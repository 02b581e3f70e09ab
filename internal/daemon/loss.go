package daemon

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/router"
)

// What a Master has set up may be taken away by somebody else. The kernel reports our own removals as
// well, some of them without saying that they are ours (all of IPv6), and its reports may come when the
// address is set again. Whatever is in doubt is therefore looked up, in the lane, where every deed of
// ours that came before is done.

// recentRemoval is how long after a deed of ours a removed address may still be reported because of it.
const recentRemoval = 5 * time.Second

// doubt is a removed address that may be ours to have removed, or be there again.
type doubt struct {
	key     holderKey
	missing func() // done on the loop if it is not there
}

// doubts are waiting for the lane. However many come meanwhile, it looks once.
type doubts struct {
	mu      sync.Mutex
	waiting []doubt
}

// add tells whether nobody has been asked to look yet.
func (q *doubts) add(one doubt) (first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, one)
	return len(q.waiting) == 1
}

func (q *doubts) take() []doubt {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.waiting
	q.waiting = nil
	return all
}

// addressLost is about an address of the Virtual Router id that is not there any more.
func (d *Daemon) addressLost(id router.ID, key holderKey, port uint32) {
	e := d.plan.estates[id]
	if !e.held.Load() {
		return
	}
	l := loss{key: key}
	// Of IPv6 the kernel does not say who it was, and what is put back without need is told.
	if !d.doubtful(key.prefix.Addr(), port, e) && !(e.watched && key.prefix.Addr().Is6()) {
		d.missing(id, l)
		return
	}
	if e.watched && !d.network.Load().links[key.iface].AdminUp {
		return // it comes back with its interface, which may be up again before somebody has looked
	}
	if key.prefix.Addr().Is4() {
		l.cause = withPrimary // we have removed another one
	}
	d.lookUp(key, func() { d.missingOf(id, e, l) })
}

// doubtful tells whether the report of a removed address may be about a deed of ours.
func (d *Daemon) doubtful(addr netip.Addr, port uint32, e *estate) bool {
	if addr.Is4() {
		return port == d.keeper.addresses.Port()
	}
	return time.Since(time.Unix(0, e.removedAt.Load())) < recentRemoval
}

// lookUp has missing called on the loop if the address is not there when the lane has done what it was
// given before.
func (d *Daemon) lookUp(key holderKey, missing func()) {
	if !d.doubts.add(doubt{key, missing}) {
		return
	}
	d.lane.do(func() {
		all := d.doubts.take()
		state, err := netmon.Read()
		if err != nil {
			d.log.Error(fmt.Sprintf("look for removed addresses: %v", err))
			return
		}
		n := newNetwork(state.Links, state.Addresses)
		present := make(map[holderKey]bool, len(state.Addresses))
		for _, a := range state.Addresses {
			present[holderKey{a.Prefix, n.names[a.Index]}] = true
		}
		all = slices.DeleteFunc(all, func(one doubt) bool { return present[one.key] })
		d.inbox.post(func() {
			for _, one := range all {
				one.missing()
			}
		})
	})
}

// lost tells the state machine that somebody took away what a Master has set up.
func (d *Daemon) lost(id router.ID) {
	if d.plan.estates[id].held.Load() {
		d.step(router.Event{Kind: router.EffectLost, VR: id})
	}
}

func (d *Daemon) routeGone(gone netmon.Route) {
	d.restoreStaticRoute(&gone)
	n := d.network.Load()
	for id, e := range d.plan.held() {
		if r := find(e.routes, func(r *config.Route) bool { return !r.NoTrack && sameRoute(r, &gone, n) }); r != nil {
			d.missing(id, loss{route: r})
		}
	}
}

func (d *Daemon) ruleGone(gone netmon.Rule) {
	d.restoreStaticRule(&gone)
	for id, e := range d.plan.held() {
		if r := find(e.rules, func(r *config.Rule) bool { return !r.NoTrack && sameRule(r, &gone) }); r != nil {
			d.missing(id, loss{rule: r})
		}
	}
}

// held are the Virtual Routers that hold their estates at the moment. The same route may be that of several.
func (p *plan) held() iter.Seq2[router.ID, *estate] {
	return func(yield func(router.ID, *estate) bool) {
		for id, e := range p.estates {
			if e.held.Load() && !yield(router.ID(id), e) {
				return
			}
		}
	}
}

// find is the first of a list that is meant, nil if none is.
func find[T any](list []*T, meant func(*T) bool) *T {
	if i := slices.IndexFunc(list, meant); i >= 0 {
		return list[i]
	}
	return nil
}

// checkEstates looks, after messages of the kernel were lost, whether every Master still has its
// addresses.
func (d *Daemon) checkEstates() {
	for key, id := range d.plan.holders {
		if e := d.plan.estates[id]; e.held.Load() {
			d.lookUp(key, func() { d.missingOf(id, e, loss{key: key}) })
		}
	}
	for _, e := range d.plan.held() {
		if e.watched {
			d.refill(e)
		}
	}
	d.checkRouting()
	for name := range d.network.Load().links {
		d.checkSources(name)
	}
}
