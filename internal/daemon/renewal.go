package daemon

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/announce"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"golang.org/x/sys/unix"
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
	if len(stale) == 0 && !k.rehearsed {
		// The first request costs several times the later ones. Better now than at a takeover.
		stale = e.addresses[:min(1, len(e.addresses))]
	}
	k.rehearsed = true
	if len(stale) == 0 && len(e.routes) == 0 && len(e.rules) == 0 {
		return
	}
	k.takeDown(e, stale, e.routes, e.rules)
}

// A handover is an estate and the one that continues it after a reload.
type handover struct{ before, after *estate }

// replace turns estates into those that continue them. Only what differs is touched. All removals come first:
// what one estate gives up another one may have got. between is called after them.
func (k *keeper) replace(changes []handover, between func()) {
	for _, change := range changes {
		k.leave(change.before, change.after)
	}
	between()
	for _, change := range changes {
		k.settle(change.before, change.after)
	}
}

// leave takes down what the new estate does not have.
func (k *keeper) leave(before, after *estate) {
	held := before.held.Load()
	after.held.Store(held)
	if !held {
		return
	}
	gone := without(before.addresses, after.carries(before))
	for _, a := range gone {
		k.log.Info(fmt.Sprintf("(%s) ip address %s dev %s, no longer exist", after.name, a.Prefix, before.on(a)))
	}
	routes := without(before.routes, isIn(after.routes, equalRoute))
	rules := without(before.rules, isIn(after.rules, equalRule))
	k.tellRemoved(after, routes, rules)
	k.takeDown(before, gone, routes, rules)
}

// tellRemoved names the routes and rules that a reload has taken out, unless it has taken out all.
func (k *keeper) tellRemoved(after *estate, routes []*config.Route, rules []*config.Rule) {
	if len(rules) > 0 && len(after.rules) == 0 {
		k.log.Info("Removing a VirtualRule block")
		rules = nil
	}
	for _, r := range rules {
		k.log.Info(fmt.Sprintf("ip rule %s removed", ruleSelector(r)))
	}
	if len(routes) > 0 && len(after.routes) == 0 {
		k.log.Info("Removing a VirtualRoute block")
		routes = nil
	}
	for _, r := range routes {
		k.log.Info("Removing route " + shortPrefix(r.Destination))
	}
}

// settle sets up what the old estate did not have.
func (k *keeper) settle(before, after *estate) {
	if !after.held.Load() {
		return
	}
	k.complain(after, k.guard.protect(after, k.network.Load()))
	k.setUp(after, without(after.addresses, before.carries(after)),
		without(after.routes, isIn(before.routes, equalRoute)), without(after.rules, isIn(before.rules, equalRule)))
	k.complain(after, k.guard.release(before))
}

// carries tells of an address of another estate whether e has the same on the same interface.
func (e *estate) carries(other *estate) func(*config.Address) bool {
	known := make(map[holderKey]*config.Address, len(e.addresses))
	for _, a := range e.addresses {
		known[holderKey{a.Prefix, e.on(a)}] = a
	}
	return func(a *config.Address) bool {
		b := known[holderKey{a.Prefix, other.on(a)}]
		return b != nil && sameAddress(a, b)
	}
}

