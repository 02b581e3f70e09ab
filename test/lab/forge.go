package lab

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// Forgery is a multicast VRRP advert made by hand, right or wrong as told.
type Forgery struct {
	Source        netip.Addr // its family is the advert's
	Version       int        // 2 or 3; what is wrong here is written all the same
	VRID          int
	Priority      int
	Interval      time.Duration // whole seconds in version 2, hundredths in version 3
	Addresses     []netip.Addr
	TTL           int // 255 is right
	WrongChecksum bool
	AH            *vrrp.AH      // signs with an authentication header; nil: there is none
	Key           *vrrp.HMACKey // signs with a trailer; nil: there is none
	Sequence      vrrp.Sequence // of either
}

// Where adverts go. RFC 9568, 5.1.1.2.
var (
	vrrpGroup4 = netip.MustParseAddr("224.0.0.18")
	vrrpGroup6 = netip.MustParseAddr("ff02::12")
)

// Frame is the whole Ethernet frame.
func (f Forgery) Frame() []byte {
	pdu := f.pdu()
	if f.Source.Is4() && f.AH != nil {
		frame := []byte{0x01, 0x00, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 0, 1, etherIPv4 >> 8, etherIPv4 & 0xff}
		frame = append(append(frame, f.headerIPv4(20+vrrp.AHLength+len(pdu))...), make([]byte, vrrp.AHLength)...)
		frame = append(frame, pdu...)
		f.AH.Sign(frame[14:], uint32(f.Sequence))
		return frame
	}
	if f.Source.Is4() {
		frame := []byte{0x01, 0x00, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 0, 1, etherIPv4 >> 8, etherIPv4 & 0xff}
		return append(append(frame, f.headerIPv4(20+len(pdu))...), pdu...)
	}
	frame := []byte{0x33, 0x33, 0, 0, 0, 0x12, 2, 0, 0, 0, 0, 1, etherIPv6 >> 8, etherIPv6 & 0xff}
	return append(append(frame, f.headerIPv6(len(pdu))...), pdu...)
}

func (f Forgery) group() netip.Addr {
	if f.Source.Is4() {
		return vrrpGroup4
	}
	return vrrpGroup6
}

func (f Forgery) pdu() []byte {
	pdu := []byte{byte(f.Version<<4 | 1), byte(f.VRID), byte(f.Priority), byte(len(f.Addresses)), 0, 0, 0, 0}
	if f.Version == 3 {
		binary.BigEndian.PutUint16(pdu[4:], uint16(f.Interval/(10*time.Millisecond)))
	} else {
		pdu[5] = byte(f.Interval / time.Second)
		if f.AH != nil {
			pdu[4] = byte(vrrp.AuthAH)
		}
	}
	for _, address := range f.Addresses {
		pdu = append(pdu, address.AsSlice()...)
	}
	var sum uint32
	if f.Version == 3 {
		sum = pseudoHeaderSum(f.Source, f.group(), len(pdu))
	} else {
		pdu = append(pdu, make([]byte, 8)...) // authentication data, none
	}
	checksum := ^onesComplementSum(sum, pdu)
	if f.WrongChecksum {
		checksum ^= 0x5a5a
	}
	binary.BigEndian.PutUint16(pdu[6:], checksum)
	if f.Key == nil {
		return pdu
	}
	pdu = vrrp.AppendTrailer(pdu)
	f.Key.Sign(pdu, f.Source, f.Sequence)
	if f.Source.Is6() && !f.WrongChecksum { // over IPv6 it covers all there is
		clear(pdu[6:8])
		binary.BigEndian.PutUint16(pdu[6:], ^onesComplementSum(pseudoHeaderSum(f.Source, f.group(), len(pdu)), pdu))
	}
	return pdu
}

func (f Forgery) headerIPv4(total int) []byte {
	b := make([]byte, 20)
	b[0], b[1], b[8], b[9] = 0x45, 0xc0, byte(f.TTL), protoVRRP
	if f.AH != nil {
		b[9] = protoAH
	}
	binary.BigEndian.PutUint16(b[2:], uint16(total))
	copy(b[12:], f.Source.AsSlice())
	copy(b[16:], vrrpGroup4.AsSlice())
	binary.BigEndian.PutUint16(b[10:], ^onesComplementSum(0, b))
	return b
}

func (f Forgery) headerIPv6(length int) []byte {
	b := make([]byte, 40)
	b[0], b[1], b[6], b[7] = 0x6c, 0, protoVRRP, byte(f.TTL)
	binary.BigEndian.PutUint16(b[4:], uint16(length))
	copy(b[8:], f.Source.AsSlice())
	copy(b[24:], vrrpGroup6.AsSlice())
	return b
}
