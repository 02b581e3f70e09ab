package route

import (
	"bytes"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// TestEncapsulations: the attributes as the kernel's headers describe them; there is none of them that every kernel
// has.
func TestEncapsulations(t *testing.T) {
	attribute := func(kind uint16, value ...byte) []byte {
		b := native.AppendUint16(native.AppendUint16(nil, uint16(len(value)+4)), kind)
		b = append(b, value...)
		return append(b, make([]byte, -len(b)&3)...)
	}
	for _, test := range []struct {
		name  string
		encap Encap
		kind  uint16
		want  []byte
	}{
		{"MPLS", Encap{Kind: EncapMPLS, Labels: []uint32{100, 200}}, 1,
			attribute(1, 0x00, 0x06, 0x40, 0x00, 0x00, 0x0c, 0x81, 0x00)},
		{"ILA", Encap{Kind: EncapILA, Locator: 0x20010db800000001}, 3,
			attribute(1, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1)},
		{"IP", Encap{Kind: EncapIP, ID: 5, Destination: netip.MustParseAddr("10.0.0.2"), TTL: 9, TOS: 4}, 2,
			bytes.Join([][]byte{attribute(1, 0, 0, 0, 0, 0, 0, 0, 5), attribute(2, 10, 0, 0, 2), attribute(4, 9), attribute(5, 4)}, nil)},
		{"IPv6", Encap{Kind: EncapIP6, Source: netip.MustParseAddr("::1"), Destination: netip.MustParseAddr("::2")}, 4,
			bytes.Join([][]byte{
				attribute(2, append(make([]byte, 15), 2)...), attribute(3, append(make([]byte, 15), 1)...),
			}, nil)},
	} {
		got := test.encap.attributes()
		if len(got) != 2 || !bytes.Equal(got[0].Serialize(), attribute(unix.RTA_ENCAP_TYPE, native.AppendUint16(nil, test.kind)...)) {
			t.Errorf("%s: type is not %d: %v", test.name, test.kind, got)
			continue
		}
		if want := attribute(unix.RTA_ENCAP|unix.NLA_F_NESTED, test.want...); !bytes.Equal(got[1].Serialize(), want) {
			t.Errorf("%s: %x, want %x", test.name, got[1].Serialize(), want)
		}
	}
	if none := (*Encap)(nil).attributes(); len(none) != 0 {
		t.Errorf("without an encapsulation: %v", none)
	}
}
