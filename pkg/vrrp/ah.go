package vrrp

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"hash"
)

// Offsets in the authentication header (RFC 2402, 2) and in the IPv4 header before it.
const (
	// AHLength is how many bytes the authentication header puts between IPv4 header and message.
	AHLength = 24

	ahNextHeader = 0
	ahPayloadLen = 1
	ahSPI        = 4
	ahSequence   = 8
	ahICV        = 12 // integrity check value, to the end

	ipv4HeaderMin   = 20
	ipv4TOS         = 1
	ipv4Fragment    = 6
	ipv4TTL         = 8
	ipv4Checksum    = 10
	ipv4Source      = 12
	ipv4Destination = 16
)

// AHVerdict is what AH.Verify thinks of a packet.
type AHVerdict uint8

const (
	AHValid      AHVerdict = iota
	AHForeign              // it does not hold the headers and a VRRP message's fixed part
	AHWrongValue           // the integrity check value is that of another packet, or of another password
	AHWrongSPI             // the security parameters index is not the packet's source
)

// AHHeader is what an authentication header says beside its value, as it came.
type AHHeader struct {
	SPI      [4]byte
	Sequence uint32
}

// AH signs VRRPv2 over IPv4 by an authentication header (RFC 2402) whose value is an HMAC-MD5-96 (RFC 2403). The
// security parameters index is the packet's source address, as keepalived has it. It is not for concurrent use.
type AH struct {
	mac    hash.Hash
	header [60 + AHLength]byte // the immutable part of IPv4 and authentication header
	sum    [md5.Size]byte
}

// NewAH makes an AH for a password, filled up with zeros.
func NewAH(password [AuthDataLength]byte) *AH {
	return &AH{mac: hmac.New(md5.New, password[:])}
}

// Sign fills in the authentication header of a packet, which begins with its IPv4 header; the VRRP message's own
// checksum must be right already. What is no such packet stays as it is.
func (a *AH) Sign(packet []byte, sequence uint32) {
	at, ok := ahOffset(packet)
	if !ok {
		return
	}
	header := packet[at : at+AHLength]
	clear(header)
	header[ahNextHeader] = Protocol
	header[ahPayloadLen] = AHLength/4 - 2 // RFC 2402, 2.2: in words of four bytes, without two of them
	copy(header[ahSPI:], packet[ipv4Source:ipv4Destination])
	binary.BigEndian.PutUint32(header[ahSequence:], sequence)
	copy(header[ahICV:], a.value(packet, at))
}

// Verify judges a packet that begins with its IPv4 header.
func (a *AH) Verify(packet []byte) (AHHeader, AHVerdict) {
	at, ok := ahOffset(packet)
	if !ok || packet[at+ahNextHeader] != Protocol {
		return AHHeader{}, AHForeign
	}
	b := packet[at : at+AHLength]
	h := AHHeader{SPI: [4]byte(b[ahSPI:]), Sequence: binary.BigEndian.Uint32(b[ahSequence:])}
	switch {
	case !hmac.Equal(a.value(packet, at), b[ahICV:]):
		return h, AHWrongValue
	case h.SPI != [4]byte(packet[ipv4Source:]):
		return h, AHWrongSPI
	}
	return h, AHValid
}

// ahOffset is where the authentication header begins.
func ahOffset(packet []byte) (at int, ok bool) {
	if len(packet) < ipv4HeaderMin {
		return 0, false
	}
	at = int(packet[0]&0xf) * 4
	return at, at >= ipv4HeaderMin && len(packet) >= at+AHLength+HeaderLength
}

// value is the integrity check value over everything that does not change on the way (RFC 2402, 3.3.3.1.1). A
// multicast packet is not forwarded, so keepalived counts its TTL among that.
func (a *AH) value(packet []byte, at int) []byte {
	header := a.header[:at+AHLength]
	copy(header, packet)
	header[ipv4TOS] = 0
	clear(header[ipv4Fragment : ipv4Fragment+2])
	clear(header[ipv4Checksum : ipv4Checksum+2])
	if multicast := header[ipv4Destination]>>4 == 0xe; !multicast {
		header[ipv4TTL] = 0
	}
	clear(header[at+ahICV:])
	a.mac.Reset()
	a.mac.Write(header)
	a.mac.Write(packet[at+AHLength:])
	return a.mac.Sum(a.sum[:0])[:AHLength-ahICV]
}
