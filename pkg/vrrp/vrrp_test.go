package vrrp_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// golden are messages seen on the wire from keepalived.
var golden = []struct {
	name     string
	advert   vrrp.Advertisement
	src, dst string
	dialect  vrrp.ChecksumDialect
	bytes    string
}{
	{
		name: "version 2 with a password",
		advert: vrrp.Advertisement{
			Version: 2, VRID: 0x33, Priority: 150, AuthType: vrrp.AuthPass, AuthData: password("s3cret"),
			AdvertInterval: time.Second, Addresses: addrs("10.9.0.100", "10.9.0.101"),
		},
		src: "10.9.0.1", dst: "224.0.0.18",
		bytes: "21 33 96 02 01 01 f6 d3 0a090064 0a090065 7333637265740000",
	},
	{
		name:   "version 2 inside an authentication header",
		advert: vrrp.Advertisement{Version: 2, VRID: 70, Priority: 200, AuthType: vrrp.AuthAH, AdvertInterval: time.Second, Addresses: addrs("10.9.0.70", "10.9.0.71")},
		src:    "10.9.0.1", dst: "224.0.0.18",
		bytes: "21 46 c8 02 02 01 00 17 0a090046 0a090047 0000000000000000",
	},
	{
		name:   "version 3 over IPv4",
		advert: vrrp.Advertisement{Version: 3, VRID: 71, Priority: 200, AdvertInterval: 200 * time.Millisecond, Addresses: addrs("10.9.0.72")},
		src:    "10.9.0.1", dst: "224.0.0.18",
		bytes: "31 47 c8 01 00 14 11 b9 0a090048",
	},
	{
		name:   "version 3 to a peer",
		advert: vrrp.Advertisement{Version: 3, VRID: 72, Priority: 200, AdvertInterval: time.Second, Addresses: addrs("10.9.0.73")},
		src:    "10.9.0.1", dst: "10.9.0.2",
		bytes: "31 48 c8 01 00 64 e7 6e 0a090049",
	},
	{
		name:   "version 3 to another peer",
		advert: vrrp.Advertisement{Version: 3, VRID: 72, Priority: 200, AdvertInterval: time.Second, Addresses: addrs("10.9.0.73")},
		src:    "10.9.0.1", dst: "10.9.0.3",
		bytes: "31 48 c8 01 00 64 e7 6d 0a090049",
	},
	{
		name:   "version 3 with the checksum of version 2",
		advert: vrrp.Advertisement{Version: 3, VRID: 75, Priority: 200, AdvertInterval: time.Second, Addresses: addrs("10.9.0.75")},
		src:    "10.9.0.1", dst: "224.0.0.18", dialect: vrrp.ChecksumAsV2,
		bytes: "31 4b c8 01 00 64 fb fa 0a09004b",
	},
	{
		name:   "version 3 over IPv6",
		advert: vrrp.Advertisement{Version: 3, VRID: 92, Priority: 255, AdvertInterval: time.Second, Addresses: addrs("fe80::5:92", "2001:db8::92")},
		src:    "fe80::c093:dbff:fe78:4bd0", dst: "ff02::12",
		bytes: "315cff020064bcce fe800000000000000000000000050092 20010db8000000000000000000000092",
	},
}

func TestMessageOnTheWire(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			src, dst := netip.MustParseAddr(g.src), netip.MustParseAddr(g.dst)
			want := unhex(t, g.bytes)
			got := vrrp.AppendAdvertisement([]byte{0xaa}, &g.advert, src, dst, g.dialect)
			if !bytes.Equal(got[1:], want) || got[0] != 0xaa {
				t.Fatalf("encoded\n%x, want\n%x", got[1:], want)
			}
			if !vrrp.ChecksumValid(want, src, dst, g.dialect) {
				t.Error("its own checksum is refused")
			}
			back, err := vrrp.ParseAdvertisement(want, src.Is6(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !sameAdvert(back, g.advert) {
				t.Errorf("decoded %+v, want %+v", back, g.advert)
			}
		})
	}
}

func TestPatchedMessageEqualsOneBuiltAnew(t *testing.T) {
	for _, g := range golden {
		src, dst := netip.MustParseAddr(g.src), netip.MustParseAddr(g.dst)
		pdu := unhex(t, g.bytes)
		for p := range 256 {
			vrrp.Patch(pdu, vrrp.Priority(p))
			a := g.advert
			a.Priority = vrrp.Priority(p)
			if want := vrrp.AppendAdvertisement(nil, &a, src, dst, g.dialect); !bytes.Equal(pdu, want) {
				t.Fatalf("%s with priority %d: %x, want %x", g.name, p, pdu, want)
			}
		}
	}
}

