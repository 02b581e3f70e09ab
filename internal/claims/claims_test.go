package claims

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

var (
	vip4 = netip.MustParseAddr("10.9.0.100")
	vip6 = netip.MustParseAddr("fd09::100")
)

// watching is a Watcher at one end of a cable.
type watching struct {
	near, far *nettest.Namespace
	claims    chan Claim
	watcher   *Watcher
}

func watch(t *testing.T, v4, v6 []netip.Addr) *watching {
	t.Helper()
	w := &watching{near: nettest.New(t), far: nettest.New(t), claims: make(chan Claim, 100), watcher: New()}
	nettest.Link(t, w.near, w.far, "eth0", "eth0")
	w.near.Address(t, "eth0", "10.9.0.1/24")
	w.near.Address(t, "eth0", "fd09::1/64")
	w.far.Address(t, "eth0", "10.9.0.2/24")
	w.watcher.Set(v4, v6)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	w.near.Do(t, func() {
		// The sockets are opened by the first Set, in this thread.
		ears := [2]*ear{{family: arp}, {family: nd}}
		for i, addrs := range [2][]netip.Addr{v4, v6} {
			if err := ears[i].listen(addrs, func(c Claim) { w.claims <- c }); err != nil {
				t.Error(err)
			}
		}
		running.Go(func() {
			<-ctx.Done()
			for _, e := range ears {
				e.close()
			}
		})
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return w
}

func (w *watching) expect(t *testing.T, addr netip.Addr) {
	t.Helper()
	select {
	case c := <-w.claims:
		if c.Addr != addr || c.Index != w.near.Index(t, "eth0") || c.MAC == ([6]byte{}) {
			t.Errorf("heard %+v, want a claim to %v on interface %d", c, addr, w.near.Index(t, "eth0"))
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("no claim to %v was heard", addr)
	}
}

func TestClaimsOfOthersAreHeard(t *testing.T) {
	w := watch(t, []netip.Addr{netip.MustParseAddr("10.9.0.7"), vip4}, []netip.Addr{vip6})
	w.far.SetSysctl(t, "net/ipv4/conf/eth0/arp_notify", "1")
	w.far.SetSysctl(t, "net/ipv6/conf/eth0/ndisc_notify", "1")
	// Others are not.
	w.far.Address(t, "eth0", "10.9.0.99/24")
	w.far.Address(t, "eth0", "10.9.0.100/24")
	w.far.SetDown(t, "eth0")
	w.far.SetUp(t, "eth0") // now the kernel sends gratuitous ARPs
	w.expect(t, vip4)
	w.far.Address(t, "eth0", "fd09::100/64")
	w.far.SetDown(t, "eth0")
	w.far.Address(t, "eth0", "fd09::100/64")
	w.far.SetUp(t, "eth0")
	for {
		select {
		case c := <-w.claims:
			if c.Addr == vip4 {
				continue
			}
			if c.Addr != vip6 {
				t.Errorf("heard %+v", c)
			}
		case <-time.After(10 * time.Second):
			t.Error("no neighbour advertisement was heard")
		}
		break
	}
}

// run lets the filter machine judge a packet.
func run(t *testing.T, program []bpf.Instruction, packet []byte) bool {
	t.Helper()
	// The test's machine knows no extensions: frames of others begin behind the test for our own.
	if _, ok := program[0].(bpf.LoadExtension); ok {
		program = program[3:]
	}
	vm, err := bpf.NewVM(program)
	if err != nil {
		t.Fatal(err)
	}
	n, err := vm.Run(packet)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func arpPacket(op byte, sender, target string) []byte {
	b := make([]byte, arpSize)
	copy(b, []byte{0, 1, 8, 0, 6, 4, 0, op, 2, 0, 0, 0, 0, 7})
	copy(b[arpSenderIP:], netip.MustParseAddr(sender).AsSlice())
	copy(b[arpTargetIP:], netip.MustParseAddr(target).AsSlice())
	return b
}

func TestARPFilter(t *testing.T) {
	few, many := []netip.Addr{vip4, netip.MustParseAddr("10.9.0.101")}, make([]netip.Addr, 5000)
	for i := range many {
		many[i] = netip.AddrFrom4([4]byte{10, 8, byte(i >> 8), byte(i)})
	}
	for _, c := range []struct {
		packet    []byte
		few, many bool
	}{
		{arpPacket(1, "10.9.0.100", "10.9.0.100"), true, true},
		{arpPacket(2, "10.9.0.101", "10.9.0.1"), true, true},
		{arpPacket(1, "10.9.0.100", "10.9.0.1"), true, false},
		{arpPacket(1, "10.9.0.2", "10.9.0.100"), false, false}, // asks for it
		{arpPacket(1, "0.0.0.0", "10.9.0.100"), false, false},  // the same, as a probe
		{arpPacket(2, "10.9.0.2", "10.9.0.1"), false, true},
	} {
		if got := run(t, arp.filter(few), c.packet); got != c.few {
			t.Errorf("%x passes the filter of few addresses: %v", c.packet, got)
		}
		if got := run(t, arp.filter(many), c.packet); got != c.many {
			t.Errorf("%x passes the filter of many addresses: %v", c.packet, got)
		}
	}
	addr, mac, ok := arp.parse(arpPacket(2, "10.9.0.101", "10.9.0.1"))
	if !ok || addr != few[1] || mac != [6]byte{2, 0, 0, 0, 0, 7} {
		t.Errorf("parsed as %v, %x, %v", addr, mac, ok)
	}
}

func TestNeighbourAdvertFilter(t *testing.T) {
	target := vip6.As16()
	packet := append(append([]byte{neighbourAdvert, 0, 0, 0, 0x20, 0, 0, 0}, target[:]...), optionTargetLLA, 1, 2, 0, 0, 0, 0, 7)
	if !run(t, nd.filter([]netip.Addr{netip.MustParseAddr("fd09::1"), vip6}), packet) {
		t.Error("the address is not let through")
	}
	if run(t, nd.filter([]netip.Addr{netip.MustParseAddr("fd09::1")}), packet) {
		t.Error("another address is let through")
	}
	if addr, mac, ok := nd.parse(packet); !ok || addr != vip6 || mac != [6]byte{2, 0, 0, 0, 0, 7} {
		t.Errorf("parsed as %v, %x, %v", addr, mac, ok)
	}
	if _, _, ok := nd.parse(packet[:naOptions]); ok {
		t.Error("a claim without a MAC address is one")
	}
}

func TestAdvertFilter(t *testing.T) {
	source := netip.MustParseAddr("10.9.0.2")
	program, protocol := advertsFrom(source)
	if protocol != unix.ETH_P_IP {
		t.Errorf("protocol %#x", protocol)
	}
	packet := make([]byte, 40)
	copy(packet[12:], source.AsSlice())
	for number, want := range map[byte]bool{112: true, 51: true, 17: false} {
		packet[9] = number
		if got := run(t, program, packet); got != want {
			t.Errorf("IP protocol %d passes: %v", number, got)
		}
	}
	packet[9], packet[15] = 112, 3
	if run(t, program, packet) {
		t.Error("another sender passes")
	}
	source6 := netip.MustParseAddr("fe80::2")
	program, _ = advertsFrom(source6)
	packet = make([]byte, 60)
	packet[6] = 112
	copy(packet[8:], source6.AsSlice())
	if !run(t, program, packet) {
		t.Error("an IPv6 advert does not pass")
	}
	packet[23] = 9
	if run(t, program, packet) {
		t.Error("an IPv6 advert of somebody else passes")
	}
}
