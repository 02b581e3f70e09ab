package config

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// addressLine is one line of virtual_ipaddress, virtual_ipaddress_excluded or static_ipaddress while it
// is read.
type addressLine struct {
	*Address
	d       *decoder
	static  bool
	words   []syntax.Word
	next    int  // of the words that have not been read
	cidr    bool // a prefix length was written
	plus    byte // '+' or '-' of broadcast
	dropped bool
}

// readAddress reads `ADDR[/LEN] [option …]`; nil means that the line is dropped, and reported.
func (d *decoder) readAddress(s *syntax.Statement, static bool) *Address {
	word := s.Words[0]
	l := &addressLine{Address: &Address{Span: word.Span}, d: d, static: static, words: s.Words, next: 1}
	if !l.readPrefix(word) {
		return nil
	}
	for l.next < len(l.words) && !l.dropped {
		option := l.words[l.next]
		l.next++
		if row := addressOptions.Find(option.Text); row != nil {
			row.Read(l, option)
		} else {
			d.Errorf(CodeAddressOption, option.Span, "unknown configuration entry %s for address %s; it is ignored", schema.Quote(option.Text), word.Text)
			l.suggest(option)
		}
	}
	if l.dropped {
		return nil
	}
	l.finish()
	return l.Address
}

func (l *addressLine) suggest(option syntax.Word) {
	if l.d.Full() {
		return
	}
	if _, err := netip.ParseAddr(strings.Split(option.Text, "/")[0]); err == nil {
		l.d.Hint("each address stands in a line of its own")
		return
	}
	if near := schema.Nearest(option.Text, addressOptions.Names()); near != "" {
		l.d.Hint("did you mean " + schema.Quote(near) + "?")
	}
}

// readPrefix reads the address itself. A bad length is an error that costs only the length.
func (l *addressLine) readPrefix(word syntax.Word) bool {
	prefix, cidr, ok := l.d.prefix(word)
	if !ok {
		l.d.Errorf(CodeBadAddress, word.Span, "%s is no IP address; the line is skipped", schema.Quote(word.Text))
		l.d.Hint("write ADDRESS[/LENGTH], such as 192.0.2.1/24 or 2001:db8::1/64")
		return false
	}
	l.Prefix, l.cidr = prefix, cidr
	return true
}

// prefix reads ADDR[/LEN]; without a length, or with a wrong one, it is the address alone.
func (d *decoder) prefix(word syntax.Word) (prefix netip.Prefix, cidr, ok bool) {
	text, length, cidr := strings.Cut(word.Text, "/")
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" || addr.Is4() && strings.Contains(length, ":") { // any ':' makes it IPv6
		return netip.Prefix{}, false, false
	}
	bits := addr.BitLen()
	if cidr {
		n, fault := schema.ParseInt(length, 0, int64(bits))
		if fault != schema.Good {
			d.Errorf(CodePrefixLength, word.Span, "prefix length %s of %s is not a number from 0 to %d; %d is used", schema.Quote(length), text, bits, bits)
			d.Hint("write the number of bits, not a mask: /24 instead of /255.255.255.0")
			n = int64(bits)
		} else if length == "" {
			d.Notef(CodeEmptyPrefixLength, word.Span, "%s has an empty prefix length, which means 0", word.Text)
		}
		bits = int(n)
	}
	return netip.PrefixFrom(addr, bits), cidr, true
}

