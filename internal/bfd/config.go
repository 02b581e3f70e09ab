package bfd

import (
	"net/netip"
	"time"
)

// SessionConfig is what a session needs to know. It has been checked: numbers are in range.
type SessionConfig struct {
	// Remote is the neighbour. Local is the address that it sends to; invalid: any.
	Remote, Local netip.Addr
	// Multihop: RFC 5883, on a port of its own.
	Multihop bool
	// MinTTL is the TTL or hop limit that packets must have come with, at least.
	MinTTL uint8
	// Passive: says nothing before the neighbour does. RFC 5880, 6.1.
	Passive bool

	DesiredMinTX  time.Duration // while Up
	IdleTX        time.Duration // while not
	RequiredMinRX time.Duration
	DetectMult    uint8
}

// slowest is the interval that a session which is not Up never sends faster than. RFC 5880, 6.8.3.
const slowest = time.Second

// desiredMinTX is what a session in that state would like to send at.
func (c *SessionConfig) desiredMinTX(state State) time.Duration {
	if state == Up {
		return c.DesiredMinTX
	}
	return max(slowest, c.IdleTX)
}

// ReceivedPacket is a packet that came in. The memory is the caller's and is not kept.
type ReceivedPacket struct {
	Source, Destination netip.Addr
	Multihop            bool  // it came to PortMultihop
	TTL                 uint8 // or hop limit
	Payload             []byte
}
