package announce

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

var virtualMAC = net.HardwareAddr{0x00, 0x00, 0x5e, 0x00, 0x01, 0x33}

// The expected packets, by field.
const (
	goldenARP = "ffffffffffff 00005e000133 0806" + // Ethernet
		"0001 0800 06 04 0001" + // Ethernet, IPv4, request
		"00005e000133 0a090064 ffffffffffff 0a090064"
	goldenNA = "333300000001 00005e000133 86dd" +
		"60000000 0020 3a ff fd000000000000000000000000000064 ff020000000000000000000000000001" +
		"88 00 fca2 20000000 fd000000000000000000000000000064" +
		"02 01 00005e000133"
)

func golden(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestARPFrame(t *testing.T) {
	b := bytes.Repeat([]byte{0xaa}, arpSize) // as if used before
	putARP(b, virtualMAC, netip.MustParseAddr("10.9.0.100"))
	if want := golden(t, goldenARP); !bytes.Equal(b, want) {
		t.Errorf("frame %x, want %x", b, want)
	}
}

func TestNeighbourAdvertisementFrame(t *testing.T) {
	b := bytes.Repeat([]byte{0xaa}, naSize)
	putNA(b, virtualMAC, netip.MustParseAddr("fd00::64"), false)
	if want := golden(t, goldenNA); !bytes.Equal(b, want) {
		t.Errorf("frame %x, want %x", b, want)
	}
	putNA(b, virtualMAC, netip.MustParseAddr("fd00::64"), true)
	if flags := b[ethernetSize+ipv6Size+4]; flags != 0xa0 {
		t.Errorf("a router's flags are %#x, want Router and Override", flags)
	}
	icmp := b[ethernetSize+ipv6Size:]
	if left := checksum(b[ethernetSize+8:ethernetSize+ipv6Size], icmp); left != 0 {
		t.Errorf("checksum over the filled-in checksum is %#x, want 0", left)
	}
}

// wire is a cable with an Announcer at one end and a listener at the other.
type wire struct {
	*Announcer
	near, far *nettest.Namespace
	link      Link
	listener  int
}

func newWire(t testing.TB) *wire {
	t.Helper()
	w := &wire{near: nettest.New(t), far: nettest.New(t)}
	nettest.Link(t, w.near, w.far, "eth0", "eth0")
	w.link = Link{Index: w.near.Index(t, "eth0"), Name: "eth0", MAC: virtualMAC}
	w.near.Do(t, func() {
		t.Helper()
		var err error
		if w.Announcer, err = Open(); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { w.Close() })
	w.far.Do(t, func() { w.listener = listen(t, w.far.Index(t, "eth0")) })
	t.Cleanup(func() { unix.Close(w.listener) })
	return w
}

func listen(t testing.TB, index int) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(wire16(unix.ETH_P_ALL)))
	if err != nil {
		t.Fatal(err)
	}
	timeout := unix.Timeval{Sec: 5}
	err = errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: wire16(unix.ETH_P_ALL), Ifindex: index}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// received returns the next frame that carries the virtual MAC: the kernel's own
// (it joins groups, looks for routers) have the link's.
func (w *wire) received(t testing.TB) []byte {
	t.Helper()
	b := make([]byte, 2000)
	for {
		n, err := unix.Read(w.listener, b)
		if err != nil {
			t.Fatalf("receive announcement: %v", err)
		}
		if n >= ethernetSize && bytes.Equal(b[6:12], virtualMAC) {
			return b[:n]
		}
	}
}

func (w *wire) announce(t testing.TB, addrs ...netip.Addr) {
	t.Helper()
	w.near.Do(t, func() {
		t.Helper()
		if sent, err := w.Announce(w.link, addrs); err != nil || sent != len(addrs) {
			t.Fatalf("sent %d of %d: %v", sent, len(addrs), err)
		}
	})
}

