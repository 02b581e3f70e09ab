package config

import (
	"strings"
	"testing"
)

// routeTexts are lines of virtual_routes, and what keepalived 2.2.7 prints for them.
var routeTexts = [][2]string{
	{"10.77.0.0/24 via 10.9.0.254", "prepend 10.77.0.0/24 via inet 10.9.0.254 proto 18"},
	{"10.78.0.0/24 via inet 10.9.0.254 dev eth0", "prepend 10.78.0.0/24 via inet 10.9.0.254 dev eth0 proto 18"},
	{"src 10.9.0.1 to 10.79.0.0/24 via 10.9.0.254 dev eth0 metric 5 table 100", "prepend 10.79.0.0/24 src 10.9.0.1 via inet 10.9.0.254 dev eth0 table 100 proto 18 metric 5"},
	{"blackhole 10.80.0.0/24", "add blackhole 10.80.0.0/24 proto 18"},
	{"unreachable 10.81.0.0/24 no_track", "add unreachable 10.81.0.0/24 no_track"},
	{"10.82.0.0/24 nexthop via 10.9.0.253 dev eth0 weight 2 nexthop via 10.9.0.252 onlink", "prepend 10.82.0.0/24 proto 18 nexthop via inet 10.9.0.253 dev eth0 weight 2 nexthop via inet 10.9.0.252 onlink"},
	{"default via 10.9.0.254 dev eth0 table 7 scope link tos 4 onlink", "prepend 0.0.0.0/0 tos 4 via inet 10.9.0.254 dev eth0 table 7 proto 18 scope 253 onlink"},
	{"10.83.0.0/24 dev eth0 mtu 1400 advmss lock 1300 window 100 rtt 300ms hoplimit 5 initcwnd 10 quickack 1 features ecn congctl reno rto_min 300 realms 1/2",
		"prepend 10.83.0.0/24 dev eth0 proto 18 realms 1/2 congctl reno rtt 300ms rto_min 300ms features ecn mtu 1400 window 100 advmss lock 1300 hoplimit 5 initcwnd 10 quickack 1"},
	{"append 10.84.0.0/24 dev eth0 no_track", "append 10.84.0.0/24 dev eth0 no_track"},
	{"10.85.0.0/24 dev eth0 add", "add 10.85.0.0/24 dev eth0 proto 18"},
	{"default6 via fd00::5 dev eth0", "prepend ::/0 via inet6 fd00::5 dev eth0 proto 18"},
	{"fd01::/64 via fd00::5 dev eth0 pref high expires 100 metric 7", "prepend fd01::/64 via inet6 fd00::5 dev eth0 proto 18 metric 7 expires 100sec pref high"},
	{"fd02::/64 via inet6 fd00::5 dev eth0 scope link from fd05::/64", "prepend fd02::/64 from fd05::/64 via inet6 fd00::5 dev eth0 proto 18 scope 253"},
	{"local 10.86.0.5 dev eth0", "add local 10.86.0.5 dev eth0 proto 18"},
	{"default dev eth0 table 9", "prepend 0.0.0.0/0 dev eth0 table 9 proto 18"},
	{"10.99.0.0/16 dev eth0 rtt 5s rto_min lock 2s", "prepend 10.99.0.0/16 dev eth0 proto 18 rtt 5s rto_min lock 2s"},
	{"10.101.0.0/16 dev eth0 nexthop via 10.9.0.3 realms 2 weight 3", "prepend 10.101.0.0/16 dev eth0 proto 18 nexthop via inet 10.9.0.3 weight 3 realm 2"},
	// Not so in keepalived: inet6 swallows the next word there, and default must come first.
	{"inet6 default dev eth0", "prepend ::/0 dev eth0 proto 18"},
	{"src 10.0.0.1 to default via 10.9.0.254", "prepend 0.0.0.0/0 src 10.0.0.1 via inet 10.9.0.254 proto 18"},
	{"10.5.0.0/16 dev eth0 table isp1", "prepend 10.5.0.0/16 dev eth0 table 100 proto 18"},
}

func TestRoutesArePrintedLikeKeepalived(t *testing.T) {
	for _, tt := range routeTexts {
		c := decode("vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.9.0.5 }\nvirtual_routes {\n" + tt[0] + "\n}\n}\n")
		if len(c.Instances[0].Routes) != 1 {
			t.Errorf("%s: no route:\n%s", tt[0], printed(c))
		} else if got := c.Instances[0].Routes[0].Text; got != tt[1] {
			t.Errorf("%s: got\n%s\nwant\n%s", tt[0], got, tt[1])
		} else if c.ExitCode() != 0 {
			t.Errorf("%s: unexpected findings:\n%s", tt[0], printed(c))
		}
	}
}

