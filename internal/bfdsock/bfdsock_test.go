package bfdsock

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

const testPort = 3784

// cable is two hosts with an address of each family.
type cable struct {
	near, far *nettest.Namespace
	ports     *Ports
}

func newCable(t testing.TB) *cable {
	c := &cable{nettest.New(t), nettest.New(t), NewPorts(rand.New(rand.NewPCG(1, 2)))}
	nettest.Link(t, c.near, c.far, "near", "far")
	for host, prefixes := range map[*nettest.Namespace][]string{c.near: {"10.9.0.1/24", "fd09::1/64"}, c.far: {"10.9.0.2/24", "fd09::2/64"}} {
		name := map[*nettest.Namespace]string{c.near: "near", c.far: "far"}[host]
		for _, p := range prefixes {
			host.Address(t, name, p)
		}
	}
	return c
}

var ends = map[string][2]netip.Addr{
	"IPv4": {netip.MustParseAddr("10.9.0.1"), netip.MustParseAddr("10.9.0.2")},
	"IPv6": {netip.MustParseAddr("fd09::1"), netip.MustParseAddr("fd09::2")},
}

func (c *cable) sender(t testing.TB, cfg SenderConfig) *Sender {
	t.Helper()
	var s *Sender
	c.near.Do(t, func() {
		var err error
		if s, err = c.ports.OpenSender(cfg); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { s.Close() })
	return s
}

func (c *cable) receiver(t testing.TB, is6 bool) *Receiver {
	t.Helper()
	var r *Receiver
	c.far.Do(t, func() {
		var err error
		if r, err = OpenReceiver(is6, testPort); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { r.Close() })
	return r
}

// receive waits until count packets have come in.
func receive(t testing.TB, r *Receiver, count int) (got []Packet) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); len(got) < count; {
		poll := []unix.PollFd{{Fd: int32(r.FD()), Events: unix.POLLIN}}
		if n, err := unix.Poll(poll, int(time.Until(end).Milliseconds())); err != nil && err != unix.EINTR || n == 0 && time.Now().After(end) {
			t.Fatalf("%d packets of %d: %v", len(got), count, err)
		}
		if err := r.Receive(func(p *Packet) {
			kept := *p
			kept.Payload = bytes.Clone(p.Payload)
			got = append(got, kept)
		}); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func TestPacketArrivesWithItsTTLAndAddresses(t *testing.T) {
	c := newCable(t)
	for family, pair := range ends {
		r := c.receiver(t, pair[0].Is6())
		for _, local := range []netip.Addr{pair[0], {}} {
			for _, ttl := range []int{255, 64, 1} {
				s := c.sender(t, SenderConfig{Local: local, Remote: pair[1], Port: testPort, TTL: ttl})
				if err := s.Send([]byte("a packet")); err != nil {
					t.Fatal(err)
				}
				p := receive(t, r, 1)[0]
				if p.Source != pair[0] || p.Destination != pair[1] || p.TTL != ttl || p.SourcePort != s.Port() || string(p.Payload) != "a packet" {
					t.Errorf("%s, TTL %d: %+v", family, ttl, p)
				}
			}
		}
	}
}

// RFC 5881, 4: from 49152 to 65535, and no two sessions from the same.
func TestSourcePorts(t *testing.T) {
	c := newCable(t)
	used := make(map[int]bool)
	for i := range 50 {
		pair := ends[[]string{"IPv4", "IPv6"}[i%2]]
		port := c.sender(t, SenderConfig{Local: pair[0], Remote: pair[1], Port: testPort, TTL: 255}).Port()
		if port < 49152 || port > 65535 || used[port] {
			t.Errorf("port %d is not in the range, or used twice", port)
		}
		used[port] = true
	}
}

// A port that another program has is passed over, and one that was given back can be had again.
func TestPortsThatAreInUseArePassedOver(t *testing.T) {
	c := newCable(t)
	pair := ends["IPv4"]
	cfg := SenderConfig{Local: pair[0], Remote: pair[1], Port: testPort, TTL: 255}
	first := c.sender(t, cfg)
	other := &cable{c.near, c.far, NewPorts(rand.New(rand.NewPCG(1, 2)))} // another program with the same luck
	if port := other.sender(t, cfg).Port(); port == first.Port() {
		t.Errorf("both have port %d", port)
	}
	again := NewPorts(rand.New(rand.NewPCG(1, 2)))
	first.Close()
	c.near.Do(t, func() {
		s, err := again.OpenSender(cfg)
		if err != nil || s.Port() != first.Port() {
			t.Errorf("after it was closed: port %d, %v, want %d", s.Port(), err, first.Port())
		}
		s.Close()
	})
}

func TestSocketsSayWhoTheyAre(t *testing.T) {
	c := newCable(t)
	for _, test := range []struct {
		family             string
		level, ttl, tclass int
	}{
		{"IPv4", unix.IPPROTO_IP, unix.IP_TTL, unix.IP_TOS},
		{"IPv6", unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, unix.IPV6_TCLASS},
	} {
		pair := ends[test.family]
		s := c.sender(t, SenderConfig{Local: pair[0], Remote: pair[1], Port: testPort, TTL: 77})
		for option, want := range map[int]int{test.ttl: 77, test.tclass: 0xc0} {
			if got, err := unix.GetsockoptInt(s.FD(), test.level, option); err != nil || got != want {
				t.Errorf("%s: option %d is %d, %v; want %d", test.family, option, got, err, want)
			}
		}
	}
}

// An address that will come later, a moment after the daemon, does not keep a session from being made.
func TestLocalAddressMayComeLater(t *testing.T) {
	c := newCable(t)
	for _, pair := range []struct{ later, remote string }{{"10.9.0.7", "10.9.0.2"}, {"fd09::7", "fd09::2"}} {
		later := netip.MustParseAddr(pair.later)
		r := c.receiver(t, later.Is6())
		s := c.sender(t, SenderConfig{Local: later, Remote: netip.MustParseAddr(pair.remote), Port: testPort, TTL: 255})
		_ = s.Send([]byte("x")) // refused over IPv4, and not answered over IPv6
		bits := "/24"
		if later.Is6() {
			bits = "/64"
		}
		c.near.Address(t, "near", pair.later+bits)
		if err := s.Send([]byte("x")); err != nil {
			t.Errorf("%s: %v", later, err)
		}
		if p := receive(t, r, 1)[0]; p.Source != later {
			t.Errorf("source %s, want %s", p.Source, later)
		}
	}
}

func TestReceiveIsBoundedAndCutsWhatIsTooLong(t *testing.T) {
	c := newCable(t)
	pair := ends["IPv4"]
	r := c.receiver(t, false)
	s := c.sender(t, SenderConfig{Local: pair[0], Remote: pair[1], Port: testPort, TTL: 255})
	if err := s.Send(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if p := receive(t, r, 1)[0]; len(p.Payload) != packetRoom {
		t.Errorf("%d bytes of 1000, want %d", len(p.Payload), packetRoom)
	}
	const flood = 150 // fits the buffer that every socket has
	for i := range flood {
		if err := s.Send([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range receive(t, r, flood) {
		if p.Payload[0] != byte(i) {
			t.Fatalf("packet %d where %d was expected", p.Payload[0], i)
		}
	}
}

func TestNeitherSendingNorReceivingAllocates(t *testing.T) {
	c := newCable(t)
	for family, pair := range ends {
		r := c.receiver(t, pair[0].Is6())
		s := c.sender(t, SenderConfig{Local: pair[0], Remote: pair[1], Port: testPort, TTL: 255})
		packet, got := make([]byte, 24), 0
		if err := s.Send(packet); err != nil {
			t.Fatal(err)
		}
		receive(t, r, 1) // the neighbour's link address is known now
		handle := func(*Packet) { got++ }
		allocs := testing.AllocsPerRun(200, func() {
			if s.Send(packet) != nil || r.Receive(handle) != nil {
				t.Fatal("a packet was not sent or not received")
			}
		})
		if allocs != 0 || got == 0 {
			t.Errorf("%s: %v allocations, %d packets received", family, allocs, got)
		}
	}
}

func TestErrorsNameTheirObject(t *testing.T) {
	c := newCable(t)
	c.receiver(t, false)
	c.far.Do(t, func() {
		if _, err := OpenReceiver(false, testPort); err == nil || err.Error() != "receive BFD packets on UDP port 3784: address already in use" {
			t.Errorf("a second socket on the port: %v", err)
		}
	})
}
