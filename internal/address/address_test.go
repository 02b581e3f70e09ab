package address

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

// host is a namespace with one running link and a Programmer inside.
type host struct {
	*nettest.Namespace
	*Programmer
	index int
}

func newHost(t testing.TB) host {
	t.Helper()
	a, b := nettest.New(t), nettest.New(t)
	nettest.Link(t, a, b, "eth0", "eth0")
	h := host{Namespace: a, index: a.Index(t, "eth0")}
	a.Do(t, func() { h.Programmer = open(t) })
	return h
}

func open(t testing.TB) *Programmer {
	t.Helper()
	p, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// found returns the addresses that netlink shows on the host's link, but for the
// automatic link-local one.
func (h host) found(t testing.TB) []netlink.Addr {
	t.Helper()
	var addrs []netlink.Addr
	h.Do(t, func() {
		t.Helper()
		link, err := netlink.LinkByIndex(h.index)
		if err != nil {
			t.Fatal(err)
		}
		if addrs, err = netlink.AddrList(link, netlink.FAMILY_ALL); err != nil {
			t.Fatal(err)
		}
	})
	return slices.DeleteFunc(addrs, func(a netlink.Addr) bool { return a.IP.IsLinkLocalUnicast() })
}

func (h host) prefixes(t testing.TB) []string {
	t.Helper()
	var prefixes []string
	for _, a := range h.found(t) {
		prefixes = append(prefixes, a.IPNet.String())
	}
	return prefixes
}

func (h host) address(prefix string) Address {
	return Address{Prefix: netip.MustParsePrefix(prefix), Index: h.index}
}

func TestAddressesAppearInOrderAndDisappear(t *testing.T) {
	h := newHost(t)
	wanted := []string{"10.0.0.9/32", "10.0.0.3/32", "10.0.0.7/32", "fd00::9/128", "fd00::3/64"}
	var addrs []Address
	for _, w := range wanted {
		addrs = append(addrs, h.address(w))
	}
	if errs := h.Add(addrs); errs != nil {
		t.Fatal(errs)
	}
	got := h.prefixes(t)
	slices.Sort(got[3:]) // the kernel shows IPv6 addresses in an order of its own
	slices.Sort(wanted[3:])
	if !slices.Equal(got, wanted) {
		t.Errorf("interface has %v, want %v", got, wanted)
	}
	if errs := h.Add(addrs); errs != nil {
		t.Errorf("adding what is there: %v", errs)
	}
	if errs := h.Remove(addrs); errs != nil {
		t.Fatal(errs)
	}
	if got := h.prefixes(t); len(got) != 0 {
		t.Errorf("interface still has %v", got)
	}
	if errs := h.Remove(addrs); errs != nil {
		t.Errorf("removing what is not there: %v", errs)
	}
}

func TestDetailsReachTheKernel(t *testing.T) {
	h := newHost(t)
	a := h.address("10.1.0.1/24")
	a.Broadcast = netip.MustParseAddr("10.1.0.255")
	a.Label, a.Scope = "eth0:vip", unix.RT_SCOPE_LINK
	a.Flags = unix.IFA_F_NOPREFIXROUTE
	a.Protocol = 18
	b := h.address("10.2.0.1/32")
	b.Peer = netip.MustParseAddr("10.2.0.2")
	if errs := h.Add([]Address{a, b}); errs != nil {
		t.Fatal(errs)
	}
	found := h.found(t)
	if len(found) != 2 {
		t.Fatalf("interface has %v, want 2 addresses", found)
	}
	got := found[0]
	if !got.Broadcast.Equal(a.Broadcast.AsSlice()) || got.Label != a.Label || got.Scope != unix.RT_SCOPE_LINK ||
		got.Flags&unix.IFA_F_NOPREFIXROUTE == 0 {
		t.Errorf("kernel has %+v, want %+v", got, a)
	}
	if got := h.protocol(t, "10.1.0.1"); got != 18 {
		t.Errorf("10.1.0.1 has the protocol %d, want 18", got)
	}
	if peer := found[1].Peer; peer == nil || peer.String() != "10.2.0.2/32" {
		t.Errorf("peer is %v, want 10.2.0.2/32", peer)
	}
	if errs := h.Remove([]Address{a, b}); errs != nil || len(h.found(t)) != 0 {
		t.Errorf("after removal: %v, errors %v", h.found(t), errs)
	}
}

// protocol returns the IFA_PROTO of an address, which neither package netlink nor
// every ip program shows.
func (h host) protocol(t *testing.T, addr string) (protocol uint8) {
	t.Helper()
	h.Do(t, func() {
		t.Helper()
		req := nl.NewNetlinkRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
		req.AddData(nl.NewIfAddrmsg(unix.AF_INET))
		messages, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWADDR)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			attrs, err := nl.ParseRouteAttrAsMap(m[unix.SizeofIfAddrmsg:])
			if err != nil {
				t.Fatal(err)
			}
			local, _ := netip.AddrFromSlice(attrs[unix.IFA_LOCAL].Value)
			if p := attrs[ifaProto].Value; local.String() == addr && len(p) == 1 {
				protocol = p[0]
			}
		}
	})
	return protocol
}

