package route

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

var native = binary.NativeEndian // netlink speaks the machine's byte order

// fibRuleInvert is FIB_RULE_INVERT of linux/fib_rules.h.
const fibRuleInvert = 0x2

// metrics are the names that ip route gives the kernel's RTAX_ values.
var metrics = map[string]int{
	"mtu": unix.RTAX_MTU, "window": unix.RTAX_WINDOW, "rtt": unix.RTAX_RTT, "rttvar": unix.RTAX_RTTVAR,
	"ssthresh": unix.RTAX_SSTHRESH, "cwnd": unix.RTAX_CWND, "advmss": unix.RTAX_ADVMSS,
	"reordering": unix.RTAX_REORDERING, "hoplimit": unix.RTAX_HOPLIMIT, "initcwnd": unix.RTAX_INITCWND,
	"features": unix.RTAX_FEATURES, "rto_min": unix.RTAX_RTO_MIN, "initrwnd": unix.RTAX_INITRWND,
	"quickack": unix.RTAX_QUICKACK, "congctl": unix.RTAX_CC_ALGO,
	"fastopen_no_cookie": unix.RTAX_FASTOPEN_NO_COOKIE,
}

// encoder collects the attributes of a request.
type encoder struct {
	*nl.NetlinkRequest
}

func (e encoder) bytes(kind int, b []byte) { e.AddData(nl.NewRtAttr(kind, b)) }

func (e encoder) number(kind int, v uint32) { e.bytes(kind, nl.Uint32Attr(v)) }

func (e encoder) small(kind int, v uint8) { e.bytes(kind, nl.Uint8Attr(v)) }

// optional encodes a number where there is one.
func (e encoder) optional(kind int, v *uint32) {
	if v != nil {
		e.number(kind, *v)
	}
}

// route encodes a route as the body of a request to add or remove it.
func (e encoder) route(r *Route) error {
	if !r.Destination.IsValid() {
		return fmt.Errorf("no valid destination: %w", unix.EINVAL)
	}
	e.AddData(r.header())
	if r.Destination.Bits() > 0 {
		e.bytes(unix.RTA_DST, r.Destination.Masked().Addr().AsSlice())
	}
	if r.From.IsValid() && r.From.Bits() > 0 {
		e.bytes(unix.RTA_SRC, r.From.Masked().Addr().AsSlice())
	}
	if r.Source.IsValid() {
		e.bytes(unix.RTA_PREFSRC, r.Source.AsSlice())
	}
	if r.Via.IsValid() {
		e.AddData(gateway(r.Destination, r.Via))
	}
	if r.Index != 0 {
		e.number(unix.RTA_OIF, uint32(r.Index))
	}
	e.number(unix.RTA_TABLE, r.table())
	e.optional(unix.RTA_PRIORITY, r.Metric)
	if r.Realms != 0 {
		e.number(unix.RTA_FLOW, r.Realms)
	}
	e.optional(unix.RTA_EXPIRES, r.Expires)
	if r.Pref != nil {
		e.small(unix.RTA_PREF, *r.Pref)
	}
	if r.TTLPropagate != nil {
		e.small(unix.RTA_TTL_PROPAGATE, *r.TTLPropagate)
	}
	for _, attr := range r.Encap.attributes() {
		e.AddData(attr)
	}
	if len(r.Nexthops) > 0 {
		e.bytes(unix.RTA_MULTIPATH, r.multipath())
	}
	return e.metrics(r.Metrics)
}

func (r *Route) header() *nl.RtMsg {
	family := uint8(unix.AF_INET)
	if r.Destination.Addr().Is6() {
		family = unix.AF_INET6
	}
	header := &nl.RtMsg{RtMsg: unix.RtMsg{
		Family: family, Dst_len: uint8(r.Destination.Bits()), Tos: r.TOS,
		Protocol: r.protocol(), Scope: r.scope(), Type: r.kind(),
	}}
	if r.From.IsValid() {
		header.Src_len = uint8(r.From.Bits())
	}
	if r.OnLink {
		header.Flags |= unix.RTNH_F_ONLINK
	}
	return header
}

// gateway is RTA_GATEWAY, or RTA_VIA where the gateway is of another family than
// the destination (RFC 5549's IPv4 over IPv6).
func gateway(destination netip.Prefix, via netip.Addr) *nl.RtAttr {
	if via.Is4() == destination.Addr().Is4() {
		return nl.NewRtAttr(unix.RTA_GATEWAY, via.AsSlice())
	}
	family := uint16(unix.AF_INET6)
	if via.Is4() {
		family = unix.AF_INET
	}
	return nl.NewRtAttr(unix.RTA_VIA, append(native.AppendUint16(nil, family), via.AsSlice()...))
}

