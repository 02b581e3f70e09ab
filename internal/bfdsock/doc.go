// Package bfdsock carries BFD control packets over UDP (RFC 5881, RFC 5883): one socket that sends for each
// session, from a source port of its own, and one that receives for each family and port.
//
// It promises that neither sending nor receiving waits or allocates, and that a packet which came in is handed
// over with its TTL and the address it was sent to. What packets say, and which session they belong to, is left to
// the caller.
package bfdsock

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// trafficClass is that of routing protocols (CS6), as VRRP's adverts have it.
const trafficClass = 0xc0

// An option is a socket option and its value.
type option struct {
	name         string
	level, value int
	to           int
}

// open makes a UDP socket that does not wait, and sets its options.
func open(is6 bool, options ...option) (int, error) {
	family := unix.AF_INET
	if is6 {
		family = unix.AF_INET6
		options = append(options, option{"IPV6_V6ONLY", unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1})
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return -1, fmt.Errorf("make socket: %w", err)
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.value, o.to); err != nil {
			unix.Close(fd)
			return -1, fmt.Errorf("set %s to %d: %w", o.name, o.to, err)
		}
	}
	return fd, nil
}

// bind binds a socket to an address, the zero one being any.
func bind(fd int, is6 bool, addr netip.Addr, port int) error {
	if is6 {
		to := unix.SockaddrInet6{Port: port}
		if addr.IsValid() {
			to.Addr = addr.As16()
		}
		return unix.Bind(fd, &to)
	}
	to := unix.SockaddrInet4{Port: port}
	if addr.IsValid() {
		to.Addr = addr.As4()
	}
	return unix.Bind(fd, &to)
}
