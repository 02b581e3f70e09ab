package daemon

import (
	"fmt"
	"log/slog"
	"net"
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
	devices  map[string]macvlan.Config
	promoted []string // interfaces whose secondaries are kept
}

func newVMACs(log *slog.Logger) *vmacs {
	return &vmacs{log: log, devices: make(map[string]macvlan.Config)}
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
	for _, vi := range cfg.Instances {
		if vi.VMAC == nil && !vi.PromoteSecondaries {
			continue
		}
		if err := v.open(); err != nil {
			return err
		}
		if vi.VMAC != nil {
			v.make(vmacConfig(vi))
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

func (v *vmacs) make(cfg macvlan.Config) {
	device, err := v.manager.Create(cfg)
	if err != nil {
		v.log.Error(err.Error())
		return
	}
	_, known := v.devices[cfg.Name]
	v.devices[cfg.Name] = cfg
	switch {
	case device.Created:
		v.log.Info("Success creating VMAC interface " + cfg.Name)
	case !known:
		v.log.Info("Found matching interface " + cfg.Name)
	}
	if device.Settings != nil {
		v.log.Warn(fmt.Sprintf("settings of %s: %v", cfg.Name, device.Settings))
	}
}

// promote keeps the secondary addresses of an interface when their primary goes.
func (v *vmacs) promote(iface string) {
	if err := v.manager.KeepSecondaries(iface); err != nil {
		v.log.Warn(fmt.Sprintf("promote_secondaries: %v", err))
		return
	}
	v.promoted = append(v.promoted, iface)
}

// keep removes the interfaces that cfg does not ask for.
func (v *vmacs) keep(cfg *config.Config) {
	wanted := make(map[string]bool)
	for _, vi := range cfg.Instances {
		wanted[vmacName(vi)] = true
	}
	v.removeIf(func(name string) bool { return !wanted[name] })
}

// gone makes an interface again that somebody deleted.
func (v *vmacs) gone(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if cfg, ours := v.devices[name]; ours {
		v.make(cfg)
	}
}

// remove removes all of them and gives the settings back.
func (v *vmacs) remove() {
	v.removeIf(func(string) bool { return true })
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, iface := range v.promoted {
		if err := v.manager.ReleaseSecondaries(iface); err != nil {
			v.log.Warn(fmt.Sprintf("promote_secondaries: %v", err))
		}
	}
	v.promoted = nil
}

func (v *vmacs) removeIf(condition func(name string) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name := range v.devices {
		if !condition(name) {
			continue
		}
		delete(v.devices, name)
		if err := v.manager.Remove(name); err != nil {
			v.log.Warn(err.Error())
			continue
		}
		v.log.Info("Success removing VMAC interface " + name)
	}
}
