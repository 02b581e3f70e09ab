package netns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// patience is how long a client waits for an answer that must not come.
const patience = 300 * time.Millisecond

// servedPort is where the router's host answers on all its addresses.
const servedPort = "7"

// acceptance is a LAN with a router whose host serves, a client, and a host behind.
type acceptance struct {
	*router
	client, behind *lab.Host
	nft            peers.Program
}

func newAcceptance(t *testing.T) *acceptance {
	t.Helper()
	s := newSite(t, "subject", "client", "behind")
	a := &acceptance{router: s.router(0, subjectProgram(t)), client: s.lan.Hosts[1], behind: s.lan.Hosts[2], nft: peers.Need(t, "nft")}
	serve(t, a.host)
	return a
}

// serve accepts connections on a host until the test ends.
func serve(t *testing.T, h *lab.Host) {
	t.Helper()
	var listener net.Listener
	check(t, h.Do(func() (err error) {
		listener, err = net.Listen("tcp", ":"+servedPort)
		return err
	}))
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				conn.Close()
			}
		}
	}()
}

// answers tells whether the client reaches an address.
func (a *acceptance) answers(address string) bool {
	a.t.Helper()
	err := a.client.Do(func() error {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, servedPort), patience)
		if err == nil {
			conn.Close()
		}
		return err
	})
	var failure net.Error
	if err != nil && (!errors.As(err, &failure) || !failure.Timeout()) {
		a.t.Fatalf("connect to %s: %v", address, err)
	}
	return err == nil
}

// expectSilent and expectAnswer are about the router's addresses.
func (a *acceptance) expectSilent(addresses ...string) {
	a.t.Helper()
	for _, address := range addresses {
		if a.answers(address) {
			a.t.Errorf("%s answers", address)
		}
	}
}

func (a *acceptance) expectAnswer(addresses ...string) {
	a.t.Helper()
	for _, address := range addresses {
		if !a.answers(address) {
			a.t.Errorf("%s does not answer", address)
		}
	}
}

// expectNeighbour wants the client to have found out the MAC address of an address.
func (a *acceptance) expectNeighbour(address string) {
	a.t.Helper()
	var list []netlink.Neigh
	check(a.t, a.client.Do(func() (err error) {
		list, err = netlink.NeighList(0, netlink.FAMILY_ALL)
		return err
	}))
	for _, n := range list {
		if n.IP.Equal(net.ParseIP(address)) && len(n.HardwareAddr) > 0 {
			return
		}
	}
	a.t.Errorf("the client does not know where %s is: %v", address, list)
}

// rules is what nft prints of the router's host.
func (a *acceptance) rules(args ...string) string {
	a.t.Helper()
	cmd := exec.Command(a.nft.Path, args...)
	cmd.Env = append(os.Environ(), a.nft.Env...)
	var out []byte
	check(a.t, a.host.Do(func() (err error) {
		if out, err = cmd.CombinedOutput(); err != nil {
			err = fmt.Errorf("nft %v: %w\n%s", args, err, out)
		}
		return err
	}))
	return string(out)
}

func (a *acceptance) startMaster(configuration string, extra ...string) {
	a.t.Helper()
	a.start(configuration, extra...)
	a.waitMasterOf(configuration)
}

func (a *acceptance) waitMasterOf(configuration string) {
	a.t.Helper()
	for line := range strings.Lines(configuration) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "vrrp_instance" {
			a.waitLine(0, "("+words[1]+") Entering MASTER STATE")
		}
	}
	for _, vip := range vipsOf(configuration) {
		a.waitAddress(vip, true)
	}
}

// vipsOf are the addresses that stand on lines of their own.
func vipsOf(configuration string) (vips []netip.Prefix) {
	for line := range strings.Lines(configuration) {
		if prefix, err := netip.ParsePrefix(strings.TrimSpace(line)); err == nil {
			vips = append(vips, prefix)
		}
	}
	return vips
}

