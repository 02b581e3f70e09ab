package netmon

import (
	"encoding/binary"
	"iter"
	"net"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

var native = binary.NativeEndian // netlink speaks the machine's byte order

// Values of the kernel's headers that package unix lacks.
const (
	fraDst, fraSrc, fraIIF, fraGoto     = 1, 2, 3, 4
	fraPriority, fraMark, fraTable      = 6, 10, 15
	fraMask, fraOIF, fraProtocol        = 16, 17, 21
	fibRuleInvert                       = 0x2
	sizeofFibRuleHeader                 = 12
	attributeTypeMask                   = 0x3fff // without the nested and byte-order bits
	ifaFlagsByte, ifaScope, ifaIfIndex  = 2, 3, 4
	rtmTOS, rtmTable, rtmProtocol       = 3, 4, 5
	rtmScope, rtmType                   = 6, 7
	ruleTOS, ruleTable, ruleAction      = 3, 4, 7
	ruleFlags                           = 8
	linkType, linkIndex, linkFlags      = 2, 4, 8
	headerType, headerFlags, headerPort = 4, 6, 12
)

// message is one netlink message: its header's fields and what follows it.
type message struct {
	kind  uint16
	flags uint16
	port  uint32
	body  []byte
}

// messages walks through one datagram. What is cut short ends the walk.
func messages(b []byte) iter.Seq[message] {
	return func(yield func(message) bool) {
		for len(b) >= unix.SizeofNlMsghdr {
			size := int(native.Uint32(b))
			if size < unix.SizeofNlMsghdr || size > len(b) {
				return
			}
			m := message{
				kind:  native.Uint16(b[headerType:]),
				flags: native.Uint16(b[headerFlags:]),
				port:  native.Uint32(b[headerPort:]),
				body:  b[unix.SizeofNlMsghdr:size],
			}
			if !yield(m) {
				return
			}
			b = b[min(align(size), len(b)):]
		}
	}
}

// attributes walks through the attributes that follow a header of n bytes.
func attributes(b []byte, n int) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		b := b[min(align(n), len(b)):]
		for len(b) >= unix.SizeofRtAttr {
			size, kind := int(native.Uint16(b)), native.Uint16(b[2:])&attributeTypeMask
			if size < unix.SizeofRtAttr || size > len(b) || !yield(kind, b[unix.SizeofRtAttr:size]) {
				return
			}
			b = b[min(align(size), len(b)):]
		}
	}
}

func align(n int) int { return (n + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1) }

// number reads an attribute of 1 or 4 bytes, 0 if it is neither.
func number(b []byte) uint32 {
	switch len(b) {
	case 1:
		return uint32(b[0])
	case 4:
		return native.Uint32(b)
	}
	return 0
}

func text(b []byte) string { return strings.TrimRight(string(b), "\x00") }

// parseLink reads ifinfomsg and its attributes. Messages of the bridge family are
// about a port, not about the link, and are refused.
func parseLink(b []byte) (l Link, ok bool) {
	if len(b) < unix.SizeofIfInfomsg || b[0] == unix.AF_BRIDGE {
		return Link{}, false
	}
	flags := native.Uint32(b[linkFlags:])
	l = Link{
		Index:     int(int32(native.Uint32(b[linkIndex:]))),
		Type:      native.Uint16(b[linkType:]),
		Up:        flags&unix.IFF_UP != 0 && flags&unix.IFF_RUNNING != 0,
		AdminUp:   flags&unix.IFF_UP != 0,
		Loopback:  flags&unix.IFF_LOOPBACK != 0,
		Multicast: flags&unix.IFF_MULTICAST != 0,
		Broadcast: flags&unix.IFF_BROADCAST != 0,
		ARP:       flags&unix.IFF_NOARP == 0,
	}
	elsewhere := false
	for kind, value := range attributes(b, unix.SizeofIfInfomsg) {
		switch kind {
		case unix.IFLA_IFNAME:
			l.Name = text(value)
		case unix.IFLA_ADDRESS:
			if !l.Loopback {
				l.MAC = net.HardwareAddr(slices.Clone(value))
			}
		case unix.IFLA_MTU:
			l.MTU = int(number(value))
		case unix.IFLA_MASTER:
			l.Master = int(number(value))
		case unix.IFLA_LINK:
			l.Parent = int(number(value))
		case unix.IFLA_LINK_NETNSID:
			elsewhere = true
		case unix.IFLA_LINKINFO:
			l.Kind = linkKind(value)
		}
	}
	if elsewhere {
		l.Parent = 0 // an index of another namespace means nothing here
	}
	return l, l.Index > 0
}

