package bfdsock

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// batchLength is how many packets one system call reads.
	batchLength = 16
	// maxPerReceive is how many one Receive hands over: a flood must not keep the caller from its timers.
	maxPerReceive = 256
	// packetRoom holds a control packet with any authentication that there is; what is longer is cut off.
	packetRoom = 128
	// controlRoom holds the largest IPV6_PKTINFO (36 bytes, padded to 40) and IPV6_HOPLIMIT (20, padded to 24).
	controlRoom = 64
)

// A Packet is what came in. It and its memory are valid until the function that got it returns.
type Packet struct {
	Source      netip.Addr // without zone
	SourcePort  int
	Destination netip.Addr
	TTL         int // or hop limit; 0: not known
	Payload     []byte
}

// messageHeader is the kernel's struct mmsghdr.
type messageHeader struct {
	unix.Msghdr
	length uint32
}

// A Receiver gets everything that is sent to a port over one family. Headers and what they point to stay where
// they are.
type Receiver struct {
	fd       int
	is6      bool
	headers  [batchLength]messageHeader
	vectors  [batchLength]unix.Iovec
	names    [batchLength]unix.RawSockaddrInet6 // large enough for IPv4 too
	controls [batchLength][controlRoom]byte
	buffers  [batchLength][packetRoom]byte
	packet   Packet
}

// OpenReceiver opens the socket.
func OpenReceiver(is6 bool, port int) (*Receiver, error) {
	options := []option{
		{"IP_RECVTTL", unix.IPPROTO_IP, unix.IP_RECVTTL, 1},
		{"IP_PKTINFO", unix.IPPROTO_IP, unix.IP_PKTINFO, 1},
	}
	if is6 {
		options = []option{
			{"IPV6_RECVHOPLIMIT", unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1},
			{"IPV6_RECVPKTINFO", unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1},
		}
	}
	fd, err := open(is6, options...)
	if err == nil {
		if err = bind(fd, is6, netip.Addr{}, port); err != nil {
			unix.Close(fd)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("receive BFD packets on UDP port %d: %w", port, err)
	}
	r := &Receiver{fd: fd, is6: is6}
	r.reset(batchLength)
	return r, nil
}

// reset gives the first count headers back what the kernel has written over.
func (r *Receiver) reset(count int) {
	for i := range count {
		r.vectors[i].Base = &r.buffers[i][0]
		r.vectors[i].SetLen(packetRoom)
		header := &r.headers[i]
		header.Iov = &r.vectors[i]
		header.SetIovlen(1)
		header.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		header.Namelen = unix.SizeofSockaddrInet6
		header.Control = &r.controls[i][0]
		header.SetControllen(controlRoom)
	}
}

// FD is the descriptor to wait for. It is non-blocking.
func (r *Receiver) FD() int { return r.fd }

// Receive hands over what has arrived, in order, without waiting. It stops at a few hundred packets: the rest is
// got by the next call. handle must neither keep the Packet nor close the Receiver. The error is an errno of the socket.
func (r *Receiver) Receive(handle func(*Packet)) error {
	for total := 0; total < maxPerReceive; total += batchLength {
		n, err := r.read()
		if err == unix.EAGAIN { // an errno, never wrapped
			return nil
		}
		if err != nil {
			return err
		}
		for i := range n {
			r.parse(i)
			handle(&r.packet)
		}
		r.reset(n)
		if n < batchLength {
			return nil
		}
	}
	return nil
}

func (r *Receiver) read() (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(r.fd),
			uintptr(unsafe.Pointer(&r.headers)), batchLength, unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// parse makes r.packet the i-th packet that was read.
func (r *Receiver) parse(i int) {
	header, p := &r.headers[i], &r.packet
	*p = Packet{Payload: r.buffers[i][:header.length]}
	name := (*[unix.SizeofSockaddrInet6]byte)(unsafe.Pointer(&r.names[i]))
	p.SourcePort = int(binary.BigEndian.Uint16(name[2:]))
	if r.is6 {
		p.Source = netip.AddrFrom16([16]byte(name[8:24]))
	} else {
		p.Source = netip.AddrFrom4([4]byte(name[4:8]))
	}
	p.parseControl(r.controls[i][:header.Controllen])
}

// parseControl adds what the kernel tells beside a packet.
func (p *Packet) parseControl(control []byte) {
	for len(control) >= unix.SizeofCmsghdr {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			return
		}
		switch {
		case header.Level == unix.IPPROTO_IP && header.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			p.Destination = netip.AddrFrom4([4]byte(data[8:12])) // after index and local address
		case header.Level == unix.IPPROTO_IPV6 && header.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			p.Destination = netip.AddrFrom16([16]byte(data[:16]))
		case header.Level == unix.IPPROTO_IP && header.Type == unix.IP_TTL && len(data) >= 4,
			header.Level == unix.IPPROTO_IPV6 && header.Type == unix.IPV6_HOPLIMIT && len(data) >= 4:
			p.TTL = int(binary.NativeEndian.Uint32(data))
		}
		control = rest
	}
}

// Close closes the socket.
func (r *Receiver) Close() error {
	if err := unix.Close(r.fd); err != nil {
		return fmt.Errorf("close BFD socket: %w", err)
	}
	return nil
}
