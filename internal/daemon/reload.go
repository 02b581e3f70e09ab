package daemon

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/notify"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// reload puts the configuration file in force anew. It is read and judged away from the loop; only the
// change itself happens here, so that no advert waits for a parser.
func (d *Daemon) reload() {
	if d.reloading {
		d.again = true
		d.log.Info("Reload already in progress, request queued")
		return
	}
	d.reloading = true
	d.markReload()
	d.opts.Parent.Info("Reloading ...")
	d.manager.reloading()
	d.step(router.Event{Kind: router.ReloadBegun})
	d.saves++
	running, number := d.plan, d.saves
	d.workers.Go(func() {
		next := d.prepareSuccession(running, number)
		report(d.log, next.cfg)
		if err := writeFindings(running.cfg.Global.ReloadCheckLog, next.cfg); err != nil {
			d.log.Error(err.Error())
		}
		d.inbox.post(func() { d.reloaded(next) })
	})
}

// A succession is a reload, made ready away from the loop: all that can be compared has been.
type succession struct {
	cfg      *config.Config
	number   int    // of this reload
	refused  string // why the configuration may not be used; then the rest is empty
	plan     *plan
	trackers *trackers
	matched  []router.ID // of each new Virtual Router, the running one that it continues, or -1
	same     []bool      // of each matched one: its estate does not differ
	grown    []bool      // it has addresses that are new
}

// prepareSuccession reads the configuration file. It runs on a goroutine of its own.
func (d *Daemon) prepareSuccession(running *plan, number int) *succession {
	defer leaveRoom()()
	cfg, sources := load(&d.opts)
	d.saveConfig(&cfg.Global, sources, number)
	s := &succession{cfg: cfg, number: number, refused: refusal(running.cfg, cfg)}
	if s.refused != "" {
		return s
	}
	d.guard.extend(running.cfg, cfg)
	if err := d.vmacs.create(cfg); err != nil {
		s.refused = err.Error()
		return s
	}
	d.awaitDevices()
	for _, problem := range initFiles(cfg, running.cfg) {
		d.log.Error(problem.Error())
	}
	s.plan, s.trackers = newPlan(cfg, d.network.Load()), newTrackers(d, cfg)
	s.plan.router.PurgeNew = d.opts.ReleaseVIPs
	s.matched = match(running, s.plan)
	s.same, s.grown = make([]bool, len(s.matched)), make([]bool, len(s.matched))
	for i, from := range s.matched {
		if from < 0 {
			continue
		}
		before, after := running.estates[from], s.plan.estates[i]
		s.same[i] = before.name == after.name && before.same(after)
		s.grown[i] = !s.same[i] && len(without(after.addresses, before.carries(after))) > 0 ||
			virtualMAC(running.cfg.Instances[from], false) != virtualMAC(cfg.Instances[i], false) // neighbours know the old one
	}
	return s
}

// leaveRoom lets more goroutines run at a time, until the function that it returns is called, than a small
// machine has processors. With two, reading a large file and the garbage collector that it sets going take
// both, and the runtime looks after sockets and timers only every ten milliseconds. With four the kernel
// shares out the processors, and the loop, which sleeps most of the time, is served first. It is not for
// always: a wake-up among four takes longer.
func leaveRoom() (restore func()) {
	const least = 4
	before := runtime.GOMAXPROCS(0)
	if before >= least {
		return func() {}
	}
	runtime.GOMAXPROCS(least)
	return func() { runtime.GOMAXPROCS(before) }
}