// addressOptions are the options of an address line.
var addressOptions = schema.NewOptions([]schema.Option[addressLine]{
	{Name: "dev", Args: "INTERFACE", Priority: schema.P1, Doc: "The interface that holds the address.", Read: (*addressLine).readDev,
		Note: "Without it: the instance's interface, or its virtual MAC device; default_interface for static addresses."},
	{Name: "scope", Args: "SCOPE", Range: "0-255", Default: "global", Priority: schema.P1, Read: (*addressLine).readScope,
		Doc: "Where the address is valid: global, site, link, host, nowhere, a number, or a name from iproute2's rt_scopes; IPv4 only."},
	{Name: "broadcast", Args: "ADDRESS|+|-", Priority: schema.P1, Read: (*addressLine).readBroadcast,
		Doc: "The broadcast address; + sets all bits of the host part, - clears them; IPv4 only."},
	{Name: "brd", Args: "ADDRESS|+|-", Priority: schema.P1, Doc: "Short for broadcast.", Read: (*addressLine).readBroadcast},
	{Name: "label", Args: "LABEL", Priority: schema.P1, Doc: "Label of the address, at most 15 characters; IPv4 only.", Read: (*addressLine).readLabel},
	{Name: "peer", Args: "ADDRESS", Priority: schema.P2, Read: (*addressLine).readPeer,
		Doc: "The address of the other end of a point-to-point link; neither address has a length then."},
	{Name: "home", Priority: schema.P2, Doc: "Marks a Mobile IPv6 home address.", Read: func(l *addressLine, _ syntax.Word) { l.Home = true }},
	{Name: "mngtmpaddr", Priority: schema.P2, Doc: "Lets the kernel make temporary addresses from this one; IPv6 only.",
		Read: func(l *addressLine, _ syntax.Word) { l.ManageTemp = true }},
	{Name: "noprefixroute", Priority: schema.P2, Doc: "Adds no route to the network of the address.",
		Read: func(l *addressLine, _ syntax.Word) { l.NoPrefixRoute = true }},
	{Name: "autojoin", Priority: schema.P2, Doc: "Lets the kernel join the multicast group that is the address.",
		Read: func(l *addressLine, _ syntax.Word) { l.AutoJoin = true }},
	{Name: "-nodad", Priority: schema.P2, Doc: "Does duplicate address detection, which addresses are otherwise set without; IPv6 only.",
		Read: func(l *addressLine, _ syntax.Word) { l.DAD = true }},
	{Name: "no_track", Priority: schema.P1, Doc: "The loss of the address, or of its interface, does not matter to the instance.",
		Read: func(l *addressLine, _ syntax.Word) { l.NoTrack = true }},
	{Name: "preferred_lft", Args: "SECONDS|forever", Range: "0-4294967295", Unit: "seconds", Priority: schema.P2, Read: (*addressLine).readLifetime,
		Doc:  "How long the address may be chosen as the source of new connections; 0 is never.",
		Note: "Without it: forever, but 0 for IPv6 addresses of length 128."},
	{Name: "track_group", Args: "NAME", Priority: schema.P2, Doc: "The instances of this track_group track the interface of a static address.", Read: (*addressLine).readTrackGroup},
	{Name: "use_vmac", Priority: schema.P3, Doc: "Puts an address of an instance on a virtual MAC device.", Read: (*addressLine).readUseVMAC},
})

// addressEntry and staticEntry describe the lines of virtual_ipaddress and of static_ipaddress.
var (
	addressEntry = &schema.Entry{Form: "ADDRESS[/LENGTH] [OPTION …]", Options: addressOptions}
	staticEntry  = &schema.Entry{Form: "ADDRESS[/LENGTH] [dev INTERFACE] [OPTION …]", Options: addressOptions}
)

// value is the word behind an option; without one the address is dropped.
func (l *addressLine) value(option syntax.Word) (syntax.Word, bool) {
	if l.next < len(l.words) {
		l.next++
		return l.words[l.next-1], true
	}
	l.drop(CodeAddressOptionValue, option, "no %s parameter specified for address %s; the address is dropped", option.Text, l.words[0].Text)
	return syntax.Word{}, false
}

func (l *addressLine) drop(code syntax.Code, at syntax.Word, format string, args ...any) {
	l.d.Errorf(code, at.Span, format, args...)
	l.dropped = true
}

func (l *addressLine) readDev(option syntax.Word) {
	word, ok := l.value(option)
	if !ok {
		return
	}
	if l.DevGiven {
		l.drop(CodeAddressOptionUnfit, option, "address %s has dev twice; the address is dropped", l.words[0].Text)
		return
	}
	if _, ok := l.d.wantDevice(word, " of address "+l.words[0].Text); !ok {
		l.dropped = true
		return
	}
	l.Interface, l.DevGiven = word.Text, true
}

