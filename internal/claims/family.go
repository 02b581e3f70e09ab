package claims

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const (
	macSize = 6

	arpReply    = 2
	arpOp       = 6 // where the operation is, and so on
	arpSender   = 8
	arpSenderIP = 14
	arpTargetIP = 24
	arpSize     = 28

	neighbourAdvert = 136
	naTarget        = 8
	naOptions       = 24
	optionTargetLLA = 2
)

// mostFiltered is the number of addresses up to which the filter knows each: two instructions per address, of
// the 4096 that the kernel takes.
const mostFiltered = 1000

// arp hears on a packet socket of ARP: from its header on, and never what this host sends.
var arp = family{
	name: "ARP",
	open: func() (int, error) {
		return unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	},
	begin: func(fd int) error {
		return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: wire16(unix.ETH_P_ARP)})
	},
	filter: func(addrs []netip.Addr) []bpf.Instruction {
		head := []bpf.Instruction{
			bpf.LoadExtension{Num: bpf.ExtType},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.PACKET_OUTGOING, SkipFalse: 1},
			bpf.RetConstant{Val: 0},
		}
		if len(addrs) <= mostFiltered {
			return known(head, arpSenderIP, addrs)
		}
		return append(head, // a reply, or a request about the sender itself
			bpf.LoadAbsolute{Off: arpOp, Size: 2},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: arpReply, SkipTrue: 4},
			bpf.LoadAbsolute{Off: arpTargetIP, Size: 4},
			bpf.TAX{},
			bpf.LoadAbsolute{Off: arpSenderIP, Size: 4},
			bpf.JumpIfX{Cond: bpf.JumpEqual, SkipFalse: 1},
			bpf.RetConstant{Val: packetBytes},
			bpf.RetConstant{Val: 0})
	},
	parse: func(b []byte) (addr netip.Addr, mac [6]byte, ok bool) {
		if len(b) < arpSize || b[4] != macSize || b[5] != 4 || binary.BigEndian.Uint16(b[2:]) != unix.ETH_P_IP {
			return addr, mac, false
		}
		copy(mac[:], b[arpSender:])
		return netip.AddrFrom4([4]byte(b[arpSenderIP:])), mac, true
	},
	index: func(from unix.Sockaddr, _ []byte) int {
		if link, ok := from.(*unix.SockaddrLinklayer); ok {
			return link.Ifindex
		}
		return 0
	},
}

// nd hears on a raw socket of ICMPv6, which is given neighbour advertisements alone.
var nd = family{
	name: "neighbour advertisements",
	open: func() (int, error) {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_ICMPV6)
		if err != nil {
			return fd, err
		}
		filter := &unix.ICMPv6Filter{}
		for i := range filter.Data {
			filter.Data[i] = ^uint32(0) // set is blocked
		}
		filter.Data[neighbourAdvert>>5] &^= 1 << (neighbourAdvert & 31)
		err = errors.Join(
			unix.SetsockoptICMPv6Filter(fd, unix.IPPROTO_ICMPV6, unix.ICMPV6_FILTER, filter),
			unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1))
		if err != nil {
			unix.Close(fd)
		}
		return fd, err
	},
	begin: func(int) error { return nil },
	filter: func(addrs []netip.Addr) []bpf.Instruction {
		if len(addrs) > mostFiltered {
			return []bpf.Instruction{bpf.RetConstant{Val: packetBytes}}
		}
		return known(nil, naTarget+12, addrs)
	},
	parse: func(b []byte) (addr netip.Addr, mac [6]byte, ok bool) {
		if len(b) < naOptions || b[0] != neighbourAdvert {
			return addr, mac, false
		}
		addr = netip.AddrFrom16([16]byte(b[naTarget:]))
		for options := b[naOptions:]; len(options) >= 8; {
			size := 8 * int(options[1])
			if size == 0 || size > len(options) {
				break
			}
			if options[0] == optionTargetLLA {
				copy(mac[:], options[2:])
				return addr, mac, true
			}
			options = options[size:]
		}
		return addr, mac, false // it does not say whose
	},
	index: func(_ unix.Sockaddr, control []byte) int {
		messages, err := unix.ParseSocketControlMessage(control)
		if err != nil {
			return 0
		}
		for _, m := range messages {
			if m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_PKTINFO && len(m.Data) >= 20 {
				return int(binary.NativeEndian.Uint32(m.Data[16:]))
			}
		}
		return 0
	},
}

// known lets through what has one of the addresses, or the end of one, at an offset.
func known(program []bpf.Instruction, offset uint32, addrs []netip.Addr) []bpf.Instruction {
	program = append(program, bpf.LoadAbsolute{Off: offset, Size: 4})
	for _, addr := range addrs {
		bytes := addr.AsSlice()
		program = append(program,
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: binary.BigEndian.Uint32(bytes[len(bytes)-4:]), SkipFalse: 1},
			bpf.RetConstant{Val: packetBytes})
	}
	return append(program, bpf.RetConstant{Val: 0})
}

// wire16 turns a number so that its bytes lie in memory in network order.
func wire16(v uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return binary.NativeEndian.Uint16(b[:])
}
