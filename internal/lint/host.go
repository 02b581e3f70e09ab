package lint

import (
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Host tells what is known of the machine that the configuration is for.
type Host interface {
	// Addresses are those of an interface, with the lengths of their prefixes; none if there is no such one.
	Addresses(device string) []netip.Prefix
}

// CheckHost returns what is doubtful on this machine, beside what Check says: it takes the addresses of the
// interfaces where Check knows the source of the adverts at best.
func CheckHost(cfg *config.Config, tree *syntax.Tree, host Host) []syntax.Diagnostic {
	if unread(cfg) {
		return nil
	}
	l := newLinter(cfg, tree)
	for _, vi := range cfg.Instances {
		l.checkSource(vi, host)
		for _, a := range slices.Concat(vi.VIPs, vi.ExcludedVIPs) {
			l.checkPlace(vi, a, host.Addresses(a.Interface))
		}
	}
	return l.findings()
}

// checkSource looks for the source of the adverts on their interface.
func (l *linter) checkSource(vi *config.Instance, host Host) {
	addresses := host.Addresses(vi.Interface)
	if vi.Interface == "" || len(addresses) == 0 || !vi.Source.IsValid() || vi.TrackSource {
		return
	}
	if !slices.ContainsFunc(addresses, func(p netip.Prefix) bool { return p.Addr() == vi.Source }) {
		l.warn(CodeSourceMissing, l.at(vi, vi.SourceFrom), "write an address of "+vi.Interface,
			"(%s) %s %s is no address of %s, which has %v: what is sent to it does not arrive here", vi.Name, vi.SourceFrom, vi.Source, vi.Interface, addresses)
	}
}

// checkPlace compares an address with the subnets of its interface. The address itself is there while this
// router is Master, and says nothing.
func (l *linter) checkPlace(vi *config.Instance, a *config.Address, addresses []netip.Prefix) {
	addr := a.Prefix.Addr()
	own := slices.DeleteFunc(slices.Clone(addresses), func(p netip.Prefix) bool {
		return p.Addr().Is4() != addr.Is4() || l.isVIP(p.Addr())
	})
	if !vi.Source.IsValid() || a.Interface != vi.Interface || !a.Prefix.Contains(vi.Source) { // else Check says it
		for _, p := range own {
			l.checkPrefix(vi, a, p.Addr())
		}
	}
	if !addr.Is4() || len(own) == 0 || !a.Prefix.IsSingleIP() {
		return // a longer subnet comes with the address
	}
	if !slices.ContainsFunc(own, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		l.note(CodeForeignSubnet, a.Span, "write the prefix length of its subnet, or the right dev",
			"(%s) %s is in none of the subnets of %s, which has %v: other hosts there will hardly look for it", vi.Name, addr, a.Interface, own)
	}
}

// isVIP reports whether some instance has the address.
func (l *linter) isVIP(addr netip.Addr) bool {
	if l.vips == nil {
		l.vips = map[netip.Addr]bool{}
		for _, vi := range l.cfg.Instances {
			for _, a := range slices.Concat(vi.VIPs, vi.ExcludedVIPs) {
				l.vips[a.Prefix.Addr()] = true
			}
		}
	}
	return l.vips[addr]
}
