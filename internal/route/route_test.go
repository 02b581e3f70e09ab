package route

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

// host is a namespace with the running links eth0 (10.0.0.1/24, fd00::1/64) and
// eth1 (10.1.0.1/24) and a Programmer inside.
type host struct {
	*nettest.Namespace
	*Programmer
	eth0, eth1 int
}

func newHost(t testing.TB) host {
	t.Helper()
	h := host{Namespace: nettest.New(t)}
	peer := nettest.New(t)
	nettest.Link(t, h.Namespace, peer, "eth0", "eth0")
	nettest.Link(t, h.Namespace, peer, "eth1", "eth1")
	h.Address(t, "eth0", "10.0.0.1/24")
	h.Address(t, "eth0", "fd00::1/64")
	h.Address(t, "eth1", "10.1.0.1/24")
	h.eth0, h.eth1 = h.Index(t, "eth0"), h.Index(t, "eth1")
	h.Do(t, func() {
		t.Helper()
		var err error
		if h.Programmer, err = Open(); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(h.Close)
	return h
}

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }

var blanks = regexp.MustCompile(`\s+`)

// shown is what ip shows, in numbers and as one line with single blanks.
func (h host) shown(t testing.TB, args ...string) string {
	t.Helper()
	return strings.TrimSpace(blanks.ReplaceAllString(h.Run(t, "ip", append([]string{"-N"}, args...)...), " "))
}

func TestRoutesAsIPShowsThem(t *testing.T) {
	h := newHost(t)
	const table = "1000"
	for _, test := range []struct {
		name  string
		route Route
		want  string
	}{
		{"gateway", Route{Destination: prefix("10.2.0.0/16"), Via: addr("10.0.0.254"), Index: h.eth0},
			"10.2.0.0/16 via 10.0.0.254 dev eth0 proto 18"},
		{"default", Route{Destination: prefix("0.0.0.0/0"), Via: addr("10.0.0.254"), Metric: new(uint32(50))},
			"default via 10.0.0.254 dev eth0 proto 18 metric 50"},
		{"device only", Route{Destination: prefix("10.2.0.0/16"), Index: h.eth1}, "10.2.0.0/16 dev eth1 proto 18"},
		{"source, scope, protocol, tos", Route{Destination: prefix("10.2.3.4/32"), Index: h.eth0, Source: addr("10.1.0.1"),
			Scope: new(uint8(unix.RT_SCOPE_LINK)), Protocol: 4, TOS: 0x10},
			"10.2.3.4 tos 0x10 dev eth0 proto 4 scope 253 src 10.1.0.1"},
		{"onlink", Route{Destination: prefix("10.2.0.0/16"), Via: addr("192.0.2.1"), Index: h.eth0, OnLink: true},
			"10.2.0.0/16 via 192.0.2.1 dev eth0 proto 18 onlink"},
		{"host bits", Route{Destination: prefix("10.2.9.9/16"), Index: h.eth0},
			"10.2.0.0/16 dev eth0 proto 18"},
		{"blackhole", Route{Destination: prefix("10.2.0.0/16"), Type: unix.RTN_BLACKHOLE}, "6 10.2.0.0/16 proto 18"},
		{"unreachable", Route{Destination: prefix("10.2.0.0/16"), Type: unix.RTN_UNREACHABLE}, "7 10.2.0.0/16 proto 18"},
		{"prohibit", Route{Destination: prefix("10.2.0.0/16"), Type: unix.RTN_PROHIBIT}, "8 10.2.0.0/16 proto 18"},
		{"throw", Route{Destination: prefix("10.2.0.0/16"), Type: unix.RTN_THROW}, "9 10.2.0.0/16 proto 18"},
		{"local", Route{Destination: prefix("10.2.0.0/16"), Type: unix.RTN_LOCAL, Index: h.eth0},
			"2 10.2.0.0/16 dev eth0 proto 18 scope 254"},
		{"broadcast", Route{Destination: prefix("10.2.0.255/32"), Type: unix.RTN_BROADCAST, Index: h.eth0},
			"3 10.2.0.255 dev eth0 proto 18 scope 253"},
		{"multipath", Route{Destination: prefix("10.2.0.0/16"), Nexthops: []Nexthop{
			{Via: addr("10.0.0.254"), Weight: 3}, {Via: addr("192.0.2.1"), Index: h.eth1, OnLink: true}}},
			"10.2.0.0/16 proto 18 nexthop via 10.0.0.254 dev eth0 weight 3 nexthop via 192.0.2.1 dev eth1 weight 1 onlink"},
		{"metrics", Route{Destination: prefix("10.2.0.0/16"), Index: h.eth0, Metrics: []Metric{
			{Name: "mtu", Value: 1400, Lock: true}, {Name: "advmss", Value: 1300}, {Name: "hoplimit", Value: 9},
			{Name: "features", Value: 1}, {Name: "initcwnd", Value: 20}, {Name: "rto_min", Value: 300, Lock: true},
			{Name: "congctl", Text: "reno", Lock: true}, {Name: "quickack", Value: 1}}},
			"10.2.0.0/16 dev eth0 proto 18 mtu lock 1400 advmss 1300 hoplimit 9 initcwnd 20 features ecn rto_min lock 300ms quickack 1 congctl lock reno"},
		{"realms", Route{Destination: prefix("10.2.0.0/16"), Index: h.eth0, Realms: 3<<16 | 4},
			"10.2.0.0/16 dev eth0 proto 18 realms 3/4"},
		{"IPv4 via IPv6", Route{Destination: prefix("10.2.0.0/16"), Via: addr("fd00::ff"), Index: h.eth0},
			"10.2.0.0/16 via inet6 fd00::ff dev eth0 proto 18"},
		{"IPv6", Route{Destination: prefix("fd02::/16"), Via: addr("fd00::ff"), Index: h.eth0, Metric: new(uint32(9)), Pref: new(uint8(1))},
			"fd02::/16 via fd00::ff dev eth0 proto 18 metric 9 pref high"},
		{"IPv6 default from", Route{Destination: prefix("::/0"), From: prefix("fd00::/64"), Index: h.eth0, Source: addr("fd00::1")},
			"default from fd00::/64 dev eth0 proto 18 src fd00::1 metric 1024 pref medium"},
		{"IPv6 expires", Route{Destination: prefix("fd02::/16"), Index: h.eth0, Expires: new(uint32(1000))},
			"fd02::/16 dev eth0 proto 18 metric 1024 expires"},
	} {
		t.Run(test.name, func(t *testing.T) {
			family := "-4"
			if test.route.Destination.Addr().Is6() {
				family = "-6"
			}
			test.route.Table = 1000
			for range 2 { // the second time it is there already
				if err := h.AddRoute(test.route); err != nil {
					t.Fatal(err)
				}
			}
			if got := h.shown(t, family, "route", "show", "table", table); !strings.HasPrefix(got, test.want) ||
				test.name != "IPv6 expires" && got != test.want {
				t.Errorf("ip shows %q, want %q", got, test.want)
			}
			for range 2 { // the second time it is gone already
				if err := h.RemoveRoute(test.route); err != nil {
					t.Fatal(err)
				}
			}
			if got := h.shown(t, family, "route", "show", "table", table); got != "" {
				t.Errorf("after removal ip shows %q", got)
			}
		})
	}
}

func TestRemoveLeavesOtherRoutesAlone(t *testing.T) {
	h := newHost(t)
	there := Route{Destination: prefix("10.2.0.0/16"), Via: addr("10.0.0.254"), Metric: new(uint32(5)), Table: 1000}
	if err := h.AddRoute(there); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(r *Route){
		func(r *Route) { r.Via = addr("10.0.0.253") },
		func(r *Route) { r.Metric = new(uint32(6)) },
		func(r *Route) { r.Protocol = 4 },
		func(r *Route) { r.Type = unix.RTN_BLACKHOLE; r.Via = netip.Addr{} },
		func(r *Route) { r.Table = 1001 },
	} {
		other := there
		change(&other)
		if err := h.RemoveRoute(other); err != nil {
			t.Errorf("remove %v: %v", other, err)
		}
		if got := h.shown(t, "route", "show", "table", "1000"); got == "" {
			t.Fatalf("removing %v removed %v", other, there)
		}
	}
}

func TestInsertionDecidesTheOrder(t *testing.T) {
	h := newHost(t)
	via := func(last byte, insert Insert) Route {
		return Route{
			Destination: prefix("10.2.0.0/16"), Via: netip.AddrFrom4([4]byte{10, 0, 0, last}),
			Index: h.eth0, Table: 1000, Insert: insert,
		}
	}
	for _, r := range []Route{via(10, AddOnly), via(20, Prepend), via(30, Append)} {
		if err := h.AddRoute(r); err != nil {
			t.Fatal(err)
		}
	}
	want := "10.2.0.0/16 via 10.0.0.20 dev eth0 proto 18 10.2.0.0/16 via 10.0.0.10 dev eth0 proto 18 10.2.0.0/16 via 10.0.0.30 dev eth0 proto 18"
	if got := h.shown(t, "route", "show", "table", "1000"); got != want {
		t.Errorf("ip shows %q, want %q", got, want)
	}
	if err := h.AddRoute(via(40, AddOnly)); !errors.Is(err, unix.EEXIST) {
		t.Errorf("adding beside others: %v, want EEXIST", err)
	}
	if err := h.AddRoute(via(50, Replace)); err != nil {
		t.Error(err)
	}
	if got, want := h.shown(t, "route", "show", "table", "1000"), strings.Replace(want, ".20", ".50", 1); got != want {
		t.Errorf("after replacing ip shows %q, want %q", got, want)
	}
}

func TestRouteErrorsSayWhatWasNotDone(t *testing.T) {
	h := newHost(t)
	for _, test := range []struct {
		route Route
		errno unix.Errno
		want  string
	}{
		{Route{Destination: prefix("10.2.0.0/16"), Via: addr("192.0.2.1"), Index: h.eth0, Device: "eth0"},
			unix.ENETUNREACH, "add route 10.2.0.0/16 via 192.0.2.1 dev eth0: network is unreachable"},
		{Route{Destination: prefix("0.0.0.0/0"), Index: 4000, Table: 1000, Metric: new(uint32(3))},
			unix.ENODEV, "add route default dev #4000 table 1000 metric 3: no such device"},
		{Route{Destination: prefix("10.2.0.1/32"), Type: unix.RTN_BLACKHOLE, Metrics: []Metric{{Name: "speed"}}},
			unix.EINVAL, `add route blackhole 10.2.0.1: metric "speed": invalid argument`},
		{Route{}, unix.EINVAL, "add route invalid Prefix: no valid destination: invalid argument"},
	} {
		err := h.AddRoute(test.route)
		if !errors.Is(err, test.errno) || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
	if err := h.RemoveRoute(Route{Destination: prefix("10.2.0.0/16"), Index: 4000}); err != nil {
		t.Errorf("removing a route of an interface that is gone: %v", err)
	}
}

func TestRulesAsIPShowsThem(t *testing.T) {
	h := newHost(t)
	for _, test := range []struct {
		name string
		rule Rule
		want string
	}{
		{"from to", Rule{From: prefix("10.2.0.0/16"), To: prefix("10.3.0.1/32"), Table: 1000},
			"from 10.2.0.0/16 to 10.3.0.1 lookup 1000 proto 18"},
		{"any", Rule{Table: 100}, "from all lookup 100 proto 18"},
		{"interfaces, tos, mark", Rule{IIF: "eth0", OIF: "eth1", TOS: 0x10, Mark: &Mark{5, 0xff}, Table: 1000},
			"from all tos 0x10 fwmark 0x5/0xff iif eth0 oif eth1 lookup 1000 proto 18"},
		{"not", Rule{From: prefix("10.2.0.0/16"), Not: true, Table: 1000}, "not from 10.2.0.0/16 lookup 1000 proto 18"},
		{"goto", Rule{Action: nl.FR_ACT_GOTO, Goto: 32766}, "from all goto 32766 proto 18"},
		{"nop", Rule{Action: nl.FR_ACT_NOP}, "from all nop proto 18"},
		{"blackhole", Rule{Action: nl.FR_ACT_BLACKHOLE}, "from all 6 proto 18"},
		{"unreachable", Rule{Action: nl.FR_ACT_UNREACHABLE}, "from all 7 proto 18"},
		{"prohibit", Rule{Action: nl.FR_ACT_PROHIBIT}, "from all 8 proto 18"},
		{"l3mdev", Rule{L3MDev: true}, "from all lookup [l3mdev-table] proto 18"},
		{"ports", Rule{IPProto: unix.IPPROTO_TCP, SourcePorts: &[2]uint16{1000, 2000}, DestinationPorts: &[2]uint16{80, 90}, Table: 1000},
			"from all ipproto ipproto-6 sport 1000-2000 dport 80-90 lookup 1000 proto 18"},
		{"uids, suppress", Rule{UIDs: &[2]uint32{0, 0}, SuppressPrefixLength: new(uint32(8)), SuppressGroup: new(uint32(7)), Table: 1000},
			"from all uidrange 0-0 lookup 1000 suppress_prefixlength 8 suppress_ifgroup 7 proto 18"},
		{"tunnel, realms", Rule{TunnelID: 77, Realms: 3<<16 | 4, Table: 1000, Protocol: 4},
			"from all tun_id 77 lookup 1000 realms 3/4 proto 4"},
		{"IPv6", Rule{IPv6: true, From: prefix("fd02::/16"), Table: 1000}, "from fd02::/16 lookup 1000 proto 18"},
	} {
		t.Run(test.name, func(t *testing.T) {
			family := "-4"
			if test.rule.IPv6 {
				family = "-6"
			}
			test.rule.Priority = 1234
			for range 2 {
				if err := h.AddRule(test.rule); err != nil {
					t.Fatal(err)
				}
			}
			got := h.shown(t, family, "rule", "show", "pref", "1234")
			if want := "1234: " + test.want; got != want {
				t.Errorf("ip shows %q, want %q", got, want)
			}
			for range 2 {
				if err := h.RemoveRule(test.rule); err != nil {
					t.Fatal(err)
				}
			}
			if got := h.shown(t, family, "rule", "show", "pref", "1234"); got != "" {
				t.Errorf("after removal ip shows %q", got)
			}
		})
	}
}

func TestRemoveLeavesOtherRulesAlone(t *testing.T) {
	h := newHost(t)
	there := Rule{From: prefix("10.2.0.0/16"), Priority: 1234, Table: 1000, Mark: &Mark{1, 0xff}}
	if err := h.AddRule(there); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(r *Rule){
		func(r *Rule) { r.From = prefix("10.3.0.0/16") },
		func(r *Rule) { r.Priority = 1235 },
		func(r *Rule) { r.Table = 1001 },
		func(r *Rule) { r.Mark = &Mark{2, 0xff} },
		func(r *Rule) { r.Protocol = 4 },
	} {
		other := there
		change(&other)
		if err := h.RemoveRule(other); err != nil {
			t.Errorf("remove %v: %v", other, err)
		}
		if got := h.shown(t, "rule", "show", "pref", "1234"); got == "" {
			t.Fatalf("removing %v removed %v", other, there)
		}
	}
}

func TestRuleErrorsSayWhatWasNotDone(t *testing.T) {
	h := newHost(t)
	err := h.AddRule(Rule{Priority: 1234, Action: nl.FR_ACT_GOTO, Goto: 5, From: prefix("10.2.0.0/16"), IIF: "eth0"})
	if want := "add rule 1234: from 10.2.0.0/16 iif eth0 goto 5: invalid argument"; !errors.Is(err, unix.EINVAL) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}
