package lab

import (
	"encoding/binary"
	"time"
)

const portBFD, portBFDMultihop = 3784, 4784

// The states of a BFD session, as packets have them. RFC 5880, 4.1.
const (
	BFDAdminDown = iota
	BFDDown
	BFDInit
	BFDUp
)

// BFDPacket is a BFD control packet.
type BFDPacket struct {
	SourcePort, Port      int
	TrafficClass          int
	Diag, State           int
	Poll, Final           bool
	Multiplier            int
	MyDiscr, YourDiscr    uint32
	MinTX, MinRX, MinEcho time.Duration
}

// parseBFD reads a UDP datagram that may be one.
func (f *Frame) parseBFD(udp []byte, class, ttl byte) {
	if len(udp) < 8+24 {
		return
	}
	port, b := int(binary.BigEndian.Uint16(udp[2:])), udp[8:]
	if port != portBFD && port != portBFDMultihop {
		return
	}
	micros := func(b []byte) time.Duration {
		return time.Duration(binary.BigEndian.Uint32(b)) * time.Microsecond
	}
	f.Kind, f.TTL = BFD, int(ttl)
	f.BFD = &BFDPacket{
		SourcePort: int(binary.BigEndian.Uint16(udp)), Port: port, TrafficClass: int(class),
		Diag: int(b[0] & 0x1f), State: int(b[1] >> 6), Poll: b[1]&0x20 != 0, Final: b[1]&0x10 != 0, Multiplier: int(b[2]),
		MyDiscr: binary.BigEndian.Uint32(b[4:]), YourDiscr: binary.BigEndian.Uint32(b[8:]),
		MinTX: micros(b[12:]), MinRX: micros(b[16:]), MinEcho: micros(b[20:]),
	}
}
