package bfd

import (
	"encoding/binary"
	"time"
)

// Version of the protocol. RFC 5880, 4.1.
const Version = 1

// PacketLength is the length of a control packet without authentication.
const PacketLength = 24

// Where control packets go: RFC 5881, section 4, and RFC 5883, section 5.
const (
	Port         = 3784
	PortMultihop = 4784
)

// State is what a system says of its session.
type State uint8

const (
	AdminDown State = iota
	Down
	Init
	Up
)

func (s State) String() string {
	return [...]string{"AdminDown", "Down", "Init", "Up"}[s&3]
}

// Diag is why a session was left the last time.
type Diag uint8

const (
	DiagNone          Diag = 0
	DiagExpired       Diag = 1
	DiagNeighbourDown Diag = 3
	DiagAdminDown     Diag = 7
)

// diagNames are the names of RFC 5880, 4.1.
var diagNames = [...]string{
	"No Diagnostic", "Control Detection Time Expired", "Echo Function Failed", "Neighbor Signaled Session Down",
	"Forwarding Plane Reset", "Path Down", "Concatenated Path Down", "Administratively Down",
	"Reverse Concatenated Path Down",
}

func (d Diag) String() string {
	if int(d) < len(diagNames) {
		return diagNames[d]
	}
	return "Unknown"
}

// Control is a control packet. The intervals have a resolution of microseconds. RFC 5880, 4.1.
type Control struct {
	Diag                     Diag
	State                    State
	Poll, Final, Independent bool
	Auth, Demand, Multipoint bool
	DetectMult               uint8
	MyDiscr, YourDiscr       uint32
	DesiredMinTX             time.Duration
	RequiredMinRX            time.Duration
	RequiredMinEchoRX        time.Duration
}

// The flags in the second byte.
const (
	flagPoll        = 1 << 5
	flagFinal       = 1 << 4
	flagIndependent = 1 << 3
	flagAuth        = 1 << 2
	flagDemand      = 1 << 1
	flagMultipoint  = 1 << 0
)

// Append encodes a packet without authentication.
func (c *Control) Append(b []byte) []byte {
	b = append(b, Version<<5|byte(c.Diag)&0x1f, byte(c.State)<<6|c.flags(), c.DetectMult, PacketLength)
	b = binary.BigEndian.AppendUint32(b, c.MyDiscr)
	b = binary.BigEndian.AppendUint32(b, c.YourDiscr)
	for _, interval := range [...]time.Duration{c.DesiredMinTX, c.RequiredMinRX, c.RequiredMinEchoRX} {
		b = binary.BigEndian.AppendUint32(b, uint32(interval/time.Microsecond))
	}
	return b
}

func (c *Control) flags() (b byte) {
	for _, f := range [...]struct {
		set bool
		bit byte
	}{
		{c.Poll, flagPoll}, {c.Final, flagFinal}, {c.Independent, flagIndependent},
		{c.Auth, flagAuth}, {c.Demand, flagDemand}, {c.Multipoint, flagMultipoint},
	} {
		if f.set {
			b |= f.bit
		}
	}
	return b
}

// decode reads a packet as far as its form is right; the reason says what is wrong, and value is what was
// found there. Whether a session takes the packet is decided elsewhere. RFC 5880, 6.8.6.
func (c *Control) decode(b []byte) (reason Reason, value uint32) {
	if len(b) < PacketLength {
		return TooShort, uint32(len(b))
	}
	c.read(b)
	switch version, length := b[0]>>5, int(b[3]); {
	case version != Version:
		return WrongVersion, uint32(version)
	case length < PacketLength, c.Auth && length < PacketLength+2:
		return LengthShort, uint32(length)
	case length > len(b):
		return LengthLong, uint32(length)
	case c.DetectMult == 0:
		return NoDetectMult, 0
	case c.Poll && c.Final: // 4.1: no packet has both
		return PollAndFinal, 0
	case c.Multipoint:
		return Multipoint, 0
	case c.MyDiscr == 0:
		return NoMyDiscr, 0
	case c.YourDiscr == 0 && c.State > Down:
		return NoYourDiscr, 0
	}
	return Accepted, 0
}

func (c *Control) read(b []byte) {
	flags := b[1]
	*c = Control{
		Diag: Diag(b[0] & 0x1f), State: State(flags >> 6),
		Poll: flags&flagPoll != 0, Final: flags&flagFinal != 0, Independent: flags&flagIndependent != 0,
		Auth: flags&flagAuth != 0, Demand: flags&flagDemand != 0, Multipoint: flags&flagMultipoint != 0,
		DetectMult:        b[2],
		MyDiscr:           binary.BigEndian.Uint32(b[4:]),
		YourDiscr:         binary.BigEndian.Uint32(b[8:]),
		DesiredMinTX:      microseconds(b[12:]),
		RequiredMinRX:     microseconds(b[16:]),
		RequiredMinEchoRX: microseconds(b[20:]),
	}
}

func microseconds(b []byte) time.Duration {
	return time.Duration(binary.BigEndian.Uint32(b)) * time.Microsecond
}
