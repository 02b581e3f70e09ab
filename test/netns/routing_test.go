package netns

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// sameRoutes are lines of which keepalived and we must make the same routes: each option at least once.
const sameRoutes = `
 10.50.0.0/24 dev eth0
 10.50.1.0/24 via 10.9.0.254
 10.50.2.0/24 via 10.9.0.254 dev eth0 metric 5 src 10.9.0.1
 blackhole 10.50.3.0/24
 unreachable 10.50.4.0/24
 prohibit 10.50.5.0/24
 throw 10.50.6.0/24 table 77
 multicast 239.50.0.0/24 dev eth0
 10.50.10.0/24 dev eth0 scope link
 10.50.11.0/24 via 10.9.0.254 tos 0x10
 10.50.12.0/24 via 10.99.0.254 dev eth0 onlink
 10.50.13.0/24 via 10.9.0.254 mtu 1400 advmss lock 1300 reordering 4 cwnd lock 12 ssthresh 20 window 3000 initcwnd 10 initrwnd 20 hoplimit 60
 10.50.14.0/24 via 10.9.0.254 quickack 1 rtt 800ms rttvar lock 400ms rto_min 1s features ecn fastopen_no_cookie 1 congctl reno
 10.50.15.0/24 via 10.9.0.254 realms 3/4 congctl lock reno
 10.50.16.0/24 nexthop via 10.9.0.253 dev eth0 weight 3 realms 2/9 nexthop via 10.9.1.254 dev eth1 weight 5 realms 7
 10.50.17.0/24 nexthop via 10.99.0.253 dev eth0 onlink weight 1 nexthop via 10.9.1.254
 10.50.18.0/24 encap ip id 77 dst 10.9.0.200 src 10.9.0.1 ttl 33 tos 0x20 flags 1024 dev eth0
 10.50.19.0/24 encap ip6 id 99 dst fd09::200 src fd09::1 hoplimit 44 tc 0x20 dev eth0
 10.50.20.0/24 encap ip id 5 dev eth0
 10.50.21.0/24 encap ip dst 10.9.0.200 dev eth0
 10.50.22.0/24 via 10.9.0.254 append
 10.50.22.0/24 via 10.9.0.253 append
 10.50.23.0/24 via 10.9.0.254
 10.50.23.0/24 via 10.9.0.253
 10.50.24.0/24 via 10.9.0.254 add
 10.50.25.0/24 via 10.9.0.254 ttl-propagate enabled
 10.50.26.0/24 via 10.9.0.254 protocol 99 no_track
 10.50.27.0/24 via 10.9.0.254 table 200 scope 200
 10.50.28.0/24 dev eth0 scope host
 10.50.29.0/24 gw 10.9.0.251 or 10.9.0.252
 default via 10.9.0.250 metric 77
 fd50::/64 dev eth0
 fd50:1::/64 via fd09::fe
 fd50:2::/64 via fd09::fe dev eth0 pref high
 fd50:3::/64 via fd09::fe expires 300
 blackhole fd50:4::/64
 unreachable fd50:5::/64 metric 44
 prohibit fd50:6::/64
 fd50:7::/64 nexthop via fd09::fe dev eth0 weight 2 nexthop via fd09::fd dev eth0 weight 4
 fd50:8::/64 encap ip6 id 99 dst fd09::200 dev eth0
 fd50:9::/64 encap ip id 98 dst 10.9.0.200 dev eth0
 fd50:a::/64 via fd09::fe from fd60::/64
 fd50:b::/64 via fd09::fe src fd09::1 mtu lock 1300 hoplimit 9
 local fd50:d::1 dev lo
 anycast fd50:e::1 dev eth0
 throw fd50:f::/64 table 9
 multicast ff05:5::/64 dev eth0
`

