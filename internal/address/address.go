// Package address puts IP addresses on interfaces and takes them off again, many
// at a time: Virtual Router's addresses, and the static ones of a configuration.
//
// It promises one result per address, that an address which is already as wanted
// is no error, and that a batch costs few system calls whatever its size: 4000
// addresses are one request to the kernel.
//
// Which addresses belong where and when is left to the caller, as is telling the
// neighbours (package announce) and noticing what others do to the addresses
// (package netmon, which can be told to ignore this package's Port).
package address

import (
	"fmt"
	"math"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Forever is the lifetime, in seconds, of an address that does not age.
const Forever = math.MaxUint32

// Address is one address of one interface. The zero value of each field but
// Prefix and Index means the kernel's or the protocol's default.
type Address struct {
	// Prefix is the address with the length of its subnet. Host bits are kept.
	Prefix netip.Prefix
	// Index is the interface's.
	Index int
	// Peer is the other end's address on a point-to-point link. The length of
	// Prefix then applies to it.
	Peer netip.Addr
	// Broadcast is the subnet's broadcast address (IPv4 only).
	Broadcast netip.Addr
	// Label is the alias that old tools show, at most 15 bytes (IPv4 only).
	Label string
	// Scope is a RT_SCOPE_ value; 0 is global.
	Scope uint8
	// Flags are IFA_F_ values on top of the default ones.
	Flags uint32
	// DAD asks for duplicate address detection (IPv6 only). It is off otherwise,
	// because an address that moves between routers is known to be theirs and
	// must be usable at once.
	DAD bool
	// PreferredLifetime is in seconds. Without it an IPv6 address of 128 bits gets
	// 0 (so that it is never chosen as a source) and any other gets Forever.
	PreferredLifetime *uint32
	// Protocol is an IFAPROT_ number that says who added the address; 0 is none.
	Protocol uint8
}

// String is the address as its configuration line has it, without the device.
func (a Address) String() string {
	if a.Prefix.IsSingleIP() {
		return a.Prefix.Addr().String()
	}
	return a.Prefix.String()
}

func (a Address) flags() uint32 {
	if a.Prefix.Addr().Is6() && !a.DAD {
		return a.Flags | unix.IFA_F_NODAD
	}
	return a.Flags
}

// preferredLifetime returns the lifetime to send to the kernel, and whether any
// has to be sent.
func (a Address) preferredLifetime() (seconds uint32, explicit bool) {
	switch {
	case a.PreferredLifetime != nil:
		return *a.PreferredLifetime, true
	case a.Prefix.Addr().Is6() && a.Prefix.Bits() == 128:
		return 0, true
	}
	return Forever, false
}

// check finds what cannot even be encoded; the rest is the kernel's to judge.
func (a Address) check() error {
	family := a.Prefix.Addr().Is4()
	switch {
	case !a.Prefix.IsValid():
		return fmt.Errorf("no valid prefix: %w", unix.EINVAL)
	case a.Peer.IsValid() && a.Peer.Is4() != family:
		return fmt.Errorf("peer %v of another family: %w", a.Peer, unix.EINVAL)
	case a.Broadcast.IsValid() && !(family && a.Broadcast.Is4()):
		return fmt.Errorf("broadcast address %v: %w", a.Broadcast, unix.EINVAL)
	case len(a.Label) >= unix.IFNAMSIZ:
		return fmt.Errorf("label %q is longer than %d bytes: %w", a.Label, unix.IFNAMSIZ-1, unix.EINVAL)
	}
	return nil
}
