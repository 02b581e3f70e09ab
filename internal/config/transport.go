package config

import (
	"net/netip"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

var transportKeywords = []instanceKeyword{
	{Name: "mcast_src_ip", Args: "ADDRESS", Priority: schema.P1, Doc: "Source address of multicast adverts.",
		Without: "the first address of the interface; for IPv6 its link-local one",
		Set:     setSource},
	{Name: "unicast_src_ip", Args: "ADDRESS", Priority: schema.P1, Doc: "Source address of unicast adverts.",
		Without: "the first address of the interface; for IPv6 its link-local one",
		Note:    "Every peer must list this address.",
		Set: func(c *schema.Context, v *draft, s *syntax.Statement) {
			v.unicast = true
			setSource(c, v, s)
		}},
	{Name: "unicast_peer", Args: "{ ADDRESS [min_ttl 0-255] [max_ttl 0-255] }", Priority: schema.P1, Body: schema.List, Entry: peerEntry,
		Doc: "The other routers; adverts go to each of them instead of to the multicast group.",
		Example: `unicast_src_ip 192.0.2.11
unicast_peer {
    192.0.2.12
    192.0.2.13 min_ttl 255
}`,
		Set: setPeers},
	{Name: "unicast_ttl", Args: "0-255", Priority: schema.P2, Doc: "TTL or hop limit of unicast adverts.",
		Without: "255 for IPv4, the kernel's default for IPv6",
		Set:     schema.IntFunc(schema.Between(0, 255).Exactly(), func(v *draft, n int64) { v.UnicastTTL = new(uint8(n)) })},
	{Name: "unicast_fault_no_peer", Priority: schema.P2, Doc: "Goes to FAULT when there are no peers.",
		Note: "Without it such an instance uses multicast, and that is reported.",
		Set:  func(_ *schema.Context, v *draft, _ *syntax.Statement) { v.unicast, v.faultNoPeer = true, true }},
	{Name: "check_unicast_src", Priority: schema.P2, Doc: "Adverts must come from a peer.",
		Note: "vrrp_check_unicast_src turns it on everywhere, and so does any min_ttl or max_ttl of a peer.",
		Set:  func(_ *schema.Context, v *draft, _ *syntax.Statement) { v.unicast, v.CheckUnicastSource = true, true }},
	{Name: "old_unicast_checksum", Args: "[never]", Priority: schema.P3, Doc: "Which checksum the peers of VRRPv3 over IPv4 use.",
		Without: "found out from the adverts that come in",
		Note:    "Alone it means that of keepalived up to 1.3.6; never means that of the RFC only.",
		Set:     setOldChecksum},
	{Name: "mcast_dst_ip", Args: "ADDRESS", Priority: schema.P2, Doc: "Multicast group of this instance.",
		Without: "vrrp_mcast_group4 or vrrp_mcast_group6",
		Note:    "IPv6 groups must be link-local (ff02::/16).",
		Set:     setDestination},
	{Name: "track_src_ip", Priority: schema.P2, Doc: "Goes to FAULT while the configured source address is missing.",
		Set: schema.Flag(func(v *draft) *bool { return &v.TrackSource })},
	{Name: "v3_checksum_as_v2", Args: "[on|off]", Default: "off", New: true, Priority: schema.P2, Doc: "VRRPv3 over IPv4 without pseudo header in the checksum.",
		Note: "v3_checksum_as_v2 of global_defs changes the default. Some routers of other makers want it.",
		Set:  schema.Switch(func(v *draft, on bool) { v.ChecksumAsV2 = on })},
	{Name: "skip_check_adv_addr", Args: "[on|off]", Priority: schema.P2, Doc: "Addresses are compared only in the first advert of a Master.",
		Without: "vrrp_skip_check_adv_addr",
		Note:    "off turns it on too, as in keepalived: leave the line out.",
		Set:     schema.Switch(func(v *draft, _ bool) { v.SkipCheckAdvAddr = true })}, // off turns it on too, as in keepalived
	{Name: "authentication", Priority: schema.P1, Body: schema.Section, Children: authTable, Doc: "Authentication of VRRPv2 (RFC 2338).",
		Note: "VRRPv3 and strict_mode have none: it is dropped there. It keeps out mistakes, not attackers: the password can be read in every advert.",
		Example: `authentication {
    auth_type PASS
    auth_pass Zo7eiGah
}`,
		Set: func(c *schema.Context, v *draft, s *syntax.Statement) { authTable.Decode(c, s.Block, v) }},
	{Name: "auth_hmac", New: true, Priority: schema.P3, Body: schema.Section, Children: hmacTable, Doc: "Signs adverts.",
		Note: "A trailer of 28 bytes holds the number of the key, the time and an HMAC-SHA-256. A router without auth_hmac drops such adverts, because they are too long.",
		Set:  decodeHMAC},
}

func setSource(c *schema.Context, v *draft, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	addr, ok := plainAddress(word.Text)
	if !ok {
		c.Errorf(CodeBadAddress, word.Span, "%s %s is no address; it is ignored", s.Keyword(), schema.Quote(word.Text))
		return
	}
	if !v.takeFamily(addr.Is6()) {
		c.Errorf(CodeOtherFamily, word.Span, "%s %s is not %s like the instance; it is ignored", s.Keyword(), addr, familyName(v.IPv6))
		return
	}
	v.Source, v.SourceFrom = addr, s.Keyword()
}

func setPeers(c *schema.Context, v *draft, s *syntax.Statement) {
	v.unicast = true
	for _, line := range s.Block.Statements {
		setPeer(c, v, line)
	}
}

func setPeer(c *schema.Context, v *draft, line *syntax.Statement) {
	word := line.Words[0]
	addr, ok := plainAddress(word.Text)
	switch {
	case !ok:
		c.Errorf(CodeBadAddress, word.Span, "unicast peer %s is no address; it is ignored", schema.Quote(word.Text))
		return
	case !v.takeFamily(addr.Is6()):
		c.Errorf(CodeOtherFamily, word.Span, "unicast peer %s is not %s like the instance; it is ignored", addr, familyName(v.IPv6))
		return
	}
	for _, other := range v.Peers {
		if other.Addr == addr {
			c.Errorf(CodeAddressTwice, word.Span, "unicast peer %s is given twice; this one is ignored", addr)
			return
		}
	}
	peer := Peer{Addr: addr, MaxTTL: 255}
	v.setPeerTTL(c, &peer, line.Args())
	if peer.MinTTL > peer.MaxTTL {
		c.Errorf(CodePeerOption, word.Span, "unicast peer %s: min_ttl %d is more than max_ttl %d: no advert can fit", addr, peer.MinTTL, peer.MaxTTL)
		c.Hint("write a min_ttl that is not above max_ttl")
	}
	v.Peers = append(v.Peers, peer)
}

// peerLine is a line of unicast_peer while an option of it is read.
type peerLine struct {
	*Peer
	c       *schema.Context
	value   syntax.Word
	limited bool // a limit was read, so that the source of adverts is checked
}

// peerOptions are the options of a line of unicast_peer.
var peerOptions = schema.NewOptions([]schema.Option[peerLine]{
	{Name: "min_ttl", Args: "0-255", Default: "0", Priority: schema.P2, Doc: "Adverts of the peer with a smaller TTL or hop limit are refused.",
		Read: func(l *peerLine, at syntax.Word) { l.readTTL(at, &l.MinTTL) }},
	{Name: "max_ttl", Args: "0-255", Default: "255", Priority: schema.P2, Doc: "Adverts of the peer with a larger TTL or hop limit are refused.",
		Read: func(l *peerLine, at syntax.Word) { l.readTTL(at, &l.MaxTTL) }},
})

// peerEntry describes the lines of unicast_peer.
var peerEntry = &schema.Entry{Form: "ADDRESS [min_ttl 0-255] [max_ttl 0-255]", Options: peerOptions}

func (l *peerLine) readTTL(at syntax.Word, field *uint8) {
	if n, ok := l.c.Int(at.Text, l.value, schema.Between(0, 255).Exactly()); ok {
		*field, l.limited = uint8(n), true
	}
}

// setPeerTTL reads the options of a peer; at an option that is wrong the rest of the line is left out.
func (v *draft) setPeerTTL(c *schema.Context, peer *Peer, options []syntax.Word) {
	for ; len(options) > 0; options = options[2:] {
		row := peerOptions.Find(options[0].Text)
		if row == nil || len(options) < 2 {
			c.Errorf(CodePeerOption, options[0].Span, "unicast peer %s: %s is no option, or lacks its value; the rest of the line is ignored", peer.Addr, schema.Quote(options[0].Text))
			c.Hint("write: " + peerEntry.Form)
			return
		}
		line := &peerLine{Peer: peer, c: c, value: options[1]}
		row.Read(line, options[0])
		v.CheckUnicastSource = v.CheckUnicastSource || line.limited
	}
}

func setOldChecksum(c *schema.Context, v *draft, s *syntax.Statement) {
	v.unicast = true
	switch {
	case len(s.Words) < 2:
		v.OldUnicastChecksum = OldChecksumAlways
	case s.Words[1].Text == "never":
		v.OldUnicastChecksum = OldChecksumNever
	default:
		c.Errorf(CodeBadChoice, s.Words[1].Span, "old_unicast_checksum knows no %s; it is ignored", schema.Quote(s.Words[1].Text))
		c.Hint("write: old_unicast_checksum [never]")
	}
}

func setDestination(c *schema.Context, v *draft, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	addr, ok := plainAddress(word.Text)
	switch {
	case !ok || !addr.IsMulticast() || addr.Is6() && !addr.IsLinkLocalMulticast():
		c.Errorf(CodeNotMulticast, word.Span, "mcast_dst_ip %s is no IPv4 multicast or IPv6 link-local multicast address; it is ignored", schema.Quote(word.Text))
	case !v.takeFamily(addr.Is6()):
		c.Errorf(CodeOtherFamily, word.Span, "mcast_dst_ip %s is not %s like the instance; it is ignored", addr, familyName(v.IPv6))
	default:
		v.MulticastGroup, v.multicastGiven = addr, true
	}
}

// authTable is the keywords of authentication.
var authTable = schema.NewTable("authentication", []instanceKeyword{
	{Name: "auth_type", Args: "PASS|AH", Priority: schema.P1, Doc: "Kind of authentication.",
		Note: "Without it there is no authentication, even if there is a password. AH is an IPsec authentication header.",
		Set:  setAuthType},
	{Name: "auth_pass", Args: "PASSWORD", Priority: schema.P1, Doc: "Password; its first 8 bytes count.",
		Note: "All routers of a Virtual Router need the same.",
		Set:  setAuthPass},
})

func setAuthType(c *schema.Context, v *draft, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	switch word.Text {
	case "PASS":
		v.AuthType = vrrp.AuthPass
	case "AH":
		v.AuthType = vrrp.AuthAH
	default:
		c.Errorf(CodeBadChoice, word.Span, "unknown authentication type %s; it is ignored", schema.Quote(word.Text))
		c.Hint("write PASS or AH")
	}
}

func setAuthPass(c *schema.Context, v *draft, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	v.AuthData = word.Text
	if len(v.AuthData) > 8 {
		v.AuthData = v.AuthData[:8]
		c.Errorf(CodeLongPassword, word.Span, "auth_pass has %d characters; an advert has room for 8, and the rest is cut off", len(word.Text))
		c.Hint("write no more than " + schema.Quote(v.AuthData))
	}
}

// sourceGroup is the multicast group of an instance: its own, or that of its family.
func (v *draft) sourceGroup() netip.Addr {
	switch g := v.d.global; {
	case v.multicastGiven:
		return v.MulticastGroup
	case v.IPv6:
		return g.MulticastGroup6
	default:
		return g.MulticastGroup4
	}
}

// validDeviceName is the kernel's rule for names of network devices.
func validDeviceName(name string) bool {
	return name != "" && len(name) <= 15 && name != "." && name != ".." && !strings.ContainsAny(name, "/: \t\n\v\f\r")
}
