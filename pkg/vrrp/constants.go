package vrrp

import "net/netip"

const (
	Protocol          = 112 // IP protocol number (RFC 5798, 5.1.1.4)
	ProtocolAH        = 51  // IP protocol number of the authentication header that may wrap VRRPv2
	TTL               = 255 // of every multicast advert (RFC 5798, 5.1.1.3)
	TypeAdvertisement = 1   // the only packet type (RFC 5798, 5.2.2)

	HeaderLength   = 8   // bytes before the first address
	AuthDataLength = 8   // bytes after the last address, version 2 over IPv4 only
	MaxAddresses   = 255 // Count IPvX Addr is one byte
)

// GroupIPv4 and GroupIPv6 are the multicast destinations of adverts (RFC 5798, 5.1.1.2 and 5.1.2.2).
// They are never written to.
var (
	GroupIPv4 = netip.AddrFrom4([4]byte{224, 0, 0, 18})
	GroupIPv6 = netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 0x12})
)

// VirtualMAC is the Virtual Router MAC address (RFC 5798, 7.3).
func VirtualMAC(vrid VRID, ipv6 bool) [6]byte {
	family := byte(1)
	if ipv6 {
		family = 2
	}
	return [6]byte{0x00, 0x00, 0x5e, 0x00, family, byte(vrid)}
}

// AddressCountLimit is how many addresses one advert has room for on a link with this MTU in bytes
// (0: unknown, taken as 1500). extra is the length of whatever else travels in the packet (an
// authentication header or a trailer). The link header is subtracted too, as keepalived does it, so that
// both ends of a mixed pair agree on the addresses that an advert carries.
func AddressCountLimit(mtu int, version Version, ipv6 bool, extra int) int {
	if mtu <= 0 {
		mtu = 1500
	}
	const linkHeader = 14
	ipHeader, size := 20, 4
	if ipv6 {
		ipHeader, size = 40, 16
	}
	room := mtu - linkHeader - ipHeader - HeaderLength - authDataLength(version, ipv6) - extra
	return min(MaxAddresses, max(0, room/size))
}

// authDataLength is 8 for VRRPv2 over IPv4 whatever the authentication type (RFC 3768, 5.3.9), else 0.
func authDataLength(version Version, ipv6 bool) int {
	if version == Version2 && !ipv6 {
		return AuthDataLength
	}
	return 0
}
