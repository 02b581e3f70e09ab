package daemon

import (
	"github.com/govrrpd/govrrpd/internal/config"
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
	d.log.Info("Restoring deleted static address " + shownAddress(static, a, true))
	d.lane.do(func() { d.keeper.restore(static, a) })
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
