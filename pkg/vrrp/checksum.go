package vrrp

import (
	"encoding/binary"
	"net/netip"
)

// ChecksumDialect says over what the checksum of an IPv4 advert is taken. IPv6 knows the standard one only.
//
// A third dialect, that of keepalived up to 1.3.6 for unicast, is the standard one with the multicast
// group in the place of the destination; the caller passes that address.
type ChecksumDialect uint8

const (
	// ChecksumStandard: version 2 covers the message alone (RFC 3768, 5.3.8), version 3 a pseudo header too
	// (RFC 5798, 5.2.8).
	ChecksumStandard ChecksumDialect = iota
	// ChecksumAsV2 leaves the pseudo header out in version 3 over IPv4, as some vendors read RFC 5798.
	ChecksumAsV2
)

// Checksum computes the checksum of the message from src to dst; the checksum field counts as zero.
func Checksum(pdu []byte, src, dst netip.Addr, dialect ChecksumDialect) uint16 {
	own := uint32(binary.BigEndian.Uint16(pdu[offsetChecksum:]))
	sum := fold(sumBytes(pseudoHeader(pdu, src, dst, dialect), pdu))
	// Subtracting the field in one's complement saves clearing it in the caller's memory.
	return ^uint16(fold(sum + (^own & 0xffff)))
}

// ChecksumValid reports whether the checksum field of a received message is right.
func ChecksumValid(pdu []byte, src, dst netip.Addr, dialect ChecksumDialect) bool {
	return fold(sumBytes(pseudoHeader(pdu, src, dst, dialect), pdu)) == 0xffff
}

// pseudoHeader sums the pseudo header that goes with the message, 0 if none does.
func pseudoHeader(pdu []byte, src, dst netip.Addr, dialect ChecksumDialect) uint32 {
	ipv6 := src.Is6()
	if !ipv6 && (dialect == ChecksumAsV2 || Version(pdu[offsetVersion]>>4) == Version2) {
		return 0
	}
	sum := uint32(Protocol) + uint32(len(pdu))
	if ipv6 {
		s, d := src.As16(), dst.As16()
		return sumBytes(sumBytes(sum, s[:]), d[:])
	}
	s, d := src.As4(), dst.As4()
	return sumBytes(sumBytes(sum, s[:]), d[:])
}

// sumBytes adds b to a sum of 16-bit words; an odd last byte is padded with zero (RFC 1071, 1).
// The longest message is 4 kB, far from the 128 kB at which 32 bits could overflow.
func sumBytes(sum uint32, b []byte) uint32 {
	for len(b) >= 2 {
		sum += uint32(b[0])<<8 | uint32(b[1])
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

func fold(sum uint32) uint32 {
	sum = sum>>16 + sum&0xffff
	return sum>>16 + sum&0xffff
}
