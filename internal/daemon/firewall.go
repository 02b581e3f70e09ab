package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
	"github.com/govrrpd/govrrpd/internal/firewall"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// guard drops the packets to and from addresses whose Virtual Router does not accept them, and keeps the
// membership reports of VMACs off the wire. It has no socket and no table before somebody needs one. Any
// goroutine may use it.
type guard struct {
	log    *slog.Logger
	table  string
	silent bool                    // disable_local_igmp: the kernel sends no IGMP that would have to be redirected
	listen func(*firewall.Watcher) // begins to listen for what others remove

	mu       sync.Mutex
	cfg      firewall.Config
	firewall *firewall.Firewall // nil until it is needed
	closed   bool               // the daemon ends: nothing more is made

	due        atomic.Bool // the rules are to be put back soon
	restoredAt time.Time   // these are the watcher's
	restored   limiter
}

func newGuard(d *Daemon, g *config.Global) *guard {
	cfg := firewallConfig(g)
	return &guard{log: d.log, table: cfg.Table, silent: g.DisableLocalIGMP, cfg: cfg, listen: d.watchFirewall}
}

// leftBehind owns what an earlier run may have left behind, until that is cleared away.
const leftBehind = "left behind"

// defaultTable is the name of keepalived's tables.
const defaultTable = "keepalived"

func firewallConfig(g *config.Global) firewall.Config {
	return firewall.Config{Table: cmp.Or(g.Nftables, defaultTable), Priority: g.NftablesPriority, Counters: g.NftablesCounters}
}

// guarded tells whether packets to the addresses of an instance are dropped: the owner of an address accepts
// them in any case (RFC 9568, 6.1).
func guarded(vi *config.Instance) bool { return !vi.Accept && vi.Priority != vrrp.PriorityOwner }

// needsFirewall tells whether anything in a configuration may ever need a rule.
func needsFirewall(cfg *config.Config) bool {
	return slices.ContainsFunc(cfg.Instances, func(vi *config.Instance) bool { return needsDevice(vi) && vi.IPVLAN == nil || guarded(vi) })
}

// begin makes ready for what a configuration will ask for, before the first VMAC can send anything.
func (g *guard) begin(cfg *config.Config) {
	g.notice(cfg)
	g.devices(devicesOf(cfg.Instances...))
}

// notice says that nftables is used though nobody asked for it.
func (g *guard) notice(cfg *config.Config) {
	if needsFirewall(cfg) && cfg.Global.Nftables == "" && !cfg.Global.Iptables {
		g.log.Info("use_vmac or no_accept/strict specified, but no firewall configured - using nftables")
	}
}

// extend does the same for a reload, during which the VMACs of both configurations are there.
func (g *guard) extend(running, cfg *config.Config) {
	g.devices(devicesOf(concat(running.Instances, cfg.Instances)...))
	if err := g.configure(firewallConfig(&cfg.Global)); err != nil {
		g.log.Error(err.Error())
	}
}

// firewallState is what the dump says of it.
func firewallState(cfg *config.Config) *dump.Firewall {
	if !needsFirewall(cfg) && cfg.Global.Nftables == "" {
		return nil
	}
	f := firewallConfig(&cfg.Global)
	return &dump.Firewall{Table: f.Table, Priority: f.Priority, ForceIndex: cfg.Global.NftablesIndex, Counters: f.Counters}
}

// open connects to nftables, unless that is done; with the lock held.
func (g *guard) open() error {
	if g.firewall != nil || g.closed {
		return nil
	}
	f, err := firewall.Open(g.cfg)
	if err != nil {
		return err
	}
	watcher, err := firewall.Watch(g.table, f.Port())
	if err != nil {
		g.log.Warn(fmt.Sprintf("%v: %s", err, unwatched))
	} else {
		g.listen(watcher)
	}
	g.firewall = f
	return nil
}

// do does something with the firewall, which is opened for it.
func (g *guard) do(what func(*firewall.Firewall) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.open(); err != nil || g.firewall == nil {
		return err
	}
	return what(g.firewall)
}

// protect drops the packets of an estate's addresses from now on, if they are not to be accepted. It comes
// before the addresses.
func (g *guard) protect(e *estate, n *network) error {
	if !e.guarded {
		return nil
	}
	return g.do(func(f *firewall.Firewall) error { return f.Drop(firewall.Want{Owner: e, Addresses: e.protected(n)}) })
}

// protectedAtOnce is how many estates are protected in one change.
const protectedAtOnce = 1000

// protectAll does the same for many, so that a router that takes over from another one does not lose time with
// each of them.
func (g *guard) protectAll(estates []*estate, n *network) error {
	return g.do(func(f *firewall.Firewall) (err error) {
		for some := range slices.Chunk(estates, protectedAtOnce) {
			wants := make([]firewall.Want, len(some))
			for i, e := range some {
				wants[i] = firewall.Want{Owner: e, Addresses: e.protected(n)}
			}
			err = errors.Join(err, f.Drop(wants...))
		}
		return err
	})
}

// release ends what protect began. It comes after the addresses are gone.
func (g *guard) release(e *estate) error {
	if !e.guarded {
		return nil
	}
	return g.do(func(f *firewall.Firewall) error { return f.Accept(e) })
}

// protected are an estate's addresses as the firewall knows them, with the interface indexes of this moment.
func (e *estate) protected(n *network) []firewall.Address {
	list := make([]firewall.Address, 0, len(e.addresses))
	for _, a := range e.addresses {
		list = append(list, e.protectedAddress(a, n))
	}
	return list
}

func (e *estate) protectedAddress(a *config.Address, n *network) firewall.Address {
	iface := e.on(a)
	one := firewall.Address{Addr: a.Prefix.Addr(), Index: n.links[iface].Index}
	if e.byName || one.Index == 0 {
		one.Name = iface
	}
	return one
}

