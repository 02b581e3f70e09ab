package route

import (
	"encoding/binary"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// EncapKind is LWTUNNEL_ENCAP_ of linux/lwtunnel.h.
type EncapKind uint16

// The kinds of encapsulation.
const (
	EncapMPLS EncapKind = 1
	EncapIP   EncapKind = 2
	EncapILA  EncapKind = 3
	EncapIP6  EncapKind = 4
)

// Encap puts packets that take a route into others: a tunnel without a device.
type Encap struct {
	Kind                EncapKind
	ID                  uint64 // of a tunnel over IP, like all up to Flags
	Destination, Source netip.Addr
	TOS, TTL            uint8
	Flags               uint16   // as the kernel has them, TUNNEL_… of if_tunnel.h
	Labels              []uint32 // MPLS: the outermost first
	Locator             uint64   // ILA
}

// Values of linux/lwtunnel.h, mpls_iptunnel.h and ila.h.
const (
	tunnelID, tunnelDestination, tunnelSource  = 1, 2, 3
	tunnelTTL, tunnelTOS, tunnelFlags          = 4, 5, 6
	mplsDestination, ilaLocator                = 1, 1
	mplsLabelShift, mplsBottom, mplsEntryBytes = 12, 1 << 8, 4
)

// attributes are those of the route or next hop; there are none without an encapsulation.
func (e *Encap) attributes() []*nl.RtAttr {
	if e == nil {
		return nil
	}
	nest := nl.NewRtAttr(unix.RTA_ENCAP|unix.NLA_F_NESTED, nil)
	switch e.Kind {
	case EncapMPLS:
		nest.AddRtAttr(mplsDestination, e.labelStack())
	case EncapILA:
		nest.AddRtAttr(ilaLocator, binary.BigEndian.AppendUint64(nil, e.Locator))
	default:
		e.tunnel(nest)
	}
	return []*nl.RtAttr{nl.NewRtAttr(unix.RTA_ENCAP_TYPE, nl.Uint16Attr(uint16(e.Kind))), nest}
}

// tunnel adds what is said of a tunnel; the order of the numbers is the same for both families.
func (e *Encap) tunnel(nest *nl.RtAttr) {
	if e.ID != 0 {
		nest.AddRtAttr(tunnelID, binary.BigEndian.AppendUint64(nil, e.ID))
	}
	if e.Destination.IsValid() {
		nest.AddRtAttr(tunnelDestination, e.Destination.AsSlice())
	}
	if e.Source.IsValid() {
		nest.AddRtAttr(tunnelSource, e.Source.AsSlice())
	}
	if e.TTL != 0 {
		nest.AddRtAttr(tunnelTTL, nl.Uint8Attr(e.TTL))
	}
	if e.TOS != 0 {
		nest.AddRtAttr(tunnelTOS, nl.Uint8Attr(e.TOS))
	}
	if e.Flags != 0 {
		nest.AddRtAttr(tunnelFlags, nl.Uint16Attr(e.Flags))
	}
}

// labelStack is the labels as they stand in a packet (RFC 3032, 2.1).
func (e *Encap) labelStack() []byte {
	stack := make([]byte, 0, mplsEntryBytes*len(e.Labels))
	for i, label := range e.Labels {
		entry := label << mplsLabelShift
		if i == len(e.Labels)-1 {
			entry |= mplsBottom
		}
		stack = binary.BigEndian.AppendUint32(stack, entry)
	}
	return stack
}