// reloaded ends a reload on the loop.
func (d *Daemon) reloaded(next *succession) {
	d.reloading = false
	d.unmarkReload()
	if d.stopped {
		return
	}
	if reason := next.refused; reason != "" {
		d.log.Error(reason)
		if file := d.plan.cfg.Global.ReloadCheckLog; file != "" {
			d.log.Error(fmt.Sprintf("New config failed validation, see %s for details", file))
		}
		d.log.Error("The new configuration was not used: the running one stays in force")
	} else {
		d.log.Info("Reloading")
		before := d.pictureToSave(next.cfg)
		d.guard.notice(next.cfg)
		d.adopt(next)
		d.saveStates(before, next.number)
		d.log.Info("Reload complete")
	}
	d.manager.ready()
	if d.again {
		d.again = false
		d.reload()
	}
}

// refusal says why a configuration may not replace the running one; "" if it may.
func refusal(running, cfg *config.Config) string {
	switch fixed := unchangeable(running, cfg); {
	case includeFailed(cfg):
		return "a configuration file cannot be read (see above)"
	case cfg.Refused():
		return "the configuration cannot be run (see above)"
	case cfg.Global.ReloadCheckConfig && cfg.ExitCode() != ExitOK:
		return "the configuration has findings (see above), and reload_check_config wants it to have none"
	case fixed != "":
		return fmt.Sprintf("Cannot change %s at a reload - please restart keepalived", fixed)
	}
	if d := newError(running, cfg); d != nil {
		return fmt.Sprintf("the configuration has an error that the running one has not: %s", findingLine(d))
	}
	return ""
}

// newError finds an error that the running configuration does not have: somebody has just made it, and
// what they meant cannot be known. Errors that were there at the start are lived with, as keepalived does.
func newError(running, cfg *config.Config) *syntax.Diagnostic {
	known := make(map[string]int)
	for i := range running.Diagnostics {
		known[running.Diagnostics[i].Message]++
	}
	for i := range cfg.Diagnostics {
		d := &cfg.Diagnostics[i]
		if d.Severity != syntax.Error || d.Class == syntax.ClassNone || d.Class == syntax.ClassSecurity {
			continue
		}
		if known[d.Message]--; known[d.Message] < 0 {
			return d
		}
	}
	return nil
}

// unchangeable names a setting that differs and that only a restart can change.
func unchangeable(running, cfg *config.Config) string {
	switch a, b := &running.Global, &cfg.Global; {
	case a.NetworkNamespace != b.NetworkNamespace:
		return "network namespace"
	case a.InstanceName != b.InstanceName:
		return "instance name"
	case firewallConfig(a).Table != firewallConfig(b).Table:
		return "nftables table name"
	case a.TmpDirectory != b.TmpDirectory:
		return "config_directory"
	case a.DisableLocalIGMP != b.DisableLocalIGMP:
		return "disable_local_igmp"
	}
	return ""
}

// identity is what makes an instance the same one after a reload, whatever its name is then.
type identity struct {
	vrid      uint8
	v6        bool
	iface     string
	transport netip.Addr // unicast source or multicast destination
	unicast   bool
	vmac      string
}

func identityOf(vi *config.Instance) identity {
	id := identity{vrid: uint8(vi.VRID), v6: vi.IPv6, iface: vi.Interface, unicast: vi.Unicast, vmac: deviceName(vi)}
	if vi.Unicast {
		id.transport = vi.Source
	} else {
		id.transport = vi.MulticastGroup
	}
	return id
}

// match finds, for each instance of the next plan, the running one that it continues, or -1. Unicast instances
// that differ in their peers alone may share an identity: then the names decide, and after them the order.
func match(running, next *plan) []router.ID {
	known := make(map[identity][]router.ID, len(running.cfg.Instances))
	for i, vi := range running.cfg.Instances {
		id := identityOf(vi)
		known[id] = append(known[id], router.ID(i))
	}
	matched := make([]router.ID, len(next.cfg.Instances))
	continued := func(i int, eligible func(router.ID) bool) {
		id := identityOf(next.cfg.Instances[i])
		if at := slices.IndexFunc(known[id], eligible); at >= 0 {
			matched[i] = known[id][at]
			known[id] = slices.Delete(known[id], at, at+1)
		}
	}
	for i, vi := range next.cfg.Instances {
		matched[i] = -1
		continued(i, func(old router.ID) bool { return running.cfg.Instances[old].Name == vi.Name })
	}
	for i := range matched {
		if matched[i] < 0 {
			continued(i, func(router.ID) bool { return true })
		}
	}
	return matched
}

