package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// reloading measures what a reload of 1000 unchanged Virtual Routers does to their adverts.
func reloading(ctx context.Context, b *bench, program peers.Program) (samples, error) {
	const size = 1000
	f, sniffer, daemon, err := b.startOwners(program, size)
	if err != nil {
		return nil, err
	}
	defer f.close()
	defer sniffer.Close()
	defer daemon.Close()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if _, err := waitForAll(ctx, sniffer, size); err != nil {
		return nil, err
	}
	if err := wait(ctx, 2*time.Second); err != nil {
		return nil, err
	}
	mark := sniffer.Mark()
	if err := wait(ctx, 5*advertInterval); err != nil { // an advert of each before the reload
		return nil, err
	}
	if err := daemon.Signal(unix.SIGHUP); err != nil {
		return nil, err
	}
	if err := wait(ctx, 2*time.Second); err != nil {
		return nil, err
	}
	var longest time.Duration
	for id, adverts := range byVirtualRouter(sniffer.Frames(mark, isAdvert)) {
		if len(adverts) < 10 {
			return nil, fmt.Errorf("only %d adverts of VRID %d on %s", len(adverts), id.id, id.port)
		}
		longest = max(longest, longestGap(adverts))
	}
	disturbances := sniffer.Frames(mark, func(f *lab.Frame) bool {
		return isAnnouncement(f) || isAdvert(f) && f.Priority == 0
	})
	got := samples{}
	got.add("excess", milliseconds(longest-advertInterval))
	got.add("disturbance", float64(len(disturbances)))
	return got, nil
}

// drifting measures how much longer than the interval the period of the adverts is.
func drifting(ctx context.Context, b *bench, program peers.Program) (samples, error) {
	f, sniffer, daemon, err := b.startOwners(program, 1)
	if err != nil {
		return nil, err
	}
	defer f.close()
	defer sniffer.Close()
	defer daemon.Close()
	if _, err := waitForAll(ctx, sniffer, 1); err != nil {
		return nil, err
	}
	if err := wait(ctx, 10*advertInterval); err != nil {
		return nil, err
	}
	mark := sniffer.Mark()
	if err := wait(ctx, 60*advertInterval); err != nil {
		return nil, err
	}
	adverts := sniffer.Frames(mark, isAdvert)
	if len(adverts) < 50 {
		return nil, fmt.Errorf("only %d adverts", len(adverts))
	}
	period := typicalPeriod(adverts)
	got := samples{}
	got.add("drift", milliseconds(period-advertInterval))
	return got, nil
}

// typicalPeriod is the median of the periods over half of the adverts each: one that was delayed does
// not count.
func typicalPeriod(adverts []lab.Frame) time.Duration {
	half := len(adverts) / 2
	var periods []float64
	for i := half; i < len(adverts); i++ {
		periods = append(periods, float64(adverts[i].At.Sub(adverts[i-half].At))/float64(half))
	}
	period, _ := median(periods)
	return time.Duration(period)
}

// badPackets counts the changes of Master while a third host sends adverts that are to be
// discarded: wrong in checksum, TTL or version.
func badPackets(ctx context.Context, b *bench, program peers.Program) (samples, error) {
	got := samples{}
	for _, rate := range []int{20, 50_000} {
		changes, logged, err := b.underBadPackets(ctx, program, rate)
		if err != nil {
			return got, err
		}
		got.add(fmt.Sprint(rate), float64(changes))
		got.add("log", float64(logged)/1024)
	}
	return got, nil
}

func (b *bench) underBadPackets(ctx context.Context, program peers.Program, rate int) (changes, logged int, err error) {
	lan, err := lab.NewLAN("subject", "peer", "forger")
	if err != nil {
		return 0, 0, err
	}
	defer lan.Close()
	sniffer, err := lan.Switch.Sniff("subject", "peer") // not the flood itself
	if err != nil {
		return 0, 0, err
	}
	defer sniffer.Close()
	injector, err := lan.Hosts[2].NewInjector("eth0")
	if err != nil {
		return 0, 0, err
	}
	defer injector.Close()
	const text = "vrrp_instance VI {\n state BACKUP\n interface eth0\n virtual_router_id 51\n priority %d\n" +
		" advert_int 0.1\n version 3\n virtual_ipaddress {\n  10.9.0.100/32\n }\n}\n"
	peer, err := b.start(lan.Hosts[1], b.keepalived, fmt.Sprintf(text, 100))
	if err != nil {
		return 0, 0, err
	}
	defer peer.Close()
	dir, err := b.tempDir()
	if err != nil {
		return 0, 0, err
	}
	subject, err := lan.Hosts[0].Start(program, dir, fmt.Sprintf(text, 200))
	if err != nil {
		return 0, 0, err
	}
	defer subject.Close()
	if err := wait(ctx, 2*time.Second); err != nil {
		return 0, 0, err
	}
	mark, before := sniffer.Mark(), subject.Log.Size()
	flooding, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := injector.Flood(flooding, rate, invalidAdverts()...); err != nil {
		return 0, 0, err
	}
	logged = subject.Log.Size() - before
	return masterChanges(sniffer.Frames(mark, isMasterAdvert)), logged, ctx.Err()
}

func invalidAdverts() [][]byte {
	good := lab.Forgery{
		Source: netip.MustParseAddr("10.9.0.3"), Version: 3, VRID: 51, Priority: 254, Interval: advertInterval,
		Addresses: []netip.Addr{netip.MustParseAddr("10.9.0.100")}, TTL: 255,
	}
	checksum, ttl, version := good, good, good
	checksum.WrongChecksum = true
	ttl.TTL = 254
	version.Version = 2
	return [][]byte{checksum.Frame(), ttl.Frame(), version.Frame()}
}
