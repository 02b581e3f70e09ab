package vrrp_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// ahPacket is an advert of keepalived's, with the password "abc".
func ahPacket(tb testing.TB) []byte {
	return unhex(tb, "45c0 0044 0001 0000 ff33 0000 0a090001 e0000012"+
		"70 04 0000 0a090001 00000001 751a2475ca5256001b1984ca"+
		"21 46 c8 02 02 01 00 17 0a090046 0a090047 0000000000000000")
}

// hmacGolden are adverts of keepalived's with a trailer.
var hmacGolden = []struct {
	name, source, secret, bytes string
}{
	{
		"version 3 over IPv4", "10.9.0.1", hex.EncodeToString([]byte("0123456789abcdef0123456789abcdef")),
		"31 49 c8 01 00 64 11 65 0a09004a 01 07 0000 6b02c2c3 f4a5 0000 6d4d8de6 61576051 57dac49e bae98a50",
	},
	{
		"version 3 over IPv6", "fe80::c093:dbff:fe78:4bd0", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"314ac80100642985 fe800000000000000000000000000074 01 07 0000 6b02c2c3 f49b 0000 ae8c13d563396aa835ac8af8f23b9231",
	},
}

func TestAuthenticationHeaderOnTheWire(t *testing.T) {
	want := ahPacket(t)
	got := slices.Clone(want)
	clear(got[20:44])
	vrrp.NewAH(password("abc")).Sign(got, 1)
	if !bytes.Equal(got, want) {
		t.Errorf("signed\n%x, want\n%x", got, want)
	}
	if h, verdict := vrrp.NewAH(password("abc")).Verify(want); h.Sequence != 1 || h.SPI != [4]byte{10, 9, 0, 1} || verdict != vrrp.AHValid {
		t.Errorf("header %+v, verdict %d", h, verdict)
	}
	if _, verdict := vrrp.NewAH(password("abd")).Verify(want); verdict != vrrp.AHWrongValue {
		t.Errorf("with another password: verdict %d", verdict)
	}
}

