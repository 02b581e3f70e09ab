package netns

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// dialect is one way to speak VRRP: what the configuration of both routers says of it.
type dialect struct {
	name     string
	version  int
	lines    string // of the vrrp_instance block
	unicast  bool
	interval time.Duration
	vips     []netip.Prefix // the last one is an address that a client would use
}

var dialects = []dialect{
	{name: "v2", version: 2, interval: time.Second, vips: prefixes("10.9.0.100/24", "10.9.0.101/24")},
	{name: "v2-pass", version: 2, lines: "authentication {\n auth_type PASS\n auth_pass s3cret\n }\n",
		interval: time.Second, vips: prefixes("10.9.0.100/24")},
	{name: "v3-ipv4", version: 3, interval: 100 * time.Millisecond, vips: prefixes("10.9.0.100/24", "10.9.0.101/32")},
	{name: "v3-ipv6", version: 3, interval: 100 * time.Millisecond, vips: prefixes("fe80::5:51/64", "fd09::100/64")},
	{name: "v2-ah", version: 2, lines: ah, interval: time.Second, vips: prefixes("10.9.0.100/24", "10.9.0.101/24")},
	{name: "v2-ah-unicast", version: 2, lines: ah, unicast: true, interval: time.Second, vips: prefixes("10.9.0.100/24")},
	{name: "unicast", version: 3, unicast: true, interval: 100 * time.Millisecond, vips: prefixes("10.9.0.100/24")},
}

const ah = "authentication {\n auth_type AH\n auth_pass s3cret\n }\n"

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// configuration is the file of one of two routers: its priority, its own address and the other's.
func (d dialect) configuration(priority int, own, other string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_instance VI {\n state BACKUP\n interface eth0\n virtual_router_id 51\n"+
		" priority %d\n advert_int %g\n version %d\n %s", priority, d.interval.Seconds(), d.version, d.lines)
	if d.unicast {
		fmt.Fprintf(&b, " unicast_src_ip %s\n unicast_peer {\n %s\n }\n", own, other)
	}
	b.WriteString(" virtual_ipaddress {\n")
	for _, vip := range d.vips {
		fmt.Fprintf(&b, "  %v\n", vip)
	}
	b.WriteString(" }\n}\n")
	return b.String()
}

// skewTime is what spec and RFCs give for a priority: RFC 3768, 6.1 and RFC 9568, 6.1.
func (d dialect) skewTime(priority int) time.Duration {
	base := time.Second
	if d.version == 3 {
		base = d.interval
	}
	return time.Duration(256-priority) * base / 256
}

func (d dialect) masterDownInterval(priority int) time.Duration {
	return 3*d.interval + d.skewTime(priority)
}

// vip is the address that a client would use.
func (d dialect) vip() netip.Prefix { return d.vips[len(d.vips)-1] }