const sameRules = `
 from 10.9.0.0/24 table 100 priority 1000
 to 10.9.0.0/24 lookup 101 preference 1001
 from 10.1.0.0/24 to 10.2.0.0/24 iif eth0 oif eth1 fwmark 0x10/0xff tos 0x10 table 102 priority 1002
 not from 10.1.0.0/24 table 103 priority 1003
 from 10.1.0.0/24 goto 2000 priority 1004
 from any nop priority 2000
 from 10.3.0.0/24 blackhole priority 1005
 from 10.3.0.0/24 type unreachable priority 1006
 from 10.3.0.0/24 prohibit priority 1007
 from 10.4.0.0/24 table 104 realms 3/4 priority 1008
 from 10.4.0.0/24 table 105 suppress_prefixlength 8 suppress_ifgroup 4 priority 1009
 from 10.5.0.0/24 tunnel-id 77 table 106 priority 1010
 from 10.5.0.0/24 uidrange 100-200 table 107 priority 1011
 from 10.5.0.0/24 ipproto tcp sport 100-200 dport 300-400 table 108 priority 1012
 from 10.6.0.0/24 l3mdev priority 1013
 from 10.6.0.0/24 table 109 protocol 77 no_track priority 1014
 iif eth0 table 110 priority 1015
 fwmark 9 table 111 priority 1016
 from 10.7.0.0/24 table 112
 from 10.8.0.0/24 table 113
 from all to 10.9.0.0/24 table 114 priority 1017
 from fd50::/64 table 200 priority 1100
 to fd51::/64 iif eth1 table 202 priority 1102
 from fd52::/64 uidrange 5-6 ipproto udp dport 53-53 table 203 priority 1103
`

// TestSameRoutesAsKeepalived: every kind of route and rule, static and virtual, is in the kernel as keepalived puts it
// there, and is gone after the stop.
func TestSameRoutesAsKeepalived(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"static", "virtual"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			blocks := kind + "_routes {" + sameRoutes + "}\n" + kind + "_rules {" + sameRules + "}\n"
			configuration := blocks + quick("VI", 51, "eth0", "", "10.9.0.100/24")
			if kind == "virtual" {
				configuration = quick("VI", 51, "eth0", blocks, "10.9.0.100/24")
			}
			want := routesOf(t, peers.Need(t, "keepalived"), configuration, "1103:")
			got := routesOf(t, subjectProgram(t), configuration, "1103:")
			if got != want {
				t.Errorf("routes and rules\n%s\nwant, as keepalived sets them,\n%s", got, want)
			}
			if lines := strings.Count(got, "\n"); lines < 70 {
				t.Errorf("only %d lines:\n%s", lines, got)
			}
		})
	}
}