// RFC 2402, 3.3.3.1.1: what routers change is not covered, and all the rest is.
func TestAuthenticationHeaderCoversWhatDoesNotChange(t *testing.T) {
	mutable := map[int]bool{1: true, 6: true, 7: true, 10: true, 11: true}
	ah := vrrp.NewAH(password("abc"))
	for _, unicast := range []bool{false, true} {
		packet := ahPacket(t)
		if unicast {
			copy(packet[16:], []byte{10, 9, 0, 2})
			mutable[8] = true // a TTL counts down on the way to a peer
			ah.Sign(packet, 7)
		}
		for bit := range len(packet) * 8 {
			if unicast && bit/8 == 16 {
				continue // may become a group, whose rule is another
			}
			packet[bit/8] ^= 1 << (bit % 8)
			_, verdict := ah.Verify(packet)
			if want := mutable[bit/8]; (verdict == vrrp.AHValid) != want {
				t.Errorf("unicast %v: bit %d of byte %d flipped: verdict %d", unicast, bit%8, bit/8, verdict)
			}
			packet[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestAuthenticationHeaderNamesItsFault(t *testing.T) {
	ah := vrrp.NewAH(password("abc"))
	for name, test := range map[string]struct {
		change func([]byte) []byte
		want   vrrp.AHVerdict
	}{
		"no packet":         {func([]byte) []byte { return nil }, vrrp.AHForeign},
		"cut short":         {func(p []byte) []byte { return p[:51] }, vrrp.AHForeign},
		"options cut short": {func(p []byte) []byte { p[0] = 0x4f; return p[:60] }, vrrp.AHForeign},
		"no IPv4 header":    {func(p []byte) []byte { p[0] = 0x44; return p }, vrrp.AHForeign},
		"another protocol":  {func(p []byte) []byte { p[20] = 89; return p }, vrrp.AHForeign},
		"another SPI":       {otherSPI, vrrp.AHWrongSPI},
		"another value":     {func(p []byte) []byte { p[43]++; return p }, vrrp.AHWrongValue},
	} {
		packet := test.change(ahPacket(t))
		if _, verdict := ah.Verify(packet); verdict != test.want {
			t.Errorf("%s: verdict %d, want %d", name, verdict, test.want)
		}
		if test.want == vrrp.AHForeign && name != "another protocol" {
			before := slices.Clone(packet)
			if ah.Sign(packet, 9); !bytes.Equal(packet, before) {
				t.Errorf("%s was signed", name)
			}
		}
	}
}

// otherSPI signs a packet, as who knows the password can, whose SPI is not its source.
func otherSPI(packet []byte) []byte {
	packet[15] = 9
	vrrp.NewAH(password("abc")).Sign(packet, 1)
	packet[15] = 1 // the source, once more
	key := password("abc")
	mac := hmac.New(md5.New, key[:])
	covered := slices.Clone(packet)
	covered[1] = 0
	clear(covered[32:44])
	mac.Write(covered)
	copy(packet[32:44], mac.Sum(nil))
	return packet
}

func TestTrailerOnTheWire(t *testing.T) {
	for _, g := range hmacGolden {
		want, source := unhex(t, g.bytes), netip.MustParseAddr(g.source)
		key := vrrp.NewHMACKey(7, unhex(t, g.secret))
		trailer, ok := vrrp.TrailerOf(want)
		if !ok || trailer.KeyID != 7 || uint32(trailer.Sequence>>32) != 0x6b02c2c3 {
			t.Errorf("%s: trailer %+v, %v", g.name, trailer, ok)
		}
		got := vrrp.AppendTrailer(slices.Clone(want[:len(want)-vrrp.TrailerLength]))
		key.Sign(got, source, trailer.Sequence)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: signed\n%x, want\n%x", g.name, got, want)
		}
		if !key.Valid(want, source) {
			t.Errorf("%s: refused", g.name)
		}
		// Only the checksum may differ.
		for bit := range len(want) * 8 {
			want[bit/8] ^= 1 << (bit % 8)
			if got, may := key.Valid(want, source), bit/8 == 6 || bit/8 == 7; got != may {
				t.Errorf("%s: bit %d of byte %d flipped: valid = %v", g.name, bit%8, bit/8, got)
			}
			want[bit/8] ^= 1 << (bit % 8)
		}
		if key.Valid(want, source.Next()) {
			t.Errorf("%s: accepted from another source", g.name)
		}
		if vrrp.NewHMACKey(7, []byte(strings.Repeat("x", 32))).Valid(want, source) {
			t.Errorf("%s: accepted with another key", g.name)
		}
	}
}

func TestTrailerOfAnotherKindIsMalformed(t *testing.T) {
	good := unhex(t, hmacGolden[0].bytes)
	at := len(good) - vrrp.TrailerLength
	for _, offset := range []int{0, 2, 3} {
		bad := slices.Clone(good)
		bad[at+offset] ^= 0x80
		if _, ok := vrrp.TrailerOf(bad); ok {
			t.Errorf("byte %d of the trailer changed: accepted", offset)
		}
	}
	short := good[:vrrp.HeaderLength+vrrp.TrailerLength-1]
	if _, ok := vrrp.TrailerOf(short); ok {
		t.Error("a trailer that is cut off was accepted")
	}
	key := vrrp.NewHMACKey(7, unhex(t, hmacGolden[0].secret))
	before := slices.Clone(short)
	if key.Sign(short, netip.MustParseAddr("10.9.0.1"), 1); !bytes.Equal(short, before) || key.Valid(short, netip.MustParseAddr("10.9.0.1")) {
		t.Error("a message without a trailer was signed, or taken for signed")
	}
}

func TestSequenceFollowsTheClock(t *testing.T) {
	at := time.Unix(0x6b02c2c3, 0xf4a5*int64(time.Second)>>16+1)
	if got := vrrp.SequenceAt(at); got != 0x6b02c2c3_f4a5_0000 {
		t.Errorf("sequence %x", uint64(got))
	}
	wrapped := time.Unix(1<<32+5, 0)
	if got := vrrp.SequenceAt(wrapped); got != 5<<32 {
		t.Errorf("after 2106: %x", uint64(got))
	}
	last := vrrp.Sequence(0xffffffff_ffff_ffff)
	if !vrrp.Sequence(0).After(last) || last.After(0) || last.After(last) {
		t.Error("the order does not survive a wrap around")
	}
	if got := vrrp.Sequence(8 << 32).AheadOf(wrapped); got != 3 {
		t.Errorf("ahead by %d, want 3", got)
	}
	if got := last.AheadOf(wrapped); got != -6 {
		t.Errorf("ahead by %d, want -6", got)
	}
}

func TestSigningAndVerifyingAllocateNothing(t *testing.T) {
	packet, ah := ahPacket(t), vrrp.NewAH(password("abc"))
	signed, source := unhex(t, hmacGolden[1].bytes), netip.MustParseAddr(hmacGolden[1].source)
	key := vrrp.NewHMACKey(7, unhex(t, hmacGolden[1].secret))
	good, sequence := 0, uint32(0)
	if n := testing.AllocsPerRun(100, func() {
		sequence++
		ah.Sign(packet, sequence)
		if h, verdict := ah.Verify(packet); h.Sequence == sequence && verdict == vrrp.AHValid {
			good++
		}
		key.Sign(signed, source, vrrp.Sequence(sequence))
		if trailer, ok := vrrp.TrailerOf(signed); ok && trailer.Sequence == vrrp.Sequence(sequence) && key.Valid(signed, source) {
			good++
		}
	}); n != 0 || good != 2*101 {
		t.Errorf("%v allocations per advert, %d of 202 good", n, good)
	}
}

// FuzzAuthentication hands any bytes in: nothing may panic, and what has been signed must be valid.
func FuzzAuthentication(f *testing.F) {
	f.Add(ahPacket(f))
	for _, g := range hmacGolden {
		f.Add(unhex(f, g.bytes))
	}
	ah, key := vrrp.NewAH(password("abc")), vrrp.NewHMACKey(1, bytes.Repeat([]byte{7}, 32))
	f.Fuzz(func(t *testing.T, packet []byte) {
		source := netip.MustParseAddr("10.9.0.1")
		_, verdict := ah.Verify(packet)
		vrrp.TrailerOf(packet)
		key.Valid(packet, source)
		signed := slices.Clone(packet)
		ah.Sign(signed, 5)
		if h, got := ah.Verify(signed); verdict != vrrp.AHForeign && (got != vrrp.AHValid || h.Sequence != 5) {
			t.Errorf("%x signed to %x: verdict %d, header %+v", packet, signed, got, h)
		}
		if len(packet) < vrrp.HeaderLength {
			return
		}
		signed = vrrp.AppendTrailer(slices.Clone(packet))
		key.Sign(signed, source, 6)
		if trailer, ok := vrrp.TrailerOf(signed); !ok || trailer.KeyID != 1 || trailer.Sequence != 6 || !key.Valid(signed, source) {
			t.Errorf("%x signed to %x: %+v, %v", packet, signed, trailer, ok)
		}
	})
}
