package router_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

const (
	firstKey  = "Aish9aeb0quohp8aePh7ahngoo4Eep3x"
	secondKey = "Uo7ahs3OopheijahZai4eequiePei9ko"
)

// epoch is the wall clock's time at which lones start.
var epoch = time.Unix(1000, 0)

// withHMAC lets a Virtual Router sign with the first of two keys.
func withHMAC(change func(*router.HMACConfig)) func(*router.VRConfig) {
	return func(vr *router.VRConfig) {
		vr.HMAC = &router.HMACConfig{
			Keys:   []router.HMACKey{{ID: 1, Secret: firstKey}, {ID: 7, Secret: secondKey}},
			Active: 1, Window: 5 * time.Second,
		}
		if change != nil {
			change(vr.HMAC)
		}
	}
}

// signed is an advert of somebody else with a trailer.
type signed struct {
	from     string // 10.0.0.9 if empty
	priority vrrp.Priority
	key      uint8 // 1 if 0
	secret   string
	sequence vrrp.Sequence
	bare     bool // without a trailer
	change   func(*router.ReceivedPacket)
}

// at is the sequence of the instant d after the epoch.
func at(d time.Duration) vrrp.Sequence { return vrrp.SequenceAt(epoch.Add(d)) }

func (s signed) packet(l *lone) *router.ReceivedPacket {
	if s.from == "" {
		s.from = "10.0.0.9"
	}
	if s.key == 0 {
		s.key = 1
	}
	if s.secret == "" {
		s.secret = firstKey
	}
	if s.priority == 0 {
		s.priority = 150
	}
	vr := &l.cfg.VRs[0]
	p := &router.ReceivedPacket{Source: netip.MustParseAddr(s.from), Destination: vrrp.GroupIPv4, TTL: 255, Multicast: !vr.Unicast, HeaderLength: 20}
	if vr.Unicast {
		p.Destination = vr.Source
	}
	a := vrrp.Advertisement{Version: vr.Version, VRID: vr.VRID, Priority: s.priority, AdvertInterval: vr.AdvertInterval, Addresses: vr.Addresses}
	p.Payload = vrrp.AppendAdvertisement(nil, &a, p.Source, p.Destination, vrrp.ChecksumStandard)
	if !s.bare {
		p.Payload = vrrp.AppendTrailer(p.Payload)
		vrrp.NewHMACKey(s.key, []byte(s.secret)).Sign(p.Payload, p.Source, s.sequence)
	}
	p.TotalLength = p.HeaderLength + len(p.Payload)
	if s.change != nil {
		s.change(p)
	}
	return p
}

// judge receives a packet, and says by which counter it was dropped ("" if it was not) and what was logged.
func (l *lone) judge(p *router.ReceivedPacket) (counter string, logged []string) {
	before := l.snapshot().Stats
	for _, e := range l.r.Receive(l.now, 0, p) {
		if e.Kind == router.Log {
			logged = append(logged, e.Reason.String())
		}
	}
	after := l.snapshot().Stats
	if after.AdvertRcvd > before.AdvertRcvd {
		return "", logged
	}
	after.AdvertRcvd = 0
	before.AdvertRcvd = 0
	was, is := strings.Fields(statsText(before)), strings.Fields(statsText(after))
	for _, word := range is {
		if !slices.Contains(was, word) {
			name, _, _ := strings.Cut(word, "=")
			return name, logged
		}
	}
	return "not counted", logged
}

func (l *lone) wantJudged(what string, p *router.ReceivedPacket, want string) {
	l.t.Helper()
	if got, logged := l.judge(p); got != want {
		l.t.Errorf("%s: dropped by %q, want %q; logged %v", what, got, want, logged)
	}
}

