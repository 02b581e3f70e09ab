package bfdsock

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ports that packets come from. RFC 5881, section 4.
const (
	firstPort = 49152
	lastPort  = 65535
)

// Ports gives each session a source port that no other session has.
type Ports struct {
	chance *rand.Rand
	used   map[int]bool
}

// NewPorts makes a choice of ports; where it begins is left to chance.
func NewPorts(chance *rand.Rand) *Ports { return &Ports{chance, make(map[int]bool)} }

// SenderConfig says where a session's packets go.
type SenderConfig struct {
	Local  netip.Addr // that they leave from; invalid: as the routes say. It need not exist yet
	Remote netip.Addr
	Port   int
	TTL    int // or hop limit
}

// A Sender sends the packets of one session.
type Sender struct {
	fd    int
	port  int
	ports *Ports
	name  rawName
	size  uintptr
}

// rawName is the address of the neighbour as the kernel reads it: its Sockaddr of either family.
type rawName [unix.SizeofSockaddrInet6]byte

// OpenSender opens the socket of a session.
func (p *Ports) OpenSender(cfg SenderConfig) (*Sender, error) {
	s := &Sender{ports: p}
	if err := s.open(cfg); err != nil {
		return nil, fmt.Errorf("send BFD packets to %s: %w", cfg.Remote, err)
	}
	s.setName(cfg)
	return s, nil
}

func (s *Sender) open(cfg SenderConfig) (err error) {
	is6 := cfg.Remote.Is6()
	options := []option{
		{"IP_TTL", unix.IPPROTO_IP, unix.IP_TTL, cfg.TTL},
		{"IP_TOS", unix.IPPROTO_IP, unix.IP_TOS, trafficClass},
		{"IP_FREEBIND", unix.IPPROTO_IP, unix.IP_FREEBIND, 1},
	}
	if is6 {
		options = []option{
			{"IPV6_UNICAST_HOPS", unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, cfg.TTL},
			{"IPV6_TCLASS", unix.IPPROTO_IPV6, unix.IPV6_TCLASS, trafficClass},
			{"IPV6_FREEBIND", unix.IPPROTO_IPV6, unix.IPV6_FREEBIND, 1},
		}
	}
	// Nothing is ever read from this socket: what is sent to its port must not pile up.
	options = append(options, option{"SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, 0})
	if s.fd, err = open(is6, options...); err != nil {
		return err
	}
	if err = s.bind(is6, cfg.Local); err != nil {
		unix.Close(s.fd)
	}
	return err
}

// bind finds a port that neither our sessions nor other programs have.
func (s *Sender) bind(is6 bool, local netip.Addr) error {
	const count = lastPort - firstPort + 1
	first := s.ports.chance.IntN(count)
	for i := range count {
		port := firstPort + (first+i)%count
		if s.ports.used[port] {
			continue
		}
		err := bind(s.fd, is6, local, port)
		if errors.Is(err, unix.EADDRINUSE) {
			continue
		}
		if err != nil {
			return fmt.Errorf("bind to %s port %d: %w", local, port, err)
		}
		s.port = port
		s.ports.used[port] = true
		return nil
	}
	return fmt.Errorf("no port from %d to %d is free: %w", firstPort, lastPort, unix.EADDRINUSE)
}

func (s *Sender) setName(cfg SenderConfig) {
	binary.BigEndian.PutUint16(s.name[2:], uint16(cfg.Port))
	if cfg.Remote.Is6() {
		binary.NativeEndian.PutUint16(s.name[:], unix.AF_INET6)
		address := cfg.Remote.As16()
		copy(s.name[8:], address[:])
		s.size = unix.SizeofSockaddrInet6
		return
	}
	binary.NativeEndian.PutUint16(s.name[:], unix.AF_INET)
	address := cfg.Remote.As4()
	copy(s.name[4:], address[:])
	s.size = unix.SizeofSockaddrInet4
}

// Send sends a packet by one system call that does not wait. The error is an errno as it is, for an error made of
// it would be an allocation.
func (s *Sender) Send(packet []byte) error {
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(packet))), uintptr(len(packet)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
			uintptr(unsafe.Pointer(&s.name)), s.size)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// Port is the source port.
func (s *Sender) Port() int { return s.port }

// FD is the socket's descriptor, for those who show it.
func (s *Sender) FD() int { return s.fd }

// Close closes the socket and gives its port back.
func (s *Sender) Close() error {
	delete(s.ports.used, s.port)
	if err := unix.Close(s.fd); err != nil {
		return fmt.Errorf("close BFD socket: %w", err)
	}
	return nil
}