func linkKind(b []byte) string {
	for kind, value := range attributes(b, 0) {
		if kind == unix.IFLA_INFO_KIND {
			return text(value)
		}
	}
	return ""
}

// parseAddress reads ifaddrmsg and its attributes.
func parseAddress(b []byte) (a Address, ok bool) {
	if len(b) < unix.SizeofIfAddrmsg {
		return Address{}, false
	}
	a = Address{Index: int(native.Uint32(b[ifaIfIndex:])), Flags: uint32(b[ifaFlagsByte]), Scope: b[ifaScope]}
	var local, address netip.Addr
	for kind, value := range attributes(b, unix.SizeofIfAddrmsg) {
		switch kind {
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(value)
		case unix.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(value)
		case unix.IFA_FLAGS:
			a.Flags = number(value)
		}
	}
	switch { // IFA_ADDRESS is the peer's where there is one, and the only one of most IPv6 addresses
	case !local.IsValid():
		local = address
	case address != local:
		a.Peer = address
	}
	a.Prefix = netip.PrefixFrom(local, int(b[1]))
	return a, a.Prefix.IsValid()
}

// parseRoute reads rtmsg and its attributes.
func parseRoute(b []byte) (r Route, ok bool) {
	if len(b) < unix.SizeofRtMsg {
		return Route{}, false
	}
	r = Route{
		Table: uint32(b[rtmTable]), TOS: b[rtmTOS], Type: b[rtmType],
		Scope: b[rtmScope], Protocol: b[rtmProtocol],
	}
	var addr netip.Addr
	for kind, value := range attributes(b, unix.SizeofRtMsg) {
		switch kind {
		case unix.RTA_DST:
			addr, _ = netip.AddrFromSlice(value)
		case unix.RTA_TABLE:
			r.Table = number(value)
		case unix.RTA_PRIORITY:
			r.Metric = number(value)
		case unix.RTA_OIF:
			r.Index = int(number(value))
		case unix.RTA_GATEWAY:
			r.Gateway, _ = netip.AddrFromSlice(value)
		}
	}
	r.Prefix = prefixOrDefault(b[0], addr, b[1])
	return r, r.Prefix.IsValid()
}

// parseRule reads fib_rule_hdr and its attributes.
func parseRule(b []byte) (r Rule, ok bool) {
	if len(b) < sizeofFibRuleHeader || b[0] != unix.AF_INET && b[0] != unix.AF_INET6 {
		return Rule{}, false
	}
	r = Rule{
		IPv6: b[0] == unix.AF_INET6, TOS: b[ruleTOS], Table: uint32(b[ruleTable]),
		Action: b[ruleAction], Invert: native.Uint32(b[ruleFlags:])&fibRuleInvert != 0,
	}
	for kind, value := range attributes(b, sizeofFibRuleHeader) {
		switch kind {
		case fraDst:
			r.To = prefix(value, b[1])
		case fraSrc:
			r.From = prefix(value, b[2])
		case fraIIF:
			r.IIF = text(value)
		case fraOIF:
			r.OIF = text(value)
		case fraGoto:
			r.Goto = number(value)
		case fraPriority:
			r.Priority = number(value)
		case fraMark:
			r.Mark = number(value)
		case fraMask:
			r.Mask = number(value)
		case fraTable:
			r.Table = number(value)
		case fraProtocol:
			r.Protocol = uint8(number(value))
		}
	}
	return r, true
}

func prefix(b []byte, bits byte) netip.Prefix {
	addr, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(addr, int(bits))
}

// prefixOrDefault is for routes, whose default destination has no address.
func prefixOrDefault(family byte, addr netip.Addr, bits byte) netip.Prefix {
	switch {
	case addr.IsValid():
	case family == unix.AF_INET:
		addr = netip.IPv4Unspecified()
	case family == unix.AF_INET6:
		addr = netip.IPv6Unspecified()
	}
	return netip.PrefixFrom(addr, int(bits))
}