func TestPreferredLifetimeReplacesTheDefault(t *testing.T) {
	h := newHost(t)
	aging, old := h.address("fd00::1/128"), h.address("10.0.0.1/32")
	aging.PreferredLifetime, old.PreferredLifetime = new(uint32(1000)), new(uint32(0))
	if errs := h.Add([]Address{aging, old}); errs != nil {
		t.Fatal(errs)
	}
	found := h.found(t)
	if len(found) != 2 {
		t.Fatalf("interface has %v, want 2 addresses", found)
	}
	if found[0].Flags&unix.IFA_F_DEPRECATED == 0 {
		t.Errorf("%v is not deprecated", found[0])
	}
	if lifetime := found[1].PreferedLft; lifetime < 990 || lifetime > 1000 {
		t.Errorf("%v is preferred for %d s, want 1000", found[1], lifetime)
	}
}

func TestAddressThatIsThereStaysAsItIs(t *testing.T) {
	h := newHost(t)
	first, second := h.address("fd00::1/64"), h.address("fd00::1/64")
	first.PreferredLifetime = new(uint32(1000))
	for _, a := range []Address{first, second} {
		if errs := h.Add([]Address{a}); errs != nil {
			t.Fatal(errs)
		}
	}
	if found := h.found(t); len(found) != 1 || found[0].PreferedLft > 1000 {
		t.Errorf("interface has %+v, want one address preferred for 1000 s", found)
	}
}

func TestIPv6AddressSkipsDADAndIsNoSource(t *testing.T) {
	h := newHost(t)
	h.SetSysctl(t, "net/ipv6/conf/eth0/accept_dad", "1")
	checked, subnet := h.address("fd00::2/128"), h.address("fd00:1::3/64")
	checked.DAD = true
	if errs := h.Add([]Address{h.address("fd00::1/128"), checked, subnet}); errs != nil {
		t.Fatal(errs)
	}
	flags := map[string]int{}
	for _, a := range h.found(t) {
		flags[a.IP.String()] = a.Flags
	}
	if f := flags["fd00::1"]; f&unix.IFA_F_NODAD == 0 || f&unix.IFA_F_TENTATIVE != 0 || f&unix.IFA_F_DEPRECATED == 0 {
		t.Errorf("fd00::1 has flags %#x, want nodad, deprecated, not tentative", f)
	}
	if f := flags["fd00::2"]; f&unix.IFA_F_NODAD != 0 || f&unix.IFA_F_TENTATIVE == 0 {
		t.Errorf("fd00::2 has flags %#x, want tentative", f)
	}
	if f := flags["fd00:1::3"]; f&unix.IFA_F_DEPRECATED != 0 || f&unix.IFA_F_NODAD == 0 {
		t.Errorf("fd00:1::3 has flags %#x, want nodad and preferred", f)
	}
}

func TestRemoveLeavesAnotherPrefixLengthAlone(t *testing.T) {
	h := newHost(t)
	if errs := h.Add([]Address{h.address("10.0.0.1/24")}); errs != nil {
		t.Fatal(errs)
	}
	if errs := h.Remove([]Address{h.address("10.0.0.1/32")}); errs != nil {
		t.Fatal(errs)
	}
	if got := h.prefixes(t); !slices.Equal(got, []string{"10.0.0.1/24"}) {
		t.Errorf("interface has %v, want 10.0.0.1/24", got)
	}
}

