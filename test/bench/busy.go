package main

import (
	"context"
	"fmt"
	"math"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// busyMachine measures a Master and a Backup of the same program, with adverts every 10 ms, on a machine whose
// processors have two endless loops each: with real-time priority and without.
func busyMachine(ctx context.Context, b *bench, program peers.Program) (samples, error) {
	got := samples{}
	for _, c := range []struct{ key, globals string }{{"rt", "vrrp_rt_priority 50"}, {"plain", ""}} {
		adverts, err := b.underLoad(ctx, program, c.globals)
		if err != nil {
			return got, err
		}
		deviations := deviationsOf(adverts, shortInterval)
		if len(deviations) < 500 {
			return got, fmt.Errorf("only %d adverts", len(adverts))
		}
		got.add(c.key+" changes", float64(masterChanges(adverts)))
		got.add(c.key+" p99.9", deviations[len(deviations)*999/1000])
		got.add(c.key+" max", deviations[len(deviations)-1])
	}
	return got, nil
}

const shortInterval = 10 * time.Millisecond

// underLoad returns the adverts of both routers, some seconds after the loops have begun.
func (b *bench) underLoad(ctx context.Context, program peers.Program, globals string) ([]lab.Frame, error) {
	lan, err := lab.NewLAN("master", "backup")
	if err != nil {
		return nil, err
	}
	defer lan.Close()
	sniffer, err := lan.Sniff()
	if err != nil {
		return nil, err
	}
	defer sniffer.Close()
	const text = "global_defs {\n %s\n}\nvrrp_instance VI {\n state BACKUP\n interface eth0\n virtual_router_id 51\n priority %d\n" +
		" advert_int %g\n version 3\n virtual_ipaddress {\n  10.9.0.100/32\n }\n}\n"
	for i, priority := range []int{100, 200} {
		daemon, err := b.start(lan.Hosts[1-i], program, fmt.Sprintf(text, globals, priority, shortInterval.Seconds()))
		if err != nil {
			return nil, err
		}
		defer daemon.Close()
	}
	if err := wait(ctx, 2*time.Second); err != nil {
		return nil, err
	}
	stop, err := busyLoops(2 * runtime.NumCPU())
	if err != nil {
		return nil, err
	}
	defer stop()
	if err := wait(ctx, time.Second); err != nil {
		return nil, err
	}
	mark, length := sniffer.Mark(), time.Minute
	if b.quick {
		length = 15 * time.Second
	}
	err = wait(ctx, length)
	return sniffer.Frames(mark, isMasterAdvert), err
}

// busyLoops starts processes that never wait, until stop is called.
func busyLoops(count int) (stop func(), err error) {
	var loops []*exec.Cmd
	stop = func() {
		for _, loop := range loops {
			_ = loop.Process.Kill() // it does not end by itself
			_ = loop.Wait()
		}
	}
	for range count {
		loop := exec.Command("/bin/sh", "-c", "while :; do :; done")
		loop.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
		if err := loop.Start(); err != nil {
			stop()
			return nil, err
		}
		loops = append(loops, loop)
	}
	return stop, nil
}

// deviationsOf are by how much each gap between two adverts differs from the interval, in ms, in order.
func deviationsOf(adverts []lab.Frame, interval time.Duration) []float64 {
	var deviations []float64
	for i := 1; i < len(adverts); i++ {
		deviations = append(deviations, math.Abs(milliseconds(adverts[i].At.Sub(adverts[i-1].At)-interval)))
	}
	slices.Sort(deviations)
	return deviations
}

// masterChanges counts how often another router is the one that advertises.
func masterChanges(adverts []lab.Frame) (changes int) {
	for i := 1; i < len(adverts); i++ {
		if adverts[i].Port != adverts[i-1].Port {
			changes++
		}
	}
	return changes
}
