package netmon

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

// host is a namespace with the running link eth0, whose other end is peer's eth0,
// and a handle inside by which somebody changes things.
type host struct {
	*nettest.Namespace
	peer     *nettest.Namespace
	somebody *netlink.Handle
	eth0     netlink.Link
}

func newHost(t testing.TB) host {
	t.Helper()
	h := host{Namespace: nettest.New(t), peer: nettest.New(t)}
	nettest.Link(t, h.Namespace, h.peer, "eth0", "eth0")
	h.somebody = h.handle(t)
	var err error
	if h.eth0, err = h.somebody.LinkByName("eth0"); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h host) handle(t testing.TB) *netlink.Handle {
	t.Helper()
	var handle *netlink.Handle
	h.Do(t, func() {
		t.Helper()
		var err error
		if handle, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(handle.Close)
	return handle
}

func (h host) open(t testing.TB) *Monitor {
	t.Helper()
	var m *Monitor
	h.Do(t, func() {
		t.Helper()
		var err error
		if m, err = Open(); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { m.Close() })
	return m
}

// watch runs the monitor until the end of the test. Its own goroutine is inside
// the namespace, as a resync opens a socket. The link's automatic address is left
// out: it becomes usable at a time of its own.
func (h host) watch(t *testing.T, m *Monitor) <-chan Event {
	t.Helper()
	events := make(chan Event, 10_000)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go h.Do(t, func() {
		ended <- m.Run(ctx, func(ev Event) {
			if !ev.Address.Prefix.Addr().IsLinkLocalUnicast() {
				events <- ev
			}
		})
	})
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
	return events
}

func next(t *testing.T, events <-chan Event, kind EventKind) Event {
	t.Helper()
	select {
	case ev := <-events:
		if ev.Kind != kind {
			t.Fatalf("event %+v, want kind %v", ev, kind)
		}
		return ev
	case <-time.After(5 * time.Second):
		t.Fatalf("no event, want kind %v", kind)
	}
	panic("unreachable")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func addr(prefix string) *netlink.Addr {
	p := netip.MustParsePrefix(prefix)
	return &netlink.Addr{IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}}
}

func TestOpenSeesAllLinksAndAddresses(t *testing.T) {
	h := newHost(t)
	h.Address(t, "eth0", "10.0.0.1/24")
	h.Address(t, "eth0", "10.0.0.2/24")
	h.Address(t, "eth0", "fd00::1/64")
	must(t, h.somebody.LinkAdd(&netlink.Macvlan{
		LinkAttrs: netlink.LinkAttrs{Name: "vrrp.51", ParentIndex: h.eth0.Attrs().Index, HardwareAddr: net.HardwareAddr{0, 0, 0x5e, 0, 1, 51}},
		Mode:      netlink.MACVLAN_MODE_PRIVATE,
	}))
	m := h.open(t)

	var names []string
	byName := map[string]Link{}
	for _, l := range m.Links() {
		names, byName[l.Name] = append(names, l.Name), l
	}
	if want := []string{"lo", "eth0", "vrrp.51"}; !slices.Equal(names, want) {
		t.Errorf("links %v, want %v", names, want)
	}
	want := Link{
		Index: h.eth0.Attrs().Index, Name: "eth0", Up: true, AdminUp: true, Multicast: true, Broadcast: true,
		ARP: true, MTU: 1500, MAC: h.eth0.Attrs().HardwareAddr, Type: 1, Kind: "veth",
	}
	if got := byName["eth0"]; !got.equal(want) {
		t.Errorf("eth0 is %+v, want %+v", got, want)
	}
	if l := byName["lo"]; !l.Loopback || !l.Up || l.MAC != nil {
		t.Errorf("lo is %+v", l)
	}
	if l := byName["vrrp.51"]; l.Kind != "macvlan" || l.Parent != want.Index || l.AdminUp || l.Up {
		t.Errorf("vrrp.51 is %+v", l)
	}

	var prefixes []string
	for _, a := range m.Addresses() {
		if a.Index == want.Index && !a.Prefix.Addr().IsLinkLocalUnicast() {
			prefixes = append(prefixes, a.Prefix.String())
		}
		if got := a.Secondary(); got != (a.Prefix.Addr().String() == "10.0.0.2") {
			t.Errorf("%v secondary: %v", a, got)
		}
	}
	if want := []string{"10.0.0.1/24", "10.0.0.2/24", "fd00::1/64"}; !slices.Equal(prefixes, want) {
		t.Errorf("addresses of eth0: %v, want %v", prefixes, want)
	}
}

func TestReadSeesThisMoment(t *testing.T) {
	h := newHost(t)
	m := h.open(t)
	h.Address(t, "eth0", "10.0.0.1/24")
	h.Do(t, func() {
		state, err := Read()
		must(t, err)
		there := func(a Address) bool { return a.Prefix.String() == "10.0.0.1/24" }
		if !slices.ContainsFunc(state.Addresses, there) || len(state.Links) != 2 {
			t.Errorf("read %+v, want lo, eth0 and 10.0.0.1/24", state)
		}
	})
	if len(m.Addresses()) == 0 || slices.ContainsFunc(m.Addresses(), func(a Address) bool { return a.Prefix.Addr().Is4() && !a.Prefix.Addr().IsLoopback() }) {
		t.Errorf("the Monitor's first picture changed to %+v", m.Addresses())
	}
}

func TestCarrierAndDeletionAreReported(t *testing.T) {
	h := newHost(t)
	h.Address(t, "eth0", "10.0.0.1/24")
	m := h.open(t)
	events := h.watch(t, m)
	h.peer.SetDown(t, "eth0")
	if l := awaitLink(t, events, "eth0"); l.Up || !l.AdminUp {
		t.Errorf("without carrier: %+v", l)
	}
	h.peer.SetUp(t, "eth0")
	if l := awaitLink(t, events, "eth0"); !l.Up {
		t.Errorf("with carrier: %+v", l)
	}
	must(t, h.somebody.LinkDel(h.eth0))
	if ev := awaitLinkGone(t, events); ev.Link.Name != "eth0" {
		t.Errorf("gone: %+v", ev.Link)
	}
}

// awaitLinkGone lets the changes before it pass (a link that is deleted goes down
// first) and wants the link's address gone by then.
func awaitLinkGone(t *testing.T, events <-chan Event) Event {
	t.Helper()
	addressGone := false
	for {
		select {
		case ev := <-events:
			addressGone = addressGone || ev.Kind == AddressGone
			if ev.Kind == LinkGone {
				if !addressGone {
					t.Error("the link's address was not reported gone before it")
				}
				return ev
			}
		case <-time.After(5 * time.Second):
			t.Fatal("no report of the link that is gone")
		}
	}
}

func TestLinkThatMovesAwayIsGoneWithItsAddresses(t *testing.T) {
	h := newHost(t)
	h.Address(t, "eth0", "10.0.0.1/24")
	events := h.watch(t, h.open(t))
	must(t, h.somebody.LinkSetNsFd(h.eth0, nettest.New(t).FD()))
	awaitLinkGone(t, events)
}

// awaitLink waits for a change of a link's Up; others (addresses, the order of
// flags on the way) are let pass.
func awaitLink(t *testing.T, events <-chan Event, name string) Link {
	t.Helper()
	for {
		select {
		case ev := <-events:
			if ev.Kind == LinkChanged && ev.Link.Name == name {
				return ev.Link
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("no change of %s", name)
		}
	}
}

func TestAddressesAreReportedWithTheirRequester(t *testing.T) {
	h := newHost(t)
	events := h.watch(t, h.open(t))
	must(t, h.somebody.AddrAdd(h.eth0, addr("10.0.0.1/24")))
	added := next(t, events, AddressAdded)
	want := Address{
		Prefix: netip.MustParsePrefix("10.0.0.1/24"), Index: h.eth0.Attrs().Index, Flags: unix.IFA_F_PERMANENT,
	}
	if added.Address != want || added.Port == 0 {
		t.Errorf("added %+v by port %d, want %+v", added.Address, added.Port, want)
	}
	must(t, h.handle(t).AddrDel(h.eth0, addr("10.0.0.1/24")))
	if gone := next(t, events, AddressGone); gone.Address != want || gone.Port == 0 || gone.Port == added.Port {
		t.Errorf("gone %+v by port %d, want %+v by another port than %d", gone.Address, gone.Port, want, added.Port)
	}
}

func TestPeerAndTentativeAddresses(t *testing.T) {
	h := newHost(t)
	h.SetSysctl(t, "net/ipv6/conf/eth0/accept_dad", "1")
	events := h.watch(t, h.open(t))
	pointToPoint := addr("10.0.0.1/32")
	pointToPoint.Peer = addr("10.0.0.2/32").IPNet
	must(t, h.somebody.AddrAdd(h.eth0, pointToPoint))
	if a := next(t, events, AddressAdded).Address; a.Prefix.String() != "10.0.0.1/32" || a.Peer.String() != "10.0.0.2" {
		t.Errorf("added %+v, want 10.0.0.1 with peer 10.0.0.2", a)
	}
	must(t, h.somebody.AddrAdd(h.eth0, addr("fd00::1/64")))
	if a := next(t, events, AddressAdded).Address; !a.Tentative() {
		t.Errorf("added %+v, want it tentative", a)
	}
	if a := next(t, events, AddressAdded).Address; a.Tentative() || a.Prefix.String() != "fd00::1/64" {
		t.Errorf("then %+v, want fd00::1/64 not tentative", a)
	}
}

func TestIgnoredPortIsNotHeard(t *testing.T) {
	h := newHost(t)
	m := h.open(t)
	events := h.watch(t, m)
	own := h.handle(t)
	must(t, own.AddrAdd(h.eth0, addr("10.0.0.1/24")))
	must(t, m.SetIgnored(1, next(t, events, AddressAdded).Port))

	vip := addr("fd00::1/128")
	vip.Flags, vip.PreferedLft = unix.IFA_F_NODAD, 0
	vip.ValidLft = 1 << 30 // with any lifetime, netlink sends both
	must(t, own.AddrAdd(h.eth0, addr("10.0.0.2/24")))
	must(t, own.AddrAdd(h.eth0, addr("10.9.0.1/32")))
	must(t, own.AddrAdd(h.eth0, vip))
	must(t, own.AddrDel(h.eth0, addr("10.9.0.1/32")))
	must(t, h.somebody.AddrAdd(h.eth0, addr("10.0.0.3/24")))
	if a := next(t, events, AddressAdded).Address; a.Prefix.String() != "10.0.0.3/24" {
		t.Errorf("heard of %+v, want only what somebody else added", a)
	}
	must(t, own.AddrDel(h.eth0, addr("10.0.0.1/24"))) // takes its secondaries along
	var gone []string
	for range 3 {
		gone = append(gone, next(t, events, AddressGone).Address.Prefix.Addr().String())
	}
	slices.Sort(gone)
	if want := []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}; !slices.Equal(gone, want) {
		t.Errorf("gone %v, want %v", gone, want)
	}
	must(t, own.AddrDel(h.eth0, vip))
	if a := next(t, events, AddressGone).Address; a.Prefix.String() != "fd00::1/128" {
		t.Errorf("gone %v, want fd00::1/128", a)
	}
}

func TestAddressThatWeRemovedUnheardIsHeardAgain(t *testing.T) {
	h := newHost(t)
	h.Address(t, "eth0", "10.9.0.1/32")
	m := h.open(t)
	events := h.watch(t, m)
	own := h.handle(t)
	must(t, own.AddrAdd(h.eth0, addr("10.0.0.1/24")))
	must(t, m.SetIgnored(next(t, events, AddressAdded).Port))
	must(t, own.AddrDel(h.eth0, addr("10.9.0.1/32")))
	must(t, h.somebody.AddrAdd(h.eth0, addr("10.9.0.1/32")))
	if a := next(t, events, AddressAdded).Address; a.Prefix.String() != "10.9.0.1/32" {
		t.Errorf("added %v, want 10.9.0.1/32", a)
	}
}

func TestWhatStaysTheSameIsNotReported(t *testing.T) {
	h := newHost(t)
	aging := addr("10.0.0.1/24")
	aging.ValidLft, aging.PreferedLft = 1000, 1000
	must(t, h.somebody.AddrAdd(h.eth0, aging))
	events := h.watch(t, h.open(t))
	must(t, h.somebody.LinkSetAlias(h.eth0, "uplink"))
	aging.ValidLft, aging.PreferedLft = 2000, 2000
	must(t, h.somebody.AddrReplace(h.eth0, aging))
	must(t, h.somebody.AddrAdd(h.eth0, addr("10.0.0.2/32")))
	if a := next(t, events, AddressAdded).Address; a.Prefix.String() != "10.0.0.2/32" {
		t.Errorf("added %v, want 10.0.0.2/32", a)
	}
}

func TestRemovedRoutesAndRulesAreReported(t *testing.T) {
	h := newHost(t)
	h.Address(t, "eth0", "10.0.0.1/24")
	m := h.open(t)
	events := h.watch(t, m)
	route := func(dst string, protocol int) *netlink.Route {
		return &netlink.Route{
			Dst: addr(dst).IPNet, Gw: net.IPv4(10, 0, 0, 254), LinkIndex: h.eth0.Attrs().Index,
			Table: 1000, Priority: 7, Protocol: netlink.RouteProtocol(protocol),
		}
	}
	for _, r := range []*netlink.Route{route("10.1.0.0/16", 4), route("10.2.0.0/16", 18), route("0.0.0.0/0", 18)} {
		must(t, h.somebody.RouteAdd(r))
		must(t, h.somebody.RouteDel(r))
	}
	want := Route{
		Prefix: netip.MustParsePrefix("10.2.0.0/16"), Table: 1000, Metric: 7, Type: unix.RTN_UNICAST,
		Protocol: 18, Index: h.eth0.Attrs().Index, Gateway: netip.MustParseAddr("10.0.0.254"),
	}
	if got := next(t, events, RouteGone); got.Route != want || got.Port == 0 {
		t.Errorf("gone %+v, want %+v", got.Route, want)
	}
	want.Prefix = netip.MustParsePrefix("0.0.0.0/0")
	if got := next(t, events, RouteGone).Route; got != want {
		t.Errorf("gone %+v, want %+v", got, want)
	}

	rule := netlink.NewRule()
	rule.Src, rule.Dst = addr("10.3.0.0/16").IPNet, addr("10.4.0.0/16").IPNet
	rule.Priority, rule.Table, rule.Mark, rule.Mask = 100, 1000, 5, new(uint32(0xff))
	rule.IifName, rule.OifName, rule.Protocol, rule.Invert, rule.Tos = "eth0", "lo", 18, true, 0x10
	must(t, h.somebody.RuleAdd(rule))
	must(t, h.somebody.RuleDel(rule))
	wantRule := Rule{
		From: netip.MustParsePrefix("10.3.0.0/16"), To: netip.MustParsePrefix("10.4.0.0/16"), Priority: 100,
		Table: 1000, Action: 1, Invert: true, TOS: 0x10, IIF: "eth0", OIF: "lo", Mark: 5, Mask: 0xff, Protocol: 18,
	}
	got := next(t, events, RuleGone)
	if got.Rule != wantRule {
		t.Errorf("gone %+v, want %+v", got.Rule, wantRule)
	}
	must(t, m.SetIgnored(got.Port))
	must(t, h.somebody.RuleAdd(rule))
	must(t, h.somebody.RuleDel(rule))
	must(t, h.somebody.RouteAdd(route("10.2.0.0/16", 18)))
	must(t, h.somebody.RouteDel(route("10.2.0.0/16", 18)))
	must(t, h.handle(t).AddrAdd(h.eth0, addr("10.0.0.9/32")))
	next(t, events, AddressAdded)
}

func TestOverflowEndsInANewPicture(t *testing.T) {
	h := newHost(t)
	h.Address(t, "eth0", "10.0.0.1/32")
	m := h.open(t)
	var shrinkErr error
	must(t, m.conn.Control(func(fd uintptr) {
		shrinkErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<10)
	}))
	must(t, shrinkErr)
	for i := range 100 { // far more than the buffer holds, before anybody reads
		must(t, h.somebody.AddrAdd(h.eth0, addr(fmt.Sprintf("10.1.0.%d/32", i+1))))
	}
	for i := range 50 {
		must(t, h.somebody.AddrDel(h.eth0, addr(fmt.Sprintf("10.1.0.%d/32", i+1))))
	}
	must(t, h.somebody.AddrDel(h.eth0, addr("10.0.0.1/32")))
	must(t, h.somebody.LinkSetMTU(h.eth0, 1400))

	events := h.watch(t, m)
	if gone := next(t, events, AddressGone).Address; gone.Prefix.String() != "10.0.0.1/32" {
		t.Errorf("gone %v, want 10.0.0.1/32", gone)
	}
	if l := next(t, events, LinkChanged).Link; l.MTU != 1400 {
		t.Errorf("changed %+v, want an MTU of 1400", l)
	}
	for i := range 50 {
		if a := next(t, events, AddressAdded).Address.Prefix; a.String() != fmt.Sprintf("10.1.0.%d/32", i+51) {
			t.Fatalf("added %v at place %d", a, i)
		}
	}
	state := next(t, events, Resync).State
	found := slices.DeleteFunc(state.Addresses, func(a Address) bool { return a.Index != h.eth0.Attrs().Index || a.Prefix.Addr().Is6() })
	if len(found) != 50 || len(state.Links) != 2 {
		t.Errorf("new picture has %d addresses of eth0 and %d links, want 50 and 2", len(found), len(state.Links))
	}
	must(t, h.somebody.AddrAdd(h.eth0, addr("10.2.0.1/32")))
	if a := next(t, events, AddressAdded).Address; a.Prefix.String() != "10.2.0.1/32" {
		t.Errorf("after the resync: %v, want 10.2.0.1/32", a)
	}
}

func TestBridgePortIsNoDeletedLink(t *testing.T) {
	h := newHost(t)
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}
	must(t, h.somebody.LinkAdd(bridge))
	must(t, h.somebody.LinkSetMaster(h.eth0, bridge))
	events := h.watch(t, h.open(t))
	must(t, h.somebody.LinkSetNoMaster(h.eth0))
	for {
		l := next(t, events, LinkChanged).Link
		if l.Name == "eth0" && l.Master == 0 {
			return
		}
	}
}

func FuzzMessages(f *testing.F) {
	m := native.AppendUint32(nil, 16+8+8)
	m = native.AppendUint16(m, unix.RTM_NEWADDR)
	m = append(m, make([]byte, 10)...)
	m = append(m, unix.AF_INET, 24, 0, 0, 1, 0, 0, 0)
	f.Add(append(m, 8, 0, unix.IFA_LOCAL, 0, 10, 0, 0, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s State
		for m := range messages(b) {
			s.add(m)
			parseRoute(m.body)
			parseRule(m.body)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	h := newHost(b)
	h.Do(b, func() {
		for b.Loop() {
			m, err := Open()
			must(b, err)
			m.Close()
		}
	})
}

// TestReadRouting: keepalived's routes of both families and all rules, but not the routes of others.
func TestReadRouting(t *testing.T) {
	h := newHost(t)
	h.Address(t, "eth0", "10.0.0.1/24")
	route := func(destination string, protocol netlink.RouteProtocol) {
		_, dst, err := net.ParseCIDR(destination)
		must(t, err)
		must(t, h.somebody.RouteAdd(&netlink.Route{LinkIndex: h.eth0.Attrs().Index, Dst: dst, Protocol: protocol, Scope: unix.RT_SCOPE_LINK}))
	}
	route("10.7.0.0/24", routeProtocol)
	route("10.8.0.0/24", 4)
	route("fd07::/64", routeProtocol)
	route("fd08::/64", 4)
	rule := netlink.NewRule()
	rule.Priority, rule.Table, rule.Family = 777, 99, unix.AF_INET6
	must(t, h.somebody.RuleAdd(rule))

	var got *Routing
	var err error
	h.Do(t, func() { got, err = ReadRouting() })
	must(t, err)
	var routes []string
	for _, r := range got.Routes {
		routes = append(routes, fmt.Sprint(r.Prefix, " ", r.Index == h.eth0.Attrs().Index, " ", r.Table))
	}
	if want := []string{"10.7.0.0/24 true 254", "fd07::/64 true 254"}; !slices.Equal(routes, want) {
		t.Errorf("routes %q, want %q", routes, want)
	}
	if !slices.ContainsFunc(got.Rules, func(r Rule) bool { return r.IPv6 && r.Priority == 777 && r.Table == 99 }) ||
		!slices.ContainsFunc(got.Rules, func(r Rule) bool { return !r.IPv6 && r.Table == unix.RT_TABLE_MAIN }) {
		t.Errorf("rules %+v lack the new one, or the main table's", got.Rules)
	}
}