// takeOver protects what an earlier run left behind, and replaces its tables: with rules for addresses that
// are to be accepted now, nobody could use them.
func (g *guard) takeOver(addresses []firewall.Address) error {
	if len(addresses) > 0 {
		return g.do(func(f *firewall.Firewall) error {
			return f.Drop(firewall.Want{Owner: leftBehind, Addresses: addresses})
		})
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.firewall != nil {
		return nil // done already
	}
	f, err := firewall.Open(g.cfg)
	if err != nil {
		return err
	}
	return errors.Join(f.Restore(), f.Close())
}

// settle ends takeOver when what was left behind is cleared away.
func (g *guard) settle() error {
	return g.do(func(f *firewall.Firewall) error { return f.Accept(leftBehind) })
}

// devices says which VMACs there are, or will be.
func (g *guard) devices(devices []firewall.Device) {
	if g.silent {
		devices = slices.DeleteFunc(devices, func(device firewall.Device) bool { return !device.IPv6 })
		for i := range devices {
			devices[i].IPv4 = false
		}
	}
	g.mu.Lock()
	unused := len(devices) == 0 && g.firewall == nil
	g.mu.Unlock()
	if unused {
		return
	}
	if err := g.do(func(f *firewall.Firewall) error { return f.SetDevices(devices) }); err != nil {
		g.log.Error(fmt.Sprintf("membership reports of virtual MAC addresses leave unchanged: %v", err))
	}
}

// configure follows a reload.
func (g *guard) configure(cfg firewall.Config) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cfg = cfg
	if g.firewall == nil {
		return nil
	}
	return g.firewall.Configure(cfg)
}

// close closes what is open. The rules go, unless the addresses stay too.
func (g *guard) close(keep bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.firewall == nil {
		return
	}
	if !keep {
		if err := g.firewall.Remove(); err != nil {
			g.log.Warn(err.Error())
		}
	}
	_ = g.firewall.Close()
	g.firewall = nil
}

const (
	// breather is how long rules stay as they are that have just been put back: what is heard within it is
	// mostly about one removal of many rules.
	breather = 20 * time.Millisecond
	// impatience is the same when rules have been put back limiterCount times within limiterPeriod. Who removes
	// them so often does the same as we: perhaps it is another daemon with a table of this name.
	impatience = time.Second
)

// disturbed has the rules put back that somebody else removed. It runs on the watcher's goroutine.
func (g *guard) disturbed() {
	if g.due.Swap(true) {
		return
	}
	now := time.Now()
	wait := max(0, breather-now.Sub(g.restoredAt))
	if !g.restored.allow(now) {
		wait = impatience
		if g.restored.count == limiterCount+1 {
			g.log.Error(fmt.Sprintf("another program removes the rules of the nftables table %s again and again; putting them back once a second "+
				"(several daemons on a host need a table each: nftables NAME)", g.table))
		}
	}
	g.restoredAt = now.Add(wait)
	if wait > 0 {
		time.AfterFunc(wait, g.restore)
		return
	}
	g.log.Warn(fmt.Sprintf("another program removed rules of the nftables table %s; putting them back", g.table))
	g.restore()
}

func (g *guard) restore() {
	g.due.Store(false)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.firewall == nil {
		return
	}
	if err := g.firewall.Restore(); err != nil {
		g.log.Error(fmt.Sprintf("put rules back that another program removed: %v", err))
	}
}

// watchFirewall hears of what others do to our tables.
func (d *Daemon) watchFirewall(w *firewall.Watcher) {
	d.workers.Go(func() {
		if err := w.Run(d.ctx, d.guard.disturbed); err != nil {
			d.log.Warn(fmt.Sprintf("%v: %s", err, unwatched))
		}
	})
}

// unwatched is what follows when the kernel does not tell of others' changes.
const unwatched = "rules that somebody else removes are put back with the next change only"

// protectAll protects together what effects are about to install one by one.
func (d *Daemon) protectAll(effects []router.Effect) {
	var estates []*estate
	for i := range effects {
		if effects[i].Kind != router.Install {
			continue
		}
		if e := d.plan.estates[effects[i].VR]; e.guarded {
			estates = append(estates, e)
		}
	}
	if len(estates) < 2 {
		return
	}
	d.lane.do(func() {
		if err := d.guard.protectAll(estates, d.network.Load()); err != nil {
			d.log.Error(err.Error())
		}
	})
}

// adoptLeftovers looks for addresses of the plan that are there before anybody has set them: those that an
// earlier run left behind. Where there are any, its rules may be there too.
func (d *Daemon) adoptLeftovers() (found bool) {
	n := d.network.Load()
	type place struct {
		index int
		addr  netip.Addr
	}
	present := make(map[place]bool)
	for index, list := range n.addresses {
		for _, a := range list {
			present[place{index, a.Prefix.Addr()}] = true
		}
	}
	var addresses []firewall.Address
	for _, e := range d.plan.estates {
		for _, a := range e.addresses {
			if !present[place{n.links[e.on(a)].Index, a.Prefix.Addr()}] {
				continue
			}
			if found = true; e.guarded {
				addresses = append(addresses, e.protectedAddress(a, n))
			}
		}
	}
	if !found {
		return false
	}
	if err := d.guard.takeOver(addresses); err != nil && needsFirewall(d.plan.cfg) {
		d.log.Error(err.Error())
	}
	return len(addresses) > 0
}

// settleLeftovers follows adoptLeftovers when the addresses have been removed.
func (d *Daemon) settleLeftovers() {
	d.lane.do(func() {
		if err := d.guard.settle(); err != nil {
			d.log.Error(err.Error())
		}
	})
}
