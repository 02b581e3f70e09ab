// Package announce tells the neighbours on a link where an address is now:
// gratuitous ARP for IPv4, unsolicited neighbour advertisements for IPv6.
//
// It promises keepalived's packets byte for byte, in the order asked for, in few
// system calls and without allocating: a router that takes over thousands of
// addresses announces each of them five times.
//
// When to announce, how often and at what distance is left to the caller.
package announce

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	batch = 64 // packets per system call

	// sendTimeout bounds the wait for room in the socket's buffer, fullRetries the
	// number of pauses of fullPauseMillis while the device's queue is full.
	sendTimeout     = time.Second
	fullRetries     = 100
	fullPauseMillis = 1

	// forwardingAge is how long what was read about an interface's forwarding is
	// believed.
	forwardingAge = 5 * time.Second
)

// Link is the interface to announce on.
type Link struct {
	Index int
	Name  string
	// MAC is what the neighbours shall send to: the interface's own address, which
	// is the virtual one on a Virtual Router's interface. Without one of 6 bytes
	// there is nothing to announce.
	MAC net.HardwareAddr
	// NoARP says that addresses are not resolved on this link, or that it cannot
	// broadcast: nothing is sent.
	NoARP bool
}

// Takes tells whether anything is announced on the link.
func (l Link) Takes() bool { return !l.NoARP && len(l.MAC) == macSize }

// Announcer sends announcements in the network namespace it was opened in. It
// belongs to one goroutine at a time.
type Announcer struct {
	fd      int
	routers map[int]forwarding // by interface index

	// Prepared for sendmmsg: a message refers to its frame by its vector and to its
	// target by the interface and protocol they all share.
	frames   [batch][naSize]byte
	vectors  [batch]unix.Iovec
	messages [batch]mmsghdr
	arp, na  unix.RawSockaddrLinklayer
	question unix.RawSockaddrLinklayer // of the last IPv6 address that was asked for
}

// mmsghdr is the kernel's struct of this name: a message and what became of it.
type mmsghdr struct {
	header unix.Msghdr
	sent   uint32
	_      [unsafe.Sizeof(uintptr(0)) - 4]byte
}

type forwarding struct {
	on     bool
	readAt time.Time
}

// Open opens the packet socket, which needs CAP_NET_RAW.
func Open() (*Announcer, error) {
	// Protocol 0: this socket never receives.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open packet socket for announcements: %w", err)
	}
	timeout := unix.NsecToTimeval(sendTimeout.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &timeout); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("set send timeout for announcements: %w", err)
	}
	a := &Announcer{fd: fd, routers: map[int]forwarding{}}
	for i := range batch {
		a.messages[i].header.Iov = &a.vectors[i]
		a.messages[i].header.SetIovlen(1)
		a.messages[i].header.Namelen = unix.SizeofSockaddrLinklayer
	}
	return a, nil
}

// Close closes the socket.
func (a *Announcer) Close() error { return unix.Close(a.fd) }

// Announce sends one packet per address, in order: ARP for IPv4, a neighbour
// advertisement for IPv6. It returns how many left, and the error that stopped it
// before the end: ENETDOWN where the link is down, ENOBUFS where its queue stayed
// full for a tenth of a second, EAGAIN where it took nothing for a second. On a
// link without MAC or ARP it sends nothing, which is no error.
func (a *Announcer) Announce(link Link, addrs []netip.Addr) (sent int, err error) {
	if !link.Takes() {
		return 0, nil
	}
	a.aim(link)
	for len(addrs) > 0 {
		n := min(len(addrs), batch)
		for i, addr := range addrs[:n] {
			a.prepare(i, link, addr.Unmap())
		}
		done, err := a.send(n)
		sent += done
		if err != nil {
			return sent, fmt.Errorf("announce %v on %s: %w", addrs[done], link.Name, err)
		}
		addrs = addrs[n:]
	}
	return sent, nil
}

// Ask asks once who has an address, without saying that it is ours: with an ARP probe (RFC 5227, 2.1.1), or a
// neighbour solicitation as for duplicate address detection (RFC 4862, 5.4.2). Whoever has it answers.
func (a *Announcer) Ask(link Link, addr netip.Addr) error {
	if !link.Takes() {
		return nil
	}
	a.aim(link)
	addr = addr.Unmap()
	if addr.Is4() {
		a.prepare(0, link, addr)
		putProbe(a.frames[0][:arpSize], link.MAC, addr)
	} else {
		a.question = a.na
		group := putSolicitation(a.frames[0][:], link.MAC, addr)
		copy(a.question.Addr[:], group[:])
		a.messages[0].header.Name = (*byte)(unsafe.Pointer(&a.question))
		a.vectors[0].Base = &a.frames[0][0]
		a.vectors[0].SetLen(nsSize)
	}
	if _, err := a.send(1); err != nil {
		return fmt.Errorf("ask on %s for %v: %w", link.Name, addr, err)
	}
	return nil
}

func (a *Announcer) aim(link Link) {
	a.arp = unix.RawSockaddrLinklayer{
		Family: unix.AF_PACKET, Protocol: wire16(unix.ETH_P_ARP), Ifindex: int32(link.Index), Halen: macSize,
		Addr: [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	}
	a.na = unix.RawSockaddrLinklayer{
		Family: unix.AF_PACKET, Protocol: wire16(unix.ETH_P_IPV6), Ifindex: int32(link.Index), Halen: macSize,
		Addr: [8]byte{0x33, 0x33, 0, 0, 0, 1},
	}
}

func (a *Announcer) prepare(i int, link Link, addr netip.Addr) {
	frame, target := &a.frames[i], &a.arp
	size := arpSize
	if addr.Is4() {
		putARP(frame[:arpSize], link.MAC, addr)
	} else {
		putNA(frame[:], link.MAC, addr, a.isRouter(link))
		target, size = &a.na, naSize
	}
	a.vectors[i].Base = &frame[0]
	a.vectors[i].SetLen(size)
	a.messages[i].header.Name = (*byte)(unsafe.Pointer(target))
}

// send sends the first n prepared messages.
func (a *Announcer) send(n int) (sent int, err error) {
	for retries := 0; sent < n; {
		done, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(a.fd),
			uintptr(unsafe.Pointer(&a.messages[sent])), uintptr(n-sent), 0, 0, 0)
		switch {
		case errno == 0:
			sent += int(done)
		case errno == unix.EINTR:
		case errno == unix.ENOBUFS && retries < fullRetries:
			// The socket counts as writable although the device is not: there is no
			// event to wait for.
			retries++
			_, _ = unix.Poll(nil, fullPauseMillis)
		default:
			return sent, errno
		}
	}
	return sent, nil
}

// isRouter decides the Router flag: whether this host forwards on the link
// (RFC 4861, 4.4). Unknown is no.
func (a *Announcer) isRouter(link Link) bool {
	known, ok := a.routers[link.Index]
	now := time.Now()
	if ok && now.Sub(known.readAt) < forwardingAge {
		return known.on
	}
	value, err := os.ReadFile(filepath.Join("/proc/sys/net/ipv6/conf", link.Name, "forwarding"))
	on := err == nil && len(value) > 0 && value[0] != '0'
	a.routers[link.Index] = forwarding{on: on, readAt: now}
	return on
}
