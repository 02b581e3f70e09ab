package daemon

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/macvlan"
)

// vmacs are the interfaces with virtual MAC addresses, and the settings of other interfaces that a
// configuration asks for. The loop, the lane and a reload use it.
type vmacs struct {
	log  *slog.Logger
	ours sync.Map // any goroutine: the names of all that were made or taken over

	mu       sync.Mutex
	manager  *macvlan.Manager // nil until one is needed
	wanted   map[string]vmac  // by name; also those whose parent does not exist yet
	count    int              // that were ever wanted
	devices  map[string]bool  // that exist
	fresh    map[string]bool  // that this run has made: nothing can be left on them
	promoted []string         // interfaces whose secondaries are kept
	promote  map[string]bool  // that should be: some may not exist yet
	silenced bool             // disable_local_igmp is in force
	closed   bool             // the daemon ends: nothing more is made
}

func newVMACs(log *slog.Logger) *vmacs {
	return &vmacs{log: log, wanted: make(map[string]vmac), devices: make(map[string]bool), fresh: make(map[string]bool), promote: make(map[string]bool)}
}

// create makes the interfaces and settings that cfg asks for, beside those that are there. An instance
// whose interface cannot be made is put into FAULT by its absence; only what concerns all is an error.
func (v *vmacs) create(cfg *config.Config) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil // a reload that was being prepared when the daemon stopped
	}
	if cfg.Global.DisableLocalIGMP {
		if err := v.silence(); err != nil {
			return err
		}
	}
	for _, vi := range cfg.Instances {
		devices := vmacsOf(vi)
		if len(devices) == 0 && !vi.PromoteSecondaries {
			continue
		}
		if err := v.open(); err != nil {
			return err
		}
		for _, device := range devices {
			device.number = v.number(device.config.Name)
			if macvlan.Exists(device.config.Parent) {
				delete(v.devices, device.config.Name) // so that it is told of
				v.make(device)
			} else {
				v.wanted[device.config.Name] = device // made when its parent appears
			}
		}
		if vi.PromoteSecondaries {
			v.promote[vi.Interface] = true
			v.keepSecondaries(vi.Interface)
		}
	}
	return nil
}

// number is the number of a device: they are removed in the order in which they were asked for first.
func (v *vmacs) number(name string) int {
	if known, ok := v.wanted[name]; ok {
		return known.number
	}
	v.count++
	return v.count
}

func (v *vmacs) open() (err error) {
	if v.manager != nil {
		return nil
	}
	if v.manager, err = macvlan.Open(); err == nil {
		v.manager.Notice = func(text string) { v.log.Info("NOTICE: " + text) }
	}
	return err
}

func (v *vmacs) make(want vmac) {
	name := want.config.Name
	v.wanted[name] = want
	v.ours.Store(name, true) // before the kernel tells of it
	device, err := v.manager.Create(want.config)
	if err != nil {
		delete(v.devices, name)
		v.log.Error(err.Error())
		v.log.Error(fmt.Sprintf("(%s): Unable to create %s interface %s", want.instance, want.kind(), name))
		return
	}
	known := v.devices[name]
	v.devices[name] = true
	if device.Replaced {
		v.log.Info(fmt.Sprintf("(%s) %s %s already exists but is incompatible. It will be deleted/updated", want.instance, strings.ToUpper(want.kind()), name))
	}
	switch {
	case device.Updated:
		v.log.Info(fmt.Sprintf("(%s): Success updating %s interface %s", want.instance, want.kind(), name))
	case device.Created:
		v.fresh[name] = true
		v.log.Info(fmt.Sprintf("(%s): Success creating %s interface %s", want.instance, want.kind(), name))
	case !known:
		v.log.Info(fmt.Sprintf("(%s) Found matching interface %s", want.instance, name))
	}
	if device.Settings != nil {
		v.log.Warn(fmt.Sprintf("settings of %s: %v", name, device.Settings))
	}
}

// isOurs tells whether a device of this name was made or taken over by this run. It never waits.
func (v *vmacs) isOurs(name string) bool {
	_, ours := v.ours.Load(name)
	return ours
}

// isFresh tells whether this run has made a device.
func (v *vmacs) isFresh(name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fresh[name]
}

// silence keeps the kernel from telling of the groups that Virtual Routers join (disable_local_igmp).
func (v *vmacs) silence() error {
	if v.silenced {
		return nil
	}
	if err := v.open(); err != nil {
		return err
	}
	if err := v.manager.SilenceLocalReports(); err != nil {
		v.log.Error(fmt.Sprintf("disable_local_igmp: %v", err))
		return nil
	}
	v.silenced = true
	return nil
}

// keepSecondaries keeps the secondary addresses of an interface when their primary goes.
func (v *vmacs) keepSecondaries(iface string) {
	if slices.Contains(v.promoted, iface) || !macvlan.Exists(iface) {
		return
	}
	if err := v.manager.KeepSecondaries(iface); err != nil {
		v.log.Warn(fmt.Sprintf("promote_secondaries: %v", err))
		return
	}
	v.promoted = append(v.promoted, iface)
}

