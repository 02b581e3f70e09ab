package vrrp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"net/netip"
	"time"
)

// Offsets in the trailer that keepalived's auth_hmac appends to a message.
const (
	// TrailerLength is how many bytes follow the message.
	TrailerLength = 28

	trailerType     = 0
	trailerKey      = 1
	trailerReserved = 2
	trailerSequence = 4
	trailerValue    = 12 // to the end

	// trailerHMACSHA256 is the one type of trailer: HMAC-SHA-256, cut to 128 bits.
	trailerHMACSHA256 = 1
)

// Sequence numbers signed adverts by the time at which they were sent: seconds since 1970 in the upper 32 bits,
// 65536ths of a second in the next 16, and a counter in the last. It wraps around.
type Sequence uint64

// SequenceAt is the first Sequence of an instant.
func SequenceAt(t time.Time) Sequence {
	fraction := uint64(t.Nanosecond()) << 16 / uint64(time.Second)
	return Sequence(uint64(uint32(t.Unix()))<<32 | fraction<<16)
}

// After reports whether s comes after other, however often the numbers have wrapped around (RFC 1982, 3.2).
func (s Sequence) After(other Sequence) bool { return int64(s-other) > 0 }

// AheadOf is by how many whole seconds s is later than an instant; it is negative if s is earlier.
func (s Sequence) AheadOf(t time.Time) int { return int(int32(uint32(s>>32) - uint32(t.Unix()))) }

// Trailer is the fixed part of a trailer, as it came.
type Trailer struct {
	KeyID    uint8
	Sequence Sequence
}

// TrailerOf reads the trailer at the end of signed, a message with a trailer. It reports false for one of an
// unknown type or with reserved bits.
func TrailerOf(signed []byte) (Trailer, bool) {
	if len(signed) < HeaderLength+TrailerLength {
		return Trailer{}, false
	}
	t := signed[len(signed)-TrailerLength:]
	return Trailer{KeyID: t[trailerKey], Sequence: Sequence(binary.BigEndian.Uint64(t[trailerSequence:]))},
		t[trailerType] == trailerHMACSHA256 && t[trailerReserved] == 0 && t[trailerReserved+1] == 0
}

// AppendTrailer appends room for a trailer to a message; HMACKey.Sign fills it.
func AppendTrailer(message []byte) []byte {
	var room [TrailerLength]byte
	return append(message, room[:]...)
}

// HMACKey is one key of auth_hmac. It is not for concurrent use.
type HMACKey struct {
	id     uint8
	mac    hash.Hash
	pseudo [20]byte           // of what goes into the HMAC beside the message
	head   [HeaderLength]byte // of the message, without its checksum
	sum    [sha256.Size]byte
}

// NewHMACKey makes a key of its number and its bytes.
func NewHMACKey(id uint8, secret []byte) *HMACKey {
	return &HMACKey{id: id, mac: hmac.New(sha256.New, secret)}
}

// ID is the key's number.
func (k *HMACKey) ID() uint8 { return k.id }

// Sign fills in the trailer of signed, a message from source with a trailer behind it. The message's checksum is not
// part of it. What has no room for a trailer stays as it is.
func (k *HMACKey) Sign(signed []byte, source netip.Addr, sequence Sequence) {
	if len(signed) < HeaderLength+TrailerLength {
		return
	}
	t := signed[len(signed)-TrailerLength:]
	clear(t)
	t[trailerType], t[trailerKey] = trailerHMACSHA256, k.id
	binary.BigEndian.PutUint64(t[trailerSequence:], uint64(sequence))
	copy(t[trailerValue:], k.value(signed, source))
}

// Valid reports whether a message from source with a trailer was signed with this key.
func (k *HMACKey) Valid(signed []byte, source netip.Addr) bool {
	return len(signed) >= HeaderLength+TrailerLength &&
		hmac.Equal(k.value(signed, source), signed[len(signed)-TrailerLength+trailerValue:])
}

// noValue stands for the trailer's own value. It is never written to.
var noValue [TrailerLength - trailerValue]byte

// value is the HMAC over a pseudo header, the message without its checksum, and the trailer without its value.
func (k *HMACKey) value(signed []byte, source netip.Addr) []byte {
	clear(k.pseudo[:])
	k.pseudo[0] = 4
	if source.Is6() {
		k.pseudo[0] = 6
		b := source.As16()
		copy(k.pseudo[4:], b[:])
	} else if source.Is4() {
		b := source.As4()
		copy(k.pseudo[4:], b[:])
	}
	k.pseudo[1], k.pseudo[2] = signed[offsetVersion]>>4, signed[offsetVRID]
	copy(k.head[:offsetChecksum], signed)
	k.mac.Reset()
	k.mac.Write(k.pseudo[:])
	k.mac.Write(k.head[:])
	k.mac.Write(signed[HeaderLength : len(signed)-len(noValue)])
	k.mac.Write(noValue[:])
	return k.mac.Sum(k.sum[:0])[:len(noValue)]
}