// TestRoutesThatKeepalivedCannotSet: 2.2.7 loses the encapsulation of a next hop, and asks the kernel for local routes
// in a scope that it refuses.
func TestRoutesThatKeepalivedCannotSet(t *testing.T) {
	t.Parallel()
	got := routesOf(t, subjectProgram(t), "static_routes {\n"+
		" 10.50.0.0/24 nexthop via 10.9.0.253 dev eth0 encap ip id 5 dst 10.9.0.201 nexthop via 10.9.1.254 dev eth1 encap ip6 id 6 dst fd09::202\n"+
		" local 10.50.7.0/24 dev eth0\n broadcast 10.50.8.255 dev eth0\n anycast 10.50.9.0/24 dev eth0\n"+
		" inet6 default via fd09::fe dev eth0 metric 99\n}\n"+
		"static_rules {\n inet6 fwmark 7 table 201 priority 1101\n}\n"+quick("VI", 51, "eth0", "", "10.9.0.100/24"), "1101:")
	for _, want := range []string{
		"nexthop  encap ip id 5 src 0.0.0.0 dst 10.9.0.201 ttl 0 tos 0 via 10.9.0.253 dev eth0 weight 1",
		"nexthop  encap ip6 id 6 src :: dst fd09::202 hoplimit 0 tc 0 via 10.9.1.254 dev eth1 weight 1",
		"local 10.50.7.0/24 dev eth0 table main proto keepalived scope host",
		"broadcast 10.50.8.255 dev eth0 table main proto keepalived scope link",
		"anycast 10.50.9.0/24 dev eth0 table main proto keepalived scope link",
		"unicast default via fd09::fe dev eth0 table main proto keepalived scope global metric 99",
		"1101:	from all fwmark 0x7 lookup 201 proto keepalived",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// routesOf runs a daemon until the last of its rules is there, and returns the routes and rules.
func routesOf(t *testing.T, program peers.Program, configuration, last string) string {
	t.Helper()
	r := newSite(t, "subject").router(0, program)
	check(t, lab.Cable(r.host, "eth1", r.lan.Switch, "second"))
	check(t, r.host.AddAddress("eth1", netip.MustParsePrefix("10.9.1.1/24")))
	before := routingState(t, r.host)
	r.start(configuration)
	r.waitLine(0, "(VI) Entering MASTER STATE")
	r.waitAddress(netip.MustParsePrefix("10.9.0.100/24"), true)
	waitUntil(t, func() bool { return strings.Contains(inHost(t, r.host, "ip", "-6", "rule"), last) },
		func() string { return "there is no rule " + last + " in\n" + routingState(t, r.host) })
	during := routingState(t, r.host)
	r.stop()
	if after := routingState(t, r.host); after != before {
		t.Errorf("after the stop there is\n%s\nwant\n%s", after, before)
	}
	return during
}

var changing = regexp.MustCompile(`expires \d+sec`)

// routingState is what `ip` shows of the routes that are not the kernel's, and of the rules.
func routingState(t *testing.T, host *lab.Host) string {
	t.Helper()
	var all strings.Builder
	for _, arguments := range []string{"-4 -d route show table all", "-6 -d route show table all", "-4 -d rule", "-6 -d rule"} {
		for line := range strings.Lines(inHost(t, host, "ip", strings.Fields(arguments)...)) {
			if !strings.Contains(line, "proto kernel") {
				all.WriteString(changing.ReplaceAllString(line, "expires"))
			}
		}
	}
	return all.String()
}

// inHost runs a program on the host and returns what it prints.
func inHost(t *testing.T, host *lab.Host, name string, arguments ...string) string {
	t.Helper()
	program := peers.Need(t, name)
	cmd := exec.Command(program.Path, arguments...)
	cmd.Env = append(os.Environ(), program.Env...)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	check(t, host.Do(cmd.Start))
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, &output)
	}
	return output.String()
}

// TestInterfacesOfRoutesAreLearnt: keepalived.data shows by which interface a route goes that names none.
func TestInterfacesOfRoutesAreLearnt(t *testing.T) {
	t.Parallel()
	r := startMaster(t, "static_routes {\n 10.78.0.0/24 via 10.9.1.254\n}\n"+quick("VI", 51, "eth0",
		"virtual_routes {\n  10.77.0.0/24 via 10.9.0.254\n  fd77::/64 via fd09::fe\n  10.79.0.0/24 via 10.9.0.254 dev eth0\n }", "10.9.0.100/24"), "VI")
	wanted := []string{
		"prepend 10.77.0.0/24 via inet 10.9.0.254 proto 18 [dev eth0]\n", "prepend fd77::/64 via inet6 fd09::fe proto 18 [dev eth0]\n",
		"prepend 10.79.0.0/24 via inet 10.9.0.254 dev eth0 proto 18\n", "prepend 10.78.0.0/24 via inet 10.9.1.254 proto 18 [dev eth1]\n",
	}
	var data string
	waitUntil(t, func() bool {
		_ = os.Remove(filepath.Join(r.daemon.Dir, "keepalived.data")) // of the time before
		data = r.dump(syscall.SIGUSR1, "keepalived.data")
		return !slices.ContainsFunc(wanted, func(line string) bool { return !strings.Contains(data, line) })
	}, func() string { return "not all routes are as they should be in\n" + data })
}
