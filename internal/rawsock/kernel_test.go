package rawsock

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/nettest"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { nettest.Main(m) }

// soon is how late a packet may be on a loaded machine before a test gives up on it.
const soon = 10 * time.Second

var (
	group4 = netip.MustParseAddr("224.0.0.18")
	group6 = netip.MustParseAddr("ff02::12")
	near4  = netip.MustParseAddr("10.9.0.1")
	far4   = netip.MustParseAddr("10.9.0.2")
	near6  = netip.MustParseAddr("fe80::9:1")
	far6   = netip.MustParseAddr("fe80::9:2")
	near6g = netip.MustParseAddr("2001:db8::1")
	far6g  = netip.MustParseAddr("2001:db8::2")
)

// A cable joins two hosts: near sends from interface "n", far receives at "f".
type cable struct {
	near, far           *nettest.Namespace
	nearIndex, farIndex int
}

func newCable(t testing.TB) cable {
	t.Helper()
	c := cable{near: nettest.New(t), far: nettest.New(t)}
	nettest.Link(t, c.near, c.far, "n", "f")
	for _, address := range []netip.Addr{near4, near6, near6g} {
		c.near.Address(t, "n", netip.PrefixFrom(address, 24).String())
	}
	for _, address := range []netip.Addr{far4, far6, far6g} {
		c.far.Address(t, "f", netip.PrefixFrom(address, 24).String())
	}
	c.nearIndex, c.farIndex = c.near.Index(t, "n"), c.far.Index(t, "f")
	return c
}

