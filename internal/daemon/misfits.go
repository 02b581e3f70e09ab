package daemon

import (
	"fmt"
	"net/netip"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// An interface that comes to be while the daemon runs may be one that a Virtual Router must not work on: because
// another one with the same VRID is there already, or because it stands on another interface than the one that
// was configured with this name. Such a Virtual Router is in FAULT until that has changed.

const (
	duplicateVRID = "duplicate VRID conflict"
	otherBase     = "interface was made again on another one"
)

// place is what no two multicast Virtual Routers may have in common.
type place struct {
	base  string
	v6    bool
	vrid  vrrp.VRID
	group netip.Addr
}

// placeOf is the place of an instance; it has none without an interface, and unicast is told apart by its peers.
func placeOf(vi *config.Instance, n *network) (place, bool) {
	base := n.base(vi.Interface)
	return place{base, vi.IPv6, vi.VRID, vi.MulticastGroup}, base != "" && !vi.Unicast
}

// base is the interface that name stands on, itself unless it is a macvlan or ipvlan; "" if it does not exist.
func (n *network) base(name string) string {
	link, there := n.links[name]
	switch {
	case !there:
		return ""
	case (link.Kind == "macvlan" || link.Kind == "ipvlan") && n.names[link.Parent] != "":
		return n.names[link.Parent]
	}
	return name
}

// basesOf are the bases of the interfaces that instances have.
func basesOf(cfg *config.Config, n *network) map[string]string {
	bases := make(map[string]string)
	for _, vi := range cfg.Instances {
		if base := n.base(vi.Interface); base != "" {
			bases[vi.Interface] = base
		}
	}
	return bases
}

// duplicates are the Virtual Routers that begin as misfits.
func (p *plan) duplicates() map[router.ID]string {
	misfits := make(map[router.ID]string)
	for i, vi := range p.cfg.Instances {
		if vi.DuplicateVRID {
			misfits[router.ID(i)] = duplicateVRID
		}
	}
	return misfits
}

// inhabitants are the Virtual Routers of each place.
func (p *plan) inhabitants(n *network) map[place][]router.ID {
	all := make(map[place][]router.ID, len(p.cfg.Instances))
	for i, vi := range p.cfg.Instances {
		if at, ok := placeOf(vi, n); ok {
			all[at] = append(all[at], router.ID(i))
		}
	}
	return all
}

// rival is another Virtual Router in the same place, -1 if there is none.
func (p *plan) rival(id router.ID, n *network, all map[place][]router.ID) router.ID {
	at, ok := placeOf(p.cfg.Instances[id], n)
	if !ok {
		return -1
	}
	for _, other := range all[at] {
		if other != id {
			return other
		}
	}
	return -1
}

// judgeInterface finds the Virtual Routers that may not work on an interface that has appeared.
func (d *Daemon) judgeInterface(link netmon.Link) {
	concerned := d.plan.onInterface[link.Name]
	if len(concerned) == 0 {
		return
	}
	n := d.network.Load()
	all := d.plan.inhabitants(n)
	for _, id := range concerned {
		vi := d.plan.cfg.Instances[id]
		if vi.Interface != link.Name {
			continue // its VMAC
		}
		before, known := d.plan.bases[link.Name]
		if base := n.base(link.Name); !known {
			d.plan.bases[link.Name] = base
		} else if base != before && !d.plan.cfg.Global.AllowIfChanges {
			d.misplace(id, otherBase)
			d.log.Warn(fmt.Sprintf("(%s) interface %s is on %s now and was on %s: write dynamic_interfaces allow_if_changes to use it all the same", vi.Name, link.Name, base, before))
			continue
		}
		if rival := d.plan.rival(id, n, all); rival >= 0 {
			d.log.Info(fmt.Sprintf("VRID conflict between %s and %s %s vrid %d", vi.Name, d.plan.cfg.Instances[rival].Name, family(vi.IPv6), vi.VRID))
			d.misplace(id, duplicateVRID)
		}
		if !link.Up && (vi.VMAC != nil || d.misfits[id] != "") {
			d.detail("(%s) interface %s is down", vi.Name, link.Name)
		}
	}
	d.checkConflicts()
}

func (d *Daemon) misplace(id router.ID, reason string) {
	if d.misfits[id] != "" {
		return
	}
	d.misfits[id] = reason
	d.log.Info(fmt.Sprintf("(%s) entering FAULT state (%s)", d.plan.cfg.Instances[id].Name, reason))
	d.step(router.Event{Kind: router.Misplaced, VR: id})
}

// checkConflicts ends the faults of those that may work again.
func (d *Daemon) checkConflicts() {
	if len(d.misfits) == 0 {
		return
	}
	n := d.network.Load()
	all := d.plan.inhabitants(n)
	for id, reason := range d.misfits {
		vi := d.plan.cfg.Instances[id]
		switch base := n.base(vi.Interface); {
		case reason == duplicateVRID && d.plan.rival(id, n, all) >= 0,
			reason == otherBase && base != "" && base != d.plan.bases[vi.Interface]:
			continue
		}
		delete(d.misfits, id)
		d.step(router.Event{Kind: router.WellPlaced, VR: id})
	}
}
