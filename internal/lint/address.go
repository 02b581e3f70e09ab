package lint

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// checkOwnAddresses looks at the addresses of one instance.
func (l *linter) checkOwnAddresses(vi *config.Instance) {
	for _, a := range slices.Concat(vi.VIPs, vi.ExcludedVIPs) {
		if !l.checkSubnetAddress(vi, a) && vi.Source.IsValid() && a.Interface == vi.Interface {
			l.checkPrefix(vi, a, vi.Source)
		}
		if a.Prefix.Addr() == vi.Source && !owner(vi) {
			l.warn(CodeSourceIsVIP, l.at(vi, vi.SourceFrom), "write an address that this router always has",
				"(%s) %s %s is one of its virtual addresses: a Backup does not have it, and could neither send nor receive with it", vi.Name, vi.SourceFrom, vi.Source)
		}
	}
}

// checkSubnetAddress finds addresses that no host may have, and reports whether this is one.
func (l *linter) checkSubnetAddress(vi *config.Instance, a *config.Address) bool {
	addr, bits := a.Prefix.Addr(), a.Prefix.Bits()
	if !addr.Is4() || bits > 30 {
		return false
	}
	switch addr {
	case a.Prefix.Masked().Addr():
		l.warn(CodeSubnetAddress, a.Span, "write the address of a host", "(%s) %s is the address of the subnet %s itself, not that of a host", vi.Name, addr, a.Prefix.Masked())
	case broadcast(a.Prefix):
		l.warn(CodeSubnetAddress, a.Span, "write the address of a host", "(%s) %s is the broadcast address of %s, not that of a host", vi.Name, addr, a.Prefix.Masked())
	default:
		return false
	}
	return true
}

