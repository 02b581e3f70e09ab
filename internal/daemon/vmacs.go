package daemon

import (
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/macvlan"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// vmacs are the interfaces with virtual MAC addresses, and the settings of other interfaces that a
// configuration asks for. The loop, the lane and a reload use it.
type vmacs struct {
	log *slog.Logger

	mu       sync.Mutex
	manager  *macvlan.Manager // nil until one is needed
	wanted   map[string]vmac  // by name; also those whose parent does not exist yet
	devices  map[string]bool  // that exist
	promoted []string         // interfaces whose secondaries are kept
	closed   bool             // the daemon ends: nothing more is made
}

// vmac is a device that an instance wants.
type vmac struct {
	instance string
	config   macvlan.Config
}

func newVMACs(log *slog.Logger) *vmacs {
	return &vmacs{log: log, wanted: make(map[string]vmac), devices: make(map[string]bool)}
}

// nameVMACs gives each instance's VMAC its name: vrrp.VRID, or the first of the names beside it that no
// instance before has.
func nameVMACs(cfg *config.Config) {
	taken := make(map[string]bool)
	for _, vi := range cfg.Instances {
		if vi.VMAC != nil {
			taken[vi.VMAC.Name] = true
		}
	}
	for _, vi := range cfg.Instances {
		if vi.VMAC == nil || vi.VMAC.Name != "" {
			continue
		}
		for try := 0; vi.VMAC.Name == "" || taken[vi.VMAC.Name]; try++ {
			vi.VMAC.Name = defaultVMACName(cfg.Global.VMACPrefix, vi, try)
		}
		taken[vi.VMAC.Name] = true
	}
}

// defaultVMACName is the name to try after try others were taken. An IPv6 instance tries vrrp6 second,
// because its IPv4 sister usually has the first.
func defaultVMACName(prefix string, vi *config.Instance, try int) string {
	if prefix == "" {
		prefix = "vrrp"
	}
	number := ""
	switch {
	case vi.IPv6 && try == 1:
		number = "6"
	case vi.IPv6 && try > 1 && try < 7:
		number = fmt.Sprint(try - 1)
	case try > 0:
		number = fmt.Sprint(try)
	}
	end := fmt.Sprintf("%s.%d", number, vi.VRID)
	const longest = 15 // IFNAMSIZ without its NUL
	return prefix[:min(len(prefix), longest-len(end))] + end
}

// vmacName is the interface that carries an instance's virtual MAC, "" without one.
func vmacName(vi *config.Instance) string {
	if vi.VMAC == nil {
		return ""
	}
	return vi.VMAC.Name
}

func vmacConfig(vi *config.Instance) macvlan.Config {
	mac := vrrp.VirtualMAC(vi.VRID, vi.IPv6)
	if vi.VMAC.MAC != [6]byte{} {
		mac = vi.VMAC.MAC
	}
	cfg := macvlan.Config{Name: vi.VMAC.Name, Parent: vi.Interface, MAC: net.HardwareAddr(mac[:]), IPv6: vi.IPv6}
	for _, a := range vi.ExcludedVIPs {
		cfg.IPv6Addresses = cfg.IPv6Addresses || a.Prefix.Addr().Is6()
	}
	return cfg
}

// create makes the interfaces and settings that cfg asks for, beside those that are there. An instance
// whose interface cannot be made is put into FAULT by its absence; only what concerns all is an error.
func (v *vmacs) create(cfg *config.Config) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil // a reload that was being prepared when the daemon stopped
	}
	for _, vi := range cfg.Instances {
		if vi.VMAC == nil && !vi.PromoteSecondaries {
			continue
		}
		if err := v.open(); err != nil {
			return err
		}
		if vi.VMAC != nil && !exists(vi.Interface) {
			v.wanted[vi.VMAC.Name] = vmac{vi.Name, vmacConfig(vi)} // made when its parent appears
			continue
		}
		if vi.VMAC != nil {
			v.make(vmac{vi.Name, vmacConfig(vi)})
		} else {
			v.promote(vi.Interface)
		}
	}
	return nil
}

func (v *vmacs) open() (err error) {
	if v.manager == nil {
		v.manager, err = macvlan.Open()
	}
	return err
}

func (v *vmacs) make(want vmac) {
	name := want.config.Name
	v.wanted[name] = want
	device, err := v.manager.Create(want.config)
	if err != nil {
		delete(v.devices, name)
		v.log.Error(fmt.Sprintf("(%s): %v", want.instance, err))
		return
	}
	known := v.devices[name]
	v.devices[name] = true
	switch {
	case device.Created:
		v.log.Info(fmt.Sprintf("(%s): Success creating VMAC interface %s", want.instance, name))
	case !known:
		v.log.Info(fmt.Sprintf("(%s): Found matching interface %s", want.instance, name))
	}
	if device.Settings != nil {
		v.log.Warn(fmt.Sprintf("settings of %s: %v", name, device.Settings))
	}
}

// promote keeps the secondary addresses of an interface when their primary goes.
func (v *vmacs) promote(iface string) {
	if slices.Contains(v.promoted, iface) {
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
		wanted[vmacName(vi)] = true
		if vi.VMAC == nil && vi.PromoteSecondaries {
			promoted[vi.Interface] = true
		}
	}
	v.removeIf(func(name string) bool { return !wanted[name] })
	v.demoteIf(func(iface string) bool { return !promoted[iface] })
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
	if exists(want.config.Parent) {
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
	if exists(want.config.Parent) {
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
	if want := v.wanted[name]; v.devices[name] && want.config.IPv6 {
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
}

// exists tells whether there is an interface of that name.
func exists(name string) bool {
	_, err := net.InterfaceByName(name)
	return err == nil
}

// remove removes all of them and gives the settings back. It is the last that is done with v: whatever asks for
// an interface afterwards gets none.
func (v *vmacs) remove() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.removeIf(func(string) bool { return true })
	v.demoteIf(func(string) bool { return true })
}

// demoteIf ends what promote began.
func (v *vmacs) demoteIf(condition func(iface string) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.promoted = slices.DeleteFunc(v.promoted, func(iface string) bool {
		if !condition(iface) {
			return false
		}
		if err := v.manager.ReleaseSecondaries(iface); err != nil {
			v.log.Warn(fmt.Sprintf("promote_secondaries: %v", err))
		}
		return true
	})
}

func (v *vmacs) removeIf(condition func(name string) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(v.wanted)) {
		if !condition(name) {
			continue
		}
		want, existed := v.wanted[name], v.devices[name]
		delete(v.wanted, name)
		delete(v.devices, name)
		if err := v.manager.Remove(name); err != nil {
			v.log.Warn(err.Error())
			continue
		}
		if existed {
			v.log.Info(fmt.Sprintf("(%s) Success removing VMAC interface %s", want.instance, name))
		}
	}
}
