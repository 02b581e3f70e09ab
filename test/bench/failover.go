package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// takeoverCase is one dialect and interval of the failover measurement.
type takeoverCase struct {
	name     string
	version  int
	ipv6     bool
	interval time.Duration
	trials   int
}

var takeoverCases = []takeoverCase{
	{"v2", 2, false, time.Second, 3},
	{"v3", 3, false, time.Second, 3},
	{"IPv6", 3, true, time.Second, 3},
	{"v3", 3, false, 100 * time.Millisecond, 12},
	{"IPv6", 3, true, 100 * time.Millisecond, 12},
	{"v3", 3, false, 10 * time.Millisecond, 50},
	{"IPv6", 3, true, 10 * time.Millisecond, 50},
}

func (c takeoverCase) key() string { return fmt.Sprintf("%s, %v", c.name, c.interval) }

func failoverMetrics() []metric {
	var metrics []metric
	for _, c := range takeoverCases {
		metrics = append(metrics, metric{c.key(),
			"crash of the Master to our first advert, less 3 x advert_int + Skew_Time: " + c.key(), "ms", goal{plus: 0.1}})
	}
	return metrics
}

// failover measures each case. Those of a second mostly wait, so they run side by side; the others
// one after the other.
func failover(ctx context.Context, b *bench, program peers.Program) (samples, error) {
	got, errs := samples{}, []error{}
	var mu sync.Mutex
	measure := func(c takeoverCase) {
		excesses, err := c.measure(ctx, b, program)
		mu.Lock()
		defer mu.Unlock()
		got[c.key()] = excesses
		errs = append(errs, err)
	}
	var slow sync.WaitGroup
	for i, c := range takeoverCases {
		if c.interval < time.Second {
			continue
		}
		slow.Go(func() {
			if wait(ctx, time.Duration(i)*300*time.Millisecond) == nil {
				measure(c)
			}
		})
	}
	slow.Wait()
	for _, c := range takeoverCases {
		if c.interval < time.Second {
			measure(c)
		}
	}
	return got, errors.Join(errs...)
}

// backupPriority is the priority of the router that takes over.
const backupPriority = 100

// takeover is a router under measurement and the Master that is played to it.
type takeover struct {
	takeoverCase
	sniffer  *lab.Sniffer
	injector *lab.Injector
	advert   []byte
}

// measure lets a Master fall silent again and again, and returns how much later than the protocol
// says the router's first advert came, in ms.
func (c takeoverCase) measure(ctx context.Context, b *bench, program peers.Program) ([]float64, error) {
	lan, err := lab.NewLAN("subject", "crashed")
	if err != nil {
		return nil, err
	}
	defer lan.Close()
	sniffer, err := lan.Sniff()
	if err != nil {
		return nil, err
	}
	defer sniffer.Close()
	injector, err := lan.Hosts[1].NewInjector("eth0")
	if err != nil {
		return nil, err
	}
	defer injector.Close()
	daemon, err := b.start(lan.Hosts[0], program, c.configuration())
	if err != nil {
		return nil, err
	}
	defer daemon.Close()
	t := &takeover{takeoverCase: c, sniffer: sniffer, injector: injector, advert: c.forgery().Frame()}
	var excesses []float64
	trials := c.trials
	if b.quick {
		trials = (trials + 3) / 4
	}
	for range trials {
		excess, err := t.trial(ctx)
		if err != nil {
			return excesses, err
		}
		excesses = append(excesses, milliseconds(excess))
	}
	return excesses, nil
}

func (c takeoverCase) vips() []netip.Addr {
	if c.ipv6 {
		return []netip.Addr{netip.MustParseAddr("fe80::5:51")}
	}
	return []netip.Addr{netip.MustParseAddr("10.9.0.100")}
}

func (c takeoverCase) configuration() string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n vrrp_garp_master_delay 0\n}\nvrrp_instance VI {\n state BACKUP\n interface eth0\n"+
		" virtual_router_id 51\n priority %d\n advert_int %g\n version %d\n virtual_ipaddress {\n", backupPriority, c.interval.Seconds(), c.version)
	for _, vip := range c.vips() {
		fmt.Fprintf(&b, "  %v\n", netip.PrefixFrom(vip, vip.BitLen()))
	}
	b.WriteString(" }\n}\n")
	return b.String()
}

// forgery is the advert of the Master that is to fall silent.
func (c takeoverCase) forgery() lab.Forgery {
	source := netip.MustParseAddr("10.9.0.2")
	if c.ipv6 {
		source = netip.MustParseAddr("fe80::2")
	}
	return lab.Forgery{Source: source, Version: c.version, VRID: 51, Priority: 200, Interval: c.interval, Addresses: c.vips(), TTL: 255}
}

// trial plays a Master for a few adverts, falls silent, and waits for the other one.
func (t *takeover) trial(ctx context.Context) (time.Duration, error) {
	down := 3*t.interval + t.skewTime()
	ctx, cancel := context.WithTimeout(ctx, 10*down+5*time.Second)
	defer cancel()
	// The router was Master until now (or has just started): this takes the role from it.
	for range 3 {
		if err := t.injector.Send(t.advert); err != nil {
			return 0, err
		}
		if err := wait(ctx, min(t.interval, 50*time.Millisecond)); err != nil {
			return 0, err
		}
	}
	mark := t.sniffer.Mark()
	if err := t.injector.Send(t.advert); err != nil {
		return 0, err
	}
	last, err := t.sniffer.Wait(ctx, mark, func(f *lab.Frame) bool { return isAdvert(f) && f.Port == "crashed" })
	if err != nil {
		return 0, err
	}
	first, err := t.sniffer.Wait(ctx, mark, func(f *lab.Frame) bool {
		return isAdvert(f) && f.Port == "subject" && f.At.After(last.At)
	})
	if err != nil {
		return 0, fmt.Errorf("takeover: %w", err)
	}
	return first.At.Sub(last.At) - down, nil
}

func (c takeoverCase) skewTime() time.Duration {
	base := c.interval
	if c.version == 2 {
		base = time.Second // RFC 3768, 6.1: not a fraction of the interval
	}
	return (256 - backupPriority) * base / 256
}