func (r *Route) multipath() (b []byte) {
	for _, hop := range r.Nexthops {
		h := &nl.RtNexthop{RtNexthop: unix.RtNexthop{
			Hops: uint8(max(hop.Weight, 1) - 1), Ifindex: int32(hop.Index),
		}}
		if hop.OnLink {
			h.Flags |= unix.RTNH_F_ONLINK
		}
		if hop.Via.IsValid() {
			h.Children = append(h.Children, gateway(r.Destination, hop.Via))
		}
		if hop.Realms != 0 {
			h.Children = append(h.Children, nl.NewRtAttr(unix.RTA_FLOW, nl.Uint32Attr(hop.Realms)))
		}
		for _, attr := range hop.Encap.attributes() {
			h.Children = append(h.Children, attr)
		}
		b = append(b, h.Serialize()...)
	}
	return b
}

func (e encoder) metrics(list []Metric) error {
	if len(list) == 0 {
		return nil
	}
	nest := nl.NewRtAttr(unix.RTA_METRICS, nil)
	locks := uint32(0)
	for _, m := range list {
		kind, ok := metrics[m.Name]
		if !ok {
			return fmt.Errorf("metric %q: %w", m.Name, unix.EINVAL)
		}
		if kind == unix.RTAX_CC_ALGO {
			nest.AddRtAttr(kind, nl.ZeroTerminated(m.Text))
		} else {
			nest.AddRtAttr(kind, nl.Uint32Attr(m.Value))
		}
		if m.Lock {
			locks |= 1 << kind
		}
	}
	if locks != 0 {
		nest.AddRtAttr(unix.RTAX_LOCK, nl.Uint32Attr(locks))
	}
	e.AddData(nest)
	return nil
}

// rule encodes a rule as the body of a request to add or remove it.
func (e encoder) rule(r *Rule) {
	e.AddData(r.header())
	e.number(nl.FRA_PRIORITY, r.Priority)
	if r.From.IsValid() && r.From.Bits() > 0 {
		e.bytes(nl.FRA_SRC, r.From.Masked().Addr().AsSlice())
	}
	if r.To.IsValid() && r.To.Bits() > 0 {
		e.bytes(nl.FRA_DST, r.To.Masked().Addr().AsSlice())
	}
	if r.IIF != "" {
		e.bytes(nl.FRA_IIFNAME, nl.ZeroTerminated(r.IIF))
	}
	if r.OIF != "" {
		e.bytes(nl.FRA_OIFNAME, nl.ZeroTerminated(r.OIF))
	}
	if r.Mark != nil {
		e.number(nl.FRA_FWMARK, r.Mark.Value)
		e.number(nl.FRA_FWMASK, r.Mark.Mask)
	}
	if r.TunnelID != 0 {
		e.bytes(nl.FRA_TUN_ID, binary.BigEndian.AppendUint64(nil, r.TunnelID))
	}
	if r.UIDs != nil {
		e.bytes(nl.FRA_UID_RANGE, native.AppendUint32(native.AppendUint32(nil, r.UIDs[0]), r.UIDs[1]))
	}
	if r.IPProto != 0 {
		e.small(nl.FRA_IP_PROTO, r.IPProto)
	}
	e.ports(nl.FRA_SPORT_RANGE, r.SourcePorts)
	e.ports(nl.FRA_DPORT_RANGE, r.DestinationPorts)
	e.ruleAction(r)
	e.small(nl.FRA_PROTOCOL, r.protocol())
}

func (e encoder) ports(kind int, ports *[2]uint16) {
	if ports != nil {
		e.bytes(kind, native.AppendUint16(native.AppendUint16(nil, ports[0]), ports[1]))
	}
}

func (e encoder) ruleAction(r *Rule) {
	switch {
	case r.action() == nl.FR_ACT_GOTO:
		e.number(nl.FRA_GOTO, r.Goto)
	case r.L3MDev:
		e.small(nl.FRA_L3MDEV, 1)
	case r.action() == nl.FR_ACT_TO_TBL:
		e.number(nl.FRA_TABLE, r.Table)
	}
	e.optional(nl.FRA_SUPPRESS_PREFIXLEN, r.SuppressPrefixLength)
	e.optional(nl.FRA_SUPPRESS_IFGROUP, r.SuppressGroup)
	if r.Realms != 0 {
		e.number(nl.FRA_FLOW, r.Realms)
	}
}

// header is struct fib_rule_hdr, which has rtmsg's layout: its action is in the
// place of the type.
func (r *Rule) header() *nl.RtMsg {
	header := &nl.RtMsg{RtMsg: unix.RtMsg{Family: r.family(), Tos: r.TOS, Type: r.action()}}
	if r.From.IsValid() {
		header.Src_len = uint8(r.From.Bits())
	}
	if r.To.IsValid() {
		header.Dst_len = uint8(r.To.Bits())
	}
	if r.Not {
		header.Flags |= fibRuleInvert
	}
	return header
}
