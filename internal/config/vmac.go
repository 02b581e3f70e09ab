package config

import (
	"encoding/hex"
	"net/netip"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// deviceWords are the words of use_vmac or use_ipvlan, sorted by what they are.
type deviceWords struct {
	name, mac, address, mode []syntax.Word
	group                    syntax.Word
	groupGiven               bool
}

// sortDeviceWords tells the words apart; they may stand in any order.
func sortDeviceWords(s *syntax.Statement, ipvlan bool) (w deviceWords) {
	args := s.Args()
	for i := 0; i < len(args); i++ {
		switch text := args[i].Text; {
		case text == "netlink_notify_msg" && !ipvlan: // of old kernels; nothing to do
		case text == "group" && i+1 < len(args):
			i++
			w.group, w.groupGiven = args[i], true
		case text == "name" && i+1 < len(args):
			i++
			w.name = append(w.name, args[i])
		case ipvlan && isIPVLANMode(text):
			w.mode = append(w.mode, args[i])
		case ipvlan && isPrefix(text):
			w.address = append(w.address, args[i])
		case !ipvlan && strings.Contains(text, ":"):
			w.mac = append(w.mac, args[i])
		default:
			w.name = append(w.name, args[i])
		}
	}
	return w
}

// String is the word of the configuration.
func (m IPVLANMode) String() string {
	for word, mode := range ipvlanModes {
		if mode == m {
			return word
		}
	}
	return ""
}

func isIPVLANMode(text string) bool {
	_, known := ipvlanModes[text]
	return known
}

func isPrefix(text string) bool {
	addr, _, _ := strings.Cut(text, "/")
	_, err := netip.ParseAddr(addr)
	return err == nil
}

// setUseVMAC reads use_vmac. Used again, it adds what was not said before.
func setUseVMAC(c *schema.Context, v *draft, s *syntax.Statement) {
	w := sortDeviceWords(s, false)
	if v.useVMAC == nil {
		v.useVMAC = &VMAC{}
	}
	if v.useVMAC.Name != "" && len(w.name) > 0 {
		c.Errorf(CodeVMACName, w.name[0].Span, "use_vmac has a name already, %s; this one is ignored", v.useVMAC.Name)
		c.Hint("leave one of the two out")
	} else if len(w.name) > 0 {
		v.useVMAC.Name = v.deviceName(c, s.Keyword(), w.name)
	}
	v.readMAC(c, w.mac)
	if group := v.deviceGroup(c, w); group != nil {
		v.useVMAC.Group = group
	}
}

func (v *draft) readMAC(c *schema.Context, words []syntax.Word) {
	for _, word := range words {
		mac, short, problem := parseMAC(word.Text)
		switch {
		case v.useVMAC.MAC != [6]byte{}:
			c.Errorf(CodeVMACAddress, word.Span, "use_vmac has a MAC address already; this one is ignored")
			c.Hint("leave one of the two out")
		case problem != "":
			c.Errorf(CodeVMACAddress, word.Span, "use_vmac: MAC address %s %s; it is not used", schema.Quote(word.Text), problem)
			c.Hint("leave it out for the address of the RFCs, or write one such as 02:00:00:00:00:33")
		default:
			v.useVMAC.MAC, v.shortMAC = mac, short
		}
	}
}

// deviceGroup is the interface group that a device is to be in, nil if none is said.
func (v *draft) deviceGroup(c *schema.Context, w deviceWords) *uint32 {
	if !w.groupGiven {
		return nil
	}
	group, known := v.d.named(tableGroups, w.group.Text)
	if !known {
		c.Errorf(CodeVMACGroup, w.group.Span, "unknown interface group %s; it is ignored", schema.Quote(w.group.Text))
		c.Hint("write a number up to 2147483647, or a name from /etc/iproute2/group")
		return nil
	}
	return &group
}

// deviceName checks the name of the device that use_vmac or use_ipvlan is to make.
func (v *draft) deviceName(c *schema.Context, keyword string, words []syntax.Word) string {
	if len(words) == 0 {
		return ""
	}
	if len(words) > 1 {
		c.Errorf(CodeVMACName, words[1].Span, "%s has a second name, %s; it is ignored", keyword, schema.Quote(words[1].Text))
		c.Hint("write one name")
	}
	name := words[0].Text
	device, there := v.d.device(name)
	switch other := v.d.vmacNames[name]; {
	case !validDeviceName(name):
		c.Errorf(CodeVMACName, words[0].Span, "%s: %s is no name for an interface; the default is used", keyword, schema.Quote(name))
		c.Hint("1 to 15 characters, without '/', ':' and blanks")
		return ""
	case other != nil && other != v:
		c.Errorf(CodeVMACName, words[0].Span, "%s: %s is used by instance %s; the default is used", keyword, name, other.Name)
		c.Hint("choose another name")
		return ""
	case there && !device.Assumed && keyword == "use_ipvlan" && !device.IPVLAN:
		c.Errorf(CodeVMACName, words[0].Span, "%s: %s exists and is no ipvlan of mode L2; the default is used", keyword, name)
		c.Hint("choose another name")
		return ""
	case there && !device.Assumed && keyword == "use_vmac" && !device.VMAC:
		c.Errorf(CodeVMACName, words[0].Span, "%s: %s exists and is no virtual MAC device; the default is used", keyword, name)
		c.Hint("choose another name")
		return ""
	}
	v.d.vmacNames[name] = v
	return name
}

// parseMAC reads six octets, or five to which the VRID is added.
func parseMAC(text string) (mac [6]byte, short bool, problem string) {
	parts := strings.Split(strings.TrimSuffix(text, ":"), ":")
	if len(parts) != 5 && len(parts) != 6 || len(parts) == 6 && strings.HasSuffix(text, ":") {
		return mac, false, "does not have 5 or 6 octets"
	}
	for i, part := range parts {
		if len(part) == 1 {
			part = "0" + part
		}
		octet, err := hex.DecodeString(part)
		if err != nil || len(octet) != 1 {
			return mac, false, "has an octet that is no hexadecimal number"
		}
		mac[i] = octet[0]
	}
	if mac[0]&1 != 0 {
		return mac, false, "is a multicast address"
	}
	if [4]byte(mac[:4]) == [4]byte{0, 0, 0x5e, 0} && (mac[4] == 1 || mac[4] == 2) {
		return mac, false, "is one that the RFCs give to VRRP"
	}
	return mac, len(parts) == 5, ""
}

func setUseIPVLAN(c *schema.Context, v *draft, s *syntax.Statement) {
	if v.ipvlan != nil {
		c.Errorf(CodeIPVLAN, s.Words[0].Span, "use_ipvlan is given already; this one is ignored")
		c.Hint("leave one of the two out")
		return
	}
	w := sortDeviceWords(s, true)
	v.ipvlan = &IPVLAN{Name: v.deviceName(c, s.Keyword(), w.name), Group: v.deviceGroup(c, w)}
	if len(w.mode) > 0 {
		v.ipvlan.Mode = ipvlanModes[w.mode[0].Text]
	}
	for _, list := range [][]syntax.Word{w.mode, w.address} {
		if len(list) > 1 {
			c.Errorf(CodeIPVLAN, list[1].Span, "use_ipvlan: %s is one too many; it is ignored", schema.Quote(list[1].Text))
			c.Hint("write one address and one of bridge, private, vepa")
		}
	}
	if len(w.address) == 0 {
		return
	}
	prefix, _, _ := v.d.prefix(w.address[0])
	if !v.takeFamily(prefix.Addr().Is6()) {
		c.Errorf(CodeOtherFamily, w.address[0].Span, "use_ipvlan: address %s is not %s like the instance; it is ignored", prefix, familyName(v.IPv6))
		return
	}
	v.ipvlan.Address = prefix
	if !v.Source.IsValid() {
		v.Source, v.SourceFrom = prefix.Addr(), "use_ipvlan"
	}
}

var ipvlanModes = map[string]IPVLANMode{"bridge": IPVLANBridge, "private": IPVLANPrivate, "vepa": IPVLANVEPA}

// finishMAC fills in the octet that stands for the VRID.
func (v *draft) finishMAC() {
	if v.useVMAC != nil && v.shortMAC {
		v.useVMAC.MAC[5] = byte(v.VRID)
	}
}

// hasDevice reports whether the instance has a device of its own.
func (v *draft) hasDevice() bool { return v.useVMAC != nil || v.ipvlan != nil }
