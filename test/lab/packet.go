package lab

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// Kind is what a frame is.
type Kind uint8

// The frames that the lab tells apart.
const (
	Other Kind = iota
	Advert
	GratuitousARP
	UnsolicitedNA
	BFD
)

// Frame is one Ethernet frame that the observer saw.
type Frame struct {
	At   time.Time // the kernel's time of reception
	Port string    // the interface it came in on
	Kind Kind
	MAC  [6]byte // its source

	// Of an Advert, and the announced address of the other two.
	Source, Destination netip.Addr
	TTL                 int
	Version             int
	VRID                int
	Priority            int
	Interval            time.Duration
	Count               int
	Auth                [8]byte
	ChecksumRight       bool
	AHSequence          uint32 // of the authentication header before it; 0: there is none
	Trailer             []byte // of auth_hmac; nil: there is none
	Raw                 []byte // the whole frame
	Address             netip.Addr

	BFD *BFDPacket // of a frame of that kind
}

// Message is the VRRP message of an Advert, with its trailer if it has one.
func (f *Frame) Message() []byte {
	ip := f.Raw[14:]
	if f.Source.Is6() {
		return ip[40 : 40+int(binary.BigEndian.Uint16(ip[4:]))]
	}
	header := int(ip[0]&0xf) * 4
	if ip[9] == protoAH {
		header += vrrp.AHLength
	}
	return ip[header:binary.BigEndian.Uint16(ip[2:])]
}

const (
	etherIPv4, etherIPv6, etherARP  = 0x0800, 0x86dd, 0x0806
	protoAH, protoICMPv6, protoVRRP = 51, 58, 112
	protoUDP                        = 17
)

// parse fills f from an Ethernet frame.
func (f *Frame) parse(b []byte) {
	if len(b) < 14 {
		return
	}
	copy(f.MAC[:], b[6:12])
	ethertype, b := binary.BigEndian.Uint16(b[12:]), b[14:]
	switch {
	case ethertype == etherARP && len(b) >= 28:
		sender, target := netip.AddrFrom4([4]byte(b[14:18])), netip.AddrFrom4([4]byte(b[24:28]))
		if sender == target {
			f.Kind, f.Address = GratuitousARP, sender
		}
	case ethertype == etherIPv4 && len(b) >= 20:
		f.parseIPv4(b)
	case ethertype == etherIPv6 && len(b) >= 40:
		f.parseIPv6(b)
	}
}

func (f *Frame) parseIPv4(b []byte) {
	header, total := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
	ah := b[9] == protoAH
	if ah {
		header += vrrp.AHLength
	}
	if b[9] == protoUDP && header >= 20 && header <= total && total <= len(b) {
		f.parseBFD(b[header:total], b[1], b[8])
		return
	}
	if !ah && b[9] != protoVRRP || total > len(b) || header < 20 || header+8 > total {
		return
	}
	if ah {
		f.AHSequence = binary.BigEndian.Uint32(b[header-vrrp.AHLength+8:])
	}
	f.Source, f.Destination = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	f.TTL = int(b[8])
	f.parseVRRP(b[header:total], 4)
}

func (f *Frame) parseIPv6(b []byte) {
	length := int(binary.BigEndian.Uint16(b[4:]))
	payload := b[40:]
	if length > len(payload) {
		return
	}
	payload = payload[:length]
	f.Source, f.Destination = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	f.TTL = int(b[7])
	const neighbourAdvertisement, override = 136, 0x20
	switch {
	case b[6] == protoUDP:
		f.parseBFD(payload, b[0]<<4|b[1]>>4, b[7])
	case b[6] == protoVRRP && len(payload) >= 8:
		f.parseVRRP(payload, 16)
	case b[6] == protoICMPv6 && len(payload) >= 24 && payload[0] == neighbourAdvertisement && payload[4]&override != 0:
		f.Kind, f.Address = UnsolicitedNA, netip.AddrFrom16([16]byte(payload[8:24]))
	}
}

// parseVRRP reads a PDU whose addresses have that many bytes. RFC 3768, 5.1; RFC 9568, 5.1.
func (f *Frame) parseVRRP(pdu []byte, addressLength int) {
	f.Kind = Advert
	f.Version, f.VRID, f.Priority, f.Count = int(pdu[0]>>4), int(pdu[1]), int(pdu[2]), int(pdu[3])
	if n := vrrp.MessageLength(vrrp.Version(f.Version), addressLength == 16, f.Count); len(pdu) == n+vrrp.TrailerLength {
		f.Trailer = bytes.Clone(pdu[n:])
		if addressLength == 4 {
			pdu = pdu[:n] // over IPv6 the kernel's checksum covers all there is
		}
	}
	if f.Version == 2 {
		f.Interval = time.Duration(pdu[5]) * time.Second
		if end := 8 + f.Count*addressLength; len(pdu) >= end+8 {
			copy(f.Auth[:], pdu[end:])
		}
		f.ChecksumRight = onesComplementSum(0, pdu) == 0xffff
		return
	}
	f.Interval = time.Duration(binary.BigEndian.Uint16(pdu[4:])&0xfff) * 10 * time.Millisecond
	f.ChecksumRight = onesComplementSum(pseudoHeaderSum(f.Source, f.Destination, len(pdu)), pdu) == 0xffff
}

// pseudoHeaderSum is the sum that stands for source, destination, protocol and length in VRRPv3's
// checksum. RFC 9568, 5.2.8.
func pseudoHeaderSum(source, destination netip.Addr, length int) uint32 {
	sum := uint32(protoVRRP) + uint32(length)
	sum += uint32(onesComplementSum(0, source.AsSlice()))
	return sum + uint32(onesComplementSum(0, destination.AsSlice()))
}

func onesComplementSum(sum uint32, b []byte) uint16 {
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
