package daemon

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/macvlan"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// A naming gives the devices of a configuration their names. What it finds on the machine counts: a device that
// fits is used whatever its name is, and a name that something else has is not taken.
type naming struct {
	log      *slog.Logger
	taken    map[string]bool // names of this configuration's devices
	existing *macvlan.Links
}

// nameDevices names the devices that instances, and addresses for themselves, ask for: vrrp.VRID, or the first
// of the names beside it that is free.
func nameDevices(log *slog.Logger, cfg *config.Config) {
	n := naming{log: log, taken: make(map[string]bool)}
	any := false
	for _, vi := range cfg.Instances {
		n.taken[deviceName(vi)] = true // what the file says comes first
		any = any || needsDevice(vi)
	}
	if !any {
		return
	}
	var err error
	if n.existing, err = macvlan.Existing(); err != nil {
		log.Error(err.Error())
		n.existing = &macvlan.Links{} // none is known
	}
	for _, vi := range cfg.Instances {
		n.instance(vi, cfg)
	}
}

func needsDevice(vi *config.Instance) bool {
	if vi.VMAC != nil || vi.IPVLAN != nil || vi.VMACAddresses {
		return true
	}
	for _, a := range concat(vi.VIPs, vi.ExcludedVIPs) {
		if a.UseVMAC {
			return true
		}
	}
	return false
}

func (n *naming) instance(vi *config.Instance, cfg *config.Config) {
	switch {
	case vi.VMAC != nil:
		n.own(vi, cfg.Global.VMACPrefix)
	case vi.IPVLAN != nil && vi.IPVLAN.Name == "":
		vi.IPVLAN.Name = n.free(cfg.Global.VMACPrefix, vi.VRID, vi.IPv6, func(name string) bool {
			return n.existing.FitsIPVLAN(name, vi.Interface)
		})
	}
	prefix := cmp.Or(cfg.Global.VMACAddressPrefix, cfg.Global.VMACPrefix)
	names := make(map[footing]string)
	if vi.VMAC != nil {
		names[footing{vi.Interface, virtualMAC(vi, vi.IPv6)}] = vi.VMAC.Name
	}
	for _, a := range concat(vi.VIPs, vi.ExcludedVIPs) {
		if !onDevice(vi, a) {
			continue
		}
		v6 := a.Prefix.Addr().Is6()
		at := footing{a.Interface, virtualMAC(vi, v6)}
		if names[at] == "" {
			names[at] = n.adopt(vi, at)
			if names[at] == "" {
				names[at] = n.free(prefix, vi.VRID, v6, nil)
			}
		}
		a.Device = names[at]
	}
}

// footing is what makes two devices the same: an interface, and a MAC address on it.
type footing struct {
	parent string
	mac    [6]byte
}

// own names an instance's own device.
func (n *naming) own(vi *config.Instance, prefix string) {
	name := vi.VMAC.Name
	at := footing{vi.Interface, virtualMAC(vi, vi.IPv6)}
	if name != "" && n.existing.Fits(name, at.parent, at.mac[:]) {
		return
	}
	switch found := n.adopt(vi, at); {
	case found != "" && name != "":
		n.log.Info(fmt.Sprintf("(%s) vmac name mismatch %s <=> %s. changing to %s.", vi.Name, name, found, found))
		vi.VMAC.Name = found
	case found != "":
		vi.VMAC.Name = found
	case name == "":
		vi.VMAC.Name = n.free(prefix, vi.VRID, vi.IPv6, nil)
	}
}

// adopt finds a device that is there and fits, if no other instance is to have it; "" if none.
func (n *naming) adopt(vi *config.Instance, at footing) string {
	name, ok := n.existing.Find(at.parent, at.mac[:])
	if !ok || n.taken[name] {
		return ""
	}
	n.taken[name] = true
	return name
}

// free is the first of the default names that nobody has, or that a device has which may be used.
func (n *naming) free(prefix string, vrid vrrp.VRID, v6 bool, usable func(name string) bool) string {
	for try := 0; ; try++ {
		name := defaultDeviceName(prefix, vrid, v6, try)
		if !n.taken[name] && (!n.existing.Has(name) || usable != nil && usable(name)) {
			n.taken[name] = true
			return name
		}
	}
}

