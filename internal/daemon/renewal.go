package daemon

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/announce"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/netmon"
)

// purge removes what an earlier run, or somebody else, has left of an estate that we do not hold: two
// routers with one address are worse than none. Addresses that the kernel does not have are not even
// asked for, so that starting costs nothing.
func (k *keeper) purge(e *estate) {
	n := k.network.Load()
	var stale []*config.Address
	for _, a := range e.addresses {
		if n.has(e.on(a), a.Prefix.Addr()) {
			stale = append(stale, a)
		}
	}
	if len(stale) == 0 && len(e.routes) == 0 && len(e.rules) == 0 {
		return
	}
	k.takeDown(e, stale, e.routes, e.rules)
}

// replace turns one estate into the one that continues it after a reload. Only what differs is touched.
func (k *keeper) replace(before, after *estate, rounds int) {
	held := before.held.Load()
	after.held.Store(held)
	if !held {
		return
	}
	present := func(e *estate, in *estate) func(*config.Address) bool {
		return func(a *config.Address) bool {
			return slices.ContainsFunc(in.addresses, func(b *config.Address) bool { return in.on(b) == e.on(a) && sameAddress(a, b) })
		}
	}
	gone := without(before.addresses, present(before, after))
	for _, a := range gone {
		k.log.Info(fmt.Sprintf("(%s) ip address %s dev %s, no longer exist", after.name, a.Prefix, before.on(a)))
	}
	goneRules := without(before.rules, func(r *config.Rule) bool {
		return slices.ContainsFunc(after.rules, func(other *config.Rule) bool { return equalRule(r, other) })
	})
	goneRoutes := without(before.routes, func(r *config.Route) bool {
		return slices.ContainsFunc(after.routes, func(other *config.Route) bool { return equalRoute(r, other) })
	})
	k.takeDown(before, gone, goneRoutes, goneRules)

	fresh := without(after.addresses, present(after, before))
	k.setUp(after, fresh,
		without(after.routes, func(r *config.Route) bool {
			return slices.ContainsFunc(before.routes, func(other *config.Route) bool { return equalRoute(r, other) })
		}),
		without(after.rules, func(r *config.Rule) bool {
			return slices.ContainsFunc(before.rules, func(other *config.Rule) bool { return equalRule(r, other) })
		}))
	if len(fresh) > 0 {
		k.announce(after, rounds, after.term.Load())
	}
}

// without is list without the elements for which drop holds.
func without[T any](list []*T, drop func(*T) bool) []*T {
	var kept []*T
	for _, element := range list {
		if !drop(element) {
			kept = append(kept, element)
		}
	}
	return kept
}

// replaceStatic sets the static addresses, routes and rules up anew: what an earlier run left is removed
// first.
func (k *keeper) replaceStatic(e *estate) {
	k.purge(e)
	k.install(e)
}

// restore adds one address of an estate again.
func (k *keeper) restore(e *estate, a *config.Address) {
	k.add(e, k.resolve(e, []*config.Address{a}))
}

// restoreRoute adds one route of an estate again.
func (k *keeper) restoreRoute(e *estate, r *config.Route) {
	k.complain(e, k.routes.AddRoute(kernelRoute(r, k.network.Load())))
}

// announceExtra sends one announcement for each address of an estate that is not on the interface of
// its adverts: on VMACs, or on every such interface.
func (k *keeper) announceExtra(e *estate, wire string, all bool, term uint32) {
	var extra []*config.Address
	for _, a := range e.addresses {
		if on := e.on(a); on != wire && (all || on == e.device) {
			extra = append(extra, a)
		}
	}
	if e.term.Load() == term && len(extra) > 0 {
		k.announceAll(e, extra, 1, term)
	}
}

// announceSource tells the neighbours of an instance's own address once.
func (k *keeper) announceSource(name, iface string, source netip.Addr) {
	link, ok := k.network.Load().links[iface]
	if !ok || !source.IsValid() {
		return
	}
	if _, err := k.announcer.Announce(announceLink(link), []netip.Addr{source}); err != nil {
		k.log.Error(fmt.Sprintf("(%s) %v", name, err))
	}
}

// announceLink is a link as announcements are sent on it.
func announceLink(l netmon.Link) announce.Link {
	return announce.Link{Index: l.Index, Name: l.Name, MAC: l.MAC, NoARP: !l.ARP || !l.Broadcast}
}

// close closes the connections to the kernel.
func (k *keeper) close() {
	if k.addresses != nil {
		_ = k.addresses.Close()
	}
	if k.routes != nil {
		k.routes.Close()
	}
	if k.announcer != nil {
		_ = k.announcer.Close()
	}
}

// touched notes that addresses were removed just now.
func (e *estate) touched() { e.removedAt.Store(time.Now().UnixNano()) }