func (l *addressLine) readScope(option syntax.Word) {
	word, ok := l.value(option)
	if !ok {
		return
	}
	scope, known := l.d.named(tableScopes, word.Text)
	switch {
	case !known:
		l.d.Errorf(CodeAddressOptionUnfit, word.Span, "unknown scope %s; it is ignored", schema.Quote(word.Text))
	case l.Prefix.Addr().Is6() && scope != 0:
		l.d.Errorf(CodeAddressOptionUnfit, word.Span, "scope %s does not go with IPv6; global is used", schema.Quote(word.Text))
	default:
		l.Scope = uint8(scope)
	}
}

func (l *addressLine) readBroadcast(option syntax.Word) {
	word, ok := l.value(option)
	if !ok {
		return
	}
	switch addr, err := netip.ParseAddr(word.Text); {
	case l.Prefix.Addr().Is6():
		l.drop(CodeAddressOptionUnfit, option, "IPv6 address %s cannot have a broadcast address; the address is dropped", l.words[0].Text)
	case word.Text == "+" || word.Text == "-":
		l.plus = word.Text[0]
	case err != nil || !addr.Is4():
		l.drop(CodeAddressOptionUnfit, word, "broadcast %s is no IPv4 address; the address is dropped", schema.Quote(word.Text))
	default:
		l.Broadcast = addr
	}
}

func (l *addressLine) readLabel(option syntax.Word) {
	word, ok := l.value(option)
	if !ok {
		return
	}
	switch {
	case len(word.Text) > 15:
		l.drop(CodeAddressOptionUnfit, word, "label %s is longer than 15 characters; the address is dropped", schema.Quote(word.Text))
	case l.Prefix.Addr().Is6():
		l.d.Errorf(CodeAddressOptionUnfit, option.Span, "label does not go with IPv6; it is ignored")
	default:
		l.Label = word.Text
	}
}

func (l *addressLine) readPeer(option syntax.Word) {
	word, ok := l.value(option)
	if !ok {
		return
	}
	if l.Peer.IsValid() {
		l.d.Errorf(CodeAddressOptionUnfit, word.Span, "address %s has a peer already; this one is ignored", l.words[0].Text)
		return
	}
	if l.cidr {
		l.d.Errorf(CodeAddressOptionUnfit, option.Span, "peer does not go with a prefix length of the address; it is ignored")
		return
	}
	addr, err := netip.ParseAddr(word.Text)
	if err != nil || addr.Is6() != l.Prefix.Addr().Is6() || addr.Zone() != "" {
		l.d.Errorf(CodeAddressOptionUnfit, word.Span, "peer %s is no %s address without prefix length; it is ignored", schema.Quote(word.Text), familyName(l.Prefix.Addr().Is6()))
		return
	}
	l.Peer = netip.PrefixFrom(addr, addr.BitLen())
}

// forever is the kernel's lifetime that does not end.
const forever = 1<<32 - 1

func (l *addressLine) readLifetime(option syntax.Word) {
	word, ok := l.value(option)
	if !ok {
		return
	}
	if word.Text == "forever" {
		l.PreferredLifetime = new(uint32(forever))
		return
	}
	if n, ok := l.d.Int("preferred_lft", word, schema.Between(0, forever)); ok {
		l.PreferredLifetime = new(uint32(n))
	}
}

func (l *addressLine) readTrackGroup(option syntax.Word) {
	if !l.static {
		l.d.Errorf(CodeTrackGroup, option.Span, "track_group is for static addresses only; it is ignored")
		l.next = min(l.next+1, len(l.words))
		return
	}
	word, ok := l.value(option)
	if !ok {
		return
	}
	if !l.d.wantTrackGroup(word, &l.TrackGroup) {
		l.next = len(l.words)
	}
}

// wantTrackGroup reads the name of a track_group, and reports whether the rest of the line is to be read.
func (d *decoder) wantTrackGroup(word syntax.Word, field *string) bool {
	switch {
	case *field != "":
		d.Errorf(CodeTrackGroup, word.Span, "track_group is given twice; the rest of the line is ignored")
		return false
	case d.trackGroups[word.Text] == nil:
		d.Errorf(CodeTrackGroup, word.Span, "track_group %s not found, ignoring", schema.Quote(word.Text))
		d.hintName(nearestName(d, word.Text, d.trackGroups), "the track_group of this name must stand before its use")
	default:
		*field = word.Text
	}
	return true
}

