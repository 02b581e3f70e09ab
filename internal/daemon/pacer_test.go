package daemon

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
)

// paceLog runs a pacer in a bubble and notes when each announcement leaves.
func paceLog(t *testing.T, play func(*pacer)) (sent []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		p := newPacer(func(a announcement) { sent = append(sent, fmt.Sprint(time.Since(start), " ", a.addr)) })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.run(ctx)
		}()
		play(p)
		time.Sleep(time.Minute) // the bubble's
		cancel()
		<-done
	})
	return sent
}

var (
	paceOne, paceTwo = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	paceSix          = netip.MustParseAddr("fd00::6")
)

func TestAnnouncementsKeepTheirDistance(t *testing.T) {
	slow := pace{"eth0", 100 * time.Millisecond, 300 * time.Millisecond}
	sent := paceLog(t, func(p *pacer) {
		for _, addr := range []netip.Addr{paceOne, paceSix, paceTwo, paceSix, paceOne} {
			p.queue(slow, announcement{estate: &estate{}, addr: addr})
		}
		time.Sleep(250 * time.Millisecond) // of the bubble's clock
		p.queue(slow, announcement{estate: &estate{}, addr: paceTwo})
		p.queue(pace{"eth1", time.Second, time.Second}, announcement{estate: &estate{}, addr: paceTwo})
	})
	slices.Sort(sent) // ARP and NA do not wait for each other
	want := []string{"0s 10.0.0.1", "0s fd00::6", "100ms 10.0.0.2", "200ms 10.0.0.1", "250ms 10.0.0.2", "300ms 10.0.0.2", "300ms fd00::6"}
	slices.Sort(want)
	if !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

func TestGivenUpEstateIsNotAnnouncedLater(t *testing.T) {
	slow := pace{"eth0", time.Second, time.Second}
	given, kept := &estate{}, &estate{}
	sent := paceLog(t, func(p *pacer) {
		for _, e := range []*estate{given, given, given, kept} {
			addr := paceOne
			if e == kept {
				addr = paceTwo
			}
			p.queue(slow, announcement{estate: e, addr: addr, rounds: 3})
		}
		synctest.Wait()
		given.term.Add(1)
	})
	if want := []string{"0s 10.0.0.1", "1s 10.0.0.2"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// Bursts that come faster than they may leave must not fill the memory, nor keep the later addresses waiting.
func TestRepeatedBurstsDoNotPileUp(t *testing.T) {
	slow := pace{"eth0", time.Second, time.Second}
	e, waiting := &estate{}, 0
	sent := paceLog(t, func(p *pacer) {
		for range 100 {
			for range 2 {
				for _, addr := range []netip.Addr{paceOne, paceTwo} {
					p.queue(slow, announcement{estate: e, addr: addr, rounds: 2})
				}
			}
			time.Sleep(10 * time.Millisecond) // of the bubble's clock
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		waiting = len(p.queues[turn{"eth0", false}].waiting)
	})
	if waiting > 4 {
		t.Errorf("%d announcements wait, want no more than the 4 of a burst", waiting)
	}
	if !slices.Contains(sent, "1s 10.0.0.2") {
		t.Errorf("sent %q: the second address has to wait for a repetition of the first", sent)
	}
}

// A reload in between changes nothing about that, and an address that it takes away is not announced either.
func TestGivenUpEstateIsNotAnnouncedAfterAReload(t *testing.T) {
	slow := pace{"eth0", time.Second, time.Second}
	address := func(addr netip.Addr) *config.Address {
		return &config.Address{Prefix: netip.PrefixFrom(addr, 24)}
	}
	before, after, last := &estate{}, &estate{}, &estate{addresses: []*config.Address{address(paceTwo)}}
	before.term.Store(7)
	sent := paceLog(t, func(p *pacer) {
		for _, addr := range []netip.Addr{paceOne, paceOne, paceTwo, paceTwo, paceTwo} {
			p.queue(slow, announcement{estate: before, term: 7, addr: addr, rounds: 3})
		}
		synctest.Wait()
		after.continues(before)
		last.continues(after)
		time.Sleep(1500 * time.Millisecond) // of the bubble's clock
		last.term.Add(1)
	})
	if want := []string{"0s 10.0.0.1", "1s 10.0.0.2"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

func TestInterfacesOfAGroupShareAPace(t *testing.T) {
	p := newPaces(&config.Config{
		Global:     config.Global{GARP: config.GARP{Interval: time.Second, NAInterval: 2 * time.Second}},
		GARPGroups: []config.GARPGroup{{Interfaces: []string{"eth1", "eth2"}, Interval: time.Millisecond}},
	})
	if a, b := p.of("eth1"), p.of("eth2"); a != b || a.of(paceOne) != time.Millisecond || a.of(paceSix) != 0 {
		t.Errorf("eth1 has %v, eth2 %v, want the group's pace", a, b)
	}
	if a, b := p.of("eth3"), p.of("eth4"); a.name == b.name || a.of(paceOne) != time.Second || a.of(paceSix) != 2*time.Second {
		t.Errorf("eth3 has %v, eth4 %v, want the common pace, each by itself", a, b)
	}
}