func TestSignedAdvertsAreJudgedInOrder(t *testing.T) {
	trailer := func(offset int, b byte) func(*router.ReceivedPacket) {
		return func(p *router.ReceivedPacket) { p.Payload[len(p.Payload)-vrrp.TrailerLength+offset] ^= b }
	}
	both := func(first, second func(*router.ReceivedPacket)) func(*router.ReceivedPacket) {
		return func(p *router.ReceivedPacket) { first(p); second(p) }
	}
	ttl := func(p *router.ReceivedPacket) { p.TTL = 254 }
	version := func(p *router.ReceivedPacket) { p.Payload[0] ^= 0x40 } // to one that has no length of its own
	for _, version3 := range []bool{true, false} {
		l := started(t, 0, func(vr *router.VRConfig) {
			if withHMAC(nil)(vr); !version3 {
				vr.Version = vrrp.Version2
			}
		})
		for _, test := range []struct {
			what string
			s    signed
			want string
		}{
			{"good", signed{sequence: at(0)}, ""},
			{"good once more, newer", signed{sequence: at(0) + 1}, ""},
			{"the same again", signed{sequence: at(0) + 1}, "AuthExtReplay"},
			{"older", signed{sequence: at(0)}, "AuthExtReplay"},
			{"other content, older", signed{sequence: at(0), priority: 151}, "AuthExtReplay"},
			{"not signed", signed{bare: true}, "AuthExtMissing"},
			{"another type", signed{sequence: at(0) + 9, change: trailer(0, 2)}, "AuthExtMalformed"},
			{"reserved bits", signed{sequence: at(0) + 9, change: trailer(3, 1)}, "AuthExtMalformed"},
			{"malformed and stale", signed{change: trailer(3, 1)}, "AuthExtMalformed"},
			{"late by the window", signed{from: "10.0.0.8", sequence: at(-5 * time.Second)}, ""},
			{"late by more", signed{from: "10.0.0.8", sequence: at(-6 * time.Second)}, "AuthExtStale"},
			{"early by the window", signed{from: "10.0.0.8", sequence: at(5 * time.Second)}, ""},
			{"early by more", signed{from: "10.0.0.8", sequence: at(6 * time.Second)}, "AuthExtStale"},
			{"stale, of an unknown key", signed{key: 3, sequence: at(-9 * time.Second)}, "AuthExtStale"},
			{"unknown key", signed{key: 3, sequence: at(0) + 9}, "AuthExtUnknownKey"},
			{"another secret", signed{secret: secondKey, sequence: at(0) + 9}, "AuthExtHMAC"},
			{"changed on the way", signed{sequence: at(0) + 9, change: func(p *router.ReceivedPacket) { p.Payload[2] = 1 }}, "AuthExtHMAC"},
			{"changed and old", signed{sequence: at(0), change: trailer(20, 1)}, "AuthExtHMAC"},
			{"the second key", signed{key: 7, secret: secondKey, sequence: at(0) + 10}, ""},
			{"wrong TTL and signature", signed{sequence: at(0) + 20, change: both(ttl, trailer(20, 1))}, "IPTTLErr"},
			{"wrong version and signature", signed{sequence: at(0) + 20, change: both(version, trailer(20, 1))}, "VersErr"},
			{"too long by one", signed{sequence: at(0) + 20, change: func(p *router.ReceivedPacket) { p.Payload = append(p.Payload, 0) }}, "PacketLenErr"},
			{"signed, wrong checksum", signed{sequence: at(0) + 21, change: func(p *router.ReceivedPacket) { p.Payload[6] ^= 1 }}, "ChkErr"},
			{"of the other version", signed{sequence: at(0) + 22, change: otherVersion}, "VersErr"},
			{"good at last", signed{sequence: at(0) + 22}, ""},
		} {
			l.wantJudged(fmt.Sprintf("version 3 %v: %s", version3, test.what), test.s.packet(l), test.want)
		}
	}
}

// otherVersion makes a signed advert one of the other version.
func otherVersion(p *router.ReceivedPacket) {
	end := len(p.Payload) - vrrp.TrailerLength
	a, err := vrrp.ParseAdvertisement(p.Payload[:end], false, nil)
	if err != nil {
		panic(err)
	}
	a.Version = 5 - a.Version
	p.Payload = append(vrrp.AppendAdvertisement(nil, &a, p.Source, p.Destination, vrrp.ChecksumStandard), p.Payload[end:]...)
	p.TotalLength = p.HeaderLength + len(p.Payload)
}

// A refused advert moves no timer, and a line about it comes once.
func TestRefusedSignatureMovesNothing(t *testing.T) {
	l := started(t, 2*time.Second, withHMAC(nil))
	before := l.masterDownIn()
	for i := range 3 {
		_, logged := l.judge(signed{secret: secondKey, sequence: at(2*time.Second) + vrrp.Sequence(i)}.packet(l))
		if (i == 0) != slices.Equal(logged, []string{"ext-wrong-hmac"}) || i > 0 && len(logged) > 0 {
			t.Errorf("%d. time: logged %v", i+1, logged)
		}
	}
	l.wantDeadline(before)
	l.wantState(router.Backup)
}