func (l *addressLine) readUseVMAC(option syntax.Word) {
	if l.static {
		l.d.Errorf(CodeAddressOptionUnfit, option.Span, "use_vmac is for addresses of instances only; it is ignored")
		return
	}
	l.UseVMAC = true
}

// finish works out what depends on several options.
func (l *addressLine) finish() {
	addr := l.Prefix.Addr()
	if l.Broadcast.IsValid() && l.Peer.IsValid() {
		l.d.Errorf(CodeAddressOptionUnfit, l.Span, "address %s: broadcast does not go with peer; there is none", l.words[0].Text)
		l.Broadcast = netip.Addr{}
	}
	if l.plus != 0 {
		switch {
		case l.Prefix.Bits() > 30:
			l.d.Errorf(CodeAddressOptionUnfit, l.Span, "address %s: broadcast %c needs a prefix length of at most 30; there is none", l.words[0].Text, l.plus)
		case l.Peer.IsValid():
			l.d.Errorf(CodeAddressOptionUnfit, l.Span, "address %s: broadcast %c does not go with peer; there is none", l.words[0].Text, l.plus)
		default:
			l.Broadcast = broadcastOf(l.Prefix, l.plus == '+')
		}
	}
	if addr.Is6() && l.PreferredLifetime == nil && l.Prefix.Bits() == addr.BitLen() {
		// A /128 is never to be chosen as a source address: it is deprecated from the start.
		l.PreferredLifetime = new(uint32(0))
	}
}

// broadcastOf sets or clears the host bits of an IPv4 prefix.
func broadcastOf(prefix netip.Prefix, set bool) netip.Addr {
	bytes := prefix.Masked().Addr().As4()
	if set {
		n := binary.BigEndian.Uint32(bytes[:]) | ^uint32(0)>>prefix.Bits()
		binary.BigEndian.PutUint32(bytes[:], n)
	}
	return netip.AddrFrom4(bytes)
}

var addressingKeywords = []instanceKeyword{
	{Name: "use_vmac", Args: "[[name] INTERFACE] [MAC] [netlink_notify_msg] [group GROUP]", Priority: schema.P1,
		Doc:  "Addresses live on a device with the virtual MAC of RFC 5798, 7.3.",
		Note: "A word with ':' is a MAC address, of six octets, or of five to which the VRID is added. Any other word is the name of the device, else it is vrrp.VRID. group names an interface group of iproute2. netlink_notify_msg means nothing any more.",
		Example: `use_vmac vrrp51
vmac_xmit_base`,
		Set: setUseVMAC},
	{Name: "use_vmac_addr", Priority: schema.P3, Doc: "Addresses on other interfaces, or of the other family, get virtual MAC devices too.",
		Set: schema.Flag(func(v *draft) *bool { return &v.vmacAddr })},
	{Name: "vmac_xmit_base", Priority: schema.P1, Doc: "Adverts leave from the interface below the virtual MAC device.",
		Note: "Needs use_vmac; unicast instances with use_vmac need it.",
		Set:  schema.Flag(func(v *draft) *bool { return &v.xmitBase })},
	{Name: "use_ipvlan", Args: "[[name] INTERFACE] [ADDRESS[/LEN]] [bridge|private|vepa] [group GROUP]", Priority: schema.P3,
		Doc:  "Adverts leave from an ipvlan device.",
		Note: "IPv4 instances need an address of this router behind it, which the device gets. The first one counts: a second is an error. All ipvlan devices of one interface have the same mode, bridge unless said. The addresses of the instance stay on its interface.", Set: setUseIPVLAN},
	{Name: "virtual_ipaddress", Args: "{ ADDR[/LEN] [dev IF] [scope S] [brd B] [label L] … }", Priority: schema.P1, Body: schema.List, Entry: addressEntry,
		Doc:  "The addresses of the Virtual Router, in its adverts.",
		Note: "The first address fixes the family of the instance; put addresses of the other one into virtual_ipaddress_excluded. All routers of a Virtual Router need the same addresses. Each line holds one.",
		Example: `virtual_ipaddress {
    192.0.2.1/24 dev eth0 label eth0:vip
    192.0.2.2/32
}`,
		Set: setVIPs},
	{Name: "virtual_ipaddress_excluded", Args: "{ ADDR[/LEN] … }", Priority: schema.P1, Body: schema.List, Entry: addressEntry,
		Doc:  "More addresses, not in its adverts.",
		Note: "Of any family, and as many as you like.",
		Example: `virtual_ipaddress_excluded {
    2001:db8::1/64
}`,
		Set: setExcluded},
	{Name: "no_virtual_ipaddress", New: true, Priority: schema.P2, Doc: "No virtual_ipaddress is needed.",
		Set: schema.Flag(func(v *draft) *bool { return &v.noVIPAllowed })},
}

