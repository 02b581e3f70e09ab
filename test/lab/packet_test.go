package lab

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// ethernet puts a PDU, written in hex, into a multicast IPv4 packet.
func ethernet(t *testing.T, source, pdu string) []byte {
	t.Helper()
	body, err := hex.DecodeString(strings.ReplaceAll(pdu, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	f := Forgery{Source: netip.MustParseAddr(source), TTL: 255}
	frame := f.Frame()[:14]
	return append(append(frame, f.headerIPv4(20+len(body))...), body...)
}

func decoded(frame []byte) Frame {
	var f Frame
	f.parse(frame)
	return f
}

// The payloads were seen on a wire between real keepalived daemons.
func TestRealAdvertsAreDecodedAndTheirChecksumsRight(t *testing.T) {
	v2 := decoded(ethernet(t, "10.9.0.1", "21 33 96 02 01 01 f6 d3 0a090064 0a090065 7333637265740000"))
	if v2.Kind != Advert || v2.Version != 2 || v2.VRID != 0x33 || v2.Priority != 150 || v2.Count != 2 ||
		v2.Interval != time.Second || string(v2.Auth[:6]) != "s3cret" || !v2.ChecksumRight {
		t.Errorf("version 2: %+v", v2)
	}
	v3 := decoded(ethernet(t, "10.9.0.1", "31 47 c8 01 00 14 11 b9 0a090048"))
	if v3.Kind != Advert || v3.Version != 3 || v3.VRID != 71 || v3.Interval != 200*time.Millisecond || !v3.ChecksumRight {
		t.Errorf("version 3: %+v", v3)
	}
	// The same bytes from another source: version 3 covers it, version 2 does not.
	if decoded(ethernet(t, "10.9.0.7", "31 47 c8 01 00 14 11 b9 0a090048")).ChecksumRight {
		t.Error("version 3's checksum is right with another source")
	}
	if decoded(ethernet(t, "10.9.0.1", "21 33 97 02 01 01 f6 d3 0a090064 0a090065 7333637265740000")).ChecksumRight {
		t.Error("version 2's checksum is right with another priority")
	}
}

func TestForgeriesAreWhatTheySay(t *testing.T) {
	for _, good := range []Forgery{
		{Source: netip.MustParseAddr("10.9.0.3"), Version: 2, Interval: 2 * time.Second},
		{Source: netip.MustParseAddr("10.9.0.3"), Version: 3, Interval: 10 * time.Millisecond},
		{Source: netip.MustParseAddr("fe80::3"), Version: 3, Interval: 40 * time.Second},
	} {
		good.VRID, good.Priority, good.TTL = 51, 254, 255
		good.Addresses = []netip.Addr{good.Source, good.Source.Next()}
		f := decoded(good.Frame())
		if f.Kind != Advert || f.Source != good.Source || f.Version != good.Version || f.VRID != 51 || f.Priority != 254 ||
			f.Interval != good.Interval || f.Count != 2 || f.TTL != 255 || !f.ChecksumRight {
			t.Errorf("%+v is decoded as %+v", good, f)
		}
		good.WrongChecksum = true
		if decoded(good.Frame()).ChecksumRight {
			t.Errorf("%+v has a right checksum", good)
		}
	}
}

// Headers and trailers are recognised, and do not hide the message between them.
func TestAuthenticatedForgeriesAreWhatTheySay(t *testing.T) {
	key, ah := vrrp.NewHMACKey(7, make([]byte, 32)), vrrp.NewAH([8]byte{'x'})
	for _, forged := range []Forgery{
		{Source: netip.MustParseAddr("10.9.0.3"), Version: 2, Key: key},
		{Source: netip.MustParseAddr("10.9.0.3"), Version: 3, Key: key},
		{Source: netip.MustParseAddr("fe80::3"), Version: 3, Key: key},
		{Source: netip.MustParseAddr("10.9.0.3"), Version: 2, AH: ah},
	} {
		forged.VRID, forged.Priority, forged.TTL, forged.Interval, forged.Sequence = 51, 254, 255, time.Second, 77
		forged.Addresses = []netip.Addr{forged.Source.Next()}
		frame := forged.Frame()
		f := decoded(frame)
		f.Raw = frame
		if f.Kind != Advert || f.VRID != 51 || f.Priority != 254 || f.Count != 1 || f.Interval != time.Second || !f.ChecksumRight {
			t.Errorf("%+v is decoded as %+v", forged, f)
		}
		if forged.Key != nil {
			trailer, ok := vrrp.TrailerOf(f.Message())
			if !ok || trailer.Sequence != 77 || trailer.KeyID != 7 || !key.Valid(f.Message(), forged.Source) || len(f.Trailer) != vrrp.TrailerLength {
				t.Errorf("version %d from %s: trailer %x of %x", forged.Version, forged.Source, f.Trailer, f.Message())
			}
			continue
		}
		if h, verdict := ah.Verify(frame[14:]); f.AHSequence != 77 || h.Sequence != 77 || verdict != vrrp.AHValid || len(f.Message()) != vrrp.MessageLength(2, false, 1) {
			t.Errorf("header %+v, verdict %d, sequence %d, message %x", h, verdict, f.AHSequence, f.Message())
		}
	}
}

func TestMutilatedFramesAreNoAdverts(t *testing.T) {
	frame := Forgery{Source: netip.MustParseAddr("10.9.0.3"), Version: 3, TTL: 255}.Frame()
	for length := range frame {
		if f := decoded(frame[:length]); f.Kind != Other {
			t.Errorf("the first %d bytes of an advert are decoded as %+v", length, f)
		}
	}
}
