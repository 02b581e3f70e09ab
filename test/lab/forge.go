package lab

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Forgery is a VRRP advert for IPv4 multicast made by hand, right or wrong as told.
type Forgery struct {
	Source        netip.Addr
	Version       int // 2 or 3; what is wrong here is written all the same
	VRID          int
	Priority      int
	Interval      time.Duration // whole seconds in version 2, hundredths in version 3
	Addresses     []netip.Addr
	TTL           int // 255 is right
	WrongChecksum bool
}

// vrrpGroup is where adverts go. RFC 9568, 5.1.1.2.1.
var vrrpGroup = netip.AddrFrom4([4]byte{224, 0, 0, 18})

// Packet is the whole IPv4 packet.
func (f Forgery) Packet() []byte {
	pdu := []byte{byte(f.Version<<4 | 1), byte(f.VRID), byte(f.Priority), byte(len(f.Addresses)), 0, 0, 0, 0}
	if f.Version == 3 {
		binary.BigEndian.PutUint16(pdu[4:], uint16(f.Interval/(10*time.Millisecond)))
	} else {
		pdu[5] = byte(f.Interval / time.Second)
	}
	for _, address := range f.Addresses {
		pdu = append(pdu, address.AsSlice()...)
	}
	var sum uint32
	if f.Version == 3 {
		sum = pseudoHeaderSum(f.Source, vrrpGroup, len(pdu))
	} else {
		pdu = append(pdu, make([]byte, 8)...) // authentication data, none
	}
	checksum := ^onesComplementSum(sum, pdu)
	if f.WrongChecksum {
		checksum ^= 0x5a5a
	}
	binary.BigEndian.PutUint16(pdu[6:], checksum)
	return append(f.header(20+len(pdu)), pdu...)
}

// header is the IPv4 header; its checksum is left to the kernel.
func (f Forgery) header(total int) []byte {
	b := make([]byte, 20)
	b[0], b[1], b[8], b[9] = 0x45, 0xc0, byte(f.TTL), protoVRRP
	binary.BigEndian.PutUint16(b[2:], uint16(total))
	copy(b[12:], f.Source.AsSlice())
	copy(b[16:], vrrpGroup.AsSlice())
	return b
}

// Injector sends forged packets from a host.
type Injector struct{ fd int }

// NewInjector opens a raw socket on one of the host's links.
func (h *Host) NewInjector(link string) (*Injector, error) {
	in := &Injector{fd: -1}
	err := h.Do(func() (err error) {
		in.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
		if err != nil {
			return err
		}
		return unix.BindToDevice(in.fd, link)
	})
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("open injector on %s of %s: %w", link, h.Name, err)
	}
	return in, nil
}

// Send sends one packet made by Forgery.Packet.
func (in *Injector) Send(packet []byte) error {
	to := &unix.SockaddrInet4{Addr: [4]byte(packet[16:20])}
	if err := unix.Sendto(in.fd, packet, unix.MSG_DONTROUTE, to); err != nil {
		return fmt.Errorf("inject a packet: %w", err)
	}
	return nil
}

// Flood sends the packets in turn, that many a second, until ctx ends, and returns how many it sent.
func (in *Injector) Flood(ctx context.Context, rate int, packets ...[]byte) (int, error) {
	tick := max(time.Millisecond, time.Second/time.Duration(rate))
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	start, sent := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return sent, nil
		case now := <-ticker.C:
			// By the clock, not by the tick: ticks that were missed are made up for.
			for due := int(now.Sub(start).Seconds() * float64(rate)); sent < due; sent++ {
				if err := in.Send(packets[sent%len(packets)]); err != nil {
					return sent, err
				}
			}
		}
	}
}

// Close ends the injector.
func (in *Injector) Close() { unix.Close(in.fd) }
