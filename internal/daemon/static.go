package daemon

import (
	"fmt"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/router"
)

// staticEstate is what static_ipaddress, static_routes and static_rules ask for.
func staticEstate(cfg *config.Config) *estate {
	return &estate{
		name:      "static",
		addresses: cfg.StaticAddresses,
		routes:    cfg.StaticRoutes,
		rules:     cfg.StaticRules,
	}
}

// addTrackGroups has the members of track groups depend on the interfaces of what names their group.
func (p *plan) addTrackGroups(n *network) {
	interfaces := make(map[string][]string) // by group
	for _, a := range p.cfg.StaticAddresses {
		interfaces[a.TrackGroup] = append(interfaces[a.TrackGroup], a.Interface)
	}
	for _, r := range p.cfg.StaticRoutes {
		interfaces[r.TrackGroup] = append(interfaces[r.TrackGroup], r.Dev)
	}
	for _, r := range p.cfg.StaticRules {
		interfaces[r.TrackGroup] = append(interfaces[r.TrackGroup], r.IIF)
	}
	for _, group := range p.cfg.TrackGroups {
		for _, member := range group.Members {
			vr := &p.router.VRs[p.ids[member]]
			for _, iface := range interfaces[group.Name] {
				if track := p.track(router.TrackInterface, iface, 0, false, n); !slices.Contains(vr.Tracks, track) {
					vr.Tracks = append(vr.Tracks, track)
				}
			}
		}
	}
}

// restoreStaticRoute puts a static route back that somebody removed, if it has a track_group: keepalived leaves
// the others alone.
func (d *Daemon) restoreStaticRoute(gone *netmon.Route) {
	n, static := d.network.Load(), d.static
	for _, r := range static.routes {
		if r.TrackGroup != "" && sameRoute(r, gone, n) {
			d.putBackStaticRoute(static, r, n)
		}
	}
}

// restoreStaticRule does the same for a rule.
func (d *Daemon) restoreStaticRule(gone *netmon.Rule) {
	static := d.static
	for _, r := range static.rules {
		if r.TrackGroup != "" && sameRule(r, gone) {
			d.putBackStaticRule(static, r)
		}
	}
}

func (d *Daemon) putBackStaticRoute(static *estate, r *config.Route, n *network) {
	if n.links[r.Dev].Up && static.held.Load() {
		d.log.Info("Restoring deleted static route " + r.Text)
		d.lane.do(func() { d.keeper.restoreRoute(static, r) })
	}
}

func (d *Daemon) putBackStaticRule(static *estate, r *config.Rule) {
	if static.held.Load() {
		d.log.Info("Restoring deleted static rule " + r.Text)
		d.lane.do(func() { d.keeper.restoreRule(static, r) })
	}
}

// restoreStatic puts a static address back that somebody removed.
func (d *Daemon) restoreStatic(gone holderKey, port uint32) {
	static := d.static
	for _, a := range static.addresses {
		if a.Prefix != gone.prefix || a.Interface != gone.iface {
			continue
		}
		if d.doubtful(a.Prefix.Addr(), port, static) {
			d.lookUp(gone, func() { d.restore(static, a) })
			continue
		}
		d.restore(static, a)
	}
}

func (d *Daemon) restore(static *estate, a *config.Address) {
	if d.static != static {
		return // a reload came in between
	}
	if _, there := d.network.Load().links[a.Interface]; !there {
		return // it comes back with its interface
	}
	d.log.Info("Restoring deleted static address " + shownAddress(static, a, true))
	d.lane.do(func() { d.keeper.restore(static, a) })
	d.noticeStatic()
}

// setStatic sets up at the start what is static, and waits for it: adverts may have to leave from one of
// its addresses.
func (d *Daemon) setStatic() {
	static := d.static
	if len(static.addresses)+len(static.routes)+len(static.rules) == 0 {
		static.held.Store(true) // a reload may add to nothing
		return
	}
	done := make(chan struct{})
	d.lane.do(func() {
		d.keeper.replaceStatic(static)
		close(done)
	})
	<-done
	if state, err := netmon.Read(); err != nil {
		d.log.Error(fmt.Sprintf("read static addresses: %v", err))
	} else {
		d.network.Store(d.network.Load().withStatic(static, state))
	}
}

// noticeStatic takes note of the static addresses when the lane has done what it was given: the kernel's
// reports of what we add ourselves are not heard, but an advert may leave from such an address.
func (d *Daemon) noticeStatic() {
	static := d.static
	d.lane.do(func() {
		state, err := netmon.Read()
		if err != nil {
			d.log.Error(fmt.Sprintf("read static addresses: %v", err))
			return
		}
		d.inbox.post(func() {
			if d.static != static {
				return
			}
			d.network.Store(d.network.Load().withStatic(static, state))
			for _, a := range static.addresses {
				d.checkSources(a.Interface)
			}
			d.refilter()
		})
	})
}

// withStatic is the network with those addresses of a static estate that are there according to state, and
// without the others.
func (n *network) withStatic(static *estate, state *netmon.State) *network {
	next := n.edit()
	for _, a := range static.addresses {
		index := n.links[a.Interface].Index
		i := slices.IndexFunc(state.Addresses, func(there netmon.Address) bool {
			return there.Index == index && there.Prefix == a.Prefix
		})
		switch {
		case i >= 0:
			next.apply(&netmon.Event{Kind: netmon.AddressAdded, Address: state.Addresses[i]})
		case index != 0:
			next.apply(&netmon.Event{Kind: netmon.AddressGone, Address: netmon.Address{Index: index, Prefix: a.Prefix}})
		}
	}
	return next.network
}

// reinstateStatic sets the static addresses and routes of an interface up again that came back: the
// kernel drops what is on one that goes down (of IPv4 the routes, of IPv6 the addresses as well) or is
// deleted.
func (d *Daemon) reinstateStatic(iface string) {
	n, static := d.network.Load(), d.static
	for _, a := range static.addresses {
		if a.Interface == iface && !n.has(iface, a.Prefix.Addr()) {
			d.restore(static, a)
		}
	}
	for _, r := range static.routes {
		if r.Dev == iface || r.Dev == "" {
			d.log.Info("Restoring deleted static route " + r.Text)
			d.lane.do(func() { d.keeper.restoreRoute(static, r) })
		}
	}
}
