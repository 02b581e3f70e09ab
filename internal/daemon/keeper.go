package daemon

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/govrrpd/govrrpd/internal/address"
	"github.com/govrrpd/govrrpd/internal/announce"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/route"
)

// keeper does the deeds of the deed lane: it sets estates up and takes them down in the kernel and
// tells the neighbours. Only the lane's goroutine calls it.
type keeper struct {
	log       *slog.Logger
	guard     *guard
	addresses *address.Programmer
	routes    *route.Programmer
	announcer *announce.Announcer
	network   *atomic.Pointer[network]
	protocol  uint8 // IFAPROT_ number of addresses that we add; 0: none
	paces     atomic.Pointer[paces]
	pacer     *pacer

	rehearsed bool // the kernel has been asked for something

	batch   []address.Address // reused
	targets []netip.Addr      // reused
}

// announceAhead is the number of addresses from which on the first one is set and announced by itself, so
// that a router with thousands of addresses is of use before the last of them is there.
const announceAhead = 16

// install adds all that the estate consists of.
func (k *keeper) install(e *estate) {
	// Held from now on: what somebody removes while the rest is still being set is missed as well.
	e.held.Store(true)
	k.complain(e, k.guard.protect(e, k.network.Load()))
	addresses := e.addresses
	if len(addresses) > announceAhead {
		k.addTo(e, addresses[:1])
		k.announceAll(e, addresses[:1], 1, e.term.Load())
		addresses = addresses[1:]
	}
	k.setUp(e, addresses, e.routes, e.rules)
}

// withdraw takes the estate down. What is not there is not missed.
func (k *keeper) withdraw(e *estate) {
	e.held.Store(false)
	k.takeDown(e, e.addresses, e.routes, e.rules)
	k.complain(e, k.guard.release(e))
}

// setUp adds addresses, then the routes that may need them, then rules.
func (k *keeper) setUp(e *estate, addresses []*config.Address, routes []*config.Route, rules []*config.Rule) {
	n := k.network.Load()
	k.addTo(e, addresses)
	for _, r := range routes {
		k.complain(e, k.routes.AddRoute(kernelRoute(r, n)))
	}
	for _, r := range rules {
		k.complain(e, k.routes.AddRule(kernelRule(r)))
	}
}

// takeDown removes in the reverse order.
func (k *keeper) takeDown(e *estate, addresses []*config.Address, routes []*config.Route, rules []*config.Rule) {
	n := k.network.Load().before()
	for _, r := range rules {
		k.complain(e, k.routes.RemoveRule(kernelRule(r)))
	}
	for _, r := range routes {
		k.complain(e, k.routes.RemoveRoute(kernelRoute(r, n)))
	}
	e.touched()
	k.report(e, k.addresses.Remove(k.resolve(n, e, addresses)))
	e.touched()
}

// announce sends rounds of gratuitous ARPs and unsolicited neighbour advertisements for the estate,
// unless it was given up since the loop asked for them.
func (k *keeper) announce(e *estate, rounds int, term uint32) {
	k.announceAll(e, e.addresses, rounds, term)
}

func (k *keeper) announceAll(e *estate, addresses []*config.Address, rounds int, term uint32) {
	all := k.resolve(k.network.Load(), e, addresses)
	var silent []int // interfaces that take nothing: the others have their neighbours too
	for round := range rounds {
		for rest := all; len(rest) > 0; {
			if e.current().term.Load() != term {
				return
			}
			n, index := run(rest), rest[0].Index
			if !slices.Contains(silent, index) && !k.announceRun(e, rest[:n], round, rounds, term) {
				silent = append(silent, index)
			}
			rest = rest[n:]
		}
	}
}

// run counts the addresses at the front that share an interface, up to a number that keeps a burst easy
// to cut short.
func run(addrs []address.Address) int {
	const most = 256
	n := 1
	for n < len(addrs) && n < most && addrs[n].Index == addrs[0].Index {
		n++
	}
	return n
}

