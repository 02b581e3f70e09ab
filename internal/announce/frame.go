package announce

import (
	"encoding/binary"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

const (
	macSize      = 6
	ethernetSize = 14
	ipv6Size     = 40
	naBodySize   = 32 // the advertisement with its link-layer address option
	arpSize      = ethernetSize + 28
	naSize       = ethernetSize + ipv6Size + naBodySize
	nsBodySize   = 24
	nsSize       = ethernetSize + ipv6Size + nsBodySize
)

// putARP writes a gratuitous ARP into the arpSize bytes of b: a request (RFC 826)
// in which sender and target address are the announced one. The target's hardware
// address is all ones, as keepalived has it, not zero.
func putARP(b []byte, mac net.HardwareAddr, addr netip.Addr) {
	putEthernet(b, [macSize]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mac, unix.ETH_P_ARP)
	arp := b[ethernetSize:]
	binary.BigEndian.PutUint16(arp[0:], unix.ARPHRD_ETHER)
	binary.BigEndian.PutUint16(arp[2:], unix.ETH_P_IP)
	arp[4], arp[5] = macSize, net.IPv4len
	binary.BigEndian.PutUint16(arp[6:], 1) // request
	ip := addr.As4()
	copy(arp[8:14], mac)
	copy(arp[14:18], ip[:])
	for i := range macSize {
		arp[18+i] = 0xff
	}
	copy(arp[24:28], ip[:])
}

// putProbe writes an ARP probe into the arpSize bytes of b: a request that leaves open who asks.
func putProbe(b []byte, mac net.HardwareAddr, addr netip.Addr) {
	putARP(b, mac, addr)
	arp := b[ethernetSize:]
	clear(arp[14:24]) // the sender's IP address and the target's hardware address
}

// putSolicitation writes a neighbour solicitation from the unspecified address (RFC 4862, 5.4.2) into b, and
// returns the MAC address of the group that it goes to.
func putSolicitation(b []byte, mac net.HardwareAddr, addr netip.Addr) (group [macSize]byte) {
	const solicitation, hopLimit = 135, 255
	address := addr.As16()
	group = [macSize]byte{0x33, 0x33, 0xff, address[13], address[14], address[15]}
	putEthernet(b, group, mac, unix.ETH_P_IPV6)
	ip, icmp := b[ethernetSize:ethernetSize+ipv6Size], b[ethernetSize+ipv6Size:nsSize]
	clear(ip)
	clear(icmp)
	ip[0] = 6 << 4
	binary.BigEndian.PutUint16(ip[4:], nsBodySize)
	ip[6], ip[7] = unix.IPPROTO_ICMPV6, hopLimit
	copy(ip[24:40], []byte{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff, address[13], address[14], address[15]})
	icmp[0] = solicitation
	copy(icmp[8:24], address[:])
	binary.BigEndian.PutUint16(icmp[2:], checksum(ip[8:40], icmp))
	return group
}

// putNA writes an unsolicited neighbour advertisement (RFC 4861, 4.4 and 7.2.6)
// into the naSize bytes of b: from the announced address to all nodes.
func putNA(b []byte, mac net.HardwareAddr, addr netip.Addr, router bool) {
	const (
		allNodesLast  = 1
		hopLimit      = 255
		advertisement = 136
		flagRouter    = 0x80
		flagOverride  = 0x20
		targetLLA     = 2 // option
	)
	putEthernet(b, [macSize]byte{0x33, 0x33, 0, 0, 0, allNodesLast}, mac, unix.ETH_P_IPV6)
	ip, icmp := b[ethernetSize:ethernetSize+ipv6Size], b[ethernetSize+ipv6Size:naSize]
	clear(ip)
	clear(icmp)
	address := addr.As16()

	ip[0] = 6 << 4
	binary.BigEndian.PutUint16(ip[4:], naBodySize)
	ip[6], ip[7] = unix.IPPROTO_ICMPV6, hopLimit
	copy(ip[8:24], address[:])
	ip[24], ip[25], ip[39] = 0xff, 0x02, allNodesLast

	icmp[0], icmp[4] = advertisement, flagOverride
	if router {
		icmp[4] |= flagRouter
	}
	copy(icmp[8:24], address[:])
	icmp[24], icmp[25] = targetLLA, 1 // of 8 bytes
	copy(icmp[26:32], mac)
	binary.BigEndian.PutUint16(icmp[2:], checksum(ip[8:40], icmp))
}

func putEthernet(b []byte, to [macSize]byte, from net.HardwareAddr, protocol uint16) {
	copy(b[0:6], to[:])
	copy(b[6:12], from)
	binary.BigEndian.PutUint16(b[12:], protocol)
}

// checksum is ICMPv6's (RFC 4443, 2.3), over the pseudo header's addresses and a
// message whose own checksum is 0.
func checksum(addresses, message []byte) uint16 {
	sum := uint32(len(message)) + unix.IPPROTO_ICMPV6
	for _, part := range [...][]byte{addresses, message} {
		for i := 0; i < len(part); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(part[i:]))
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// wire16 turns a number so that its bytes lie in memory in network order.
func wire16(v uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return binary.NativeEndian.Uint16(b[:])
}