// adopt puts the next plan in force. Nothing that stays the same is touched: no transition, no
// announcement, no address.
func (d *Daemon) adopt(s *succession) {
	old, next := d.plan, s.plan
	s.trackers.scripts.Adopt(d.trackers.scripts)
	s.trackers.seed(next)
	effects := d.bfd.adopt(time.Now(), d.sessionsOf(next.cfg))
	d.bfd.seed(next)
	d.poll(next.cfg)
	d.refresh(next, s.matched)

	going, coming := splitReload(d.router.Reload(time.Now(), next.router, s.matched))
	d.retiring = true
	d.perform(going)
	d.retiring = false

	d.plan = next
	clear(d.assigned)
	d.reportAllSources()
	d.misfits = next.duplicates()
	d.wire.quiet = true
	rewired := d.rewire(old, s)
	d.wire.quiet = false
	d.keeper.paces.Store(newPaces(next.cfg))
	d.wire.reportStations()
	grown := d.inherit(old, s)
	d.learnAll()
	d.perform(coming)
	d.rewatch()
	for _, id := range grown {
		d.step(router.Event{Kind: router.AddressesAdded, VR: id})
	}
	for id, err := range rewired {
		d.attached(id, err)
	}

	d.restand(next.cfg) // before new scripts run
	d.trackers.stop()
	d.trackers = s.trackers
	d.trackers.run()
	d.teller.reconfigure(d, old.cfg, next.cfg)
	d.lane.do(func() {
		d.vmacs.keep(next.cfg)
		d.guard.devices(devicesOf(next.cfg.Instances...))
	})
	if a, b := &old.cfg.Global, &next.cfg.Global; a.ReloadTimeFile != b.ReloadTimeFile || a.ReloadRepeat != b.ReloadRepeat {
		d.scheduleReloads()
	}
	d.moderate()
	d.performBFD(time.Now(), effects)
	d.openBFD()
	d.nameBFD(next.cfg)
	d.bfd.summary()
	d.tidy()
	if next.cfg.Global.FIFOStatesOnReload {
		d.repeatStates(s.matched)
	}
}

// rewire moves the Virtual Routers to their places on the wire. One whose place and advert stay the same
// keeps what was prepared. It returns how it went with those that could not have their sockets before or
// cannot now.
func (d *Daemon) rewire(old *plan, s *succession) map[router.ID]error {
	next, before, results := s.plan, d.sources, make(map[router.ID]error)
	d.wire.openFilter = next.cfg.Global.LogUnknownVRIDs
	d.wire.remap(s.matched)
	unwired := d.unwired.remap(s.matched)
	d.sources = make([]netip.Addr, len(next.cfg.Instances))
	for i, from := range s.matched {
		d.sources[i] = next.router.VRs[i].Source
		if from >= 0 && before[from] == d.sources[i] && sameAdvert(&old.router.VRs[from], &next.router.VRs[i]) &&
			old.buffers[from] == next.buffers[i] &&
			samePlace(old.cfg.Instances[from], next.cfg.Instances[i]) && unwired[router.ID(i)] == nil {
			continue
		}
		if err := d.attach(router.ID(i)); err != nil || unwired[router.ID(i)] != nil {
			results[router.ID(i)] = err
		}
	}
	d.refilter()
	return results
}

// sameAdvert tells whether two configurations make the same advert but for its priority, which is patched.
func sameAdvert(a, b *router.VRConfig) bool {
	return a.Version == b.Version && a.VRID == b.VRID && a.AdvertInterval == b.AdvertInterval &&
		a.AuthType == b.AuthType && a.AuthData == b.AuthData && a.Checksum == b.Checksum &&
		a.OldChecksum == b.OldChecksum && a.HMAC.Equal(b.HMAC) && slices.Equal(a.Addresses, b.Addresses)
}

