package route

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Rule is one routing rule: what packets it is for and what becomes of them. The
// zero value of a field means any packet, or the default.
type Rule struct {
	IPv6     bool
	From, To netip.Prefix // not valid: any
	Not      bool         // for the packets that do not match
	Priority uint32
	IIF, OIF string
	TOS      uint8
	Mark     *Mark
	TunnelID uint64
	UIDs     *[2]uint32 // first and last
	IPProto  uint8
	// SourcePorts and DestinationPorts are the first and the last.
	SourcePorts, DestinationPorts *[2]uint16

	Action uint8  // FR_ACT_ value; 0 is a look-up
	Table  uint32 // of a look-up
	L3MDev bool   // look up in the table of the packet's VRF
	Goto   uint32 // the priority to go on with, for FR_ACT_GOTO
	// SuppressPrefixLength and SuppressGroup reject what the look-up finds if its
	// prefix is not longer, or its interface is in this group.
	SuppressPrefixLength, SuppressGroup *uint32
	Realms                              uint32 // from<<16 | to (IPv4)

	Protocol uint8 // 0 is Protocol
}

// Mark compares a packet's firewall mark under a mask.
type Mark struct {
	Value, Mask uint32
}

// String is the rule as ip rule shows it, without its less telling conditions.
func (r Rule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", r.Priority)
	if r.Not {
		b.WriteString(" not")
	}
	fmt.Fprintf(&b, " from %s", prefixName(r.From))
	if r.To.IsValid() {
		fmt.Fprintf(&b, " to %s", prefixName(r.To))
	}
	if r.Mark != nil {
		fmt.Fprintf(&b, " fwmark %#x/%#x", r.Mark.Value, r.Mark.Mask)
	}
	if r.IIF != "" {
		b.WriteString(" iif " + r.IIF)
	}
	if r.OIF != "" {
		b.WriteString(" oif " + r.OIF)
	}
	b.WriteString(" " + r.actionName())
	return b.String()
}

func prefixName(p netip.Prefix) string {
	switch {
	case !p.IsValid():
		return "all"
	case p.IsSingleIP():
		return p.Addr().String()
	}
	return p.String()
}

func (r Rule) actionName() string {
	switch r.action() {
	case nl.FR_ACT_GOTO:
		return fmt.Sprintf("goto %d", r.Goto)
	case nl.FR_ACT_NOP:
		return "nop"
	case nl.FR_ACT_BLACKHOLE:
		return "blackhole"
	case nl.FR_ACT_UNREACHABLE:
		return "unreachable"
	case nl.FR_ACT_PROHIBIT:
		return "prohibit"
	}
	if r.L3MDev {
		return "lookup [l3mdev-table]"
	}
	return fmt.Sprintf("lookup %d", r.Table)
}

func (r Rule) action() uint8 {
	if r.Action == 0 {
		return nl.FR_ACT_TO_TBL
	}
	return r.Action
}

func (r Rule) family() uint8 {
	if r.IPv6 {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

func (r Rule) protocol() uint8 {
	if r.Protocol == 0 {
		return Protocol
	}
	return r.Protocol
}
