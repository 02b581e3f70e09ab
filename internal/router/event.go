package router

import (
	"net/netip"
	"time"
)

// Event is something that happened. Adverts have a way of their own, Router.Receive.
type Event struct {
	Kind    EventKind
	Status  TrackerStatus // TrackerChanged
	VR      ID            // SourceFound, SourceLost, SocketsFound, SocketsLost, Misplaced, WellPlaced, EffectLost, AddressesAdded, AnnounceRequested
	Tracker TrackerID     // TrackerChanged
	Value   int32         // TrackerChanged of a file
	Addr    netip.Addr    // SourceFound, AddressClaimed
	MAC     MAC           // AddressClaimed
	Late    time.Duration // Stalled
	Asleep  time.Duration // Stalled
}

// EventKind is the kind of an Event.
type EventKind uint8

const (
	// Tick: time has passed. Every Step looks at the deadlines of its instant, so it is needed only when
	// nothing else happened.
	Tick EventKind = iota
	// TrackerChanged: the tracker is Status now (of a file: TrackerUp with Value).
	TrackerChanged
	// SourceFound: adverts of VR leave from Addr from now on. Also for a change from one to another.
	SourceFound
	// SourceLost: VR has no usable source address.
	SourceLost
	// SocketsLost: the caller cannot open the sockets of VR, which is a fault until SocketsFound.
	SocketsLost
	// SocketsFound: VR has its sockets again.
	SocketsFound
	// Misplaced: the interface of VR has become one that it may not work on, which is a fault until WellPlaced.
	Misplaced
	// WellPlaced: VR may work on its interface again.
	WellPlaced
	// EffectLost: an address, a route or a rule of VR, installed by it, was removed by somebody else.
	EffectLost
	// ReloadBegun: a Reload is being prepared. Masters advertise once more, as if it might take long.
	ReloadBegun
	// AddressClaimed: another machine, MAC, says that Addr, an address of VR, is its own.
	AddressClaimed
	// AddressesAdded: a reload gave VR, which stayed Master, addresses that it did not have before.
	AddressesAdded
	// AnnounceRequested: somebody (D-Bus SendGarp) wants the addresses of VR announced now.
	AnnounceRequested
	// Stalled: the caller stood still. It comes Late for a deadline, and could hear nothing for Asleep, which no clock
	// of its own has counted. It must be told before the packets that came in meanwhile, and they before a Tick.
	Stalled
	// Shutdown: give up every Master's role, then STOP.
	Shutdown
	// ShutdownKeep: STOP, but leave addresses and role as they are (--dont-release-vrrp).
	ShutdownKeep
)

// ReceivedPacket is a packet that came in on a socket of a Virtual Router. The memory is the caller's and
// is not kept.
type ReceivedPacket struct {
	Source      netip.Addr
	Destination netip.Addr
	TTL         uint8 // or hop limit
	Multicast   bool  // Destination is a multicast address
	// Payload is the VRRP message, without the headers before it and with whatever follows it.
	Payload []byte
	// AH: an authentication header stands before Payload; then Packet is all of the packet, from its IPv4 header on.
	AH     bool
	Packet []byte
	// TotalLength and HeaderLength are the length of the whole packet and of what stands before Payload, by the IPv4 header, in bytes; 0 means not known (IPv6).
	TotalLength, HeaderLength int
}
