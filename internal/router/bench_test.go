package router_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// many is a configuration of n Virtual Routers on four links.
func many(n int, priority vrrp.Priority, interval time.Duration) *router.Config {
	cfg := &router.Config{}
	for i := range n {
		cfg.VRs = append(cfg.VRs, router.VRConfig{
			Name: fmt.Sprint("VI_", i), VRID: vrrp.VRID(i%255 + 1), Version: vrrp.Version3, Priority: priority,
			WantMaster: priority == vrrp.PriorityOwner, AdvertInterval: interval, Preempt: true, Link: i % 4,
			Source:    netip.MustParseAddr("10.0.0.5"),
			Addresses: []netip.Addr{netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})},
		})
	}
	return cfg
}

// advertFor is a good advert of another router for cfg's Virtual Router.
func advertFor(cfg *router.Config, id int, priority vrrp.Priority) *router.ReceivedPacket {
	vr := &cfg.VRs[id]
	src := netip.MustParseAddr("10.0.0.9")
	a := vrrp.Advertisement{
		Version: vr.Version, VRID: vr.VRID, Priority: priority,
		AdvertInterval: vr.AdvertInterval, Addresses: vr.Addresses,
	}
	pdu := vrrp.AppendAdvertisement(nil, &a, src, vrrp.GroupIPv4, vrrp.ChecksumStandard)
	return &router.ReceivedPacket{
		Source: src, Destination: vrrp.GroupIPv4, TTL: 255, Multicast: true, Payload: pdu,
		TotalLength: 20 + len(pdu), HeaderLength: 20,
	}
}

// run ticks a Router through d and reports the number of its adverts.
func run(r *router.Router, now time.Time, d time.Duration) (end time.Time, adverts int) {
	end = now.Add(d)
	for at := r.NextDeadline(); !at.IsZero() && !at.After(end); at = r.NextDeadline() {
		if at.After(now) {
			now = at
		}
		for _, e := range r.Step(now, router.Event{}) {
			if e.Kind == router.SendAdvert {
				adverts++
			}
		}
	}
	return end, adverts
}

func TestSendingAdvertsAllocatesNothing(t *testing.T) {
	now := time.Unix(1000, 0)
	r := router.New(now, many(300, 255, 100*time.Millisecond))
	r.Start(now)
	now, _ = run(r, now, time.Second)
	total := 0
	allocs := testing.AllocsPerRun(20, func() {
		var n int
		now, n = run(r, now, 100*time.Millisecond)
		total += n
	})
	if allocs != 0 || total != 21*300 {
		t.Errorf("%v allocations per interval of 300 adverts, %d adverts in 21 intervals", allocs, total)
	}
}

func TestReceivingAdvertsAllocatesNothing(t *testing.T) {
	cfg := many(2, 100, time.Second)
	now := time.Unix(1000, 0)
	r := router.New(now, cfg)
	r.Start(now)
	same := advertFor(cfg, 0, 150)
	changing := [2]*router.ReceivedPacket{advertFor(cfg, 1, 150), advertFor(cfg, 1, 151)}
	bad := advertFor(cfg, 1, 150)
	bad.Payload[7] ^= 1
	i := 0
	if allocs := testing.AllocsPerRun(100, func() {
		now = now.Add(time.Millisecond)
		r.Receive(now, 0, same)
		r.Receive(now, 1, changing[i%2])
		r.Receive(now, 1, bad)
		i++
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	s := r.Snapshot()
	if s.VRs[0].Stats.AdvertRcvd != 101 || s.VRs[1].Stats.AdvertRcvd != 101 || s.VRs[1].Stats.ChkErr != 101 {
		t.Errorf("%+v\n%+v", s.VRs[0].Stats, s.VRs[1].Stats)
	}
}

func BenchmarkReceiveSame(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cfg := many(n, 100, 100*time.Millisecond)
			now := time.Now()
			r := router.New(now, cfg)
			r.Start(now)
			packets := make([]*router.ReceivedPacket, n)
			for i := range packets {
				packets[i] = advertFor(cfg, i, 150)
			}
			i := 0
			for b.Loop() {
				now = now.Add(100 * time.Microsecond)
				r.Receive(now, router.ID(i), packets[i])
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}

func BenchmarkReceiveNew(b *testing.B) {
	cfg := many(1, 100, time.Second)
	now := time.Now()
	r := router.New(now, cfg)
	r.Start(now)
	packets := [2]*router.ReceivedPacket{advertFor(cfg, 0, 150), advertFor(cfg, 0, 151)}
	i := 0
	for b.Loop() {
		r.Receive(now, 0, packets[i&1])
		i++
	}
}

func BenchmarkTick(b *testing.B) {
	for _, n := range []int{1, 1000, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			now := time.Now()
			r := router.New(now, many(n, 255, 100*time.Millisecond))
			r.Start(now)
			now, _ = run(r, now, time.Second)
			adverts := 0
			for b.Loop() {
				var sent int
				now, sent = run(r, now, 100*time.Millisecond)
				adverts += sent
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(adverts), "ns/advert")
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	now := time.Now()
	r := router.New(now, many(1000, 255, time.Second))
	r.Start(now)
	for b.Loop() {
		if len(r.Snapshot().VRs) != 1000 {
			b.Fatal("incomplete snapshot")
		}
	}
}

// A link with a thousand Virtual Routers in one sync group goes down and comes back.
func BenchmarkGroupFault(b *testing.B) {
	cfg := many(1000, 255, time.Second)
	cfg.Trackers = []router.TrackerConfig{{Name: "eth0", Status: router.TrackerUp}}
	cfg.Groups = []router.GroupConfig{{Name: "G"}}
	for i := range cfg.VRs {
		cfg.VRs[i].Tracks = []router.Track{{}}
		cfg.Groups[0].Members = append(cfg.Groups[0].Members, router.ID(i))
	}
	now := time.Now()
	r := router.New(now, cfg)
	r.Start(now)
	for b.Loop() {
		r.Step(now, router.Event{Kind: router.TrackerChanged, Status: router.TrackerDown})
		r.Step(now, router.Event{Kind: router.TrackerChanged, Status: router.TrackerUp})
	}
}
