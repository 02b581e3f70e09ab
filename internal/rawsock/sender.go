package rawsock

import (
	"fmt"
	"net"
	"net/netip"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// A Sender sends adverts to a multicast group by an interface, or from a unicast address. It never receives.
type Sender struct {
	fd      int
	is6     bool
	between int // bytes of the authentication header, if any
	index   int
}

// OpenSender opens the socket. ReceiveBuffer is not used.
func OpenSender(config Config) (*Sender, error) {
	s := &Sender{fd: -1, is6: config.is6(), between: config.between(), index: config.Index}
	if err := s.open(config); err != nil {
		return nil, fmt.Errorf("send VRRP packets for %s: %w", config, err)
	}
	return s, nil
}

func (s *Sender) open(config Config) error {
	if err := config.validate(); err != nil {
		return err
	}
	protocol := protocolRaw
	if s.is6 {
		// Raw would mean writing the IPv6 header and the checksum ourselves.
		protocol = protocolVRRP
	}
	conn, err := listen(protocol, s.is6, netip.Addr{}, func(fd int) error {
		return prepareSender(fd, config)
	})
	if err != nil {
		return err
	}
	if s.is6 {
		err = configure6(conn, config)
	} else {
		err = configure4(conn, config)
	}
	if err != nil {
		conn.Close()
		return err
	}
	s.fd, err = takeOver(conn)
	return err
}

// prepareSender closes the socket to everything that could be received before it does anything else.
func prepareSender(fd int, config Config) error {
	if err := attach(fd, dropAll); err != nil {
		return err
	}
	err := setOptions(fd,
		onlyJoined(config.is6()),                                // spares the kernel the copy that the filter would drop
		option{"SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, 0}, // the kernel's minimum
	)
	if err != nil {
		return err
	}
	return bindToInterface(fd, config.Interface)
}

func configure4(conn *net.IPConn, config Config) error {
	raw, err := ipv4.NewRawConn(conn) // sets IP_HDRINCL
	if err != nil {
		return fmt.Errorf("ask to write IP headers: %w", err)
	}
	if err := raw.SetTOS(trafficClass); err != nil {
		return fmt.Errorf("set type of service: %w", err)
	}
	if !config.multicast() {
		return nil
	}
	if err := raw.SetMulticastInterface(&net.Interface{Index: config.Index}); err != nil {
		return fmt.Errorf("set multicast interface: %w", err)
	}
	if err := raw.SetMulticastLoopback(false); err != nil {
		return fmt.Errorf("turn off multicast loopback: %w", err)
	}
	if err := raw.SetMulticastTTL(hops); err != nil {
		return fmt.Errorf("set multicast TTL: %w", err)
	}
	return nil
}

func configure6(conn *net.IPConn, config Config) error {
	pc := ipv6.NewPacketConn(conn)
	if err := pc.SetTrafficClass(trafficClass); err != nil {
		return fmt.Errorf("set traffic class: %w", err)
	}
	if err := pc.SetChecksum(true, checksumOffset); err != nil {
		return fmt.Errorf("ask for checksums: %w", err)
	}
	if !config.multicast() {
		return nil
	}
	if err := pc.SetMulticastInterface(&net.Interface{Index: config.Index}); err != nil {
		return fmt.Errorf("set multicast interface: %w", err)
	}
	if err := pc.SetMulticastLoopback(false); err != nil {
		return fmt.Errorf("turn off multicast loopback: %w", err)
	}
	if err := pc.SetMulticastHopLimit(hops); err != nil {
		return fmt.Errorf("set multicast hop limit: %w", err)
	}
	return nil
}

// Send sends a Datagram of this Sender by one system call that does not wait: what does not fit into the
// socket's buffer is refused (EAGAIN). The error is an errno as it is, for an error made of it would be an
// allocation.
func (s *Sender) Send(d *Datagram) error {
	for {
		var errno unix.Errno
		if s.is6 {
			_, _, errno = unix.RawSyscall6(unix.SYS_SENDMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&d.message)), d.flags, 0, 0, 0)
		} else {
			_, _, errno = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd),
				uintptr(unsafe.Pointer(unsafe.SliceData(d.buffer))), uintptr(len(d.buffer)), d.flags,
				uintptr(unsafe.Pointer(&d.name4)), unix.SizeofSockaddrInet4)
		}
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// FD is the socket's descriptor, for those who show it.
func (s *Sender) FD() int { return s.fd }

// Close closes the socket.
func (s *Sender) Close() error { return closeSocket(s.fd) }