func TestAnnouncementsArriveInOrder(t *testing.T) {
	w := newWire(t)
	four, six := netip.MustParseAddr("10.9.0.100"), netip.MustParseAddr("fd00::64")
	w.announce(t, four, six, netip.MustParseAddr("::ffff:10.9.0.100"))
	for i, want := range []string{goldenARP, goldenNA, goldenARP} {
		if got, want := w.received(t), golden(t, want); !bytes.Equal(got, want) {
			t.Errorf("frame %d is %x, want %x", i, got, want)
		}
	}
}

func TestManyAddressesEachArriveOnce(t *testing.T) {
	w := newWire(t)
	addrs := manyAddresses(200) // four system calls, and what a receive buffer holds
	w.announce(t, addrs...)
	for i, addr := range addrs {
		frame := w.received(t)
		if got, ok := netip.AddrFromSlice(frame[28:32]); !ok || got != addr {
			t.Fatalf("announcement %d is of %v, want %v", i, got, addr)
		}
	}
}

func manyAddresses(n int) []netip.Addr {
	addrs := make([]netip.Addr, n)
	for i := range addrs {
		addrs[i] = netip.AddrFrom4([4]byte{10, 1, byte(i / 250), byte(i%250 + 1)})
	}
	return addrs
}

func TestRouterFlagFollowsForwardingAfterFiveSeconds(t *testing.T) {
	w := newWire(t)
	six := netip.MustParseAddr("fd00::64")
	flags := func(t *testing.T) byte {
		t.Helper()
		w.announce(t, six)
		return w.received(t)[ethernetSize+ipv6Size+4]
	}
	synctest.Test(t, func(t *testing.T) { // the bubble's clock stands still but for the sleeps
		if got := flags(t); got != 0x20 {
			t.Errorf("a host's flags are %#x, want Override alone", got)
		}
		w.near.SetSysctl(t, "net/ipv6/conf/eth0/forwarding", "1")
		time.Sleep(4999 * time.Millisecond)
		if got := flags(t); got != 0x20 {
			t.Errorf("flags after 4.999 s are %#x, want what was read before", got)
		}
		time.Sleep(time.Millisecond)
		if got := flags(t); got != 0xa0 {
			t.Errorf("a router's flags are %#x, want Router and Override", got)
		}
	})
}

func TestNothingIsSentWithoutARPOrMAC(t *testing.T) {
	w := newWire(t)
	for _, link := range []Link{
		{Index: w.link.Index, Name: "eth0", MAC: virtualMAC, NoARP: true},
		{Index: w.link.Index, Name: "eth0"},
	} {
		w.near.Do(t, func() {
			if sent, err := w.Announce(link, []netip.Addr{netip.MustParseAddr("10.9.0.1")}); sent != 0 || err != nil {
				t.Errorf("on %+v: sent %d, error %v", link, sent, err)
			}
		})
	}
	w.announce(t, netip.MustParseAddr("10.9.0.100"))
	if got, want := w.received(t), golden(t, goldenARP); !bytes.Equal(got, want) {
		t.Errorf("first frame on the wire is %x, want %x", got, want)
	}
}

func TestErrorSaysWhatWasNotAnnounced(t *testing.T) {
	w := newWire(t)
	w.near.SetDown(t, "eth0")
	four := netip.MustParseAddr("10.9.0.1")
	w.near.Do(t, func() {
		sent, err := w.Announce(w.link, []netip.Addr{four})
		if sent != 0 || !errors.Is(err, unix.ENETDOWN) || err.Error() != "announce 10.9.0.1 on eth0: network is down" {
			t.Errorf("on a link that is down: sent %d, error %v", sent, err)
		}
		_, err = w.Announce(Link{Index: 4000, Name: "gone", MAC: virtualMAC}, []netip.Addr{four})
		if !errors.Is(err, unix.ENXIO) && !errors.Is(err, unix.ENODEV) {
			t.Errorf("on a link that is gone: %v", err)
		}
	})
}

