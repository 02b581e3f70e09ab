package rawsock

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// TestPacketsWithAuthenticationHeader sends packets of IP protocol 51 along a cable: the room for the header is the
// caller's, the filter looks behind it, and neither kind of socket hears the other's packets.
func TestPacketsWithAuthenticationHeader(t *testing.T) {
	c := newCable(t)
	plain := open(t, c.receiver(t, Config{Group: group4}, true))
	r := c.receiver(t, Config{Group: group4, AH: true}, true)
	if err := r.SetFilter(&[256]bool{71: true}, false); err != nil {
		t.Fatal(err)
	}
	s, bare := c.sender(t, Config{Group: group4, AH: true}, true), c.sender(t, Config{Group: group4}, true)
	header := bytes.Repeat([]byte{0xa7}, authHeaderLength)
	for _, vrid := range []byte{70, 71} {
		d := s.Prepare(near4, group4, 0, pdu3(vrid))
		if room := d.Packet()[ipv4HeaderLength : ipv4HeaderLength+authHeaderLength]; !bytes.Equal(room, make([]byte, authHeaderLength)) {
			t.Errorf("the room for the header holds % x", room)
		}
		copy(d.Packet()[ipv4HeaderLength:], header)
		d.PDU()[2] = 99
		send(t, s, d)
	}
	send(t, bare, bare.Prepare(near4, group4, 0, pdu3(71)))
	got := receive(t, r, 1)
	if len(got) != 1 {
		t.Fatalf("%d packets, want one", len(got))
	}
	p, want := got[0], pdu3(71)
	want[2] = 99
	if !bytes.Equal(p.Payload, want) || p.HeaderLength != 44 || p.TotalLength != 44+len(want) {
		t.Errorf("payload % x behind %d bytes, %d in all", p.Payload, p.HeaderLength, p.TotalLength)
	}
	if p.Raw[9] != 51 || !bytes.Equal(p.Raw[20:44], header) || int(binary.BigEndian.Uint16(p.Raw[2:])) != len(p.Raw) {
		t.Errorf("packet % x", p.Raw)
	}
	if got := receive(t, plain, 1); len(got) != 1 || got[0].Raw[9] != 112 {
		t.Errorf("%d packets on the socket of protocol 112, want the one without a header", len(got))
	}
}

func TestFilterLooksBehindTheAuthenticationHeader(t *testing.T) {
	vm := newVM(t, filterProgram(false, authHeaderLength, &[256]bool{51: true}, false))
	for vrid, want := range map[byte]bool{51: true, 52: false} {
		for _, optionWords := range []int{0, 10} {
			packet := append(filterInput(false, optionWords+authHeaderLength/4, 0)[:20+4*optionWords+authHeaderLength], 0x21, vrid)
			packet[0] = 4<<4 | byte(5+optionWords)
			if got := passes(t, vm, packet); got != want {
				t.Errorf("VRID %d behind %d words of options: passes %v", vrid, optionWords, got)
			}
		}
	}
}

func TestPacketThatEndsInItsAuthenticationHeaderIsShort(t *testing.T) {
	whole := packet4(make([]byte, 4), make([]byte, authHeaderLength+vrrpHeaderLength))
	for length := range len(whole) + 1 {
		var p Packet
		p.parse4(whole[:length], authHeaderLength)
		if want := length < len(whole); p.Short != want || (p.Payload == nil) != want {
			t.Errorf("%d of %d bytes: short %v", length, len(whole), p.Short)
		}
	}
}

func TestAuthenticationHeaderIsForIPv4(t *testing.T) {
	if _, err := OpenSender(Config{Group: group6, Interface: "lo", Index: 1, AH: true}); err == nil {
		t.Error("a socket for IPv6 packets with an authentication header was opened")
	}
}