func broadcast(p netip.Prefix) netip.Addr {
	octets := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		octets[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(octets)
}

// checkPrefix finds prefixes that contain an address that the interface has by itself: then the kernel has two
// addresses, or even two interfaces, for one subnet. The source of the adverts is such an address.
func (l *linter) checkPrefix(vi *config.Instance, a *config.Address, source netip.Addr) {
	if !source.Is4() || !a.Prefix.Addr().Is4() || a.Prefix.IsSingleIP() || !a.Prefix.Contains(source) ||
		a.NoPrefixRoute || a.Prefix.Addr() == source {
		return
	}
	single := netip.PrefixFrom(a.Prefix.Addr(), 32)
	if vi.VMAC != nil {
		l.warn(CodeSecondSubnet, a.Span, "write "+single.String(),
			"(%s) %s brings a subnet along in which %s is %s already: a Master has two routes to it, one of them through the virtual MAC device and from the virtual address", vi.Name, a.Prefix, a.Interface, source)
		return
	}
	l.note(CodeSecondSubnet, a.Span, "write "+single.String(),
		"(%s) %s brings a subnet along in which %s is %s already: the kernel may remove this address with that one, or have two routes to the subnet", vi.Name, a.Prefix, a.Interface, source)
}

// checkAddresses finds addresses that two instances both set and remove.
func (l *linter) checkAddresses() {
	type place struct {
		addr netip.Addr
		dev  string // of addresses that mean something on their link only
		vrf  string
	}
	holders := map[place]*config.Instance{}
	for _, vi := range l.cfg.Instances {
		for _, a := range slices.Concat(vi.VIPs, vi.ExcludedVIPs) {
			p := place{addr: a.Prefix.Addr(), vrf: vi.VRF}
			if p.addr.IsLinkLocalUnicast() {
				p.dev = a.Interface
			}
			first := holders[p]
			if first == nil {
				holders[p] = vi
				continue
			}
			if first != vi { // twice in one instance is a finding of config
				l.warn(CodeSharedAddress, a.Span, "leave it to one of them",
					"(%s) address %s is also one of %s: as soon as one of the two is no longer Master it takes the address from the other", vi.Name, p.addr, first.Name)
			}
		}
	}
}

// checkStatic finds virtual addresses that are set whatever the state.
func (l *linter) checkStatic() {
	static := map[netip.Addr]bool{}
	for _, a := range l.cfg.StaticAddresses {
		static[a.Prefix.Addr()] = true
	}
	for _, vi := range l.cfg.Instances {
		for _, a := range slices.Concat(vi.VIPs, vi.ExcludedVIPs) {
			if static[a.Prefix.Addr()] && !owner(vi) {
				l.warn(CodeStaticIsVIP, a.Span, "take it out of static_ipaddress",
					"(%s) virtual address %s is in static_ipaddress too: a Backup has it as well, and the LAN has it twice", vi.Name, a.Prefix.Addr())
			}
		}
	}
}

// checkGateways finds virtual routes that lead to this router itself.
func (l *linter) checkGateways(vi *config.Instance) {
	if len(vi.Routes) == 0 {
		return
	}
	own := map[netip.Addr]bool{}
	for _, a := range slices.Concat(vi.VIPs, vi.ExcludedVIPs) {
		own[a.Prefix.Addr()] = true
	}
	for _, r := range vi.Routes {
		gateways := []netip.Addr{r.Via}
		for _, hop := range r.Nexthops {
			gateways = append(gateways, hop.Via)
		}
		for _, via := range gateways {
			if own[via] {
				l.warn(CodeGatewayIsVIP, r.Span, "name another router", "(%s) the route goes via %s, a virtual address of this instance: a Master is that itself, and the kernel refuses such a route", vi.Name, via)
			}
		}
	}
}

// checkVRIDs finds VRIDs that serve several interfaces, and tells it once: a site that numbers so does it everywhere.
func (l *linter) checkVRIDs() {
	var reused []reuse
	type router struct {
		vrid vrrp.VRID
		ipv6 bool
	}
	first, told := map[router]*config.Instance{}, map[router]bool{}
	for _, vi := range l.cfg.Instances {
		r := router{vi.VRID, vi.IPv6}
		other := first[r]
		switch {
		case vi.Unicast || vi.VRID == 0 || vi.Interface == "" || told[r]:
		case other == nil:
			first[r] = vi
		case other.Interface != vi.Interface:
			told[r] = true
			if !l.tellSameMAC(vi, other) {
				reused = append(reused, reuse{vi, other})
			}
		}
	}
	l.tellReuse(reused)
}

// reuse is an instance whose VRID another one has on another interface.
type reuse struct{ vi, other *config.Instance }

const ownVRID = "give each Virtual Router of a site a VRID of its own"

func (l *linter) tellSameMAC(vi, other *config.Instance) bool {
	if vi.VMAC == nil || other.VMAC == nil || vi.VMAC.MAC != other.VMAC.MAC {
		return false
	}
	l.warn(CodeSameMAC, l.at(vi, "virtual_router_id"), ownVRID,
		"(%s) virtual_router_id %d on %s is that of %s on %s too, and so is the virtual MAC address: a switch that learns addresses for all VLANs together sees it move with each frame", vi.Name, vi.VRID, vi.Interface, other.Name, other.Interface)
	return true
}

func (l *linter) tellReuse(reused []reuse) {
	if len(reused) == 0 {
		return
	}
	vi, other := reused[0].vi, reused[0].other
	more := ""
	if rest := reused[1:]; len(rest) > 0 {
		const few = 3
		var names []string
		for _, r := range rest[:min(few, len(rest))] {
			names = append(names, fmt.Sprintf("%d of %s", r.vi.VRID, r.vi.Name))
		}
		more = fmt.Sprintf("; so it is with %d more (%s", len(rest), strings.Join(names, ", "))
		if len(rest) > few {
			more += ", …"
		}
		more += ")"
	}
	l.note(CodeVRIDReused, l.at(vi, "virtual_router_id"), ownVRID,
		"(%s) virtual_router_id %d on %s is that of %s on %s too: should the two links ever be bridged, each would fight the other%s", vi.Name, vi.VRID, vi.Interface, other.Name, other.Interface, more)
}
