package rawsock

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// ipv4HeaderLength is that of an IPv4 header without options.
const ipv4HeaderLength = 20

// A Packet is what came in, its IP header taken apart. It and the memory that it refers to are valid until
// the function that got it returns.
type Packet struct {
	Source, Destination netip.Addr // without zone: IfIndex tells the link
	TTL                 int        // IPv4 TTL or IPv6 hop limit; -1: not known
	Multicast           bool       // whether Destination is a multicast address
	IfIndex             int        // the interface it came in by; 0: not known
	Truncated           bool       // it was longer than any VRRP packet can be; the rest is lost
	Short               bool       // it ends before the 8th byte of the VRRP header; Payload is nil
	Payload             []byte     // the VRRP packet with whatever follows it
	TotalLength         int        // IPv4: the header's field of this name, in bytes; IPv6: 0
	HeaderLength        int        // IPv4: bytes before Payload, options and authentication header included; IPv6: 0
	Raw                 []byte     // all that was received: for IPv4 with the IP header
}

// parse4 takes apart an IPv4 packet; so many bytes of an authentication header stand before the VRRP packet. Any bytes
// will do: what does not hold a VRRP header is Short, and what is known of it by then is filled in.
func (p *Packet) parse4(raw []byte, between int) {
	*p = Packet{TTL: -1, Raw: raw, Short: true}
	if len(raw) < ipv4HeaderLength {
		return
	}
	p.TTL = int(raw[8])
	p.TotalLength = int(binary.BigEndian.Uint16(raw[2:]))
	p.HeaderLength = int(raw[0]&0x0f) * 4
	p.Source = netip.AddrFrom4([4]byte(raw[12:16]))
	p.setDestination(netip.AddrFrom4([4]byte(raw[16:20])))
	if p.HeaderLength >= ipv4HeaderLength {
		p.HeaderLength += between
		p.setPayload(p.HeaderLength)
	}
}

// parse6 takes apart what the kernel leaves of an IPv6 packet: the VRRP packet.
func (p *Packet) parse6(raw []byte, source netip.Addr) {
	*p = Packet{TTL: -1, Raw: raw, Short: true, Source: source}
	p.setPayload(0)
}

func (p *Packet) setDestination(destination netip.Addr) {
	p.Destination, p.Multicast = destination, destination.IsMulticast()
}

func (p *Packet) setPayload(offset int) {
	if len(p.Raw) >= offset+vrrpHeaderLength {
		p.Payload, p.Short = p.Raw[offset:], false
	}
}

// parseControl adds what the kernel tells beside a packet. Messages that are unknown or cut short are skipped.
func (p *Packet) parseControl(control []byte) {
	for len(control) >= unix.SizeofCmsghdr {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			return
		}
		switch {
		case header.Level == unix.IPPROTO_IP && header.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			p.IfIndex = int(binary.NativeEndian.Uint32(data))
		case header.Level == unix.IPPROTO_IPV6 && header.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			p.setDestination(netip.AddrFrom16([16]byte(data[:16])))
			p.IfIndex = int(binary.NativeEndian.Uint32(data[16:]))
		case header.Level == unix.IPPROTO_IPV6 && header.Type == unix.IPV6_HOPLIMIT && len(data) >= 4:
			p.TTL = int(binary.NativeEndian.Uint32(data))
		}
		control = rest
	}
}
