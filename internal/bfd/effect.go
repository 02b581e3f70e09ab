package bfd

import "time"

// ID is the index of a session in the configuration.
type ID int32

// Effect is something that the caller must do, or may want to know. What it does not need is zero.
type Effect struct {
	Kind       EffectKind
	State      State // StateChanged
	Diag       Diag  // StateChanged
	RemoteDiag Diag  // StateChanged
	Reason     Reason
	Session    ID // -1: of none
	Value      uint32
	Packet     Control       // Send
	Duration   time.Duration // Expired: the detection time; Negotiated: what it was before
	Overdue    time.Duration // Expired
}

// EffectKind is the kind of an Effect.
type EffectKind uint8

const (
	// Send: Packet leaves now.
	Send EffectKind = iota
	// StateChanged: the session is State now.
	StateChanged
	// Expired: the neighbour was silent for Duration, which ended Overdue ago. StateChanged follows.
	Expired
	// Negotiated: the intervals that are in force have changed; Duration was the detection time.
	Negotiated
	// PollStarted: packets ask the neighbour to confirm new intervals.
	PollStarted
	// Discarded: a packet was not taken, for Reason. Session is -1 where it belongs to none.
	Discarded
	// Reloaded parts the effects of a reload: what comes before it names sessions by their old IDs.
	Reloaded
)

// Reason is why a packet was discarded. RFC 5880, 6.8.6.
type Reason uint8

const (
	Accepted     Reason = iota
	TooShort            // Value: bytes
	WrongVersion        // Value: the version
	LengthShort         // Value: the packet's own length
	LengthLong          // Value: the packet's own length
	NoDetectMult
	PollAndFinal
	Multipoint
	NoMyDiscr
	NoYourDiscr // and the state is one that knows ours
	NoSession   // Value: Your Discriminator
	Hops        // Value: the TTL or hop limit
	WrongAuth
)
