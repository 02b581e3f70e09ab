package daemon

import (
	"bytes"
	"fmt"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/router"
)

// Interfaces come, go, and change their names while the daemon runs. A Virtual Router follows the name: it is in
// FAULT while no interface has it.

// linkChanged follows an interface; the zero old one did not exist.
func (d *Daemon) linkChanged(old, link netmon.Link) {
	if old.Index != link.Index {
		if !d.vmacs.isOurs(link.Name) {
			d.detail("Interface %s added", link.Name)
		}
		d.judgeInterface(link)
		d.reattach(link.Name)
	} else {
		d.linkAltered(old, link)
	}
	if old.Up != link.Up && !d.beats.polls(link.Name) {
		d.linkTurned(link.Name, link.Up)
	}
	if link.Up && !old.Up {
		d.reinstateStatic(link.Name)
	}
	if link.AdminUp && (!old.AdminUp || old.Index != link.Index) {
		d.returned(link.Name)
	}
	if old.Index != link.Index {
		d.lane.do(func() { d.vmacs.appeared(link.Name) })
	} else if old.Master != link.Master && d.plan.vmacParents[link.Name] {
		d.lane.do(func() { d.vmacs.follow(link.Name) })
	} else if link.AdminUp && !old.AdminUp {
		d.lane.do(func() { d.vmacs.renew(link.Name) })
	}
}

// linkAltered follows what else may change of an interface that goes on.
func (d *Daemon) linkAltered(old, link netmon.Link) {
	if !bytes.Equal(old.MAC, link.MAC) {
		d.detail("(%s) MAC Address changed from %s to %s", link.Name, old.MAC, link.MAC)
	}
	if old.MTU != link.MTU {
		d.resizeBuffers(link)
	}
}

// linkGone takes leave of an interface, whose last state that was heard of is old.
func (d *Daemon) linkGone(old, link netmon.Link) {
	if old.Index != link.Index {
		return // another one has the name by now
	}
	d.linkEnded(link.Name, d.beats.lost(link.Name, old.Up))
	d.detail("Interface %s deleted", link.Name)
	d.leave(link.Name)
	d.lane.do(func() { d.vmacs.gone(link.Name) })
}

// linkRenamed follows an interface that goes on under another name, link's: for whoever is configured by the old
// one it has gone. Its virtual MACs are removed, and made again when an interface has the name.
func (d *Daemon) linkRenamed(old, link netmon.Link) {
	d.log.Info(fmt.Sprintf("Interface name has changed from %s to %s", old.Name, link.Name))
	d.linkVanished(old.Name, d.beats.lost(old.Name, old.Up))
	d.leave(old.Name)
	d.lane.do(func() { d.vmacs.renamed(old.Name, link.Name) })
}

// leave takes the Virtual Routers of an interface off the wire.
func (d *Daemon) leave(iface string) {
	for _, id := range d.plan.onInterface[iface] {
		d.wire.detach(id)
	}
	d.checkConflicts()
}

// linkState tells the state machine, and the log, that an interface went up or down.
func (d *Daemon) linkState(name string, up bool) {
	if _, tracked := d.plan.trackers[trackerKey{router.TrackInterface, name}]; !tracked && len(d.plan.onInterface[name]) == 0 {
		return
	}
	word := "down"
	if up {
		word = "up"
	}
	who := "Netlink"
	if d.beats.polls(name) {
		who = "Linkbeat"
	}
	d.log.Info(fmt.Sprintf("%s reports %s %s", who, name, word))
	d.linkCounts(name, up)
}

// linkCounts tells the state machine alone.
func (d *Daemon) linkCounts(name string, up bool) {
	id, tracked := d.plan.trackers[trackerKey{router.TrackInterface, name}]
	if !tracked {
		return
	}
	status := router.TrackerDown
	if up {
		status = router.TrackerUp
	}
	d.step(router.Event{Kind: router.TrackerChanged, Tracker: id, Status: status})
}

// reattach moves the Virtual Routers of an interface that appeared, or has another index, to it.
func (d *Daemon) reattach(iface string) {
	for _, id := range d.plan.onInterface[iface] {
		d.attached(id, d.attach(id))
	}
}

// resizeBuffers follows an interface's MTU, where it is what the size of receive buffers comes from.
func (d *Daemon) resizeBuffers(link netmon.Link) {
	for _, id := range d.plan.onInterface[link.Name] {
		vi := d.plan.cfg.Instances[id]
		if wireInterface(vi) != link.Name {
			continue
		}
		if size := receiveBuffer(vi, &d.plan.cfg.Global, link.MTU); size != d.plan.buffers[id] {
			d.plan.buffers[id] = size
			d.attached(id, d.attach(id))
		}
	}
}

// reportMissing names the interfaces of a configuration that do not exist (dynamic_interfaces).
func (d *Daemon) reportMissing(cfg *config.Config) {
	n := d.network.Load()
	told := make(map[string]bool)
	for _, name := range interfacesOf(cfg) {
		if _, there := n.links[name]; there || told[name] {
			continue
		}
		told[name] = true
		d.log.Info(fmt.Sprintf("Configuration specifies interface %s which doesn't currently exist - will use if created", name))
	}
}

// interfacesOf are the interfaces that a configuration names, in the order of its parts.
func interfacesOf(cfg *config.Config) (names []string) {
	vmacs := make(map[string]bool)
	for _, vi := range cfg.Instances {
		for device := range parentsOf(vi) {
			vmacs[device] = true
		}
	}
	add := func(name string) {
		if name != "" && !vmacs[name] {
			names = append(names, name)
		}
	}
	for _, a := range cfg.StaticAddresses {
		add(a.Interface)
	}
	for _, r := range cfg.StaticRoutes {
		add(r.Dev)
	}
	for _, vi := range cfg.Instances {
		add(vi.Interface)
		for _, t := range vi.TrackInterfaces {
			add(t.Name)
		}
		for _, a := range concat(vi.VIPs, vi.ExcludedVIPs) {
			add(a.Interface)
		}
		for _, r := range vi.Routes {
			add(r.Dev)
		}
		for _, r := range vi.Rules {
			add(r.IIF)
			add(r.OIF)
		}
	}
	for _, group := range cfg.SyncGroups {
		for _, t := range group.TrackInterfaces {
			add(t.Name)
		}
	}
	return names
}

// detail writes a line of -D.
func (d *Daemon) detail(format string, args ...any) {
	if d.journal.detail {
		d.log.Log(noContext, logging.LevelDetail, fmt.Sprintf(format, args...))
	}
}
