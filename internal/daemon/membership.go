package daemon

import (
	"net"
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/firewall"
	"github.com/govrrpd/govrrpd/internal/netmon"
)

// Membership reports (IGMP, MLD) of VMACs leave from their parents. For that the firewall must know, before a
// VMAC can send anything, on which interface it is.

// devicesOf are the VMACs that instances have, with what their interfaces are like at this moment.
func devicesOf(instances ...*config.Instance) (devices []firewall.Device) {
	if !slices.ContainsFunc(instances, needsDevice) {
		return nil
	}
	virtual := make(map[netip.Addr]bool)
	for _, vi := range instances {
		for _, a := range concat(vi.VIPs, vi.ExcludedVIPs) {
			if addr := a.Prefix.Addr(); addr.Is6() && addr.IsLinkLocalUnicast() {
				virtual[addr] = true
			}
		}
	}
	type parent struct {
		index int
		local []netip.Addr
	}
	parents := make(map[string]parent)
	known := make(map[string]bool)
	for _, vi := range instances {
		for _, made := range vmacsOf(vi) {
			name, below := made.config.Name, made.config.Parent
			if made.config.IPVLAN != nil || known[name] {
				continue
			}
			p, ok := parents[below]
			if !ok {
				p.index, p.local = linkLocalsOf(below)
				p.local = slices.DeleteFunc(p.local, func(a netip.Addr) bool { return virtual[a] })
				parents[below] = p
			}
			if p.index == 0 {
				continue // it comes when its interface does
			}
			known[name] = true
			device := firewall.Device{Name: name, Parent: p.index, IPv4: !made.config.IPv6, IPv6: made.config.IPv6 || made.config.IPv6Addresses}
			if made.config.IPv6 {
				device.LinkLocal = p.local
			}
			devices = append(devices, device)
		}
	}
	return devices
}

// linkLocalsOf is an interface's index, 0 without one, and its link-local addresses.
func linkLocalsOf(name string) (index int, local []netip.Addr) {
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return 0, nil
	}
	addrs, err := iface.Addrs()
	if err != nil {
		return iface.Index, nil
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
			local = append(local, p.Addr())
		}
	}
	return iface.Index, local
}

// firewallNews follows the interfaces below VMACs, whose indexes and addresses the rules name.
func (d *Daemon) firewallNews(events []netmon.Event) {
	if !slices.ContainsFunc(events, d.concernsVMACs) {
		return
	}
	instances := d.plan.cfg.Instances
	d.lane.do(func() { d.guard.devices(devicesOf(instances...)) })
}

func (d *Daemon) concernsVMACs(ev netmon.Event) bool {
	switch ev.Kind {
	case netmon.LinkChanged:
		return d.plan.vmacParents[ev.Link.Name]
	case netmon.AddressAdded, netmon.AddressGone:
		addr := ev.Address.Prefix.Addr()
		return addr.Is6() && addr.IsLinkLocalUnicast() && !d.plan.virtual[addr] &&
			d.plan.vmacParents[d.network.Load().names[ev.Address.Index]]
	}
	return ev.Kind == netmon.Resync
}
