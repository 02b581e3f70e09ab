package rawsock

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A sniffer sees whole Ethernet frames at the far end of a cable.
type sniffer struct{ fd int }

func newSniffer(t *testing.T, c cable) sniffer {
	t.Helper()
	s := sniffer{fd: -1}
	c.far.Do(t, func() {
		all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL))
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(all))
		if err != nil {
			t.Fatal(err)
		}
		s.fd = fd
		if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: c.farIndex}); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { unix.Close(s.fd) })
	return s
}

// next returns the next frame to the Ethernet address that has VRRP in it.
func (s sniffer) next(t *testing.T, to []byte) []byte {
	t.Helper()
	buffer := make([]byte, 2048)
	for end := time.Now().Add(soon); ; {
		awaitReadable(t, s.fd, end)
		n, err := unix.Read(s.fd, buffer)
		if err != nil {
			t.Fatal(err)
		}
		frame := buffer[:n]
		vrrp4 := frame[12] == 0x08 && frame[13] == 0 && frame[14+9] == protocolVRRP
		vrrp6 := frame[12] == 0x86 && frame[13] == 0xdd && frame[14+6] == protocolVRRP
		if bytes.HasPrefix(frame, to) && (vrrp4 || vrrp6) {
			return frame
		}
	}
}

// checksum is RFC 1071's: 0 over data that contain their own.
func checksum(data []byte) uint16 {
	sum := uint32(0)
	for i := 0; i+1 < len(data); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(data[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func TestIPv4AdvertOnTheWire(t *testing.T) {
	c := newCable(t)
	wire := newSniffer(t, c)
	s := c.sender(t, Config{Group: group4}, true)
	second := netip.MustParseAddr("10.9.0.5") // not the one that the kernel would choose
	c.near.Address(t, "n", "10.9.0.5/24")
	d := s.Prepare(second, group4, 0, pdu3(71))
	d.SetID(0x1234)
	copy(d.PDU()[6:], []byte{0xab, 0xcd})
	send(t, s, d)
	ip := wire.next(t, []byte{0x01, 0, 0x5e, 0, 0, 0x12})[14:]
	if got := checksum(ip[:20]); got != 0 {
		t.Errorf("IP header checksum is off by %#x", got)
	}
	want := []byte{0x45, 0xc0, 0, 32, 0x12, 0x34, 0, 0, 255, 112, ip[10], ip[11], 10, 9, 0, 5, 224, 0, 0, 18}
	want = append(want, 0x31, 71, 100, 1, 0, 100, 0xab, 0xcd, 10, 9, 0, 72)
	if !bytes.HasPrefix(ip, want) {
		t.Errorf("sent\n% x, want\n% x", ip, want)
	}
	d.SetID(0)
	send(t, s, d)
	if ip := wire.next(t, []byte{0x01, 0, 0x5e, 0, 0, 0x12})[14:]; checksum(ip[:20]) != 0 {
		t.Errorf("IP header checksum of a packet without identification: % x", ip)
	}
}

func TestIPv6AdvertOnTheWire(t *testing.T) {
	c := newCable(t)
	wire := newSniffer(t, c)
	s := c.sender(t, Config{Group: group6}, true)
	d := s.Prepare(near6, group6, 0, pdu6(74))
	for range 2 { // the checksum that is there already must not matter
		d.SetID(1)
		send(t, s, d)
		ip := wire.next(t, []byte{0x33, 0x33, 0, 0, 0, 0x12})[14:]
		if class := ip[0]<<4 | ip[1]>>4; ip[0]>>4 != 6 || class != 0xc0 || ip[6] != 112 || ip[7] != 255 {
			t.Errorf("IPv6 header % x", ip[:8])
		}
		if source, to := netip.AddrFrom16([16]byte(ip[8:24])), netip.AddrFrom16([16]byte(ip[24:40])); source != near6 || to != group6 {
			t.Errorf("from %s to %s", source, to)
		}
		pseudo := append(bytes.Clone(ip[8:40]), 0, 0, 0, 24, 0, 0, 0, 112)
		if got := checksum(append(pseudo, ip[40:64]...)); got != 0 {
			t.Errorf("VRRP checksum is off by %#x", got)
		}
		if want := pdu6(74); !bytes.Equal(ip[40:46], want[:6]) || !bytes.Equal(ip[48:64], want[8:]) {
			t.Errorf("sent % x, want % x", ip[40:64], want)
		}
		copy(d.PDU()[checksumOffset:], []byte{0x12, 0x34})
	}
}

func TestGroupIsOnTheLinkWhateverTheRoutesSay(t *testing.T) {
	c := newCable(t)
	wire := newSniffer(t, c)
	group := netip.MustParseAddr("239.1.2.3")
	c.near.Run(t, "ip", "route", "add", "239.0.0.0/8", "via", far4.String())
	s := c.sender(t, Config{Group: group}, true)
	send(t, s, s.Prepare(near4, group, 0, pdu3(1)))
	frame := wire.next(t, nil)
	if want := []byte{0x01, 0, 0x5e, 1, 2, 3}; !bytes.HasPrefix(frame, want) {
		t.Errorf("sent to % x, want % x", frame[:6], want)
	}
}

func TestIPv6DatagramNamesItsLink(t *testing.T) {
	s := &Sender{is6: true, index: 7}
	for _, test := range []struct {
		to            netip.Addr
		scope, leaves int
	}{{group6, 7, 7}, {far6, 7, 0}, {far6g, 0, 0}} {
		d := s.Prepare(near6, test.to, 0, pdu6(1))
		var p Packet
		p.parseControl(d.control)
		if int(d.name6.Scope_id) != test.scope || p.IfIndex != test.leaves {
			t.Errorf("to %s: scope %d, leaves by %d; want %d, %d", test.to, d.name6.Scope_id, p.IfIndex, test.scope, test.leaves)
		}
	}
}

func TestSocketOptionsOfSenders(t *testing.T) {
	c := newCable(t)
	s4, s6 := c.sender(t, Config{Group: group4}, true), c.sender(t, Config{Group: group6}, true)
	for option, want := range map[int]int{
		unix.IP_HDRINCL: 1, unix.IP_TOS: 0xc0, unix.IP_MULTICAST_ALL: 0, unix.IP_MULTICAST_LOOP: 0, unix.IP_MULTICAST_TTL: 255,
	} {
		wantOption(t, s4.fd, unix.IPPROTO_IP, option, want)
	}
	for option, want := range map[int]int{
		unix.IPV6_MULTICAST_ALL: 0, unix.IPV6_MULTICAST_LOOP: 0, unix.IPV6_MULTICAST_IF: c.nearIndex,
	} {
		wantOption(t, s6.fd, unix.IPPROTO_IPV6, option, want)
	}
	for _, fd := range []int{s4.fd, s6.fd} {
		if size, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF); size > 4096 || err != nil {
			t.Errorf("receive buffer of %d bytes, %v; want the minimum", size, err)
		}
	}
}

func TestSourceMayBeLeftToTheKernel(t *testing.T) {
	c := newCable(t)
	r := open(t, c.receiver(t, Config{Source: far4}, false))
	s := c.sender(t, Config{Source: near4}, false)
	send(t, s, s.Prepare(netip.Addr{}, far4, 0, pdu3(1)))
	if got := receive(t, r, 1)[0].Source; got != near4 {
		t.Errorf("source %s, want %s", got, near4)
	}
}

func TestSendReportsTheErrno(t *testing.T) {
	c := newCable(t)
	s4, s6 := c.sender(t, Config{Group: group4}, true), c.sender(t, Config{Group: group6}, true)
	foreign := netip.MustParseAddr("fe80::dead")
	if err := s6.Send(s6.Prepare(foreign, group6, 0, pdu6(1))); err != unix.EINVAL {
		t.Errorf("Send from an address that is not ours: %v, want EINVAL", err)
	}
	if err := s4.Send(s4.Prepare(near4, group4, 0, make([]byte, 60000))); err != unix.EMSGSIZE {
		t.Errorf("Send of more than the MTU: %v, want EMSGSIZE", err)
	}
	c.near.SetDown(t, "n")
	if err := s4.Send(s4.Prepare(near4, group4, 0, pdu3(1))); err != unix.ENETUNREACH && err != unix.ENETDOWN {
		t.Errorf("Send on a link that is down: %v, want ENETUNREACH or ENETDOWN", err)
	}
}

func TestPrepareRefusesWhatCannotBeSent(t *testing.T) {
	s4, s6 := &Sender{}, &Sender{is6: true}
	for name, prepare := range map[string]func(){
		"IPv6 destination": func() { s4.Prepare(near4, group6, 0, nil) },
		"IPv4 destination": func() { s6.Prepare(near6, group4, 0, nil) },
		"IPv6 source":      func() { s4.Prepare(near6, group4, 0, nil) },
		"IPv4 source":      func() { s6.Prepare(near4, group6, 0, nil) },
		"no destination":   func() { s4.Prepare(near4, netip.Addr{}, 0, nil) },
		"TTL 256":          func() { s4.Prepare(near4, group4, 256, nil) },
		"64 KiB":           func() { s4.Prepare(near4, group4, 0, make([]byte, 1<<16)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			prepare()
		}()
	}
}
