package router_test

import (
	"encoding/binary"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

func secret(text string) (password [vrrp.AuthDataLength]byte) {
	copy(password[:], text)
	return password
}

// withAH lets a Virtual Router authenticate by headers.
func withAH(vr *router.VRConfig) {
	vr.Version, vr.AuthType, vr.AuthData = vrrp.Version2, vrrp.AuthAH, secret("s3cret")
}

// headed is an advert of 10.0.0.9 inside an authentication header.
func (l *lone) headed(priority vrrp.Priority, sequence uint32, change func(packet []byte)) *router.ReceivedPacket {
	vr := &l.cfg.VRs[0]
	src := netip.MustParseAddr("10.0.0.9")
	a := vrrp.Advertisement{Version: 2, VRID: vr.VRID, Priority: priority, AuthType: vrrp.AuthAH, AdvertInterval: vr.AdvertInterval, Addresses: vr.Addresses}
	const headers = 20 + vrrp.AHLength
	packet := vrrp.AppendAdvertisement(make([]byte, headers), &a, src, vrrp.GroupIPv4, vrrp.ChecksumStandard)
	packet[0], packet[8], packet[9] = 0x45, 255, vrrp.ProtocolAH
	binary.BigEndian.PutUint16(packet[2:], uint16(len(packet)))
	copy(packet[12:], src.AsSlice())
	copy(packet[16:], vrrp.GroupIPv4.AsSlice())
	vrrp.NewAH(secret("s3cret")).Sign(packet, sequence)
	if change != nil {
		change(packet)
	}
	return &router.ReceivedPacket{
		Source: src, Destination: vrrp.GroupIPv4, TTL: packet[8], Multicast: true, AH: true, Packet: packet,
		Payload: packet[headers:], HeaderLength: headers, TotalLength: len(packet),
	}
}

func TestAuthenticationHeadersAreJudged(t *testing.T) {
	l := started(t, 0, withAH)
	other := func(packet []byte) { vrrp.NewAH(secret("other")).Sign(packet, 99) }
	for _, test := range []struct {
		what   string
		p      *router.ReceivedPacket
		want   string
		logged string
	}{
		{"good", l.headed(150, 7, nil), "", "master-set"},
		{"again", l.headed(150, 7, nil), "AuthFailure", "ah-repeated"},
		{"older", l.headed(150, 6, nil), "AuthFailure", ""},
		{"next, the same bytes", l.headed(150, 8, nil), "", ""},
		{"the same bytes, another password", l.headed(150, 9, other), "AuthFailure", "ah-wrong-value"},
		{"other bytes, another password", l.headed(151, 9, other), "AuthFailure", ""},
		{"changed on the way", l.headed(150, 9, func(p []byte) { p[4]++ }), "AuthFailure", ""},
		{"another protocol", l.headed(150, 9, func(p []byte) { p[20] = 89 }), "not counted", ""},
		{"wrong TTL, then the value", l.headed(150, 9, func(p []byte) { p[8] = 3 }), "IPTTLErr", "ttl"},
		{"two bytes more", longer(l.headed(150, 9, nil)), "PacketLenErr", "length-long"},
		{"no header", advertFor(l.cfg, 0, 150), "AuthTypeMismatch", "auth-mismatch"},
		{"still good", l.headed(150, 9, nil), "", ""},
		{"far ahead", l.headed(150, math.MaxUint32-1, nil), "", ""},
	} {
		counter, logged := l.judge(test.p)
		if counter != test.want || (test.logged == "") != (len(logged) == 0) || test.logged != "" && !slices.Equal(logged, []string{test.logged}) {
			t.Errorf("%s: dropped by %q, want %q; logged %v, want %q", test.what, counter, test.want, logged, test.logged)
		}
	}
}

// longer adds what a short Ethernet frame would have at its end.
func longer(p *router.ReceivedPacket) *router.ReceivedPacket {
	p.Packet = append(p.Packet, 0, 0)
	p.Payload = p.Packet[p.HeaderLength:]
	return p
}

// A header that nobody asked for is another kind of authentication.
func TestAuthenticationHeaderWithoutPassword(t *testing.T) {
	l := started(t, 0, func(vr *router.VRConfig) { vr.Version = vrrp.Version2 })
	counter, logged := l.judge(l.headed(150, 7, nil))
	if counter != "AuthTypeMismatch" || !slices.Equal(logged, []string{"auth-mismatch"}) {
		t.Errorf("%s, %v", counter, logged)
	}
}

// sent lets time pass and lists the numbers of the adverts that leave.
func (l *lone) sent(d time.Duration) (list []uint64) {
	end := l.now.Add(d)
	for at := l.r.NextDeadline(); !at.IsZero() && !at.After(end); at = l.r.NextDeadline() {
		l.now = at
		list = append(list, sequences(l.r.Step(at, router.Event{}))...)
	}
	l.now = end
	return list
}

func (l *lone) wantSent(what string, got []uint64, want ...uint64) {
	l.t.Helper()
	if !slices.Equal(got, want) {
		l.t.Errorf("%s: numbers %d, want %d", what, got, want)
	}
}

func TestOneCounterForAllAdverts(t *testing.T) {
	l := started(t, 0, withAH)
	l.wantSent("alone", l.sent(5*time.Second), 1, 2)

	l = started(t, 0, withAH)
	l.judge(l.headed(150, 40, nil))
	l.wantSent("after a Master", l.sent(5*time.Second), 41, 42)

	// A Master that came from nowhere must be heard by who is ahead of it.
	effects := slices.Clone(l.r.Receive(l.now, 0, l.headed(90, 300, nil)))
	l.wantSent("answer to a lower Master", sequences(effects), 302)
	l.want("the jump is told", slices.ContainsFunc(effects, func(e router.Effect) bool { return e.Reason == router.LogAHSync }))

	next := many(1, 100, time.Second)
	withAH(&next.VRs[0])
	l.wantSent("reload", sequences(l.r.Reload(l.now, next, []router.ID{0})), 303)
	l.wantJudged("heard before", l.headed(90, 300, nil), "AuthFailure")
}

// RFC 2402, 3.3.2: no number is used twice but by a new Master, so that one who has used up all is not heard.
func TestCounterEnds(t *testing.T) {
	l := started(t, 0, withAH)
	l.judge(l.headed(150, math.MaxUint32-2, nil))
	const last = math.MaxUint32 - 1
	l.wantSent("the end", l.sent(6*time.Second), last, last, last)
	l.r.Receive(l.now, 0, l.headed(150, math.MaxUint32, nil))
	l.wantState(router.Backup)
	l.wantSent("a new beginning", l.sent(4*time.Second), 1)
}

// Two Masters that send the same number in the same instant hear each other, once: an advert that comes again, or one
// that is older, is heard of nobody.
func TestMastersInStepHearEachOther(t *testing.T) {
	l := started(t, 0, withAH)
	l.wantSent("alone", l.sent(5*time.Second), 1, 2)
	l.wantJudged("older", l.headed(90, 1, nil), "AuthFailure")
	own := l.headed(90, 2, func(packet []byte) {
		copy(packet[12:], l.cfg.VRs[0].Source.AsSlice())
		vrrp.NewAH(secret("s3cret")).Sign(packet, 2)
	})
	own.Source = l.cfg.VRs[0].Source
	l.wantJudged("its own, come back", own, "AuthFailure")
	effects := slices.Clone(l.r.Receive(l.now, 0, l.headed(150, 2, nil)))
	l.want("the better one is heard", slices.ContainsFunc(effects, func(e router.Effect) bool { return e.Reason == router.LogHigherPriority }))
	l.wantState(router.Backup)
	l.wantJudged("the same again", l.headed(150, 2, nil), "AuthFailure")
	l.wantJudged("the next", l.headed(150, 3, nil), "")
	l.wantJudged("the next again", l.headed(150, 3, nil), "AuthFailure")
}

func TestAuthenticationAllocatesNothing(t *testing.T) {
	cfg := many(2, 100, time.Second)
	withAH(&cfg.VRs[0])
	withHMAC(nil)(&cfg.VRs[1])
	l := &lone{t: t, cfg: cfg, now: epoch}
	r := router.New(epoch, cfg)
	r.Start(epoch)
	const rounds = 100
	var headed, trailed [rounds + 1]*router.ReceivedPacket
	hmac := &lone{t: t, cfg: &router.Config{VRs: cfg.VRs[1:]}}
	for i := range headed {
		headed[i] = l.headed(150, uint32(i+1), nil)
		trailed[i] = signed{sequence: at(0) + vrrp.Sequence(i)}.packet(hmac)
	}
	i := 0
	if allocs := testing.AllocsPerRun(rounds, func() {
		r.Receive(epoch, 0, headed[i])
		r.Receive(epoch, 1, trailed[i])
		r.Receive(epoch, 0, headed[i]) // a replay
		r.Receive(epoch, 1, trailed[i])
		i++
	}); allocs != 0 {
		t.Errorf("%v allocations per round of received adverts", allocs)
	}
	for id, vr := range r.Snapshot().VRs {
		if vr.Stats.AdvertRcvd != rounds+1 || vr.Stats.AuthFailure+vr.Stats.AuthExtReplay != rounds+1 {
			t.Errorf("Virtual Router %d: %+v", id, vr.Stats)
		}
	}

	cfg.VRs[0].Priority, cfg.VRs[1].Priority = 255, 255
	cfg.VRs[0].WantMaster, cfg.VRs[1].WantMaster = true, true
	r = router.New(epoch, cfg)
	now := epoch
	r.Start(now)
	pdu := r.AppendAdvert(nil, 1, vrrp.GroupIPv4)
	packet := headed[0].Packet
	signers, done := []router.Signer{r.Signer(0), r.Signer(1)}, 0
	if allocs := testing.AllocsPerRun(rounds, func() {
		now = now.Add(time.Second)
		for _, e := range r.Step(now, router.Event{}) {
			if e.Kind == router.SendAdvert && e.VR == 0 {
				signers[0].Sign(packet, 44, e.Value)
				done++
			} else if e.Kind == router.SendAdvert {
				signers[1].Sign(pdu, 0, e.Value)
				done++
			}
		}
	}); allocs != 0 || done != 2*(rounds+1) {
		t.Errorf("%v allocations per round of sent adverts, %d signed", allocs, done)
	}
}
