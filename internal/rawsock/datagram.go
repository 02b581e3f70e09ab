package rawsock

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Datagram is a packet that is ready to be sent, again and again; what changes from one advert to the next is
// patched in place. Sending it makes no copy and no allocation.
type Datagram struct {
	buffer []byte // IPv4: with the IP header; IPv6: the PDU
	header int    // how much of buffer is before the PDU: 20, with an authentication header 44, or 0
	flags  uintptr
	name4  unix.RawSockaddrInet4
	name6  unix.RawSockaddrInet6

	message unix.Msghdr // IPv6 only: what follows serves it
	vector  unix.Iovec
	control []byte
}

// Prepare makes a Datagram of a VRRP packet, which it copies. The room for an authentication header, if the Sender is
// for such packets, is left empty. Of IPv4 packets the kernel fills in header
// checksum and, if they are zero, source and identification; of IPv6 packets the VRRP checksum. An invalid
// source leaves the choice to the kernel. ttl is 1 to 255; 0 is the default: 255, but for IPv6 unicast the
// system's own hop limit. IPv6 multicast always has 255 (RFC 5798, 5.1.2.3).
//
// It panics if an address is not of the Sender's family or the packet is too long for IP.
func (s *Sender) Prepare(source, destination netip.Addr, ttl int, pdu []byte) *Datagram {
	source, destination = source.Unmap(), destination.Unmap()
	if destination.Is6() != s.is6 || !destination.IsValid() || source.IsValid() && source.Is6() != s.is6 {
		panic(fmt.Sprintf("rawsock: datagram from %s to %s for a socket of another family", source, destination))
	}
	if ttl < 0 || ttl > 255 || len(pdu) > 0xffff-ipv4HeaderLength-authHeaderLength {
		panic(fmt.Sprintf("rawsock: datagram with TTL %d and %d bytes", ttl, len(pdu)))
	}
	d := &Datagram{flags: unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL}
	if destination.IsMulticast() {
		// A group is on the link, whatever the routing table says.
		d.flags |= unix.MSG_DONTROUTE
	}
	if s.is6 {
		d.prepare6(source, destination, ttl, s.index, pdu)
	} else {
		d.prepare4(source, destination, ttl, s.between, pdu)
	}
	return d
}

func (d *Datagram) prepare4(source, destination netip.Addr, ttl, between int, pdu []byte) {
	if ttl == 0 {
		ttl = hops
	}
	d.header = ipv4HeaderLength + between
	d.buffer = make([]byte, d.header+len(pdu))
	copy(d.buffer[d.header:], pdu)
	header := d.buffer[:ipv4HeaderLength]
	header[0] = 4<<4 | ipv4HeaderLength/4
	header[1] = trafficClass
	binary.BigEndian.PutUint16(header[2:], uint16(len(d.buffer)))
	header[8] = byte(ttl)
	header[9] = protocolVRRP
	if between != 0 {
		header[9] = protocolAH
	}
	if source.IsValid() {
		copy(header[12:16], source.AsSlice())
	}
	d.name4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: destination.As4()}
	copy(header[16:20], d.name4.Addr[:])
}

func (d *Datagram) prepare6(source, destination netip.Addr, ttl, index int, pdu []byte) {
	d.buffer = append([]byte(nil), pdu...)
	d.name6 = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: destination.As16()}
	link := uint32(0)
	if destination.IsMulticast() {
		link = uint32(index)
	}
	if destination.IsMulticast() || destination.IsLinkLocalUnicast() {
		d.name6.Scope_id = uint32(index)
	}
	if source.IsValid() || link != 0 {
		d.addPacketInfo(source, link)
	}
	if ttl != 0 && !destination.IsMulticast() {
		binary.NativeEndian.PutUint32(d.addControl(unix.IPV6_HOPLIMIT, 4), uint32(ttl))
	}
	d.vector.Base = unsafe.SliceData(d.buffer)
	d.vector.SetLen(len(d.buffer))
	d.message = unix.Msghdr{
		Name:    (*byte)(unsafe.Pointer(&d.name6)),
		Namelen: unix.SizeofSockaddrInet6,
		Iov:     &d.vector,
		Control: unsafe.SliceData(d.control),
	}
	d.message.SetIovlen(1)
	d.message.SetControllen(len(d.control))
}

// addPacketInfo states the source address and, if not 0, the interface to leave by.
func (d *Datagram) addPacketInfo(source netip.Addr, link uint32) {
	info := d.addControl(unix.IPV6_PKTINFO, unix.SizeofInet6Pktinfo)
	if source.IsValid() {
		address := source.As16()
		copy(info, address[:])
	}
	binary.NativeEndian.PutUint32(info[16:], link)
}

// addControl appends a control message of IPv6 and returns the room for its data.
func (d *Datagram) addControl(kind int32, length int) []byte {
	start := len(d.control)
	d.control = append(d.control, make([]byte, unix.CmsgSpace(length))...)
	header := (*unix.Cmsghdr)(unsafe.Pointer(&d.control[start]))
	header.Level, header.Type = unix.IPPROTO_IPV6, kind
	header.SetLen(unix.CmsgLen(length))
	return d.control[start+unix.CmsgLen(0):][:length]
}

// PDU returns the VRRP packet in place, to be patched between two sends. Its length is fixed.
func (d *Datagram) PDU() []byte { return d.buffer[d.header:] }

// Packet returns all that is in memory of the packet, in place: of IPv4 with its headers, of IPv6 the VRRP packet.
func (d *Datagram) Packet() []byte { return d.buffer }

// SetID sets the identification of an IPv4 header; 0 has the kernel choose. It has no meaning for IPv6.
func (d *Datagram) SetID(id uint16) {
	if d.header != 0 {
		binary.BigEndian.PutUint16(d.buffer[4:], id)
	}
}
