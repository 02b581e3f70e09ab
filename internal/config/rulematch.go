package config

import (
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// readMark reads N[/MASK].
func (r *ruleLine) readMark(syntax.Word) {
	word, ok := r.value()
	if !ok {
		return
	}
	mark, mask, masked := strings.Cut(word.Text, "/")
	n, good := anyBaseOrZero(mark)
	m := uint64(1<<32 - 1)
	if masked && good {
		m, good = anyBaseOrZero(mask)
	}
	if !good {
		r.drop(CodeBadLineValue, word, "fwmark %s is not MARK[/MASK]", schema.Quote(word.Text))
		return
	}
	r.FwMark, r.FwMask, r.FwMarkSet = uint32(n), uint32(m), true
}

// anyBaseOrZero reads a number of 32 bits in C syntax; nothing at all is 0.
func anyBaseOrZero(text string) (uint64, bool) {
	if text == "" {
		return 0, true
	}
	return schema.ParseAnyBase(text, 1<<32-1)
}

func (r *ruleLine) readTunnel(syntax.Word) {
	word, ok := r.value()
	if !ok {
		return
	}
	n, good := parseUnsigned(word.Text, 64)
	if !good {
		r.drop(CodeBadLineValue, word, "tunnel-id %s is no number", schema.Quote(word.Text))
	}
	r.TunnelID = n
}

// span reads A-B.
func (r *ruleLine) span(word syntax.Word, high int64) (a, b int64, ok bool) {
	low, top, found := strings.Cut(word.Text, "-")
	a, fa := schema.ParseInt(low, 0, high)
	b, fb := schema.ParseInt(top, 0, high)
	return a, b, found && fa == schema.Good && fb == schema.Good && low != "" && top != "" && a <= b
}

func (r *ruleLine) readUsers(syntax.Word) {
	word, ok := r.value()
	if !ok {
		return
	}
	a, b, ok := r.span(word, 1<<32-1)
	if !ok {
		r.drop(CodeBadLineValue, word, "uidrange %s is not FROM-TO", schema.Quote(word.Text))
		return
	}
	r.UIDRange = &[2]uint32{uint32(a), uint32(b)}
}

// readPorts reads A-B. A single port is not possible, as in keepalived.
func (r *ruleLine) readPorts(at syntax.Word, field **[2]uint16) {
	word, ok := r.value()
	if !ok {
		return
	}
	a, b, ok := r.span(word, 65535)
	if !ok {
		r.d.Errorf(CodeLineIgnored, word.Span, "invalid %s range %s; it is ignored", at.Text, schema.Quote(word.Text))
		if _, fault := schema.ParseInt(word.Text, 0, 65535); fault == schema.Good {
			r.d.Hint("write " + word.Text + "-" + word.Text)
		}
		return
	}
	*field = &[2]uint16{uint16(a), uint16(b)}
}

// ipProtocols are the names of IP protocols, as the C library's table has them; others have their numbers.
var ipProtocols = map[string]int64{
	"ip": 0, "IP": 0, "hopopt": 0, "HOPOPT": 0, "icmp": 1, "ICMP": 1, "igmp": 2, "IGMP": 2, "ggp": 3, "GGP": 3,
	"ipencap": 4, "IP-ENCAP": 4, "st": 5, "ST": 5, "tcp": 6, "TCP": 6, "egp": 8, "EGP": 8, "igp": 9, "IGP": 9,
	"pup": 12, "PUP": 12, "udp": 17, "UDP": 17, "hmp": 20, "HMP": 20, "xns-idp": 22, "XNS-IDP": 22, "rdp": 27, "RDP": 27,
	"iso-tp4": 29, "ISO-TP4": 29, "dccp": 33, "DCCP": 33, "xtp": 36, "XTP": 36, "ddp": 37, "DDP": 37,
	"idpr-cmtp": 38, "IDPR-CMTP": 38, "ipv6": 41, "IPv6": 41, "ipv6-route": 43, "IPv6-Route": 43,
	"ipv6-frag": 44, "IPv6-Frag": 44, "idrp": 45, "IDRP": 45, "rsvp": 46, "RSVP": 46, "gre": 47, "GRE": 47,
	"esp": 50, "IPSEC-ESP": 50, "ah": 51, "IPSEC-AH": 51, "skip": 57, "SKIP": 57,
	"ipv6-icmp": 58, "IPv6-ICMP": 58, "icmpv6": 58, "ipv6-nonxt": 59, "IPv6-NoNxt": 59, "ipv6-opts": 60, "IPv6-Opts": 60,
	"rspf": 73, "RSPF": 73, "CPHB": 73, "vmtp": 81, "VMTP": 81, "eigrp": 88, "EIGRP": 88, "ospf": 89, "OSPFIGP": 89,
	"ax.25": 93, "AX.25": 93, "ipip": 94, "IPIP": 94, "etherip": 97, "ETHERIP": 97, "encap": 98, "ENCAP": 98,
	"pim": 103, "PIM": 103, "ipcomp": 108, "IPCOMP": 108, "vrrp": 112, "VRRP": 112, "l2tp": 115, "L2TP": 115,
	"isis": 124, "ISIS": 124, "sctp": 132, "SCTP": 132, "fc": 133, "FC": 133, "mobility-header": 135, "Mobility-Header": 135,
	"udplite": 136, "UDPLite": 136, "mpls-in-ip": 137, "MPLS-in-IP": 137, "manet": 138, "hip": 139, "HIP": 139,
	"shim6": 140, "Shim6": 140, "wesp": 141, "WESP": 141, "rohc": 142, "ROHC": 142,
}

func (r *ruleLine) readIPProto(syntax.Word) {
	word, ok := r.value()
	if !ok {
		return
	}
	n, known := ipProtocols[word.Text]
	if !known {
		var fault schema.Fault
		n, fault = schema.ParseInt(word.Text, 0, 127)
		known = fault == schema.Good && word.Text != ""
	}
	if !known {
		r.d.Errorf(CodeLineIgnored, word.Span, "ipproto %s is no protocol with a number from 0 to 127; it is ignored", schema.Quote(word.Text))
		return
	}
	r.IPProto = uint8(n)
}