const (
	acceptVIP  = "10.9.0.100"
	acceptVIP6 = "fd09::100"
)

func TestMasterThatDoesNotAcceptIsSilent(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	before := a.rules("list", "ruleset")
	a.startMaster(quick("V4", 51, "eth0", "no_accept", acceptVIP+"/24") +
		quick("V6", 52, "eth0", "no_accept", "fe80::51/64", acceptVIP6+"/64") +
		quick("OPEN", 53, "eth0", "", "10.9.0.101/24"))
	a.expectAnswer("10.9.0.1", "10.9.0.101", "fd09::1")
	a.expectSilent(acceptVIP, acceptVIP6, "fe80::51%eth0")
	a.expectNeighbour(acceptVIP)
	a.expectNeighbour(acceptVIP6)
	a.expectNeighbour("fe80::51")
	a.stop()
	if after := a.rules("list", "ruleset"); after != before {
		t.Errorf("after the stop there is\n%s\nbefore there was\n%s", after, before)
	}
}

func TestStrictModeDoesNotAccept(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	a.startMaster(strings.Replace(quick("V", 51, "eth0", "strict_mode", acceptVIP+"/24"), "state BACKUP", "", 1))
	a.expectSilent(acceptVIP)
	a.expectAnswer("10.9.0.1")
}

func TestOwnerAcceptsInAnyCase(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	owner := strings.NewReplacer("priority 150", "priority 255", "state BACKUP", "").Replace(quick("V", 51, "eth0", "no_accept", acceptVIP+"/24"))
	a.startMaster(owner)
	a.expectAnswer(acceptVIP)
	if rules := a.rules("list", "ruleset"); rules != "" {
		t.Errorf("for an owner there is\n%s", rules)
	}
}

// TestForwardingIsNotDropped: hosts use the address as their gateway, that is what it is for.
func TestForwardingIsNotDropped(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	a.startMaster(quick("V", 51, "eth0", "no_accept", acceptVIP+"/24"))
	const beyond = "10.98.0.1"
	serve(t, a.behind)
	check(t, a.behind.AddAddress("lo", netip.MustParsePrefix(beyond+"/32")))
	check(t, a.host.Sysctl("net/ipv4/ip_forward", "1"))
	check(t, route(a.host, beyond, "10.9.0.3"))
	check(t, route(a.client, beyond, acceptVIP))
	a.expectAnswer(beyond)
	a.expectSilent(acceptVIP)
}

func route(h *lab.Host, to, via string) error {
	return h.Do(func() error {
		return netlink.RouteAdd(&netlink.Route{Dst: &net.IPNet{IP: net.ParseIP(to), Mask: net.CIDRMask(32, 32)}, Gw: net.ParseIP(via)})
	})
}

func TestRulesAreBackAfterAForeignFlush(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	a.startMaster("global_defs {\n nftables mine\n}\n" + quick("V", 51, "eth0", "no_accept", acceptVIP+"/24"))
	before := a.rules("list", "ruleset")
	for range 3 {
		a.rules("flush", "ruleset")
		waitUntil(t, func() bool { return a.rules("list", "ruleset") == before },
			func() string {
				return "after a flush there is\n" + a.rules("list", "ruleset") + "\nbefore there was\n" + before
			})
	}
	a.waitLine(0, "another program removed rules of the nftables table mine")
	const often = 12 // more than are put right at once
	for range often {
		a.rules("flush", "ruleset")
		waitUntil(t, func() bool { return a.rules("list", "ruleset") == before },
			func() string { return "after one flush of many there is\n" + a.rules("list", "ruleset") })
	}
	a.waitLine(0, "another program removes the rules of the nftables table mine again and again")
	a.expectSilent(acceptVIP)
	a.stop()
	if rules := a.rules("list", "ruleset"); rules != "" {
		t.Errorf("after the stop there is\n%s", rules)
	}
}

