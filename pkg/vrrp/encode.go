package vrrp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// Offsets in the fixed part of the message (RFC 5798, 5.1).
const (
	offsetVersion  = 0 // version in the upper half, type in the lower
	offsetVRID     = 1
	offsetPriority = 2
	offsetCount    = 3
	offsetAuthType = 4 // version 2; in version 3 the upper bits of the interval
	offsetInterval = 5 // version 2; in version 3 the lower bits of the interval
	offsetChecksum = 6
)

// Advertisement is one VRRP ADVERTISEMENT.
type Advertisement struct {
	Version  Version
	VRID     VRID
	Priority Priority
	AuthType AuthType             // version 2 only
	AuthData [AuthDataLength]byte // version 2 over IPv4 only
	// AdvertInterval travels in whole seconds (1 to 255) in version 2 and in steps of 10 ms (10 ms to
	// 40.95 s) in version 3; what does not fit is cut off.
	AdvertInterval time.Duration
	Addresses      []netip.Addr // the caller's memory; all of one family, at most 255
	Checksum       uint16       // as received; AppendAdvertisement computes its own
}

// AppendAdvertisement appends the message to buf. src and dst are the addresses of the packet around it:
// the family of src is the family of the Virtual Router, and both are part of most checksums. It panics on
// an address of the other family and on more than 255, which no configuration lets through.
func AppendAdvertisement(buf []byte, a *Advertisement, src, dst netip.Addr, dialect ChecksumDialect) []byte {
	if len(a.Addresses) > MaxAddresses {
		panic(fmt.Sprintf("vrrp: advertisement with %d addresses", len(a.Addresses)))
	}
	start := len(buf)
	high, low := intervalBytes(a)
	buf = append(buf, byte(a.Version)<<4|TypeAdvertisement, byte(a.VRID), byte(a.Priority),
		byte(len(a.Addresses)), high, low, 0, 0)
	ipv6 := src.Is6()
	for _, addr := range a.Addresses {
		buf = appendAddress(buf, addr, ipv6)
	}
	if authDataLength(a.Version, ipv6) != 0 {
		buf = append(buf, a.AuthData[:]...)
	}
	pdu := buf[start:]
	binary.BigEndian.PutUint16(pdu[offsetChecksum:], Checksum(pdu, src, dst, dialect))
	return buf
}

func appendAddress(buf []byte, addr netip.Addr, ipv6 bool) []byte {
	if addr.Is6() != ipv6 {
		panic("vrrp: advertisement mixes address families: " + addr.String())
	}
	if ipv6 {
		b := addr.As16()
		return append(buf, b[:]...)
	}
	b := addr.As4()
	return append(buf, b[:]...)
}

// intervalBytes are bytes 4 and 5: authentication type and seconds, or four zero bits and twelve of
// hundredths of a second.
func intervalBytes(a *Advertisement) (high, low byte) {
	if a.Version == Version2 {
		return byte(a.AuthType), byte(min(a.AdvertInterval/time.Second, 0xff))
	}
	steps := min(a.AdvertInterval/AdvertIntervalStep, 0xfff)
	return byte(steps >> 8), byte(steps)
}

// Patch changes the priority of an encoded message in place and brings its checksum up to date
// (RFC 1624, equation 3), so that a prepared packet need not be built again.
func Patch(pdu []byte, p Priority) {
	before := uint32(binary.BigEndian.Uint16(pdu[offsetPriority:]))
	pdu[offsetPriority] = byte(p)
	after := uint32(binary.BigEndian.Uint16(pdu[offsetPriority:]))
	checksum := uint32(binary.BigEndian.Uint16(pdu[offsetChecksum:]))
	sum := fold((^checksum & 0xffff) + (^before & 0xffff) + after)
	binary.BigEndian.PutUint16(pdu[offsetChecksum:], ^uint16(sum))
}