// defaultDeviceName is the name to try after try others were taken. An IPv6 device tries vrrp6 second,
// because its IPv4 sister usually has the first.
func defaultDeviceName(prefix string, vrid vrrp.VRID, v6 bool, try int) string {
	prefix = cmp.Or(prefix, usualVMACPrefix)
	number := ""
	switch {
	case v6 && try == 1:
		number = "6"
	case v6 && try > 1 && try < 7:
		number = fmt.Sprint(try - 1)
	case try > 0:
		number = fmt.Sprint(try)
	}
	end := fmt.Sprintf("%s.%d", number, vrid)
	const longest = 15 // IFNAMSIZ without its NUL
	return prefix[:min(len(prefix), longest-len(end))] + end
}

// onDevice tells whether an address is carried by a device with a virtual MAC: the instance's own, or one that is
// made for it.
func onDevice(vi *config.Instance, a *config.Address) bool {
	switch {
	case a.Prefix.Addr().Is6() == vi.IPv6 && a.Interface == vi.Interface:
		return vi.VMAC != nil || a.UseVMAC
	case a.Interface == "" || a.Interface == deviceName(vi):
		return false
	}
	return a.UseVMAC || vi.VMACAddresses
}

// virtualMAC is the MAC address of an instance's devices for addresses of a family.
func virtualMAC(vi *config.Instance, v6 bool) [6]byte {
	if vi.VMAC != nil && vi.VMAC.MAC != [6]byte{} {
		return vi.VMAC.MAC
	}
	return vrrp.VirtualMAC(vi.VRID, v6)
}

// deviceName is the interface that an instance has for itself, with a virtual MAC or as an ipvlan; "" without one.
func deviceName(vi *config.Instance) string {
	switch {
	case vi.VMAC != nil:
		return vi.VMAC.Name
	case vi.IPVLAN != nil:
		return vi.IPVLAN.Name
	}
	return ""
}

// vmac is a device that an instance wants.
type vmac struct {
	instance string
	config   macvlan.Config
	number   int
}

// kind is what log lines call it.
func (v *vmac) kind() string {
	if v.config.IPVLAN != nil {
		return "ipvlan"
	}
	return "VMAC"
}

// vmacsOf are the devices that an instance asks for, its own first.
func vmacsOf(vi *config.Instance) (devices []vmac) {
	own := macvlan.Config{Name: deviceName(vi), Parent: vi.Interface, IPv6: vi.IPv6}
	switch {
	case vi.VMAC != nil:
		mac := virtualMAC(vi, vi.IPv6)
		own.MAC, own.Group, own.NoSource = mac[:], vi.VMAC.Group, vi.VMAC.XmitBase
		devices = append(devices, vmac{instance: vi.Name, config: own})
	case vi.IPVLAN != nil:
		own.Group, own.IPVLAN = vi.IPVLAN.Group, ipvlanOf(vi.IPVLAN)
		devices = append(devices, vmac{instance: vi.Name, config: own})
	}
	for _, a := range concat(vi.VIPs, vi.ExcludedVIPs) {
		v6 := a.Prefix.Addr().Is6()
		if v6 && own.Name != "" {
			devices[0].config.IPv6Addresses = true
		}
		switch at := indexOfDevice(devices, a.Device); {
		case a.Device == "":
		case at >= 0:
			devices[at].config.IPv6Addresses = devices[at].config.IPv6Addresses || v6
		default:
			mac := virtualMAC(vi, v6)
			devices = append(devices, vmac{instance: vi.Name, config: macvlan.Config{
				Name: a.Device, Parent: a.Interface, MAC: net.HardwareAddr(mac[:]), IPv6: v6,
			}})
		}
	}
	return devices
}

func indexOfDevice(devices []vmac, name string) int {
	for i := range devices {
		if devices[i].config.Name == name {
			return i
		}
	}
	return -1
}

func ipvlanOf(v *config.IPVLAN) *macvlan.IPVLAN {
	return &macvlan.IPVLAN{Address: v.Address, Private: v.Mode == config.IPVLANPrivate, VEPA: v.Mode == config.IPVLANVEPA}
}

// parentsOf are the interfaces below an instance's devices, by the devices' names.
func parentsOf(vi *config.Instance) map[string]string {
	var parents map[string]string
	for _, device := range vmacsOf(vi) {
		if parents == nil {
			parents = make(map[string]string)
		}
		parents[device.config.Name] = device.config.Parent
	}
	return parents
}