// TestReloadChangesAcceptMode without taking the addresses away.
func TestReloadChangesAcceptMode(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	vip := netip.MustParsePrefix(acceptVIP + "/24")
	accepting, silent := quick("V", 51, "eth0", "", vip.String()), quick("V", 51, "eth0", "no_accept", vip.String())
	a.startMaster(accepting)
	a.expectAnswer(acceptVIP)
	if rules := a.rules("list", "ruleset"); rules != "" {
		t.Errorf("without no_accept there is\n%s", rules)
	}
	reload := func(configuration string, want bool) {
		t.Helper()
		mark := a.daemon.Log.Mark()
		check(t, a.daemon.Reload(configuration))
		a.waitLine(mark, "Reload complete")
		waitUntil(t, func() bool { return strings.Contains(a.rules("list", "ruleset"), acceptVIP) != want },
			func() string { return "after the reload there is\n" + a.rules("list", "ruleset") })
		if a.answers(acceptVIP) != want {
			t.Errorf("after the reload %s answers: %v, want %v", acceptVIP, !want, want)
		}
	}
	reload(silent, false)
	reload(accepting, true)
	reload(silent, false)
	if n := a.watch.Losses(vip); n != 0 {
		t.Errorf("the address was removed %d times", n)
	}
}

// TestCrashLeavesNoRulesForTheNextRun that would make its addresses silent.
func TestCrashLeavesNoRulesForTheNextRun(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	a.startMaster(quick("V", 51, "eth0", "no_accept", acceptVIP+"/24", "10.9.0.101/24"))
	check(t, a.daemon.Crash())
	a.expectSilent(acceptVIP, "10.9.0.101") // what a crash leaves is silent too
	a.startMaster(quick("V", 51, "eth0", "no_accept", "10.9.0.101/24") + quick("W", 52, "eth0", "", acceptVIP+"/24"))
	a.expectAnswer(acceptVIP)
	a.expectSilent("10.9.0.101")
	check(t, a.daemon.Crash())
	a.startMaster(quick("V", 51, "eth0", "", acceptVIP+"/24", "10.9.0.101/24"))
	a.expectAnswer(acceptVIP, "10.9.0.101")
	if rules := a.rules("list", "ruleset"); rules != "" {
		t.Errorf("without no_accept there is\n%s", rules)
	}
}

// TestStopThatKeepsAddressesKeepsThemSilent is --dont-release-vrrp.
func TestStopThatKeepsAddressesKeepsThemSilent(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	a.startMaster(quick("V", 51, "eth0", "no_accept", acceptVIP+"/24"), "-V")
	a.stop()
	a.expectSilent(acceptVIP)
	if !a.watch.Has(netip.MustParsePrefix(acceptVIP + "/24")) {
		t.Error("the address is gone")
	}
}

// TestRulesGoWithTheAddresses: whoever is not Master drops nothing, because somebody else is.
func TestRulesGoWithTheAddresses(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	a.startMaster(quick("V", 51, "eth0", "no_accept\n track_interface {\n  lo\n }", acceptVIP+"/24"))
	expect := func(present bool) {
		t.Helper()
		waitUntil(t, func() bool { return strings.Contains(a.rules("list", "ruleset"), acceptVIP) == present },
			func() string { return "there is\n" + a.rules("list", "ruleset") })
	}
	expect(true)
	mark := a.daemon.Log.Mark()
	check(t, a.host.SetLink("lo", false))
	a.waitLine(mark, "(V) Entering FAULT STATE")
	expect(false)
	check(t, a.host.SetLink("lo", true))
	a.waitLine(mark, "(V) Entering MASTER STATE")
	expect(true)
	a.expectSilent(acceptVIP)
}