func setVIPs(c *schema.Context, v *draft, s *syntax.Statement) {
	for _, line := range s.Block.Statements {
		a := v.d.readAddress(line, false)
		switch {
		case a == nil:
		case !v.takeFamily(a.Prefix.Addr().Is6()):
			c.Errorf(CodeOtherFamily, a.Span, "address family of %s differs from that of the instance, %s; it is ignored", a.Prefix, familyName(v.IPv6))
			c.Hint("put it into virtual_ipaddress_excluded")
		case v.seenVIP(a.Prefix.Addr()):
			c.Errorf(CodeAddressTwice, a.Span, "address %s is given twice; this one is ignored", a.Prefix.Addr())
		default:
			v.VIPs = append(v.VIPs, a)
		}
	}
}

func setExcluded(c *schema.Context, v *draft, s *syntax.Statement) {
	for _, line := range s.Block.Statements {
		a := v.d.readAddress(line, false)
		if a == nil {
			continue
		}
		if v.seenExcluded(a) {
			c.Errorf(CodeAddressTwice, a.Span, "address %s is given twice for the same interface; this one is ignored", a.Prefix.Addr())
			continue
		}
		v.ExcludedVIPs = append(v.ExcludedVIPs, a)
	}
}

// addressKey makes an address and its device comparable.
type addressKey struct {
	addr netip.Addr
	dev  string
}

// fewAddresses are looked through one by one; for more a map is made.
const fewAddresses = 16

// seenVIP reports whether the address is in virtual_ipaddress already, on whatever interface.
func (v *draft) seenVIP(addr netip.Addr) bool {
	if len(v.VIPs) < fewAddresses {
		return slices.ContainsFunc(v.VIPs, func(a *Address) bool { return a.Prefix.Addr() == addr })
	}
	if v.vips == nil {
		v.vips = make(map[netip.Addr]bool)
	}
	for ; v.vipsKnown < len(v.VIPs); v.vipsKnown++ {
		v.vips[v.VIPs[v.vipsKnown].Prefix.Addr()] = true
	}
	return v.vips[addr]
}

// seenExcluded reports whether the address is given already for the same interface, in either list.
func (v *draft) seenExcluded(a *Address) bool {
	if v.excluded == nil {
		v.excluded = make(map[addressKey]bool)
		for _, vip := range v.VIPs {
			v.excluded[addressKey{vip.Prefix.Addr(), vip.Interface}] = true
		}
	}
	key := addressKey{a.Prefix.Addr(), a.Interface}
	seen := v.excluded[key]
	v.excluded[key] = true
	return seen
}

func decodeStaticAddresses(c *schema.Context, d *decoder, s *syntax.Statement) {
	for _, line := range s.Block.Statements {
		a := d.readAddress(line, true)
		if a == nil {
			continue
		}
		if !a.DevGiven {
			a.Interface = d.cfg.Global.DefaultInterface
			if _, there := d.device(a.Interface); !there && !d.cfg.Global.DynamicInterfaces {
				d.fatal(CodeNoInterface, a.Span, "static address %s has no dev, and the default interface %s does not exist; it is dropped", a.Prefix, a.Interface)
				d.Hint("write dev INTERFACE, or default_interface INTERFACE in global_defs")
				continue
			}
		}
		d.cfg.StaticAddresses = append(d.cfg.StaticAddresses, a)
	}
}