// samePlace tells whether two instances of one identity use the wire alike.
func samePlace(a, b *config.Instance) bool {
	ttl := func(vi *config.Instance) int {
		if vi.UnicastTTL == nil {
			return -1
		}
		return int(*vi.UnicastTTL)
	}
	return wireInterface(a) == wireInterface(b) && a.Unicast == b.Unicast && a.MulticastGroup == b.MulticastGroup &&
		ttl(a) == ttl(b) && slices.EqualFunc(a.Peers, b.Peers, func(x, y config.Peer) bool { return x.Addr == y.Addr })
}

// refresh brings a plan up to date that was made from the network of a moment ago.
func (d *Daemon) refresh(p *plan, matched []router.ID) {
	n := d.network.Load()
	for key, id := range p.trackers {
		if key.kind == router.TrackInterface {
			p.router.Trackers[id].Status = d.settledStatus(n, key.name)
		}
	}
	for i, vi := range p.cfg.Instances {
		source := sourceOf(vi, n, p.virtual)
		if from := matched[i]; from >= 0 {
			source = keptSource(vi, d.sources[from], source)
		}
		p.router.VRs[i].Source = source
	}
}

// splitReload parts the effects of a reload into those that name old IDs and those that name new ones.
func splitReload(effects []router.Effect) (going, coming []router.Effect) {
	for i := range effects {
		if effects[i].Kind == router.Reloaded {
			return effects[:i], effects[i+1:]
		}
	}
	return effects, nil
}

// inherit hands each estate, and what is static, over to the one that continues it: the lane changes what
// differs. It returns the Virtual Routers that have something to announce: new addresses, or, if the neighbours are to be
// reminded again and again (garp_master_refresh), any.
func (d *Daemon) inherit(old *plan, s *succession) (grown []router.ID) {
	var changes []handover
	var masters []*config.Instance
	for i, from := range s.matched {
		if from < 0 {
			continue
		}
		if s.grown[i] || s.plan.cfg.Instances[i].GARP.MasterRefresh > 0 {
			grown = append(grown, router.ID(i))
		}
		if d.router.State(router.ID(i)) == router.Master {
			masters = append(masters, s.plan.cfg.Instances[i])
		}
		before, after := old.estates[from], s.plan.estates[i]
		if s.same[i] {
			s.plan.estates[i] = before
			continue
		}
		after.continues(before) // at once, so that a loss meanwhile is not overlooked
		changes = append(changes, handover{before, after})
	}
	say := func() { // as if all were set again
		for _, vi := range masters {
			d.journal.estate(setting, vi)
		}
	}
	before, static := d.static, staticEstate(s.plan.cfg)
	if before.same(static) {
		d.lane.do(func() { d.keeper.replace(changes, say) })
		return grown
	}
	d.static = static
	changes = append(changes, handover{before, static})
	d.lane.do(func() { d.keeper.replace(changes, say) })
	d.noticeStatic()
	return grown
}

// repeatStates writes the states to the FIFOs once more (fifo_write_vrrp_states_on_reload), but for those of
// Virtual Routers that are new, whose first state has just been told.
func (d *Daemon) repeatStates(matched []router.ID) {
	snapshot := d.router.Snapshot()
	for i := range snapshot.VRs {
		if matched[i] < 0 {
			continue
		}
		vr := &snapshot.VRs[i]
		d.teller.repeat(notify.Event{Name: vr.Config.Name, State: vr.State.String(), Priority: int(vr.EffectivePriority)})
	}
	for i := range snapshot.Groups {
		group := &snapshot.Groups[i]
		d.teller.repeat(notify.Event{Group: true, Name: group.Config.Name, State: group.State.String()})
	}
}
