package check

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// A Machine is a Host that can also tell in what state it is now. What follows from that is a warning: it may
// change before the daemon starts.
type Machine interface {
	config.Host
	Running(name string) bool             // the interface is up and has a carrier
	Addresses(name string) []netip.Prefix // of an interface
	FileExists(path string) bool
}

// machineFindings are what keeps a configuration from working on a machine as it is now.
func machineFindings(m Machine, r *Result) []syntax.Diagnostic {
	c := &machineCheck{Machine: m, blocks: blocksOf(r.Tree)}
	for _, vi := range r.Config.Instances {
		c.checkLink(vi)
		c.checkSource(vi)
	}
	for _, file := range r.Config.TrackFiles {
		if file.Init == nil && file.File != "" && !m.FileExists(file.File) {
			c.warn(CodeNoTrackedFile, file.Span, "create it, or write init_file in the block",
				"the tracked file %s does not exist; it counts as 0 until it does", file.File)
		}
	}
	return c.found
}

type machineCheck struct {
	Machine
	blocks map[string]*syntax.Block // of instances, by name
	found  []syntax.Diagnostic
}

func blocksOf(tree *syntax.Tree) map[string]*syntax.Block {
	blocks := map[string]*syntax.Block{}
	for _, s := range tree.Root.Statements {
		if s.Keyword() == "vrrp_instance" && len(s.Words) == 2 && s.Block != nil && blocks[s.Words[1].Text] == nil {
			blocks[s.Words[1].Text] = s.Block
		}
	}
	return blocks
}

// at is where an instance says something, else its name.
func (c *machineCheck) at(vi *config.Instance, keyword string) syntax.Span {
	if block := c.blocks[vi.Name]; block != nil {
		for _, s := range slices.Backward(block.Statements) {
			if s.Keyword() == keyword && len(s.Words) > 1 {
				return s.Words[1].Span
			}
		}
	}
	return vi.Span
}

func (c *machineCheck) checkLink(vi *config.Instance) {
	if _, there := c.Interface(vi.Interface); there && !vi.DontTrackPrimary && !c.Running(vi.Interface) {
		c.warn(CodeLinkDown, c.at(vi, "interface"), "ip link set "+vi.Interface+" up, or look at the cable",
			"(%s) interface %s is down, and the instance would be in FAULT", vi.Name, vi.Interface)
	}
}

// checkSource finds an interface from which no advert can go. One without any address is not ready yet, and
// nothing can be said of it.
func (c *machineCheck) checkSource(vi *config.Instance) {
	addresses := c.Addresses(vi.Interface)
	if vi.Unicast || vi.Source.IsValid() || len(addresses) == 0 || slices.ContainsFunc(addresses, sourceFor(vi.IPv6)) {
		return
	}
	family := "IPv4"
	if vi.IPv6 {
		family = "link-local IPv6"
	}
	c.warn(CodeNoSource, c.at(vi, "interface"), "give it an address of its own",
		"(%s) interface %s has no %s address from which adverts could be sent", vi.Name, vi.Interface, family)
}

// sourceFor reports of an address whether adverts of a family are sent from it: for IPv6 it is link-local.
func sourceFor(ipv6 bool) func(netip.Prefix) bool {
	return func(p netip.Prefix) bool {
		if ipv6 {
			return p.Addr().Is6() && p.Addr().IsLinkLocalUnicast()
		}
		return p.Addr().Is4()
	}
}

func (c *machineCheck) warn(code syntax.Code, at syntax.Span, hint, format string, args ...any) {
	c.found = append(c.found, syntax.Diagnostic{
		Code: code, Severity: syntax.Warning, Span: at, Hint: hint, Message: fmt.Sprintf(format, args...),
	})
}