// isIn tells of an element whether list has one that is equal to it.
func isIn[T any](list []*T, equal func(a, b *T) bool) func(*T) bool {
	return func(one *T) bool {
		return slices.ContainsFunc(list, func(other *T) bool { return equal(one, other) })
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

// replaceStatic sets the static addresses, routes and rules up. Routes and rules that an earlier run left
// are removed first; addresses are left where they are, because somebody may be using them.
func (k *keeper) replaceStatic(e *estate) {
	k.takeDown(e, nil, e.routes, e.rules)
	k.install(e)
}

// putBack adds again what an estate has lost, announces the addresses, and sets the routes once more that may
// have gone with them.
func (k *keeper) putBack(e *estate, l *losses) error {
	var lost []*config.Address
	for _, a := range e.addresses {
		if _, ok := l.addresses[holderKey{a.Prefix, e.on(a)}]; ok {
			lost = append(lost, a)
		}
	}
	for _, err := range k.addresses.Add(k.resolve(k.network.Load(), e, lost)) {
		if err != nil && !errors.Is(err, unix.ENODEV) {
			return err
		}
	}
	k.announceAll(e, lost, 1, l.term)
	if err := k.putBackRoutes(e, l); err != nil {
		return err
	}
	if len(l.rules) > 0 {
		for _, r := range e.rules {
			if err := k.routes.AddRule(kernelRule(r)); err != nil {
				return err
			}
		}
	}
	if !l.unnamed() {
		e.restored.Add(uint64(len(lost) + len(l.routes) + len(l.rules)))
	}
	return nil
}

// putBackRoutes sets all routes: the kernel does not tell of each that it has dropped with an address. Only one
// that is known to be lost must come back; another may never have been there.
func (k *keeper) putBackRoutes(e *estate, l *losses) error {
	if len(l.addresses)+len(l.routes) == 0 {
		return nil
	}
	n, known := k.network.Load(), isIn(l.routes, equalRoute)
	for _, r := range e.routes {
		err := k.routes.AddRoute(kernelRoute(r, n))
		switch {
		case err == nil || errors.Is(err, unix.EEXIST) || r.Dev != "" && !n.links[r.Dev].AdminUp:
		case known(r) && !l.unnamed():
			return err
		default:
			k.complain(e, err)
		}
	}
	return nil
}

// restore adds one address of an estate again.
func (k *keeper) restore(e *estate, a *config.Address) {
	errs := k.addresses.Add(k.resolve(k.network.Load(), e, []*config.Address{a}))
	k.report(e, slices.DeleteFunc(errs, func(err error) bool {
		return errors.Is(err, unix.ENODEV) // it went with its interface, and comes back with that
	}))
}

// restoreRoute adds one route of an estate again.
func (k *keeper) restoreRoute(e *estate, r *config.Route) {
	k.complain(e, k.routes.AddRoute(kernelRoute(r, k.network.Load())))
}

// restoreRule adds one rule of an estate again.
func (k *keeper) restoreRule(e *estate, r *config.Rule) {
	k.complain(e, k.routes.AddRule(kernelRule(r)))
}

// announceExtra sends one announcement for each address of an estate that is not on the interface of
// its adverts: on VMACs, or on every such interface.
func (k *keeper) announceExtra(e *estate, wire string, all bool, term uint32) {
	var extra []*config.Address
	for _, a := range e.addresses {
		if on := e.on(a); on != wire && (all || e.below(on) != "") {
			extra = append(extra, a)
		}
	}
	if len(extra) > 0 {
		k.announceAll(e, extra, 1, term)
	}
}

// announceSource tells the neighbours of an instance's own address once. Without an interface it is the
// one that has the address.
func (k *keeper) announceSource(name, iface string, source netip.Addr) {
	n := k.network.Load()
	if iface == "" {
		iface = n.carrier(source)
	}
	link, ok := n.links[iface]
	if !ok || !source.IsValid() {
		return
	}
	one := "gratuitous ARP"
	if source.Is6() {
		one = "gratuitous NA"
	}
	k.log.Log(noContext, logging.LevelDetail, fmt.Sprintf("%s: sending %s for %s", name, one, source))
	if announceLink(link).Takes() {
		k.log.Log(noContext, logging.LevelDetail, sendingLine(iface, source))
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

// ruleSelector is a rule as the line about its end names it: by whom it is for.
func ruleSelector(r *config.Rule) string {
	from := "all"
	if r.From.Bits() > 0 {
		from = shortPrefix(r.From)
	}
	if r.To.Bits() > 0 {
		return "from " + from + " to " + shortPrefix(r.To)
	}
	return "from " + from
}

// shortPrefix leaves the length of a single address out.
func shortPrefix(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
