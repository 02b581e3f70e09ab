package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// advertInterval paces the measurements of processor time and of reloads.
const advertInterval = 100 * time.Millisecond

// processorTime measures a program as Master of that many Virtual Routers with keepalived as their
// Backup, then the other way round.
func processorTime(size int) func(context.Context, *bench, peers.Program) (samples, error) {
	return func(ctx context.Context, b *bench, program peers.Program) (samples, error) {
		got := samples{}
		master, memory, err := roleCost(ctx, b, program, size, true)
		if err == nil {
			got.add("master", master)
			got.add("memory", memory)
		}
		backup, _, errBackup := roleCost(ctx, b, program, size, false)
		if errBackup == nil {
			got.add("backup", backup)
		}
		return got, errors.Join(err, errBackup)
	}
}

// roleCost is the processor time per advert, in us, of a program in one role, and its memory in MiB.
func roleCost(ctx context.Context, b *bench, program peers.Program, size int, master bool) (cost, memory float64, err error) {
	f, err := newFleet(size)
	if err != nil {
		return 0, 0, err
	}
	defer f.close()
	own, others := 100, 200
	if master {
		own, others = others, own
	}
	subject, other, err := b.startPair(ctx, f, program, own, others)
	if err != nil {
		return 0, 0, err
	}
	defer other.Close()
	defer subject.Close()
	// Both need some seconds until the phases of a thousand Virtual Routers have drawn together.
	settle, window := 8*time.Second, 4*time.Second
	if size == 1 {
		settle = 3 * time.Second
	}
	if b.quick {
		settle, window = 2*time.Second, 2*time.Second
	}
	if err := wait(ctx, settle); err != nil {
		return 0, 0, err
	}
	before, err := f.account(subject, master)
	if err != nil {
		return 0, 0, err
	}
	if err := wait(ctx, window); err != nil {
		return 0, 0, err
	}
	after, err := f.account(subject, master)
	if err != nil {
		return 0, 0, err
	}
	adverts := float64(after.adverts - before.adverts)
	// Fewer adverts than the schedule has, or many more, and it was another work than the one meant.
	want := float64(size) * window.Seconds() / advertInterval.Seconds()
	if adverts < 0.9*want || adverts > 1.15*want {
		return 0, 0, fmt.Errorf("%.0f adverts in %v, want %.0f (is the machine busy?)", adverts, window, want)
	}
	cost = float64((after.used - before.used).Nanoseconds()) / 1e3 / adverts
	return cost, float64(after.resident) / (1 << 20), nil
}

// startPair starts the Master's side first and the Backup's when there is a Master: no election scatters
// the phases that the Virtual Routers have from their common start.
func (b *bench) startPair(ctx context.Context, f *fleet, program peers.Program, own, others int) (subject, other *lab.Daemon, err error) {
	startSubject := func() (err error) {
		subject, err = b.start(f.subject, program, f.configuration(own, advertInterval))
		return err
	}
	startOther := func() (err error) {
		other, err = b.start(f.other, b.keepalived, f.configuration(others, advertInterval))
		return err
	}
	first, second := startSubject, startOther
	if own < others {
		first, second = second, first
	}
	if err = first(); err == nil {
		if err = wait(ctx, 15*advertInterval); err == nil {
			err = second()
		}
	}
	if err != nil {
		for _, d := range []*lab.Daemon{subject, other} {
			if d != nil {
				d.Close()
			}
		}
	}
	return subject, other, err
}

// account is what a daemon has used and done up to a moment.
type account struct {
	used     time.Duration
	resident int64
	adverts  uint64
}

func (f *fleet) account(d *lab.Daemon, master bool) (account, error) {
	used, err := d.ProcessorTime()
	if err != nil {
		return account{}, err
	}
	sent, received, err := f.subject.Packets(f.links...)
	if err != nil {
		return account{}, err
	}
	resident, err := d.Resident()
	adverts := received
	if master {
		adverts = sent
	}
	return account{used: used, resident: resident, adverts: adverts}, err
}