func TestEachAddressHasItsOwnResult(t *testing.T) {
	h := newHost(t)
	nowhere, unencodable := h.address("10.0.0.2/32"), Address{Index: h.index}
	nowhere.Index = 4000
	labelled := h.address("10.0.0.4/32")
	labelled.Label = "sixteen-bytes-16"
	errs := h.Add([]Address{h.address("10.0.0.1/32"), nowhere, unencodable, h.address("10.0.0.3/32"), labelled})
	want := []error{nil, unix.ENODEV, unix.EINVAL, nil, unix.EINVAL}
	if len(errs) != len(want) {
		t.Fatalf("results %v, want %d of them", errs, len(want))
	}
	for i := range want {
		if !errors.Is(errs[i], want[i]) {
			t.Errorf("result %d is %v, want %v", i, errs[i], want[i])
		}
	}
	if got := h.prefixes(t); !slices.Equal(got, []string{"10.0.0.1/32", "10.0.0.3/32"}) {
		t.Errorf("interface has %v, want the first and the fourth", got)
	}
	if got, prefix := errs[1].Error(), "add 10.0.0.2 to interface 4000: no such device"; !strings.HasPrefix(got, prefix) {
		t.Errorf("error reads %q, want %q…", got, prefix)
	}
	if errs := h.Remove([]Address{nowhere}); errs != nil {
		t.Errorf("removing from an interface that is gone: %v", errs)
	}
}

func TestWithoutPrivilegeEveryAddressIsRefused(t *testing.T) {
	h := newHost(t)
	h.Do(t, func() {
		withoutNetAdmin(t, func() {
			p := open(t)
			errs := p.Add(manyAddresses(h.index, 1000))
			if len(errs) != 1000 {
				t.Fatalf("%d results, want 1000", len(errs))
			}
			for _, err := range errs {
				if !errors.Is(err, unix.EPERM) {
					t.Fatalf("result %v, want EPERM", err)
				}
			}
		})
	})
}

// withoutNetAdmin runs f with CAP_NET_ADMIN dropped from the effective set of the
// calling thread, which must be locked.
func withoutNetAdmin(t *testing.T, f func()) {
	t.Helper()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var full, fewer [2]unix.CapUserData
	if err := unix.Capget(&header, &full[0]); err != nil {
		t.Fatal(err)
	}
	fewer = full
	fewer[0].Effective &^= 1 << unix.CAP_NET_ADMIN
	if err := unix.Capset(&header, &fewer[0]); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Capset(&header, &full[0]); err != nil {
			t.Fatal(err)
		}
	}()
	f()
}

func TestThousandsOfAddressesInSeveralBatches(t *testing.T) {
	h := newHost(t)
	h.maxRequests = min(h.maxRequests, 300) // the last batch is not full
	addrs := manyAddresses(h.index, 1000)
	if errs := h.Add(addrs); errs != nil {
		t.Fatal(errs[slices.IndexFunc(errs, func(err error) bool { return err != nil })])
	}
	if got := len(h.found(t)); got != 1000 {
		t.Errorf("interface has %d addresses, want 1000", got)
	}
	if errs := h.Remove(addrs); errs != nil || len(h.found(t)) != 0 {
		t.Errorf("%d addresses left, errors %v", len(h.found(t)), errs)
	}
}

func manyAddresses(index, n int) []Address {
	addrs := make([]Address, n)
	for i := range addrs {
		addr := netip.AddrFrom4([4]byte{10, 1, byte(i / 250), byte(i%250 + 1)})
		addrs[i] = Address{Prefix: netip.PrefixFrom(addr, 32), Index: index}
	}
	return addrs
}

func FuzzAnswers(f *testing.F) {
	m := native.AppendUint32(nil, 36)
	m = native.AppendUint16(m, unix.NLMSG_ERROR)
	m = native.AppendUint16(m, nlmFCapped|nlmFAckTLVs)
	m = append(m, make([]byte, 8)...)
	m = append(m, 0xed, 0xff, 0xff, 0xff)
	f.Add(append(m, make([]byte, 16)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		for a := range answers(b) {
			if a.errno != 0 && a.err() == nil {
				t.Errorf("answer %+v is an error without words", a)
			}
		}
	})
}

func BenchmarkAddRemove(b *testing.B) {
	for _, n := range []int{1, 1000, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := newHost(b)
			addrs := manyAddresses(h.index, n)
			b.ReportAllocs()
			for b.Loop() {
				if errs := h.Add(addrs); errs != nil {
					b.Fatal(errs)
				}
				b.StopTimer()
				if errs := h.Remove(addrs); errs != nil {
					b.Fatal(errs)
				}
				b.StartTimer()
			}
		})
	}
}
