package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// bench is one run of the benchmark.
type bench struct {
	dir         string
	quick       bool
	keepalived  peers.Program // as the other router, whoever is measured
	contestants [2]contestant
}

// contestant is a program that is measured.
type contestant struct {
	name    string
	program peers.Program
}

// probe is one measurement: work for a program, that yields samples of one or more metrics.
type probe struct {
	name    string
	repeat  int // times each contestant does it
	quick   int // the same, of a quick run; 0 leaves it out
	run     func(ctx context.Context, b *bench, program peers.Program) (samples, error)
	metrics []metric
}

// samples are measured values by metric, in the metric's unit.
type samples map[string][]float64

func (s samples) add(metric string, value float64) { s[metric] = append(s[metric], value) }

// metric is one row of the table.
type metric struct {
	key  string
	work string
	unit string
	goal goal
}

// goal says what govrrpd is to reach, by keepalived's median; the zero goal asks for nothing.
type goal struct {
	ratio float64 // at most this much of it
	plus  float64 // at most this much more, in the unit
	limit float64 // or at most this, whatever keepalived does
	zero  bool    // none at all
}

// result is a metric with what was measured.
type result struct {
	metric
	values [2][]float64 // of the contestants
	err    error
}

// runAll runs the probes, the contestants taking turns, and says what it is at.
func (b *bench) runAll(ctx context.Context, selected []probe) []result {
	var results []result
	for _, p := range selected {
		repeat := p.repeat
		if b.quick {
			repeat = p.quick
		}
		if repeat == 0 || ctx.Err() != nil {
			continue
		}
		start := time.Now()
		of := b.runProbe(ctx, p, repeat)
		results = append(results, of...)
		fmt.Printf("# %s: %.0f s\n%s", p.name, time.Since(start).Seconds(), table(of))
	}
	return results
}

func (b *bench) runProbe(ctx context.Context, p probe, repeat int) []result {
	results := make([]result, len(p.metrics))
	for i, m := range p.metrics {
		results[i].metric = m
	}
	for range repeat {
		for c, contestant := range b.contestants {
			got, err := p.run(ctx, b, contestant.program)
			for i := range results {
				results[i].values[c] = append(results[i].values[c], got[results[i].key]...)
				if err != nil {
					results[i].err = errors.Join(results[i].err, fmt.Errorf("%s: %w", contestant.name, err))
				}
			}
		}
	}
	return results
}

// median of the values; NaN-free: ok is false without any.
func median(values []float64) (m float64, ok bool) {
	if len(values) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2, true
}

// tempDir makes a directory for one daemon.
func (b *bench) tempDir() (string, error) { return os.MkdirTemp(b.dir, "daemon-") }

// start runs a daemon without a log.
func (b *bench) start(host *lab.Host, program peers.Program, configuration string, extra ...string) (*lab.Daemon, error) {
	dir, err := b.tempDir()
	if err != nil {
		return nil, err
	}
	return host.StartQuiet(program, dir, configuration, extra...)
}

// wait lets a time pass that is part of the measurement.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