func TestModesOfSigning(t *testing.T) {
	for mode, want := range map[router.HMACMode]struct {
		unsigned string
		sends    bool
	}{
		router.HMACEnforce:     {"AuthExtMissing", true},
		router.HMACPermissive:  {"", true},
		router.HMACReceiveOnly: {"", false},
	} {
		l := started(t, 0, withHMAC(func(c *router.HMACConfig) { c.Mode = mode }))
		l.wantJudged("unsigned", signed{bare: true}.packet(l), want.unsigned)
		l.wantJudged("unsigned again", signed{bare: true}.packet(l), want.unsigned)
		l.wantJudged("signed", signed{sequence: at(0)}.packet(l), "")
		l.wantJudged("signed again", signed{sequence: at(0) + 1}.packet(l), "")
		l.wantJudged("unsigned once more", signed{bare: true}.packet(l), want.unsigned)
		l.wantJudged("signed wrongly", signed{sequence: at(0) + 2, secret: secondKey}.packet(l), "AuthExtHMAC")
		pdu := l.r.AppendAdvert(nil, 0, vrrp.GroupIPv4)
		signer := l.r.Signer(0)
		if got := len(pdu) == vrrp.MessageLength(3, false, 1)+vrrp.TrailerLength; got != want.sends || signer.Needed() != want.sends {
			t.Errorf("mode %d: %d bytes, something to sign %v", mode, len(pdu), signer.Needed())
		}
	}
}

// Who does not know of auth_hmac takes a trailer for a mistake.
func TestTrailerIsTooLongWithoutKeys(t *testing.T) {
	l := started(t, 0, nil)
	p := signed{sequence: at(0)}.packet(l)
	l.wantJudged("signed", p, "PacketLenErr")
}

func TestSignatureNeedsNoClockInMonotonicMode(t *testing.T) {
	l := started(t, 0, withHMAC(func(c *router.HMACConfig) { c.Monotonic = true }))
	l.wantJudged("an hour late", signed{sequence: at(-time.Hour)}.packet(l), "")
	l.wantJudged("later", signed{sequence: at(time.Hour)}.packet(l), "")
	_, logged := l.judge(signed{sequence: at(time.Hour)}.packet(l))
	l.want("a replay is told", slices.Contains(logged, "ext-replay"))
	l.wantJudged("between", signed{sequence: at(0)}.packet(l), "AuthExtReplay")
	// RFC 1982: numbers wrap around.
	l.wantJudged("the last half of all numbers", signed{sequence: at(time.Hour) + 1<<63 - 1}.packet(l), "")
	l.wantJudged("the rest of them", signed{sequence: at(time.Hour) + 3<<62}.packet(l), "")
	l.wantJudged("after the wrap", signed{sequence: at(2 * time.Hour)}.packet(l), "")
}

// When clocks are turned back, what was heard before does not count against adverts of today.
func TestClockTurnedBackForgetsWhatWasHeard(t *testing.T) {
	l := started(t, 0, withHMAC(nil))
	l.wantJudged("before", signed{sequence: at(0)}.packet(l), "")
	for _, test := range []struct {
		back time.Duration
		want string
	}{{-5 * time.Second, "AuthExtReplay"}, {-6 * time.Second, ""}} {
		l.now = l.start.Add(test.back)
		l.wantJudged(fmt.Sprint(test.back), signed{sequence: at(test.back)}.packet(l), test.want)
	}
}

func TestClockSkewIsToldBeforeItHurts(t *testing.T) {
	l := started(t, 0, withHMAC(func(c *router.HMACConfig) { c.Window = 10 * time.Second }))
	for _, test := range []struct {
		skew time.Duration
		want bool
	}{{-5 * time.Second, false}, {5 * time.Second, false}, {6 * time.Second, true}, {7 * time.Second, false}} {
		_, logged := l.judge(signed{sequence: at(test.skew)}.packet(l))
		if got := slices.Contains(logged, "ext-skew"); got != test.want {
			t.Errorf("skew %v: logged %v", test.skew, logged)
		}
	}
}

