package rawsock

import (
	"fmt"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// acceptAll is a filter's verdict "keep so many bytes": all there can be.
const acceptAll = 0xffffffff

// wordBits is the width of BPF's registers: the set of VRIDs is tested word by word.
const wordBits = 32

// dropAll lets nothing through.
var dropAll = []bpf.Instruction{bpf.RetConstant{Val: 0}}

// filterProgram returns a classic BPF program that lets through the packets whose VRID is set in vrids, or all
// packets if open; so many bytes stand between an IPv4 header and the VRRP packet. A packet that ends before its VRID is
// nobody's and passes only an open filter.
//
// A chain of comparisons would be limited by BPF's jumps of 255 instructions, and a packet would pay for each
// VRID. Instead, the VRID's low five bits become a mask, and its high three bits choose one of eight words
// of a bit set: at most 21 instructions are run, however many VRIDs there are.
func filterProgram(is6 bool, between int, vrids *[256]bool, open bool) []bpf.Instruction {
	if open {
		return []bpf.Instruction{bpf.RetConstant{Val: acceptAll}}
	}
	program := append(loadVRID(is6, between),
		bpf.StoreScratch{Src: bpf.RegA, N: 0},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: wordBits - 1},
		bpf.TAX{},
		bpf.LoadConstant{Dst: bpf.RegA, Val: 1},
		bpf.ALUOpX{Op: bpf.ALUOpShiftLeft},
		bpf.TAX{}, // X: the VRID's bit within its word
		bpf.LoadScratch{Dst: bpf.RegA, N: 0},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 5}, // A: the number of the word
	)
	for number, word := range words(vrids) {
		if word == 0 {
			continue
		}
		program = append(program,
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(number), SkipFalse: 4},
			bpf.LoadConstant{Dst: bpf.RegA, Val: word},
			bpf.JumpIfX{Cond: bpf.JumpBitsSet, SkipFalse: 1},
			bpf.RetConstant{Val: acceptAll},
			bpf.RetConstant{Val: 0},
		)
	}
	return append(program, bpf.RetConstant{Val: 0})
}

// loadVRID puts the VRID into A, or ends the program with "drop" if the packet is too short for one. For IPv4
// a raw socket's filter sees the packet from its IP header on, for IPv6 from the VRRP header on.
func loadVRID(is6 bool, between int) []bpf.Instruction {
	if is6 {
		return []bpf.Instruction{bpf.LoadAbsolute{Off: 1, Size: 1}}
	}
	return []bpf.Instruction{
		bpf.LoadMemShift{Off: 0}, // X: the length of the IP header
		bpf.LoadIndirect{Off: uint32(between) + 1, Size: 1},
	}
}

// words packs a set of VRIDs into eight words, the lowest VRID in the lowest bit.
func words(vrids *[256]bool) (set [256 / wordBits]uint32) {
	for vrid, in := range vrids {
		if in {
			set[vrid/wordBits] |= 1 << (vrid % wordBits)
		}
	}
	return set
}

// SetFilter has the kernel drop all adverts but those whose VRID is set in vrids; with open, vrids may be nil
// and everything arrives. Nothing else is filtered: an advert of such a VRID arrives however broken it is.
// What is in the socket already stays there. A new Receiver gets nothing before its first filter.
func (r *Receiver) SetFilter(vrids *[256]bool, open bool) error {
	if err := attach(r.fd, filterProgram(r.is6, r.between, vrids, open)); err != nil {
		return fmt.Errorf("filter VRRP packets to %s: %w", r.name, err)
	}
	return nil
}

// attach replaces the filter of a socket; no packet gets by in between.
func attach(fd int, program []bpf.Instruction) error {
	raw, err := bpf.Assemble(program)
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, in := range raw {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	fprog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &fprog); err != nil {
		return fmt.Errorf("attach filter: %w", err)
	}
	return nil
}
