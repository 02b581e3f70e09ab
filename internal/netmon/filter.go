package netmon

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// routeProtocol is the protocol of the routes that are reported: keepalived's. A
// router may lose a million others when a BGP session ends.
const routeProtocol = 18

// bodyAt is where a message's body begins; its first byte is the family.
const bodyAt = unix.SizeofNlMsghdr

// SetIgnored makes the kernel keep back what the owners of these netlink ports do
// to addresses, routes and rules. It replaces the earlier list and holds at most
// 100 ports. Three things are not kept back:
//
//   - removals of IPv4 addresses in a subnet larger than /32, because a primary
//     takes other addresses along that the caller did not mean to remove;
//   - removals of IPv6 addresses, for which the kernel does not say who did it;
//   - added IPv6 addresses, but for deprecated ones of 128 bits without duplicate
//     address detection, which are ignored whoever adds them: nobody else makes
//     such addresses, and they are no sources of packets.
func (m *Monitor) SetIgnored(ports ...uint32) error {
	program, err := bpf.Assemble(filter(ports))
	if err != nil {
		return fmt.Errorf("assemble filter of %d ports: %w", len(ports), err)
	}
	raw := make([]unix.SockFilter, len(program))
	for i, ins := range program {
		raw[i] = unix.SockFilter{Code: ins.Op, Jt: ins.Jt, Jf: ins.Jf, K: ins.K}
	}
	var attachErr error
	err = m.conn.Control(func(fd uintptr) {
		attachErr = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(raw)), Filter: &raw[0]})
	})
	if err == nil {
		err = attachErr
	}
	if err != nil {
		return fmt.Errorf("attach filter to netlink socket: %w", err)
	}
	return nil
}

// filter drops by message type, and by requester where it may.
func filter(ports []uint32) []bpf.Instruction {
	program := []line{
		load(headerType, 2),
		equal(wire16(unix.RTM_NEWROUTE), "drop", ""),
		equal(wire16(unix.RTM_NEWRULE), "drop", ""),
		equal(wire16(unix.RTM_DELRULE), "requester", ""),
		equal(wire16(unix.RTM_DELROUTE), "route", ""),
		equal(wire16(unix.RTM_NEWADDR), "added", ""),
		equal(wire16(unix.RTM_DELADDR), "removed", "accept"),

		load(bodyAt+rtmProtocol, 1).named("route"),
		equal(routeProtocol, "requester", "drop"),

		load(bodyAt, 1).named("added"), // the family
		equal(unix.AF_INET6, "", "requester"),
		load(bodyAt, 4), // family, prefix length, flags, scope
		{ins: bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xff<<16 | ipv6VIPFlags<<8}},
		equal(128<<16|ipv6VIPFlags<<8, "drop", "accept"),

		load(bodyAt, 2).named("removed"), // family, prefix length
		equal(unix.AF_INET<<8|32, "requester", "accept"),

		load(headerPort, 4).named("requester"),
	}
	for _, port := range ports {
		program = append(program, equal(wire32(port), "drop", ""))
	}
	return assemble(append(program,
		line{ins: bpf.RetConstant{Val: acceptAll}, label: "accept"},
		line{ins: bpf.RetConstant{Val: 0}, label: "drop"}))
}

const (
	acceptAll    = 1<<32 - 1
	ipv6VIPFlags = unix.IFA_F_NODAD | unix.IFA_F_DEPRECATED
)

// line is one instruction of a filter and, where it compares, the labels of the
// lines to go on with; "" is the next line.
type line struct {
	label   string
	ins     bpf.Instruction
	yes, no string
}

func load(offset uint32, size int) line {
	return line{ins: bpf.LoadAbsolute{Off: offset, Size: size}}
}

func equal(value uint32, yes, no string) line {
	return line{ins: bpf.JumpIf{Cond: bpf.JumpEqual, Val: value}, yes: yes, no: no}
}

func (l line) named(label string) line {
	l.label = label
	return l
}

// assemble turns labels into distances.
func assemble(program []line) []bpf.Instruction {
	at := map[string]int{}
	for i, l := range program {
		if l.label != "" {
			at[l.label] = i
		}
	}
	distance := func(from int, label string) uint8 {
		if label == "" {
			return 0
		}
		return uint8(at[label] - from - 1)
	}
	instructions := make([]bpf.Instruction, len(program))
	for i, l := range program {
		if jump, ok := l.ins.(bpf.JumpIf); ok {
			jump.SkipTrue, jump.SkipFalse = distance(i, l.yes), distance(i, l.no)
			l.ins = jump
		}
		instructions[i] = l.ins
	}
	return instructions
}

// The filter machine loads in network byte order what netlink writes in the
// machine's: constants are turned to match.

func wire16(v uint16) uint32 {
	return uint32(binary.BigEndian.Uint16(native.AppendUint16(nil, v)))
}

func wire32(v uint32) uint32 {
	return binary.BigEndian.Uint32(native.AppendUint32(nil, v))
}
