package firewall

import (
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A match is a part of a rule. Registers 1 to 4 are neighbours of 16 bytes each, so that what is loaded into
// 1 and 2 can be looked up together.
type match []expr.Any

func (b *builder) addRule(chain *nftables.Chain, parts ...match) {
	b.conn.AddRule(&nftables.Rule{Table: b.Table, Chain: chain, Exprs: slices.Concat(parts...)})
}

// verdict ends a rule, which counts before if it is to.
func (b *builder) verdict(kind expr.VerdictKind, chain string) (m match) {
	if b.cfg.Counters {
		m = append(m, &expr.Counter{})
	}
	return append(m, &expr.Verdict{Kind: kind, Chain: chain})
}

func (b *builder) drop() match { return b.verdict(expr.VerdictDrop, "") }

// isIn looks for register 1, and what follows in the next ones, in a set.
func (b *builder) isIn(name string) match {
	return match{&expr.Lookup{SourceRegister: 1, SetName: name, SetID: b.sets[name].ID}}
}

// mapped replaces the device in a register with its parent; of another device the rule does not speak.
func (b *builder) mapped(register uint32) match {
	return match{&expr.Lookup{
		SourceRegister: register, DestRegister: register, IsDestRegSet: true,
		SetName: mapDevices, SetID: b.sets[mapDevices].ID,
	}}
}

// duplicate sends a copy to the address in register 1 from the device in register 2.
func duplicate() match { return match{&expr.Dup{RegAddr: 1, RegDev: 2, IsRegDevSet: true}} }

func load(key expr.MetaKey, register uint32) match {
	return match{&expr.Meta{Key: key, Register: register}}
}

func outName(register uint32) match { return load(expr.MetaKeyOIFNAME, register) }

func equals(register uint32, value ...byte) match {
	return match{&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: value}}
}

func field(base expr.PayloadBase, offset, length, register uint32) match {
	return match{&expr.Payload{Base: base, Offset: offset, Len: length, DestRegister: register}}
}

func source4(register uint32) match { return field(expr.PayloadBaseNetworkHeader, 12, 4, register) }

func destination4(register uint32) match {
	return field(expr.PayloadBaseNetworkHeader, 16, 4, register)
}

func source6(register uint32) match { return field(expr.PayloadBaseNetworkHeader, 8, 16, register) }

func destination6(register uint32) match {
	return field(expr.PayloadBaseNetworkHeader, 24, 16, register)
}

func isIGMP() match {
	return append(field(expr.PayloadBaseNetworkHeader, 9, 1, 1), equals(1, unix.IPPROTO_IGMP)...)
}

// icmp6Type loads the type of an ICMPv6 message into register 1, whatever headers stand before it.
func icmp6Type() match {
	return slices.Concat(load(expr.MetaKeyL4PROTO, 1), equals(1, unix.IPPROTO_ICMPV6), field(expr.PayloadBaseTransportHeader, 0, 1, 1))
}

// isLinkLocal says of the address that is loaded into register 1 that it is in fe80::/10.
func isLinkLocal(address match) match {
	mask, want := make([]byte, 16), make([]byte, 16)
	mask[0], mask[1] = 0xff, 0xc0
	want[0], want[1] = 0xfe, 0x80
	and := &expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 16, Mask: mask, Xor: make([]byte, 16)}
	return slices.Concat(address, match{and}, equals(1, want...))
}
