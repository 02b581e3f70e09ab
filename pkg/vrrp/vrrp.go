// Package vrrp is the wire format of VRRP, versions 2 (RFC 3768) and 3 (RFC 5798, RFC 9568), for IPv4
// and IPv6, with the timers and constants that the RFCs freeze.
//
// It reads and writes memory of its caller's and allocates nothing. It knows no sockets, no clock and
// no configuration file.
package vrrp

// VRID is the number that all routers of a Virtual Router share, 1 to 255 (RFC 5798, 5.2.3).
type VRID uint8

// Priority is a router's priority for a Virtual Router (RFC 5798, 5.2.4).
type Priority uint8

const (
	PriorityRelease Priority = 0   // the Master stops taking part
	PriorityDefault Priority = 100 // of a Backup without a configured one
	PriorityOwner   Priority = 255 // of the router that owns the addresses
)

// Version is the protocol version of an ADVERTISEMENT.
type Version uint8

const (
	Version2 Version = 2
	Version3 Version = 3
)

// AuthType is the authentication type of VRRPv2 (RFC 2338, 5.3.6).
type AuthType uint8

const (
	AuthNone AuthType = 0
	AuthPass AuthType = 1
	AuthAH   AuthType = 2
)