// A full device queue is waited for, and in the end reported with the number of
// those that left: a token bucket that lets three packets through is such a queue.
func TestFullQueueIsReportedAfterAWhile(t *testing.T) {
	w := newWire(t)
	w.near.Run(t, "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "8bit", "burst", "130", "limit", "100")
	w.near.Do(t, func() {
		start := time.Now()
		sent, err := w.Announce(w.link, manyAddresses(200))
		if sent == 0 || sent == 200 || !errors.Is(err, unix.ENOBUFS) {
			t.Errorf("sent %d of 200, error %v, want ENOBUFS after some", sent, err)
		}
		if waited := time.Since(start); waited < fullRetries*fullPauseMillis*time.Millisecond/2 {
			t.Errorf("gave up after %v", waited)
		}
	})
}

func TestAnnouncingDoesNotAllocate(t *testing.T) {
	w := newWire(t)
	addrs := append(manyAddresses(100), netip.MustParseAddr("fd00::64"))
	w.announce(t, addrs...) // the first one reads about forwarding
	if allocs := testing.AllocsPerRun(20, func() {
		if _, err := w.Announce(w.link, addrs); err != nil {
			t.Error(err)
		}
	}); allocs != 0 {
		t.Errorf("%v allocations per %d announcements", allocs, len(addrs))
	}
}

func BenchmarkAnnounce4000(b *testing.B) {
	w := newWire(b)
	unix.Close(w.listener)
	w.listener = -1
	addrs := manyAddresses(4000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Announce(w.link, addrs); err != nil {
			b.Fatal(err)
		}
	}
}

// Whoever has the address answers, and nobody learns a new one.
func TestQuestionFrames(t *testing.T) {
	b := bytes.Repeat([]byte{0xaa}, arpSize)
	putProbe(b, virtualMAC, netip.MustParseAddr("10.9.0.100"))
	want := golden(t, "ffffffffffff 00005e000133 0806 0001 0800 06 04 0001 00005e000133 00000000 000000000000 0a090064")
	if !bytes.Equal(b, want) {
		t.Errorf("probe %x, want %x", b, want)
	}
	b = bytes.Repeat([]byte{0xaa}, nsSize)
	group := putSolicitation(b, virtualMAC, netip.MustParseAddr("fd00::1:2:364"))
	want = golden(t, "3333ff020364 00005e000133 86dd 60000000 0018 3a ff"+strings.Repeat("00", 16)+"ff0200000000000000000001ff020364"+
		"87 00 0000 00000000 fd000000000000000000000100020364")
	copy(want[ethernetSize+ipv6Size+2:], b[ethernetSize+ipv6Size+2:][:2])
	if !bytes.Equal(b, want) || !bytes.Equal(group[:], b[:macSize]) {
		t.Errorf("solicitation to %x: %x, want %x", group, b, want)
	}
	if left := checksum(b[ethernetSize+8:ethernetSize+ipv6Size], b[ethernetSize+ipv6Size:]); left != 0 {
		t.Errorf("checksum over the filled-in checksum is %#x, want 0", left)
	}
}

func TestWhoeverHasAnAddressAnswers(t *testing.T) {
	w := newWire(t)
	w.far.Address(t, "eth0", "10.9.0.100/24")
	w.near.Do(t, func() {
		if err := w.Ask(w.link, netip.MustParseAddr("10.9.0.100")); err != nil {
			t.Error(err)
		}
	})
	deadline := time.Now().Add(5 * time.Second)
	for buf := make([]byte, 1500); time.Now().Before(deadline); {
		n, from, err := unix.Recvfrom(w.listener, buf, 0)
		if err != nil {
			t.Fatal(err)
		}
		sent := from.(*unix.SockaddrLinklayer).Pkttype == unix.PACKET_OUTGOING
		if sent && n >= arpSize && bytes.Equal(buf[12:14], []byte{8, 6}) && buf[21] == 2 {
			if !bytes.Equal(buf[:macSize], virtualMAC) || !bytes.Equal(buf[28:32], []byte{10, 9, 0, 100}) {
				t.Errorf("the answer is %x", buf[:n])
			}
			return
		}
	}
	t.Error("there was no answer")
}
