// Package rawsock sends and receives VRRP packets: IP protocol 112, over IPv4 and IPv6, multicast and unicast, and
// those inside an IPv4 authentication header (IP protocol 51, RFC 2402), for which it only has the room.
//
// A Receiver and a Sender serve all Virtual Routers of one family that share an interface and a multicast
// group, or a unicast source address. They promise that no operation blocks, that nothing is allocated in
// steady state, and that packets of other Virtual Routers are dropped by the kernel before they wake anybody
// (Receiver.SetFilter). Only the IP header is taken apart and put together here: whether a VRRP packet is
// valid, and what it means, is left to package vrrp and to the caller, so that each fault can be counted. One
// exception is IPv6, where the kernel fills in and verifies the VRRP checksum (RFC 3542, 3.1).
//
// Waiting is left to package poll: FD gives the descriptor. A Receiver or Sender belongs to one goroutine.
package rawsock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// protocolVRRP is the number of RFC 5798, 5.1.1.4.
	protocolVRRP = 112
	// protocolAH is that of the authentication header.
	protocolAH = 51
	// authHeaderLength is how many bytes the authentication header has, with an HMAC-MD5-96 in it.
	authHeaderLength = 24
	// protocolRaw makes an IPv4 socket that sends packets of any protocol and receives none.
	protocolRaw = 255
	// trafficClass marks adverts as internetwork control (CS6), as other implementations do.
	trafficClass = 0xc0
	// hops is what RFC 5798, 5.1.1.3 demands of a multicast advert, and receivers check.
	hops = 255
	// vrrpHeaderLength is the fixed part of a VRRP packet (RFC 5798, 5.1).
	vrrpHeaderLength = 8
	// checksumOffset is where the checksum lies in a VRRP packet.
	checksumOffset = 6
)

// A Config says which packets a Receiver or Sender is for. The family follows from Group or Source, of which
// exactly one is set.
type Config struct {
	// Interface is the only one that the packets come in and leave by. May be empty for unicast.
	Interface string
	// Index is the interface's index; 0 if Interface is empty.
	Index int
	// Group is the multicast destination, 224.0.0.18 or ff02::12 by default; zero for unicast.
	Group netip.Addr
	// Source is the local address of unicast packets; it need not exist yet. Zero for multicast.
	Source netip.Addr
	// AH is whether an authentication header stands before the VRRP packet; IPv4 only.
	AH bool
	// ReceiveBuffer is the socket's buffer in bytes, as for SO_RCVBUF; 0 is the system's default. It may
	// exceed the system's maximum if the process has CAP_NET_ADMIN.
	ReceiveBuffer int
}

func (c Config) multicast() bool { return c.Group.IsValid() }

// address returns what a Receiver binds to, and what decides the family.
func (c Config) address() netip.Addr {
	if c.multicast() {
		return c.Group.WithZone("").Unmap()
	}
	return c.Source.WithZone("").Unmap()
}

func (c Config) is6() bool { return c.address().Is6() }

// protocol is what the IP header says of these packets.
func (c Config) protocol() int {
	if c.AH {
		return protocolAH
	}
	return protocolVRRP
}

// between is how many bytes stand between IP header and VRRP packet.
func (c Config) between() int {
	if c.AH {
		return authHeaderLength
	}
	return 0
}

// String names the socket in errors.
func (c Config) String() string {
	if c.Interface == "" {
		return c.address().String()
	}
	return c.address().String() + " on " + c.Interface
}

func (c Config) validate() error {
	switch {
	case c.Group.IsValid() == c.Source.IsValid():
		return errors.New("need either a multicast group or a unicast source")
	case c.multicast() && !c.Group.IsMulticast():
		return fmt.Errorf("group %s is no multicast address", c.Group)
	case c.multicast() && c.Index == 0:
		return errors.New("multicast needs an interface")
	case c.AH && c.is6():
		return errors.New("an authentication header goes with IPv4 only")
	case (c.Interface == "") != (c.Index == 0):
		return fmt.Errorf("interface %q has index %d", c.Interface, c.Index)
	}
	return nil
}

// listen makes a raw socket, has prepare set what must be set before it is bound, and binds it to address,
// which may be zero.
func listen(protocol int, is6 bool, address netip.Addr, prepare func(fd int) error) (*net.IPConn, error) {
	network, host := "ip4:", ""
	if is6 {
		network = "ip6:"
	}
	if address.IsValid() {
		host = address.String()
	}
	var prepareErr error
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		err := raw.Control(func(fd uintptr) { prepareErr = prepare(int(fd)) })
		return errors.Join(err, prepareErr)
	}}
	conn, err := config.ListenPacket(context.Background(), network+strconv.Itoa(protocol), host)
	if prepareErr != nil {
		return nil, prepareErr // without what package net wraps around it
	}
	if err != nil {
		return nil, err
	}
	return conn.(*net.IPConn), nil
}

// takeOver duplicates the descriptor of conn and closes conn. The duplicate is the same socket, with its
// options and group memberships, but no longer watched by the runtime's poller, which would be woken in vain.
func takeOver(conn *net.IPConn) (int, error) {
	defer conn.Close()
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	var dupErr error
	if err := raw.Control(func(original uintptr) {
		fd, dupErr = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	}); err != nil {
		return -1, err
	}
	return fd, os.NewSyscallError("duplicate socket", dupErr)
}

// An option is a socket option that package net does not know.
type option struct {
	name         string
	level, value int
	to           int
}

func setOptions(fd int, options ...option) error {
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.value, o.to); err != nil {
			return fmt.Errorf("set %s to %d: %w", o.name, o.to, err)
		}
	}
	return nil
}

// onlyJoined keeps out the packets of groups that other sockets of this machine have joined.
func onlyJoined(is6 bool) option {
	if is6 {
		return option{"IPV6_MULTICAST_ALL", unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0}
	}
	return option{"IP_MULTICAST_ALL", unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0}
}

// anyAddress allows to bind to an address that does not exist (yet).
func anyAddress(is6 bool) option {
	if is6 {
		return option{"IPV6_FREEBIND", unix.IPPROTO_IPV6, unix.IPV6_FREEBIND, 1}
	}
	return option{"IP_FREEBIND", unix.IPPROTO_IP, unix.IP_FREEBIND, 1}
}

func bindToInterface(fd int, name string) error {
	if name == "" {
		return nil
	}
	if err := unix.BindToDevice(fd, name); err != nil {
		return fmt.Errorf("bind to interface: %w", err)
	}
	return nil
}

func closeSocket(fd int) error {
	if err := unix.Close(fd); err != nil {
		return fmt.Errorf("close VRRP socket: %w", err)
	}
	return nil
}
