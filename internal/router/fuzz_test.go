package router_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// FuzzReceive gives any bytes to a Backup and a Master of every kind. Nothing panics, nothing is heard of a
// packet that is not an advert of the right kind, and a packet is judged the same each time it comes: the
// shortcut for repeated adverts must not differ from the long way.
func FuzzReceive(f *testing.F) {
	cfg := everyKind()
	for id := range cfg.VRs {
		r := router.New(time.Unix(1000, 0), cfg)
		f.Add(uint8(id), r.AppendAdvert(nil, router.ID(id), vrrp.GroupIPv4), uint8(255), true, 0)
		f.Add(uint8(id), r.AppendAdvert(nil, router.ID(id), vrrp.GroupIPv4), uint8(64), false, 4)
	}
	f.Fuzz(func(t *testing.T, which uint8, payload []byte, ttl uint8, multicast bool, after int) {
		id := router.ID(int(which) % len(cfg.VRs))
		now := time.Unix(1000, 0)
		r := router.New(now, cfg)
		r.Start(now)
		now, _ = run(r, now, time.Duration(after%8)*time.Second)
		p := router.ReceivedPacket{Source: netip.MustParseAddr("10.0.0.9"), Destination: vrrp.GroupIPv4, TTL: ttl, Multicast: multicast, Payload: payload}
		if cfg.VRs[id].IPv6 {
			p.Source, p.Destination = netip.MustParseAddr("fe80::9"), vrrp.GroupIPv6
		}
		if cfg.VRs[id].AuthType == vrrp.AuthAH && multicast {
			p.AH, p.Packet = true, append(make([]byte, 44), payload...)
		}
		stats := [4]router.Stats{}
		state := [4]router.State{}
		for i := range stats {
			stats[i], state[i] = r.Snapshot().VRs[id].Stats, r.State(id)
			r.Receive(now, id, &p)
		}
		if heard := stats[1].AdvertRcvd - stats[0].AdvertRcvd; heard > 0 && !plausible(&cfg.VRs[id], payload) {
			t.Errorf("%s heard %x", cfg.VRs[id].Name, payload)
		}
		if state[1] == state[2] && state[2] == state[3] && verdict(&stats[1], &stats[2]) != verdict(&stats[2], &stats[3]) {
			t.Errorf("judged as %+v, then as %+v", verdict(&stats[1], &stats[2]), verdict(&stats[2], &stats[3]))
		}
	})
}

// verdict is what the counters of received packets say between two moments.
func verdict(before, after *router.Stats) router.Stats {
	return router.Stats{
		AdvertRcvd: after.AdvertRcvd - before.AdvertRcvd, PacketLenErr: after.PacketLenErr - before.PacketLenErr,
		IPTTLErr: after.IPTTLErr - before.IPTTLErr, InvalidTypeRcvd: after.InvalidTypeRcvd - before.InvalidTypeRcvd,
		AddrListErr: after.AddrListErr - before.AddrListErr, InvalidAuthType: after.InvalidAuthType - before.InvalidAuthType,
		AuthTypeMismatch: after.AuthTypeMismatch - before.AuthTypeMismatch, AuthFailure: after.AuthFailure - before.AuthFailure, AuthExtMissing: after.AuthExtMissing - before.AuthExtMissing,
		AuthExtMalformed: after.AuthExtMalformed - before.AuthExtMalformed, AuthExtStale: after.AuthExtStale - before.AuthExtStale,
		AuthExtUnknownKey: after.AuthExtUnknownKey - before.AuthExtUnknownKey, AuthExtHMAC: after.AuthExtHMAC - before.AuthExtHMAC,
		PriZeroRcvd: after.PriZeroRcvd - before.PriZeroRcvd, ChkErr: after.ChkErr - before.ChkErr, VersErr: after.VersErr - before.VersErr,
	}
}

// plausible looks at what a listener must insist on, without the state machine's help.
func plausible(vr *router.VRConfig, payload []byte) bool {
	h, err := vrrp.ParseHeader(payload)
	return err == nil && h.Version == vr.Version && h.Type == vrrp.TypeAdvertisement &&
		len(payload) >= vrrp.MessageLength(vr.Version, vr.IPv6, h.Count)
}

// everyKind has a Virtual Router of each combination that receives in another way.
func everyKind() *router.Config {
	cfg := many(11, 100, time.Second)
	v6 := func(vr *router.VRConfig) {
		vr.IPv6, vr.Source = true, netip.MustParseAddr("fe80::5")
		vr.Addresses = []netip.Addr{netip.MustParseAddr("fe80::100"), netip.MustParseAddr("2001:db8::1")}
	}
	unicast := func(vr *router.VRConfig) {
		vr.Unicast, vr.Peers = true, []router.Peer{{Addr: netip.MustParseAddr("10.0.0.9"), MaxTTL: 100}}
	}
	cfg.VRs[1].Version = vrrp.Version2
	cfg.VRs[2].Version, cfg.VRs[2].AuthType = vrrp.Version2, vrrp.AuthPass
	v6(&cfg.VRs[3])
	unicast(&cfg.VRs[4])
	v6(&cfg.VRs[5])
	unicast(&cfg.VRs[5])
	cfg.VRs[6].Checksum = vrrp.ChecksumAsV2
	cfg.VRs[7].SkipCheckAddress, cfg.VRs[7].Priority, cfg.VRs[7].WantMaster = true, vrrp.PriorityOwner, true
	withHMAC(nil)(&cfg.VRs[8])
	withHMAC(func(c *router.HMACConfig) { c.Mode = router.HMACPermissive })(&cfg.VRs[9])
	withAH(&cfg.VRs[10])
	return cfg
}