// announceRun sends one announcement for each of the addresses, which share an interface: a round of a burst.
func (k *keeper) announceRun(e *estate, addrs []address.Address, round, rounds int, term uint32) bool {
	n := k.network.Load()
	link, ok := n.links[n.names[addrs[0].Index]]
	if !ok {
		return false
	}
	k.targets = k.targets[:0]
	for i := range addrs {
		k.targets = append(k.targets, addrs[i].Prefix.Addr())
	}
	detailed := k.log.Enabled(noContext, logging.LevelDetail)
	if round == 0 && detailed {
		k.describe(e, link.Name)
	}
	k.holdBack(e, link, rounds, term)
	if detailed && announceLink(link).Takes() {
		for _, target := range k.targets {
			k.log.Log(noContext, logging.LevelDetail, sendingLine(link.Name, target))
		}
	}
	_, err := k.announcer.Announce(announceLink(link), k.targets)
	k.complain(e, err)
	return err == nil
}

// holdBack hands those of k.targets to the pacer that may not leave at once, and keeps the others.
func (k *keeper) holdBack(e *estate, link netmon.Link, rounds int, term uint32) {
	at := k.paces.Load().of(cmp.Or(e.below(link.Name), link.Name))
	if at.arp == 0 && at.na == 0 {
		return
	}
	k.targets = slices.DeleteFunc(k.targets, func(target netip.Addr) bool {
		if at.of(target) == 0 {
			return false
		}
		k.pacer.queue(at, announcement{estate: e, term: term, link: announceLink(link), addr: target, rounds: rounds})
		return true
	})
}

// describe writes the line of -D that begins a burst, for each of k.targets.
func (k *keeper) describe(e *estate, iface string) {
	for _, target := range k.targets {
		many := "gratuitous ARPs"
		if target.Is6() {
			many = "Unsolicited Neighbour Adverts"
		}
		k.log.Log(noContext, logging.LevelDetail, fmt.Sprintf("(%s) Sending/queueing %s on %s for %s", e.name, many, iface, target))
	}
}

// sendingLine is the line of -D of each announcement.
func sendingLine(iface string, target netip.Addr) string {
	one := "gratuitous ARP"
	if target.Is6() {
		one = "unsolicited Neighbour Advert"
	}
	return fmt.Sprintf("Sending %s on %s for %s", one, iface, target)
}

// addTo adds addresses of an estate, and says of which the interface does not exist.
func (k *keeper) addTo(e *estate, addresses []*config.Address) {
	n := k.network.Load()
	for _, a := range addresses {
		if _, there := n.links[e.on(a)]; !there {
			k.log.Warn(fmt.Sprintf("Not adding address %s to %s since interface doesn't exist", a.Prefix, e.on(a)))
		}
	}
	k.add(e, k.resolve(n, e, addresses))
}

func (k *keeper) add(e *estate, addrs []address.Address) { k.report(e, k.addresses.Add(addrs)) }

func (k *keeper) complain(e *estate, err error) {
	if err != nil {
		k.log.Error(fmt.Sprintf("(%s) %v", e.name, err))
	}
}

// report logs what went wrong, but not thousands of lines of it: one cause is one line.
func (k *keeper) report(e *estate, errs []error) {
	var first error
	count := 0
	for _, err := range errs {
		if err == nil {
			continue
		}
		if count++; first == nil {
			first = err
		}
	}
	if count > 1 {
		first = fmt.Errorf("%w (and %d more addresses)", first, count-1)
	}
	k.complain(e, first)
}

// resolve turns configured addresses into the kernel's, with the interface indexes of n; those whose interface does
// not exist are left out. The slice is valid until the next call.
func (k *keeper) resolve(n *network, e *estate, configured []*config.Address) []address.Address {
	k.batch = k.batch[:0]
	for _, a := range configured {
		link, ok := n.links[e.on(a)]
		if !ok {
			continue
		}
		address := kernelAddress(a, link.Index)
		address.Protocol = k.protocol
		k.batch = append(k.batch, address)
	}
	return k.batch
}
