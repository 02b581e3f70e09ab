// Command bench runs keepalived and govrrpd in turn on the same work and prints medians and ratios.
//
// It measures in namespaces that it makes itself, with the kernel's own time stamps and its own
// accounts of processor time. It judges nothing away: a row that misses its goal is printed as such.
// It is not a test: figures depend on the machine and on what else runs there, so nothing fails.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

func main() {
	daemon := flag.String("daemon", "build/govrrpd", "daemon to measure beside keepalived: a path, or keepalived")
	rows := flag.String("rows", "", "comma-separated names of the measurements to run; all when empty")
	quick := flag.Bool("quick", false, "fewer repetitions, and not the longest measurements")
	write := flag.String("write", "", "file to write the table to, as Markdown")
	flag.Parse()
	if err := run(*daemon, *rows, *quick, *write); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(daemon, rows string, quick bool, write string) error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	selected, err := selectProbes(rows)
	if err != nil {
		return err
	}
	keepalived, err := peers.Find(ctx, "keepalived")
	if err != nil {
		return err
	}
	subject := keepalived
	if daemon != "keepalived" {
		if subject.Path, err = filepath.Abs(daemon); err != nil {
			return err
		}
		subject.Env = nil
	}
	if err := lab.Enter(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "govrrpd-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, quick: quick, keepalived: keepalived}
	b.contestants = [2]contestant{{"keepalived", keepalived}, {"govrrpd", subject}}
	about, err := describe(ctx, b.contestants)
	if err != nil {
		return err
	}
	fmt.Println(about)
	results := b.runAll(ctx, selected)
	if len(selected) > 1 {
		fmt.Printf("\n%s", table(results))
	}
	if write != "" {
		return os.WriteFile(write, []byte(document(about, results)), 0o644)
	}
	return ctx.Err()
}

// selectProbes returns the probes with those names, in their own order; all for an empty list.
func selectProbes(names string) ([]probe, error) {
	if names == "" {
		return probes, nil
	}
	var selected []probe
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(probes, func(p probe) bool { return p.name == strings.TrimSpace(name) })
		if i < 0 {
			var known []string
			for _, p := range probes {
				known = append(known, p.name)
			}
			return nil, fmt.Errorf("no measurement %q; there are %s", name, strings.Join(known, ", "))
		}
		selected = append(selected, probes[i])
	}
	return selected, nil
}
