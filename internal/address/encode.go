package address

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

var native = binary.NativeEndian // netlink speaks the machine's byte order

// ifaProto is IFA_PROTO of linux/if_addr.h.
const ifaProto = 11

// appendRequest appends the RTM_NEWADDR or RTM_DELADDR of one address.
func appendRequest(b []byte, kind uint16, sequence uint32, a *Address) []byte {
	start := len(b)
	b = native.AppendUint32(b, 0) // the length, known at the end
	b = native.AppendUint16(b, kind)
	// Neither CREATE nor REPLACE: an address that is there is left as it is.
	b = native.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	b = native.AppendUint32(b, sequence)
	b = native.AppendUint32(b, 0)

	local := a.Prefix.Addr()
	family := byte(unix.AF_INET)
	if local.Is6() {
		family = unix.AF_INET6
	}
	flags := a.flags()
	b = append(b, family, byte(a.Prefix.Bits()), byte(flags), a.Scope)
	b = native.AppendUint32(b, uint32(a.Index))

	b = appendAddr(b, unix.IFA_LOCAL, local)
	switch {
	case a.Peer.IsValid():
		b = appendAddr(b, unix.IFA_ADDRESS, a.Peer)
	case kind == unix.RTM_DELADDR:
		// Without it the kernel compares no prefix length and takes the first
		// address with these bits, which need not be ours.
		b = appendAddr(b, unix.IFA_ADDRESS, local)
	}
	if kind == unix.RTM_NEWADDR {
		b = appendDetails(b, a, flags)
	}
	native.PutUint32(b[start:], uint32(len(b)-start))
	return b
}

func appendDetails(b []byte, a *Address, flags uint32) []byte {
	if a.Broadcast.IsValid() {
		b = appendAddr(b, unix.IFA_BROADCAST, a.Broadcast)
	}
	if a.Label != "" {
		b = appendHeader(b, unix.IFA_LABEL, len(a.Label)+1)
		b = append(b, a.Label...)
		b = append(b, 0)
		for len(b)%unix.NLMSG_ALIGNTO != 0 {
			b = append(b, 0)
		}
	}
	if flags > 0xff { // more than the header's byte holds
		b = appendHeader(b, unix.IFA_FLAGS, 4)
		b = native.AppendUint32(b, flags)
	}
	if seconds, explicit := a.preferredLifetime(); explicit {
		b = appendHeader(b, unix.IFA_CACHEINFO, unix.SizeofIfaCacheinfo)
		b = native.AppendUint32(b, seconds)
		b = native.AppendUint32(b, Forever) // valid
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	if a.Protocol != 0 {
		b = appendHeader(b, ifaProto, 1)
		b = append(b, a.Protocol, 0, 0, 0)
	}
	return b
}

func appendAddr(b []byte, kind uint16, addr netip.Addr) []byte {
	if addr.Is4() {
		bytes := addr.As4()
		return append(appendHeader(b, kind, len(bytes)), bytes[:]...)
	}
	bytes := addr.As16()
	return append(appendHeader(b, kind, len(bytes)), bytes[:]...)
}

// appendHeader begins an attribute of n bytes of data; the caller pads it.
func appendHeader(b []byte, kind uint16, n int) []byte {
	b = native.AppendUint16(b, uint16(unix.SizeofRtAttr+n))
	return native.AppendUint16(b, kind)
}