// ruleTexts are lines of virtual_rules, and what keepalived 2.2.7 prints for them.
var ruleTexts = [][2]string{
	{"from 10.9.0.61 table 100 priority 16384", "from 10.9.0.61 priority 16384 tos 0x0 protocol 18 lookup 100"},
	{"from 10.9.0.62 to 10.3.0.0/16 lookup 100", "from 10.9.0.62 to 10.3.0.0/16 priority 16384 tos 0x0 protocol 18 lookup 100"},
	{"iif eth0 oif eth0 fwmark 0x10/0xff tos 4 table 7 priority 55", "from all priority 55 tos 0x4 fwmark 0x10/0xff iif eth0 oif eth0 protocol 18 lookup 7"},
	{"not from 10.1.0.0/16 blackhole priority 77", "not from 10.1.0.0/16 priority 77 tos 0x0 protocol 18 type blackhole"},
	{"to 10.5.0.0/16 goto 99 preference 50", "from all to 10.5.0.0/16 priority 50 tos 0x0 protocol 18 goto 99"},
	{"to 10.6.0.0/16 unreachable preference 51 no_track", "from all to 10.6.0.0/16 priority 51 tos 0x0 type unreachable no_track"},
	{"to 10.7.0.0/16 type prohibit preference 53", "from all to 10.7.0.0/16 priority 53 tos 0x0 protocol 18 type prohibit"},
	{"from fd00::/64 table 9 suppress_prefixlength 5 preference 8", "from fd00::/64 priority 8 tos 0x0 suppress_prefixlen 5 protocol 18 lookup 9"},
	{"from any to 10.8.0.0/16 table 9 uidrange 5-8 ipproto tcp sport 5-8 dport 9-10 realms 5/6 tunnel-id 7 preference 9",
		"from 0.0.0.0/0 to 10.8.0.0/16 priority 9 tos 0x0 tunnel-id 7 uidrange 5-8 protocol 18 ipproto 6 sport 5-8 dport 9-10 realms 5/6 lookup 9"},
	{"from 10.88.0.0/16 nop preference 19", "from 10.88.0.0/16 priority 19 tos 0x0 protocol 18 nop"},
	{"from 10.0.0.0/8 fwmark 5 table 9 priority 0x10 suppress_ifgroup 7 no_track", "from 10.0.0.0/8 priority 16 tos 0x0 fwmark 0x5 suppress_ifgroup 7 lookup 9 no_track"},
	{"iif eth0 oif eth0 table 9 not", "not from all priority 16384 tos 0x0 iif eth0 oif eth0 protocol 18 lookup 9"},
	{"from 10.0.0.0/8 l3mdev priority 5", "from 10.0.0.0/8 priority 5 tos 0x0 l3mdev protocol 18 lookup 0"},
	{"inet6 table 9 iif eth0 priority 3", "from all priority 3 tos 0x0 iif eth0 protocol 18 lookup 9"},
}

func TestRulesArePrintedLikeKeepalived(t *testing.T) {
	for _, tt := range ruleTexts {
		c := decode("vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.9.0.5 }\nvirtual_rules {\n" + tt[0] + "\n}\n}\n")
		if len(c.Instances[0].Rules) != 1 {
			t.Errorf("%s: no rule:\n%s", tt[0], printed(c))
		} else if got := c.Instances[0].Rules[0].Text; got != tt[1] {
			t.Errorf("%s: got\n%s\nwant\n%s", tt[0], got, tt[1])
		}
	}
}

// droppedRoutes and droppedRules are lines that are not used, with a word of the reason.
var droppedRoutes = [][2]string{
	{"via 10.0.0.1", "destination"},
	{"10.1.0.0/16 via fd00::1", "IPv6"},
	{"10.1.0.0/16 via nowhere", "no address"},
	{"10.1.0.0/16 mtu 0x10", "mtu"},
	{"10.1.0.0/16 table nosuch", "unknown table"},
	{"10.1.0.0/16 proto static", `did you mean "protocol"`},
	{"10.1.0.0/16 dev eth0 expires 5", "IPv6 only"},
	{"10.1.0.0/16 from 10.0.0.0/8", "IPv6 only"},
	{"to blackhole 10.1.0.0/16", "unknown route keyword"},
	{"10.1.0.0/16 dev gone0", "does not exist"},
	{"10.1.0.0/16 nexthop via 10.0.0.1 weight 0", "1 to 256"},
	{"fd00::/64 realms 5", "IPv4 only"},
	{"10.1.0.0/16 rtt 5x", "no time"},
	{"fd00::/64 pref best", "pref"},
}

var droppedRules = [][2]string{
	{"from 10.0.0.0/8", "no action"},
	{"from 10.0.0.0/8 table 5 nop", "more than one"},
	{"from 10.0.0.0/8 to fd00::/64 table 5", "IPv6"},
	{"from 10.0.0.0/8 table 0", "Table 0"},
	{"from 10.0.0.0/8 goto 5 priority 9", "goto target"},
	{"from 10.0.0.0/8 table 5 pref 9", "write preference"},
	{"from 10.0.0.0/8 5 table 5", "Invalid rule action"},
	{"from 10.0.0.0/8 nop realms 5", "need a table"},
	{"fwmark 5/x table 5", "MARK[/MASK]"},
	{"uidrange 8-5 table 5", "uidrange"},
	{"iif gone0 table 5", "does not exist"},
	{"from 10.0.0.0/8 table 5 tunnel-id x", "tunnel-id"},
	{"from 10.0.0.0/8 table 5 preference x", "preference"},
	{"type stop", "Invalid rule action"},
}

func TestBadRoutesAndRulesAreDropped(t *testing.T) {
	for block, lines := range map[string][][2]string{"virtual_routes": droppedRoutes, "virtual_rules": droppedRules} {
		for _, tt := range lines {
			c := decode("vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.9.0.5 }\n" + block + " {\n" + tt[0] + "\n}\n}\n")
			if vi := c.Instances[0]; len(vi.Routes)+len(vi.Rules) != 0 || c.ExitCode() != 5 {
				t.Errorf("%s: %s: not dropped, exit %d", block, tt[0], c.ExitCode())
			}
			if got := printed(c); !strings.Contains(got, tt[1]) {
				t.Errorf("%s: %s: no %q in\n%s", block, tt[0], tt[1], got)
			}
		}
	}
}