// With multicast, whoever has a key is a sender; the four that were heard last are remembered.
func TestReplayIsKnownOfFourSenders(t *testing.T) {
	l := started(t, 0, withHMAC(nil))
	from := func(n int) signed {
		return signed{from: fmt.Sprintf("10.0.0.%d", 10+n), sequence: at(0), priority: 150 + vrrp.Priority(n)}
	}
	for n := range 4 {
		l.wantJudged("first", from(n).packet(l), "")
	}
	again := from(0)
	again.sequence++
	l.wantJudged("the first sender goes on", again.packet(l), "")
	// Nobody without a key can drive a sender out.
	forged := from(9)
	forged.secret = secondKey
	l.wantJudged("forged", forged.packet(l), "AuthExtHMAC")
	l.wantJudged("fifth", from(4).packet(l), "")
	for n, want := range map[int]string{0: "AuthExtReplay", 2: "AuthExtReplay", 3: "AuthExtReplay", 4: "AuthExtReplay"} {
		l.wantJudged(fmt.Sprint("again from ", n), from(n).packet(l), want)
	}
	l.wantJudged("the one that was heard longest ago", from(1).packet(l), "")
}

// With unicast, every peer is remembered, and nobody else is heard.
func TestReplayIsKnownOfEveryPeer(t *testing.T) {
	l := started(t, 0, func(vr *router.VRConfig) {
		withHMAC(nil)(vr)
		vr.Unicast = true
		for n := range 6 {
			vr.Peers = append(vr.Peers, router.Peer{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(10 + n)}), MaxTTL: 255})
		}
	})
	for _, want := range []string{"", "AuthExtReplay"} {
		for n := range 6 {
			l.wantJudged(fmt.Sprint("peer ", n), signed{from: fmt.Sprintf("10.0.0.%d", 10+n), sequence: at(0)}.packet(l), want)
		}
	}
	counter, logged := l.judge(signed{from: "10.0.0.99", sequence: at(0)}.packet(l))
	if counter != "AuthExtReplay" || !slices.Equal(logged, []string{"not-peer"}) {
		t.Errorf("a stranger: %s, %v", counter, logged)
	}
}

// sequences are the numbers of the adverts among effects.
func sequences(effects []router.Effect) (list []uint64) {
	for _, e := range effects {
		if e.Kind == router.SendAdvert {
			list = append(list, uint64(e.Value))
		}
	}
	return list
}

func TestSequenceOfSignedAdvertsGrows(t *testing.T) {
	for _, monotonic := range []bool{false, true} {
		l := newLone(t, func(vr *router.VRConfig) {
			withHMAC(func(c *router.HMACConfig) { c.Monotonic = monotonic })(vr)
			vr.Priority, vr.WantMaster = 255, true
		})
		first := sequences(l.r.Start(l.now))
		if len(first) != 1 || first[0] != uint64(at(0)) {
			t.Fatalf("first number %x, want %x", first, uint64(at(0)))
		}
		// A lower advert makes the Master answer at once, whatever its timer says.
		answer := func(d time.Duration, sequence vrrp.Sequence) uint64 {
			l.now = l.start.Add(d)
			list := sequences(l.r.Receive(l.now, 0, signed{priority: 1, sequence: sequence}.packet(l)))
			if len(list) != 1 {
				t.Fatalf("answered %d times after %v", len(list), d)
			}
			return list[0]
		}
		if got, want := answer(time.Second, at(time.Second)), uint64(at(time.Second)); got != want {
			t.Errorf("a second later: %x, want %x", got, want)
		}
		if got, want := answer(time.Second, at(time.Second)+1), uint64(at(time.Second)+1); got != want {
			t.Errorf("in the same instant: %x, want %x", got, want)
		}
		if got, want := answer(-4*time.Second, at(time.Second)+2), uint64(at(time.Second)+2); got != want {
			t.Errorf("clock turned back by the window: %x, want %x", got, want)
		}
		// The others would find a number like the one before stale, unless they do not look at clocks.
		want, heard := at(-5*time.Second), at(-5*time.Second)
		if monotonic {
			want, heard = at(time.Second)+3, at(time.Second)+3
		}
		if got := answer(-5*time.Second, heard); got != uint64(want) {
			t.Errorf("monotonic %v, clock turned back by more: %x, want %x", monotonic, got, uint64(want))
		}
	}
}

