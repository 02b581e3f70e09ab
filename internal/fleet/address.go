package fleet

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// checkAddresses compares what the routers bring up when they are Master.
func (c *checker) checkAddresses(v *virtualRouter) {
	usual := mostCommonMember(v.members, func(m *member) string { return addressSet(m.vi.VIPs) })
	for _, m := range v.members {
		switch {
		case addressSet(m.vi.VIPs) != addressSet(usual.vi.VIPs):
			c.reportAddresses(v, m, usual)
		case slices.CompareFunc(m.vi.VIPs, usual.vi.VIPs, byAddress) != 0:
			c.reportOrder(m, usual)
		}
	}
	c.comparePrefixes(v)
	c.compareExcluded(v)
}

// mostCommonMember is the first member with the value that most have.
func mostCommonMember(members []*member, value func(*member) string) *member {
	usual := mostCommon(members, value)
	return members[slices.IndexFunc(members, func(m *member) bool { return value(m) == usual })]
}

func addressSet(list []*config.Address) string { return strings.Join(texts(list), " ") }

// texts are the addresses, sorted and without prefix length.
func texts(list []*config.Address) []string {
	var all []netip.Addr
	for _, a := range list {
		all = append(all, a.Prefix.Addr())
	}
	slices.SortFunc(all, netip.Addr.Compare)
	var out []string
	for _, a := range slices.Compact(all) {
		out = append(out, a.String())
	}
	return out
}

func byAddress(a, b *config.Address) int { return a.Prefix.Addr().Compare(b.Prefix.Addr()) }

// minus are the addresses of a that b has not.
func minus(a, b []*config.Address) []string {
	have := texts(b)
	return slices.DeleteFunc(texts(a), func(text string) bool { return slices.Contains(have, text) })
}

// reportAddresses says which addresses are missing where. With all of them on one side the place is the
// surplus address itself.
func (c *checker) reportAddresses(v *virtualRouter, m, usual *member) {
	others := whoHave(v.members, func(o *member) bool { return addressSet(o.vi.VIPs) == addressSet(usual.vi.VIPs) })
	missing, surplus := minus(usual.vi.VIPs, m.vi.VIPs), minus(m.vi.VIPs, usual.vi.VIPs)
	var facts []string
	at := m.at.keyword("virtual_ipaddress")
	if len(missing) > 0 {
		facts = append(facts, fmt.Sprintf("%s of %s %s missing", listed(missing), listed(others), verb(missing, "is", "are")))
	}
	if len(surplus) > 0 {
		facts = append(facts, fmt.Sprintf("%s %s only here", listed(surplus), verb(surplus, "is", "are")))
	}
	if len(missing) == 0 {
		at = spanOf(m.vi.VIPs, surplus[0])
	}
	c.report(m.node, syntax.Error, CodeAddressesDiffer, at, "give all routers the same addresses",
		"%s: %s: what clients reach changes with the Master, and many routers drop adverts with another number of addresses", m.vi.Name, strings.Join(facts, ", "))
}

func spanOf(list []*config.Address, text string) syntax.Span {
	for _, a := range list {
		if a.Prefix.Addr().String() == text {
			return a.Span
		}
	}
	return syntax.Span{}
}

// reportOrder is a warning: keepalived looks for each address wherever it stands in the advert.
func (c *checker) reportOrder(m, usual *member) {
	for i, a := range m.vi.VIPs {
		if want := usual.vi.VIPs[i]; a.Prefix.Addr() != want.Prefix.Addr() {
			c.report(m.node, syntax.Warning, CodeAddressOrder, a.Span, "write the addresses in one order everywhere",
				"%s: %s stands where %s has %s: keepalived accepts another order, other routers need not", m.vi.Name,
				a.Prefix.Addr(), usual.Name, want.Prefix.Addr())
			return
		}
	}
}

// comparePrefixes compares the prefix lengths of addresses that several routers have, in both lists.
func (c *checker) comparePrefixes(v *virtualRouter) {
	type owner struct {
		m *member
		a *config.Address
	}
	first := map[netip.Addr]owner{}
	for _, m := range v.members {
		for _, a := range slices.Concat(m.vi.VIPs, m.vi.ExcludedVIPs) {
			addr := a.Prefix.Addr()
			known, ok := first[addr]
			if !ok {
				first[addr] = owner{m, a}
				continue
			}
			if known.m != m && known.a.Prefix.Bits() != a.Prefix.Bits() {
				c.report(m.node, syntax.Warning, CodePrefixDiffers, a.Span, "write the same prefix length everywhere",
					"%s: %s is a /%d here and a /%d on %s: routes to its network come and go with the Master", m.vi.Name,
					addr, a.Prefix.Bits(), known.a.Prefix.Bits(), known.m.Name)
			}
		}
	}
}

// compareExcluded compares the addresses that adverts do not carry, so that nobody else would notice.
func (c *checker) compareExcluded(v *virtualRouter) {
	usual := mostCommonMember(v.members, func(m *member) string { return addressSet(m.vi.ExcludedVIPs) })
	for _, m := range v.members {
		missing := minus(minusList(usual.vi.ExcludedVIPs, m.vi.VIPs), m.vi.ExcludedVIPs)
		surplus := minus(minusList(m.vi.ExcludedVIPs, usual.vi.VIPs), usual.vi.ExcludedVIPs)
		const why = "it comes and goes with the Master"
		for _, text := range missing {
			c.report(m.node, syntax.Warning, CodeExcludedDiffer, m.at.keyword("virtual_ipaddress_excluded"), "give all routers the same addresses",
				"%s: excluded address %s of %s is missing: %s", m.vi.Name, text, usual.Name, why)
		}
		for _, text := range surplus {
			c.report(m.node, syntax.Warning, CodeExcludedDiffer, spanOf(m.vi.ExcludedVIPs, text), "give all routers the same addresses",
				"%s: excluded address %s is not that of %s: %s", m.vi.Name, text, usual.Name, why)
		}
	}
}

// minusList leaves out addresses that are in the other list: between the two lists is told elsewhere.
func minusList(list, other []*config.Address) []*config.Address {
	have := texts(other)
	return slices.DeleteFunc(slices.Clone(list), func(a *config.Address) bool { return slices.Contains(have, a.Prefix.Addr().String()) })
}
