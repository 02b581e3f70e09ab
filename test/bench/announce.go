package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// announcing measures a router that becomes Master with that many addresses.
func announcing(count int) func(context.Context, *bench, peers.Program) (samples, error) {
	return func(ctx context.Context, b *bench, program peers.Program) (samples, error) {
		lan, err := lab.NewLAN("subject")
		if err != nil {
			return nil, err
		}
		defer lan.Close()
		sniffer, err := lan.Sniff()
		if err != nil {
			return nil, err
		}
		defer sniffer.Close()
		daemon, err := b.start(lan.Hosts[0], program, manyAddresses(count))
		if err != nil {
			return nil, err
		}
		defer daemon.Close()
		return measureAnnouncement(ctx, sniffer, count)
	}
}

// manyAddresses is a router with one address in its adverts and the rest beside them, because an
// advert has room for 255 at most.
func manyAddresses(count int) string {
	var b strings.Builder
	b.WriteString("global_defs {\n vrrp_garp_master_delay 0\n}\nvrrp_instance VI {\n state BACKUP\n interface eth0\n" +
		" virtual_router_id 51\n priority 100\n advert_int 0.1\n version 3\n virtual_ipaddress {\n  10.10.0.0/32\n }\n")
	if count > 1 {
		b.WriteString(" virtual_ipaddress_excluded {\n")
		for i := 1; i < count; i++ {
			fmt.Fprintf(&b, "  %v/32\n", numberedAddress(i))
		}
		b.WriteString(" }\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func numberedAddress(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 10, byte(i / 250), byte(i % 250)})
}

func measureAnnouncement(ctx context.Context, sniffer *lab.Sniffer, count int) (samples, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	master, err := sniffer.Wait(ctx, 0, isMasterAdvert)
	if err != nil {
		return nil, fmt.Errorf("first advert: %w", err)
	}
	first, err := sniffer.Wait(ctx, 0, isAnnouncement)
	if err != nil {
		return nil, fmt.Errorf("first announcement: %w", err)
	}
	announced := map[netip.Addr]bool{}
	last, err := sniffer.Wait(ctx, 0, func(f *lab.Frame) bool {
		if isAnnouncement(f) {
			announced[f.Address] = true
		}
		return len(announced) == count
	})
	if err != nil {
		return nil, fmt.Errorf("%d of %d addresses were announced: %w", len(announced), count, err)
	}
	got := samples{}
	got.add("first GARP", milliseconds(first.At.Sub(master.At)))
	got.add("all announced", milliseconds(last.At.Sub(master.At)))
	if count > 1000 {
		if err := wait(ctx, time.Second); err != nil {
			return got, err
		}
		got.add("gap", milliseconds(longestGap(sniffer.Frames(0, isAdvert))))
	}
	return got, nil
}

// longestGap is the longest time between one frame and the next.
func longestGap(frames []lab.Frame) time.Duration {
	var longest time.Duration
	for i := 1; i < len(frames); i++ {
		longest = max(longest, frames[i].At.Sub(frames[i-1].At))
	}
	return longest
}
