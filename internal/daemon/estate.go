package daemon

import (
	"cmp"
	"net/netip"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/guardian"
	"github.com/govrrpd/govrrpd/internal/netowner"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// An estate is what a Virtual Router holds while it is Master: its addresses, routes and rules. The
// deed lane sets it up and takes it down; the loop only says so and, through the flags here, hears
// of it.
type estate struct {
	name      string
	addresses []*config.Address // virtual_ipaddress, then virtual_ipaddress_excluded
	routes    []*config.Route
	rules     []*config.Rule
	// device is the interface that the instance has for itself: a VMAC, or an ipvlan; "" without one.
	device string
	// parents are the interfaces below the devices that were made for the instance and its addresses.
	parents map[string]string
	// guarded: packets to the addresses are dropped while they are held. byName: on an interface of that
	// name, even if it is made again.
	guarded, byName bool

	// term counts the times that the loop gave the estate up: a burst of announcements that was
	// asked for in an earlier term is not sent to its end.
	term atomic.Uint32
	// heir is the estate that continues this one since a reload, if any.
	heir atomic.Pointer[estate]
	// held: the deed lane has begun to set the estate up and not to take it down since.
	held atomic.Bool

	// watched: what somebody else removes is put back. The watch is the loop's.
	watched bool
	watch   guardian.Watch[thing]
	// owner is who manages the interface that something was last removed from.
	owner atomic.Pointer[netowner.Owner]
	// restored counts what was put back, gaveWay how often that was given up.
	restored, gaveWay atomic.Uint64

	// learnt are the interfaces of the routes that name none.
	learnt atomic.Pointer[map[*config.Route]string]
	// removedAt is when the deed lane last removed addresses, in nanoseconds since 1970.
	removedAt atomic.Int64
}

// continues makes e the heir of before: whether that is held, and its term, go on.
func (e *estate) continues(before *estate) {
	e.held.Store(before.held.Load())
	e.term.Store(before.term.Load())
	e.watch = before.watch
	e.owner.Store(before.owner.Load())
	e.restored.Store(before.restored.Load())
	e.gaveWay.Store(before.gaveWay.Load())
	before.heir.Store(e)
}

// current is the estate itself, or the one that continues it by now.
func (e *estate) current() *estate {
	for next := e.heir.Load(); next != nil; next = e.heir.Load() {
		e = next
	}
	return e
}

// has tells whether an address is one of the estate's.
func (e *estate) has(addr netip.Addr) bool {
	return slices.ContainsFunc(e.addresses, func(a *config.Address) bool { return a.Prefix.Addr() == addr })
}

// on is the interface that an address of the estate is set on.
func (e *estate) on(a *config.Address) string {
	return cmp.Or(a.Device, a.Interface)
}

// below is the interface below a device of the estate's, "" if name is none.
func (e *estate) below(name string) string { return e.parents[name] }

// same tells whether two estates consist of the same things, in the same order, on the same interfaces.
func (e *estate) same(other *estate) bool {
	return e.watched == other.watched && e.guarded == other.guarded && e.byName == other.byName && slices.EqualFunc(e.addresses, other.addresses, func(a, b *config.Address) bool {
		return e.on(a) == other.on(b) && sameAddress(a, b)
	}) && slices.EqualFunc(e.routes, other.routes, equalRoute) && slices.EqualFunc(e.rules, other.rules, equalRule)
}

// sameAddress tells whether the kernel would see no difference.
func sameAddress(a, b *config.Address) bool {
	return reflect.DeepEqual(kernelAddress(a, 0), kernelAddress(b, 0))
}

func equalRoute(a, b *config.Route) bool {
	x, y := *a, *b
	x.Span, y.Span = syntax.Span{}, syntax.Span{}
	return reflect.DeepEqual(x, y)
}

func equalRule(a, b *config.Rule) bool {
	x, y := *a, *b
	x.Span, y.Span = syntax.Span{}, syntax.Span{}
	return reflect.DeepEqual(x, y)
}