func TestReloadKeepsWhatWasSignedAndHeard(t *testing.T) {
	l := newLone(t, func(vr *router.VRConfig) { withHMAC(nil)(vr); vr.Priority, vr.WantMaster = 255, true })
	sent := sequences(l.r.Start(l.now))
	heard := signed{priority: 1, sequence: at(0)}
	sent = append(sent, sequences(l.r.Receive(l.now, 0, heard.packet(l)))...)
	next := many(1, 255, time.Second)
	withHMAC(func(c *router.HMACConfig) { c.Active = 7 })(&next.VRs[0])
	sent = append(sent, sequences(l.r.Reload(l.now, next, []router.ID{0}))...)
	if want := []uint64{uint64(at(0)), uint64(at(0)) + 1, uint64(at(0)) + 2}; !slices.Equal(sent, want) {
		t.Errorf("numbers %x, want %x", sent, want)
	}
	l.wantState(router.Master)
	l.wantJudged("heard before", heard.packet(l), "AuthExtReplay")
	l.wantJudged("of the old key", signed{priority: 1, sequence: at(0) + 1}.packet(l), "")

	// The new key signs.
	pdu := l.r.AppendAdvert(nil, 0, vrrp.GroupIPv4)
	signer := l.r.Signer(0)
	signer.Sign(pdu, 0, int64(sent[2]))
	trailer, ok := vrrp.TrailerOf(pdu)
	if !ok || trailer.KeyID != 7 || uint64(trailer.Sequence) != sent[2] || !vrrp.NewHMACKey(7, []byte(secondKey)).Valid(pdu, next.VRs[0].Source) {
		t.Errorf("signed %x: %+v, %v", pdu, trailer, ok)
	}
}

func TestReloadKeepsWhatWasHeardOfPeers(t *testing.T) {
	config := func(peers ...string) *router.Config {
		cfg := many(1, 100, time.Second)
		withHMAC(nil)(&cfg.VRs[0])
		cfg.VRs[0].Unicast = true
		for _, peer := range peers {
			cfg.VRs[0].Peers = append(cfg.VRs[0].Peers, router.Peer{Addr: netip.MustParseAddr(peer), MaxTTL: 255})
		}
		return cfg
	}
	l := &lone{t: t, cfg: config("10.0.0.8", "10.0.0.9"), now: epoch, start: epoch}
	l.r = router.New(epoch, l.cfg)
	l.r.Start(epoch)
	heard := signed{sequence: at(0)}
	l.wantJudged("before", heard.packet(l), "")
	l.cfg = config("10.0.0.9", "10.0.0.7")
	l.r.Reload(epoch, l.cfg, []router.ID{0})
	l.wantJudged("the same again", heard.packet(l), "AuthExtReplay")
	heard.from = "10.0.0.7"
	l.wantJudged("from the new peer", heard.packet(l), "")
}

func TestConfigurationsOfSigningAreCompared(t *testing.T) {
	of := func(change func(*router.HMACConfig)) *router.HMACConfig {
		vr := router.VRConfig{}
		withHMAC(change)(&vr)
		return vr.HMAC
	}
	var none *router.HMACConfig
	if !none.Equal(nil) || none.Equal(of(nil)) || of(nil).Equal(nil) || !of(nil).Equal(of(nil)) {
		t.Error("with and without are not told apart")
	}
	for i, change := range []func(*router.HMACConfig){
		func(c *router.HMACConfig) { c.Active = 7 },
		func(c *router.HMACConfig) { c.Mode = router.HMACPermissive },
		func(c *router.HMACConfig) { c.Monotonic = true },
		func(c *router.HMACConfig) { c.Window++ },
		func(c *router.HMACConfig) { c.Keys = c.Keys[:1] },
		func(c *router.HMACConfig) { c.Keys[1].Secret = firstKey },
	} {
		if of(nil).Equal(of(change)) {
			t.Errorf("change %d makes no difference", i)
		}
	}
}

// An advert that repeats a good one, but is signed wrongly, is one of a Master that goes on beside us.
func TestRefusedRepetitionIsASignOfAnotherMaster(t *testing.T) {
	l := newLone(t, func(vr *router.VRConfig) {
		withHMAC(nil)(vr)
		vr.Priority, vr.WantMaster, vr.SplitBrainAlarm = 255, true, true
	})
	l.r.Start(l.now)
	l.r.Receive(l.now, 0, signed{priority: 1, sequence: at(0)}.packet(l))
	effects := l.r.Receive(l.now, 0, signed{priority: 1, sequence: at(0) + 1, secret: secondKey}.packet(l))
	l.want("its sender is looked for", slices.ContainsFunc(effects, func(e router.Effect) bool { return e.Kind == router.LookForSender }))
}