// keep removes the interfaces that cfg does not ask for, and gives back the settings.
func (v *vmacs) keep(cfg *config.Config) {
	wanted, promoted := make(map[string]bool), make(map[string]bool)
	for _, vi := range cfg.Instances {
		for _, device := range vmacsOf(vi) {
			wanted[device.config.Name] = true
		}
		if vi.PromoteSecondaries {
			promoted[vi.Interface] = true
		}
	}
	v.removeIf(func(name string) bool { return !wanted[name] })
	v.demoteIf(func(iface string) bool { return !promoted[iface] })
	v.mu.Lock()
	defer v.mu.Unlock()
	v.promote = promoted
}

// gone makes a device again that somebody deleted. One whose parent is gone too waits for that.
func (v *vmacs) gone(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	want, ours := v.wanted[name]
	if !ours {
		return
	}
	delete(v.devices, name)
	if macvlan.Exists(want.config.Parent) {
		v.make(want)
	}
}

// renamed follows an interface that has another name now. The devices on one whose name is asked for go with the
// name. A device that was renamed itself is in the way of the one that is made in its place.
func (v *vmacs) renamed(before, now string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(v.wanted)) {
		if want := v.wanted[name]; want.config.Parent == before && v.devices[name] {
			v.discard(want)
		}
	}
	want, ours := v.wanted[before]
	if !ours || !v.devices[before] {
		return
	}
	delete(v.devices, before)
	if err := v.manager.Remove(now); err != nil {
		v.log.Warn(err.Error())
	}
	if macvlan.Exists(want.config.Parent) {
		v.make(want)
	}
}

// discard removes a device that is made again later.
func (v *vmacs) discard(want vmac) {
	delete(v.devices, want.config.Name)
	if err := v.manager.Remove(want.config.Name); err != nil {
		v.log.Warn(err.Error())
		return
	}
	v.log.Info(fmt.Sprintf("(%s) Success removing VMAC interface %s", want.instance, want.config.Name))
}

// renew gives a device back what somebody has taken from it: the kernel removes the link-local address,
// without which no IPv6 advert leaves, from one that is set down.
func (v *vmacs) renew(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if want := v.wanted[name]; v.devices[name] && (want.config.IPv6 || want.config.IPVLAN != nil) {
		v.make(want)
	}
}

// appeared makes the devices whose parent has just come to be.
func (v *vmacs) appeared(parent string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name, want := range v.wanted {
		if want.config.Parent == parent && !v.devices[name] {
			v.make(want)
		}
	}
	if v.promote[parent] && !v.closed {
		v.demote(parent) // what the interface was that had this name before
		v.keepSecondaries(parent)
	}
}

// follow has the devices of an interface that was moved into or out of a VRF move too.
func (v *vmacs) follow(parent string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name, want := range v.wanted {
		if want.config.Parent == parent && v.devices[name] {
			v.make(want)
		}
	}
}

// deviceGrace is how long a reload waits for news of the devices that it has made.
const deviceGrace = time.Second

// awaitDevices waits until the loop has heard that the devices are up: it would take one for an interface that is
// down otherwise, and put its instance into FAULT for a moment. The loop itself does not wait.
func (d *Daemon) awaitDevices() {
	devices := d.vmacs.parents()
	until := time.Now().Add(deviceGrace)
	for time.Now().Before(until) && !d.network.Load().showsDevices(devices) {
		time.Sleep(time.Millisecond)
	}
}

// parents are the interfaces below the devices that exist.
func (v *vmacs) parents() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	parents := make(map[string]string)
	for name := range v.devices {
		parents[name] = v.wanted[name].config.Parent
	}
	return parents
}

// showsDevices tells whether the devices are up whose parents are.
func (n *network) showsDevices(parents map[string]string) bool {
	for device, parent := range parents {
		if n.links[parent].Up && !n.links[device].Up {
			return false
		}
	}
	return true
}

// remove removes all of them and gives the settings back. It is the last that is done with v: whatever asks for
// an interface afterwards gets none.
func (v *vmacs) remove() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.removeIf(func(string) bool { return true })
	v.demoteIf(func(string) bool { return true })
	if v.silenced {
		if err := v.manager.ReleaseLocalReports(); err != nil {
			v.log.Warn(fmt.Sprintf("disable_local_igmp: %v", err))
		}
	}
}

// demoteIf ends what keepSecondaries began.
func (v *vmacs) demoteIf(condition func(iface string) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, iface := range slices.Clone(v.promoted) {
		if condition(iface) {
			v.demote(iface)
		}
	}
}

func (v *vmacs) demote(iface string) {
	at := slices.Index(v.promoted, iface)
	if at < 0 {
		return
	}
	v.promoted = slices.Delete(v.promoted, at, at+1)
	if err := v.manager.ReleaseSecondaries(iface); err != nil {
		v.log.Warn(fmt.Sprintf("promote_secondaries: %v", err))
	}
}

func (v *vmacs) removeIf(condition func(name string) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	byNumber := func(a, b string) int { return cmp.Compare(v.wanted[a].number, v.wanted[b].number) }
	names := slices.SortedFunc(maps.Keys(v.wanted), byNumber)
	names = slices.DeleteFunc(names, func(name string) bool { return !condition(name) })
	if len(names) == 0 {
		return
	}
	for i, err := range v.manager.RemoveAll(names) {
		name := names[i]
		want, existed := v.wanted[name], v.devices[name]
		delete(v.wanted, name)
		delete(v.devices, name)
		switch {
		case err != nil:
			v.log.Warn(err.Error())
		case existed:
			v.log.Info(fmt.Sprintf("(%s) Success removing VMAC interface %s", want.instance, name))
		}
	}
}
