package rawsock

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	source4      = netip.MustParseAddr("10.9.0.1")
	destination4 = netip.MustParseAddr("224.0.0.18")
)

// packet4 is the wire format of an IPv4 packet with VRRP in it.
func packet4(options, pdu []byte) []byte {
	length := 20 + len(options)
	header := make([]byte, length, length+len(pdu))
	header[0] = 4<<4 | byte(length/4)
	binary.BigEndian.PutUint16(header[2:], uint16(length+len(pdu)))
	header[8], header[9] = 254, protocolVRRP
	copy(header[12:], source4.AsSlice())
	copy(header[16:], destination4.AsSlice())
	copy(header[20:], options)
	return append(header, pdu...)
}

func TestIPv4HeaderIsTakenApart(t *testing.T) {
	pdu := []byte{0x21, 51, 100, 1, 0, 1, 0, 0, 10, 9, 0, 100}
	for _, options := range [][]byte{nil, make([]byte, 4), make([]byte, 40)} {
		raw := packet4(options, pdu)
		var p Packet
		p.parse4(raw, 0)
		if p.Short || !bytes.Equal(p.Payload, pdu) || !bytes.Equal(p.Raw, raw) {
			t.Errorf("short %v, payload % x, raw % x of % x", p.Short, p.Payload, p.Raw, raw)
		}
		if p.Source != source4 || p.Destination != destination4 || !p.Multicast || p.TTL != 254 {
			t.Errorf("from %s to %s (multicast %v), TTL %d", p.Source, p.Destination, p.Multicast, p.TTL)
		}
		if p.HeaderLength != 20+len(options) || p.TotalLength != len(raw) {
			t.Errorf("header of %d, total of %d bytes, want %d and %d", p.HeaderLength, p.TotalLength, 20+len(options), len(raw))
		}
	}
}

func TestShortIPv4PacketHasNoPayload(t *testing.T) {
	whole := packet4(make([]byte, 8), make([]byte, vrrpHeaderLength))
	for length := range len(whole) + 1 {
		var p Packet
		p.parse4(whole[:length], 0)
		if want := length < len(whole); p.Short != want || (p.Payload == nil) != want {
			t.Errorf("%d of %d bytes: short %v, payload % x", length, len(whole), p.Short, p.Payload)
		}
		if length >= 20 && p.Source != source4 {
			t.Errorf("%d bytes: source %s, want %s", length, p.Source, source4)
		}
	}
}

func TestIPv4HeaderLengthBelowMinimumIsShort(t *testing.T) {
	raw := packet4(nil, make([]byte, 30))
	for words := range byte(5) {
		raw[0] = 4<<4 | words
		var p Packet
		if p.parse4(raw, 0); !p.Short || p.Payload != nil {
			t.Errorf("header length %d: payload % x, want a short packet", words*4, p.Payload)
		}
	}
}

func TestShortIPv6PacketHasNoPayload(t *testing.T) {
	for length := range 12 {
		var p Packet
		p.parse6(make([]byte, length), netip.IPv6LinkLocalAllNodes())
		if want := length < 8; p.Short != want || (p.Payload == nil) != want {
			t.Errorf("%d bytes: short %v, payload % x", length, p.Short, p.Payload)
		}
		if p.TTL != -1 {
			t.Errorf("hop limit %d of a packet without a control message, want -1", p.TTL)
		}
	}
}

func TestControlMessagesOfUnknownKindAreSkipped(t *testing.T) {
	var d Datagram // builds control messages as the kernel does
	d.addControl(unix.IPV6_TCLASS, 4)
	binary.NativeEndian.PutUint32(d.addControl(unix.IPV6_HOPLIMIT, 4), 77)
	d.addPacketInfo(netip.MustParseAddr("ff02::12"), 5)
	var p Packet
	p.parseControl(d.control)
	if p.TTL != 77 || p.IfIndex != 5 || p.Destination != netip.MustParseAddr("ff02::12") || !p.Multicast {
		t.Errorf("got %+v", p)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(packet4(nil, make([]byte, 12)))
	f.Add(packet4(make([]byte, 40), make([]byte, 7)))
	f.Add([]byte{0x4f})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p Packet
		p.parse4(raw, 0)
		if p.Short != (p.Payload == nil) {
			t.Errorf("short %v, payload % x", p.Short, p.Payload)
		}
		if !p.Short && !bytes.Equal(raw[p.HeaderLength:], p.Payload) {
			t.Errorf("payload % x is not what follows the header of % x", p.Payload, raw)
		}
		p.parse6(raw, netip.Addr{})
		if p.Short != (len(raw) < vrrpHeaderLength) {
			t.Errorf("short %v of %d bytes", p.Short, len(raw))
		}
	})
}

func FuzzParseControl(f *testing.F) {
	var d Datagram
	d.addPacketInfo(netip.MustParseAddr("ff02::12"), 5)
	d.addControl(unix.IPV6_HOPLIMIT, 4)
	f.Add(d.control)
	f.Add(d.control[:20])
	f.Fuzz(func(t *testing.T, control []byte) {
		// The kernel aligns what it writes, and so must a test be: a slice of a fuzzer need not be.
		aligned := append(make([]byte, 0, len(control)+64), control...)
		var p Packet
		p.parseControl(aligned)
	})
}
