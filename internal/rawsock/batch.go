package rawsock

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// firstBatch is how many packets are read by one system call at first, fullBatch how many once a batch
	// was filled. Most sockets never see two packets at once; they need no memory for sixty-four.
	firstBatch = 8
	fullBatch  = 64
	// largest4 and largest6 hold the largest VRRP packets: 255 addresses, authentication data (8 bytes) and
	// the auth_hmac trailer (28); for IPv4 also the longest IP header (60) and an AH (24).
	largest4 = 60 + 24 + vrrpHeaderLength + 255*4 + 8 + 28
	largest6 = vrrpHeaderLength + 255*16 + 8 + 28
	// controlLength is room for IPV6_PKTINFO (36 bytes, padded to 40) and IPV6_HOPLIMIT (20, padded to 24).
	controlLength = 64
)

// messageHeader is the kernel's struct mmsghdr.
type messageHeader struct {
	unix.Msghdr
	length uint32
}

// A batch is the memory that one recvmmsg fills. Everything in it stays where it is: headers points to it.
type batch struct {
	headers  []messageHeader
	vectors  []unix.Iovec
	buffers  []byte
	sources  []unix.RawSockaddrInet6 // nil for IPv4, whose source is in the packet
	controls []byte                  // nil where the kernel has nothing to tell
	largest  int
}

func newBatch(count int, is6, withControl bool) *batch {
	b := &batch{headers: make([]messageHeader, count), vectors: make([]unix.Iovec, count), largest: largest4}
	if is6 {
		b.largest = largest6
		b.sources = make([]unix.RawSockaddrInet6, count)
	}
	if withControl {
		b.controls = make([]byte, count*controlLength)
	}
	b.buffers = make([]byte, count*b.largest)
	for i := range b.headers {
		b.vectors[i].Base = &b.buffers[i*b.largest]
		b.vectors[i].SetLen(b.largest)
		b.headers[i].Iov = &b.vectors[i]
		b.headers[i].SetIovlen(1)
	}
	b.reset(count)
	return b
}

// reset gives the first count headers back what the kernel has written over.
func (b *batch) reset(count int) {
	for i := range count {
		header := &b.headers[i]
		if b.sources != nil {
			header.Name = (*byte)(unsafe.Pointer(&b.sources[i]))
			header.Namelen = unix.SizeofSockaddrInet6
		}
		if b.controls != nil {
			header.Control = &b.controls[i*controlLength]
			header.SetControllen(controlLength)
		}
	}
}

// read takes up to a batch of packets off the socket, without waiting. The error is an errno as it is, for an
// error made of it would be an allocation.
func (b *batch) read(fd int) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(b.headers))), uintptr(len(b.headers)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// parse makes p the i-th packet that was read; so many bytes stand between its IPv4 header and the VRRP packet.
func (b *batch) parse(i int, p *Packet, between int) {
	header := &b.headers[i]
	raw := b.buffers[i*b.largest:][:header.length:b.largest]
	if b.sources != nil {
		p.parse6(raw, netip.AddrFrom16(b.sources[i].Addr))
	} else {
		p.parse4(raw, between)
	}
	if b.controls != nil {
		p.parseControl(b.controls[i*controlLength:][:header.Controllen])
	}
	p.Truncated = header.Flags&unix.MSG_TRUNC != 0
}