// TestRulesAreThereBeforeAddresses: between them, anybody could get in.
func TestRulesAreThereBeforeAddresses(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	a.start(quick("V", 51, "eth0", "no_accept", acceptVIP+"/24"), "-D")
	a.waitLine(0, "(V) setting VIPs.")
	var lines []string
	for line := range strings.Lines(a.daemon.Log.String()) {
		if strings.Contains(line, "(V) setting ") {
			_, text, _ := strings.Cut(line, "(V) ")
			lines = append(lines, strings.TrimSpace(text))
		}
	}
	if got, want := strings.Join(lines, ", "), "setting firewall drop rule, setting VIPs."; got != want {
		t.Errorf("the order is %q, want %q", got, want)
	}
}

// TestMembershipReportsLeaveFromTheParent: switches must not learn the virtual MAC address from them.
func TestMembershipReportsLeaveFromTheParent(t *testing.T) {
	t.Parallel()
	a := newAcceptance(t)
	reports := watchReports(t, a.lan.Switch, a.host.Name)
	a.startMaster(quick("V4", 51, "eth0", "use_vmac", acceptVIP+"/24") + quick("V6", 52, "eth0", "use_vmac", "fe80::51/64", acceptVIP6+"/64"))
	var mac net.HardwareAddr
	check(t, a.host.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		mac = link.Attrs().HardwareAddr
		return err
	}))
	seen := map[string]bool{}
	ctx, cancel := deadline(t)
	defer cancel()
	for !seen["IGMP"] || !seen["MLD"] {
		select {
		case r := <-reports:
			if r.source.String() != mac.String() {
				t.Errorf("%s report from %v", r.kind, r.source)
			}
			if r.about {
				seen[r.kind] = true
			}
		case <-ctx.Done():
			t.Fatalf("reports seen: %v", seen)
		}
	}
	a.stop()
}

// report is a membership report on the wire.
type report struct {
	kind   string
	source net.HardwareAddr
	about  bool // of VRRP's group
}

// watchReports reads the membership reports that a port of the switch receives, until the test ends.
func watchReports(t *testing.T, sw *lab.Host, port string) <-chan report {
	t.Helper()
	var socket *os.File
	check(t, sw.Do(func() error {
		ifi, err := net.InterfaceByName(port)
		if err != nil {
			return err
		}
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		socket = os.NewFile(uintptr(fd), "reports")
		const all = unix.ETH_P_ALL<<8 | unix.ETH_P_ALL>>8 // in the network's order
		return errors.Join(unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all & 0xffff, Ifindex: ifi.Index}))
	}))
	t.Cleanup(func() { socket.Close() })
	reports := make(chan report, 1000)
	go func() {
		b := make([]byte, 2048)
		for {
			n, err := socket.Read(b)
			if err != nil {
				return
			}
			if r, ok := parseReport(b[:n]); ok {
				reports <- r
			}
		}
	}()
	return reports
}

// parseReport reads IGMPv3 and MLDv2 reports (RFC 3376, 4.2; RFC 3810, 5.2), which have the router alert option.
func parseReport(b []byte) (report, bool) {
	const ethernet, ipv4, ipv6, hopByHop = 14, 24, 40, 8
	group := func(b []byte, address string) bool {
		return strings.Contains(string(b), string(netip.MustParseAddr(address).AsSlice()))
	}
	r := report{}
	switch {
	case len(b) > ethernet+ipv4 && b[12] == 0x08 && b[13] == 0 && b[ethernet+9] == unix.IPPROTO_IGMP:
		r.kind, r.about = "IGMP", group(b[ethernet+ipv4:], "224.0.0.18")
	case len(b) > ethernet+ipv6+hopByHop && b[12] == 0x86 && b[13] == 0xdd && b[ethernet+6] == 0 && b[ethernet+ipv6] == unix.IPPROTO_ICMPV6:
		r.kind, r.about = "MLD", group(b[ethernet+ipv6+hopByHop:], "ff02::12")
	default:
		return r, false
	}
	r.source = append(r.source, b[6:12]...)
	return r, true
}