func TestChecksumRefusesEveryFlippedBit(t *testing.T) {
	for _, g := range golden {
		src, dst := netip.MustParseAddr(g.src), netip.MustParseAddr(g.dst)
		pdu := unhex(t, g.bytes)
		for bit := range len(pdu) * 8 {
			pdu[bit/8] ^= 1 << (bit % 8)
			// The version selects the rule of the checksum, so a flipped one is not a flipped bit under the same rule.
			if bit/8 != 0 && vrrp.ChecksumValid(pdu, src, dst, g.dialect) {
				t.Errorf("%s: bit %d flipped, accepted", g.name, bit)
			}
			pdu[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// RFC 5798, 5.2.8: the pseudo header covers source and destination; RFC 3768, 5.3.8 knows none.
func TestChecksumCoversAddressesOfPacketInVersion3Only(t *testing.T) {
	other := netip.MustParseAddr("10.9.0.77")
	for _, g := range golden {
		src, dst := netip.MustParseAddr(g.src), netip.MustParseAddr(g.dst)
		if src.Is6() {
			other = netip.MustParseAddr("fe80::77")
		}
		pseudo := g.advert.Version == vrrp.Version3 && g.dialect == vrrp.ChecksumStandard
		if got := vrrp.ChecksumValid(unhex(t, g.bytes), other, dst, g.dialect); got == pseudo {
			t.Errorf("%s: with another source valid = %v", g.name, got)
		}
		if got := vrrp.ChecksumValid(unhex(t, g.bytes), src, other, g.dialect); got == pseudo {
			t.Errorf("%s: with another destination valid = %v", g.name, got)
		}
	}
}

func TestParseRefusesWhatIsNoAdvertisement(t *testing.T) {
	good := unhex(t, golden[2].bytes)
	change := func(i int, b byte) []byte {
		c := slices.Clone(good)
		c[i] = b
		return c
	}
	for _, test := range []struct {
		name string
		pdu  []byte
		want error
	}{
		{"nothing", nil, vrrp.ErrShort},
		{"seven bytes", good[:7], vrrp.ErrShort},
		{"version 4", change(0, 0x41), vrrp.ErrVersion},
		{"type 2", change(0, 0x32), vrrp.ErrType},
		{"one address too many", change(3, 2), vrrp.ErrLength},
		{"a byte too many", append(slices.Clone(good), 0), vrrp.ErrLength},
		{"version 2 without authentication data", change(0, 0x21), vrrp.ErrLength},
	} {
		if _, err := vrrp.ParseAdvertisement(test.pdu, false, nil); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

func TestPasswordComparesAllEightBytes(t *testing.T) {
	pdu := unhex(t, golden[0].bytes)
	for _, test := range []struct {
		password string
		want     bool
	}{{"s3cret", true}, {"s3cret\x00x", false}, {"s3cre", false}, {"S3cret", false}, {"", false}} {
		if got := vrrp.PasswordEqual(pdu, password(test.password)); got != test.want {
			t.Errorf("password %q: %v", test.password, got)
		}
	}
	if vrrp.PasswordEqual(pdu[:15], password("")) {
		t.Error("a message without room for a password matched one")
	}
}

func TestTimersAreExactToTheMicrosecond(t *testing.T) {
	const µs = time.Microsecond
	for _, test := range []struct {
		version  vrrp.Version
		priority vrrp.Priority
		interval time.Duration
		skew     time.Duration
		down     time.Duration
	}{
		{2, 150, time.Second, 414062 * µs, 3414062 * µs},
		{2, 165, time.Second, 355468 * µs, 3355468 * µs}, // as a running keepalived printed it
		{2, 100, time.Second, 609375 * µs, 3609375 * µs},
		{2, 100, 10 * time.Second, 609375 * µs, 30609375 * µs}, // RFC 3768: of one second, whatever the interval
		{3, 150, 500 * time.Millisecond, 207031 * µs, 1707031 * µs},
		{3, 255, time.Second, 3906 * µs, 3003906 * µs},
		{3, 1, 10 * time.Millisecond, 9960 * µs, 39960 * µs},
		{3, 254, 40950 * time.Millisecond, 319921 * µs, 123169921 * µs},
	} {
		if got := vrrp.SkewTime(test.version, test.priority, test.interval); got != test.skew {
			t.Errorf("%+v: Skew_Time %v", test, got)
		}
		if got := vrrp.MasterDownInterval(test.version, test.priority, test.interval, 3); got != test.down {
			t.Errorf("%+v: Master_Down_Interval %v", test, got)
		}
	}
}

func TestVirtualMAC(t *testing.T) {
	if got, want := vrrp.VirtualMAC(51, false), [6]byte{0, 0, 0x5e, 0, 1, 51}; got != want {
		t.Errorf("IPv4: %x", got)
	}
	if got, want := vrrp.VirtualMAC(255, true), [6]byte{0, 0, 0x5e, 0, 2, 255}; got != want {
		t.Errorf("IPv6: %x", got)
	}
}

func TestAddressCountLimit(t *testing.T) {
	for _, test := range []struct {
		mtu     int
		version vrrp.Version
		ipv6    bool
		extra   int
		want    int
	}{
		{1500, 3, false, 0, 255}, {1500, 3, true, 0, 89}, {0, 3, true, 0, 89}, {1500, 3, true, 28, 88},
		{576, 3, false, 0, 133}, {576, 2, false, 0, 131}, {576, 2, false, 24, 125}, {60, 3, true, 0, 0}, {20, 2, false, 0, 0},
	} {
		if got := vrrp.AddressCountLimit(test.mtu, test.version, test.ipv6, test.extra); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}

func TestReadingAndPatchingAllocateNothing(t *testing.T) {
	pdu := unhex(t, golden[0].bytes)
	src, dst := netip.MustParseAddr("10.9.0.1"), netip.MustParseAddr("224.0.0.18")
	vip := netip.MustParseAddr("10.9.0.101")
	found := 0
	if n := testing.AllocsPerRun(100, func() {
		h, _ := vrrp.ParseHeader(pdu)
		list := vrrp.AddressesOf(pdu, false, h.Count)
		for _, addr := range list.All() {
			if addr == vip && list.Contains(vip) {
				found++
			}
		}
		if vrrp.PasswordEqual(pdu, password("s3cret")) && vrrp.ChecksumValid(pdu, src, dst, vrrp.ChecksumStandard) {
			found++
		}
		vrrp.Patch(pdu, 150)
	}); n != 0 || found != 2*101 {
		t.Errorf("%v allocations per message, %d of 202 matches", n, found)
	}
}

func FuzzParse(f *testing.F) {
	for _, g := range golden {
		f.Add(unhex(f, g.bytes), strings.Contains(g.src, ":"))
	}
	f.Fuzz(func(t *testing.T, pdu []byte, ipv6 bool) {
		src, dst := netip.MustParseAddr("10.9.0.1"), vrrp.GroupIPv4
		if ipv6 {
			src, dst = netip.MustParseAddr("fe80::1"), vrrp.GroupIPv6
		}
		vrrp.PasswordEqual(pdu, [8]byte{})
		vrrp.AddressesOf(pdu, ipv6, 255).Contains(src)
		a, err := vrrp.ParseAdvertisement(pdu, ipv6, nil)
		if err != nil {
			return
		}
		again := vrrp.AppendAdvertisement(nil, &a, src, dst, vrrp.ChecksumStandard)
		if !vrrp.ChecksumValid(again, src, dst, vrrp.ChecksumStandard) {
			t.Errorf("checksum of %x is refused", again)
		}
		b, err := vrrp.ParseAdvertisement(again, ipv6, nil)
		if err != nil {
			t.Fatalf("%+v encodes to %x: %v", a, again, err)
		}
		if !sameAdvert(a, b) {
			t.Errorf("%+v comes back as %+v", a, b)
		}
	})
}

// sameAdvert compares everything but the checksum, which belongs to one packet and not to the message.
func sameAdvert(a, b vrrp.Advertisement) bool {
	same := slices.Equal(a.Addresses, b.Addresses)
	a.Addresses, b.Addresses, a.Checksum, b.Checksum = nil, nil, 0, 0
	return same && a.Version == b.Version && a.VRID == b.VRID && a.Priority == b.Priority &&
		a.AuthType == b.AuthType && a.AuthData == b.AuthData && a.AdvertInterval == b.AdvertInterval
}

func password(s string) (data [8]byte) {
	copy(data[:], s)
	return data
}

func addrs(list ...string) (out []netip.Addr) {
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

func unhex(tb testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