// sender opens a Sender at the near end. Group or Source is to be set; bound adds the interface.
func (c cable) sender(t testing.TB, config Config, bound bool) *Sender {
	t.Helper()
	if bound {
		config.Interface, config.Index = "n", c.nearIndex
	}
	var s *Sender
	c.near.Do(t, func() {
		var err error
		if s, err = OpenSender(config); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { s.Close() })
	return s
}

// receiver opens a Receiver at the far end that gets nothing yet.
func (c cable) receiver(t testing.TB, config Config, bound bool) *Receiver {
	t.Helper()
	if bound {
		config.Interface, config.Index = "f", c.farIndex
	}
	return openReceiver(t, c.far, config)
}

func openReceiver(t testing.TB, host *nettest.Namespace, config Config) *Receiver {
	t.Helper()
	var r *Receiver
	host.Do(t, func() {
		var err error
		if r, err = OpenReceiver(config); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { r.Close() })
	return r
}

func open(t testing.TB, r *Receiver) *Receiver {
	t.Helper()
	if err := r.SetFilter(nil, true); err != nil {
		t.Fatal(err)
	}
	return r
}

func send(t testing.TB, s *Sender, d *Datagram) {
	t.Helper()
	if err := s.Send(d); err != nil {
		t.Fatal(err)
	}
}

// receive returns copies of the next count packets, and of those that came with the last of them.
func receive(t testing.TB, r *Receiver, count int) []Packet {
	t.Helper()
	var got []Packet
	for end := time.Now().Add(soon); len(got) < count; {
		awaitReadable(t, r.FD(), end)
		_, err := r.Receive(func(p *Packet) {
			p.Raw, p.Payload = bytes.Clone(p.Raw), bytes.Clone(p.Payload)
			got = append(got, *p)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func awaitReadable(t testing.TB, fd int, end time.Time) {
	t.Helper()
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(poll, int(max(0, time.Until(end).Milliseconds())))
		if err == unix.EINTR {
			continue
		}
		if n != 1 || err != nil {
			t.Fatalf("wait for a packet: %d, %v", n, err)
		}
		return
	}
}

func pdu3(vrid byte) []byte {
	return []byte{0x31, vrid, 100, 1, 0, 100, 0, 0, 10, 9, 0, 72}
}

func pdu6(vrid byte) []byte {
	address := netip.MustParseAddr("fe80::74").As16()
	return append([]byte{0x31, vrid, 100, 1, 0, 100, 0, 0}, address[:]...)
}

func TestMulticastIPv4ArrivesWhole(t *testing.T) {
	c := newCable(t)
	r := open(t, c.receiver(t, Config{Group: group4}, true))
	s := c.sender(t, Config{Group: group4}, true)
	send(t, s, s.Prepare(near4, group4, 0, pdu3(71)))
	p := receive(t, r, 1)[0]
	if p.Source != near4 || p.Destination != group4 || !p.Multicast || p.TTL != 255 || p.IfIndex != c.farIndex {
		t.Errorf("got %+v", p)
	}
	if !bytes.Equal(p.Payload, pdu3(71)) || p.Short || p.Truncated || p.HeaderLength != 20 || p.TotalLength != 32 {
		t.Errorf("got %+v", p)
	}
}

func TestMulticastIPv6ArrivesWhole(t *testing.T) {
	c := newCable(t)
	r := open(t, c.receiver(t, Config{Group: group6}, true))
	s := c.sender(t, Config{Group: group6}, true)
	send(t, s, s.Prepare(near6, group6, 0, pdu6(74)))
	p := receive(t, r, 1)[0]
	if p.Source != near6 || p.Destination != group6 || !p.Multicast || p.TTL != 255 || p.IfIndex != c.farIndex {
		t.Errorf("got %+v", p)
	}
	want := pdu6(74)
	copy(want[checksumOffset:], p.Payload[checksumOffset:8])
	if !bytes.Equal(p.Payload, want) || p.Short || p.Truncated || p.HeaderLength != 0 || p.TotalLength != 0 {
		t.Errorf("got %+v", p)
	}
}

func TestUnicastArrives(t *testing.T) {
	c := newCable(t)
	for _, test := range []struct {
		name      string
		near, far netip.Addr
		bound     bool
		pdu       []byte
		ttl, want int
	}{
		{"IPv4 with interface", near4, far4, true, pdu3(1), 0, 255},
		{"IPv4 without interface", near4, far4, false, pdu3(2), 0, 255},
		{"IPv4 with TTL", near4, far4, false, pdu3(3), 7, 7},
		{"IPv6 link-local", near6, far6, true, pdu6(4), 0, 64},
		{"IPv6 link-local with hop limit", near6, far6, true, pdu6(5), 255, 255},
		{"IPv6 global without interface", near6g, far6g, false, pdu6(6), 0, 64},
		{"IPv6 global with hop limit", near6g, far6g, false, pdu6(7), 3, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := open(t, c.receiver(t, Config{Source: test.far}, test.bound))
			s := c.sender(t, Config{Source: test.near}, test.bound)
			send(t, s, s.Prepare(test.near, test.far, test.ttl, test.pdu))
			p := receive(t, r, 1)[0]
			if p.Source != test.near || p.Destination != test.far || p.Multicast {
				t.Errorf("from %s to %s, multicast %v", p.Source, p.Destination, p.Multicast)
			}
			if p.TTL != test.want || p.IfIndex != c.farIndex || p.Payload[1] != test.pdu[1] {
				t.Errorf("TTL %d, interface %d, VRID %d; want %d, %d, %d",
					p.TTL, p.IfIndex, p.Payload[1], test.want, c.farIndex, test.pdu[1])
			}
		})
	}
}

func TestReceiverWaitsForAnAddressToExist(t *testing.T) {
	c := newCable(t)
	for _, later := range []netip.Addr{netip.MustParseAddr("10.9.0.77"), netip.MustParseAddr("2001:db8::77")} {
		r := open(t, c.receiver(t, Config{Source: later}, false))
		c.far.Address(t, "f", netip.PrefixFrom(later, 24).String())
		source, pdu := near4, pdu3(1)
		if later.Is6() {
			source, pdu = near6g, pdu6(1)
		}
		s := c.sender(t, Config{Source: source}, false)
		send(t, s, s.Prepare(source, later, 0, pdu))
		if p := receive(t, r, 1)[0]; p.Destination != later {
			t.Errorf("got a packet to %s, want %s", p.Destination, later)
		}
	}
}

func TestReceiverGetsItsOwnGroupAndLinkOnly(t *testing.T) {
	c := newCable(t)
	nettest.Link(t, c.near, c.far, "n2", "f2")
	index2, nearIndex2 := c.far.Index(t, "f2"), c.near.Index(t, "n2")
	r := open(t, c.receiver(t, Config{Group: group4}, true))
	otherLink := open(t, openReceiver(t, c.far, Config{Group: group4, Interface: "f2", Index: index2}))
	otherGroup := netip.MustParseAddr("224.0.0.81")
	open(t, c.receiver(t, Config{Group: otherGroup}, true))

	var s2 *Sender
	c.near.Do(t, func() {
		var err error
		if s2, err = OpenSender(Config{Group: group4, Interface: "n2", Index: nearIndex2}); err != nil {
			t.Fatal(err)
		}
	})
	defer s2.Close()
	s := c.sender(t, Config{Group: group4}, true)
	send(t, s2, s2.Prepare(near4, group4, 0, pdu3(1)))
	send(t, s, s.Prepare(near4, otherGroup, 0, pdu3(2)))
	send(t, s, s.Prepare(near4, far4, 0, pdu3(3)))
	send(t, s, s.Prepare(near4, group4, 0, pdu3(4)))
	if got := receive(t, r, 1); len(got) != 1 || got[0].Payload[1] != 4 {
		t.Errorf("got %d packets, the first of VRID %d, want only that of VRID 4", len(got), got[0].Payload[1])
	}
	if got := receive(t, otherLink, 1); len(got) != 1 || got[0].Payload[1] != 1 || got[0].IfIndex != index2 {
		t.Errorf("the other link got %+v", got)
	}
}

func TestSenderHearsNothing(t *testing.T) {
	c := newCable(t)
	for _, test := range []struct {
		config Config
		to     netip.Addr
	}{
		{Config{Group: group4}, group4}, {Config{Source: near4}, near4},
		{Config{Group: group6}, group6}, {Config{Source: near6g}, near6g},
	} {
		// A Receiver beside it shows when the packet has come by.
		config := test.config
		if config.Group.IsValid() {
			config.Interface, config.Index = "n", c.nearIndex
		}
		beside := open(t, openReceiver(t, c.near, config))
		deaf := c.sender(t, test.config, config.Index != 0)

		source, pdu := far4, pdu3(1)
		if test.to.Is6() {
			source, pdu = far6g, pdu6(1)
		}
		var s *Sender
		c.far.Do(t, func() {
			var err error
			if s, err = OpenSender(Config{Group: group(test.to), Interface: "f", Index: c.farIndex}); err != nil {
				t.Fatal(err)
			}
		})
		send(t, s, s.Prepare(source, test.to, 0, pdu))
		receive(t, beside, 1)
		var buffer [2000]byte
		if n, _, err := unix.Recvfrom(deaf.fd, buffer[:], unix.MSG_DONTWAIT); err != unix.EAGAIN {
			t.Errorf("Sender for %s received %d bytes, %v", test.to, n, err)
		}
		s.Close()
	}
}

// group returns the VRRP group of the family of a.
func group(a netip.Addr) netip.Addr {
	if a.Is6() {
		return group6
	}
	return group4
}

func TestOwnMulticastIsNotHeard(t *testing.T) {
	c := newCable(t)
	for _, test := range []struct {
		group, source netip.Addr
		pdu           []byte
	}{{group4, near4, pdu3(1)}, {group6, near6, pdu6(1)}} {
		own := open(t, openReceiver(t, c.near, Config{Group: test.group, Interface: "n", Index: c.nearIndex}))
		peer := open(t, c.receiver(t, Config{Group: test.group}, true))
		s := c.sender(t, Config{Group: test.group}, true)
		send(t, s, s.Prepare(test.source, test.group, 0, test.pdu))
		receive(t, peer, 1)
		if n, err := own.Receive(func(p *Packet) { t.Errorf("heard %+v", p) }); n != 0 || err != nil {
			t.Errorf("Receive: %d, %v", n, err)
		}
	}
}
