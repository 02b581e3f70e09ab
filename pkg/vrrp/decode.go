package vrrp

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"iter"
	"net/netip"
	"time"
)

// Errors of the decoder. They carry no values: they are made on the way of every bad packet.
var (
	ErrShort   = errors.New("shorter than the VRRP header")
	ErrVersion = errors.New("unknown VRRP version")
	ErrType    = errors.New("unknown VRRP packet type")
	ErrLength  = errors.New("length does not match the address count")
)

// Header is the fixed part of a message, as it came: no field has been judged.
type Header struct {
	Version        Version
	Type           uint8
	VRID           VRID
	Priority       Priority
	Count          int           // addresses announced
	AuthType       AuthType      // version 2 only
	AdvertInterval time.Duration // version 2: from seconds; every other version: from 10 ms
	Checksum       uint16
}

// ParseHeader reads the fixed part of a message. The one error is ErrShort.
func ParseHeader(pdu []byte) (Header, error) {
	if len(pdu) < HeaderLength {
		return Header{}, ErrShort
	}
	h := Header{
		Version:  Version(pdu[offsetVersion] >> 4),
		Type:     pdu[offsetVersion] & 0xf,
		VRID:     VRID(pdu[offsetVRID]),
		Priority: Priority(pdu[offsetPriority]),
		Count:    int(pdu[offsetCount]),
		Checksum: binary.BigEndian.Uint16(pdu[offsetChecksum:]),
	}
	if h.Version == Version2 {
		h.AuthType = AuthType(pdu[offsetAuthType])
		h.AdvertInterval = time.Duration(pdu[offsetInterval]) * time.Second
		return h, nil
	}
	// RFC 5798, 5.2.6: the reserved bits are ignored on reception.
	steps := time.Duration(pdu[offsetAuthType]&0xf)<<8 | time.Duration(pdu[offsetInterval])
	h.AdvertInterval = steps * AdvertIntervalStep
	return h, nil
}

// MessageLength is the length in bytes of a message of this version and family with count addresses.
func MessageLength(version Version, ipv6 bool, count int) int {
	return HeaderLength + count*addressLength(ipv6) + authDataLength(version, ipv6)
}

func addressLength(ipv6 bool) int {
	if ipv6 {
		return 16
	}
	return 4
}

// AddressList is a view of the addresses of a message.
type AddressList struct {
	raw  []byte
	ipv6 bool
}

// AddressesOf is a view of the first count addresses of a message, of fewer if the message ends before.
func AddressesOf(pdu []byte, ipv6 bool, count int) AddressList {
	if len(pdu) < HeaderLength {
		return AddressList{ipv6: ipv6}
	}
	size := addressLength(ipv6)
	count = max(0, min(count, (len(pdu)-HeaderLength)/size))
	return AddressList{raw: pdu[HeaderLength : HeaderLength+count*size], ipv6: ipv6}
}

// Len is the number of addresses.
func (l AddressList) Len() int { return len(l.raw) / addressLength(l.ipv6) }

// At is the i-th address, from 0 to Len-1.
func (l AddressList) At(i int) netip.Addr {
	if l.ipv6 {
		return netip.AddrFrom16([16]byte(l.raw[i*16:]))
	}
	return netip.AddrFrom4([4]byte(l.raw[i*4:]))
}

// All goes through the addresses in their order.
func (l AddressList) All() iter.Seq2[int, netip.Addr] {
	return func(yield func(int, netip.Addr) bool) {
		for i := range l.Len() {
			if !yield(i, l.At(i)) {
				return
			}
		}
	}
}

// Contains reports whether addr is in the list.
func (l AddressList) Contains(addr netip.Addr) bool {
	for i := range l.Len() {
		if l.At(i) == addr {
			return true
		}
	}
	return false
}

// AuthDataOf is a copy of the authentication data at the end of a message of VRRPv2 over IPv4.
func AuthDataOf(pdu []byte) (data [AuthDataLength]byte, ok bool) {
	if len(pdu) < HeaderLength+AuthDataLength {
		return data, false
	}
	return [AuthDataLength]byte(pdu[len(pdu)-AuthDataLength:]), true
}

// PasswordEqual compares the authentication data of a message with a password, in a time that does not
// depend on where they differ.
func PasswordEqual(pdu []byte, password [AuthDataLength]byte) bool {
	data, ok := AuthDataOf(pdu)
	return ok && subtle.ConstantTimeCompare(data[:], password[:]) == 1
}

// ParseAdvertisement reads a whole message of one family. The addresses are appended to addresses, which
// may be nil. The checksum is not judged. Errors: ErrShort, ErrVersion, ErrType, ErrLength.
func ParseAdvertisement(pdu []byte, ipv6 bool, addresses []netip.Addr) (Advertisement, error) {
	h, err := ParseHeader(pdu)
	switch {
	case err != nil:
		return Advertisement{}, err
	case h.Version != Version2 && h.Version != Version3:
		return Advertisement{}, ErrVersion
	case h.Type != TypeAdvertisement:
		return Advertisement{}, ErrType
	case len(pdu) != MessageLength(h.Version, ipv6, h.Count):
		return Advertisement{}, ErrLength
	}
	a := Advertisement{
		Version: h.Version, VRID: h.VRID, Priority: h.Priority,
		AuthType: h.AuthType, AdvertInterval: h.AdvertInterval, Checksum: h.Checksum,
	}
	if authDataLength(h.Version, ipv6) != 0 {
		a.AuthData, _ = AuthDataOf(pdu)
	}
	for _, addr := range AddressesOf(pdu, ipv6, h.Count).All() {
		addresses = append(addresses, addr)
	}
	a.Addresses = addresses
	return a, nil
}
