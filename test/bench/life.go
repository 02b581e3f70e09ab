package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// starting measures from execution to the adverts of that many Virtual Routers whose addresses the
// router owns, so that it is Master at once.
func starting(size int) func(context.Context, *bench, peers.Program) (samples, error) {
	return func(ctx context.Context, b *bench, program peers.Program) (samples, error) {
		f, sniffer, daemon, err := b.startOwners(program, size)
		if err != nil {
			return nil, err
		}
		defer f.close()
		defer sniffer.Close()
		defer daemon.Close()
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		first, err := sniffer.Wait(ctx, 0, isAdvert)
		if err != nil {
			return nil, fmt.Errorf("first advert: %w", err)
		}
		last, err := waitForAll(ctx, sniffer, size)
		if err != nil {
			return nil, err
		}
		got := samples{}
		got.add("first advert", milliseconds(first.At.Sub(daemon.StartedAt)))
		got.add("all adverts", milliseconds(last.At.Sub(daemon.StartedAt)))
		return got, nil
	}
}

// startOwners starts a daemon with that many owners, observed from the other end of its cables.
func (b *bench) startOwners(program peers.Program, size int) (*fleet, *lab.Sniffer, *lab.Daemon, error) {
	f, err := newFleet(size)
	if err != nil {
		return nil, nil, nil, err
	}
	sniffer, err := f.other.Sniff(f.links...)
	if err != nil {
		f.close()
		return nil, nil, nil, err
	}
	daemon, err := b.start(f.subject, program, f.configuration(255, advertInterval))
	if err != nil {
		sniffer.Close()
		f.close()
		return nil, nil, nil, err
	}
	return f, sniffer, daemon, nil
}

// waitForAll waits until that many Virtual Routers have sent an advert and returns the last one's
// first.
func waitForAll(ctx context.Context, sniffer *lab.Sniffer, size int) (lab.Frame, error) {
	seen := map[vrid]bool{}
	last, err := sniffer.Wait(ctx, 0, func(f *lab.Frame) bool {
		if isAdvert(f) {
			seen[vrid{f.Port, f.VRID}] = true
		}
		return len(seen) == size
	})
	if err != nil {
		return last, fmt.Errorf("%d of %d Virtual Routers have sent an advert: %w", len(seen), size, err)
	}
	return last, nil
}

// stopping measures how long a Master takes to end.
func stopping(ctx context.Context, b *bench, program peers.Program) (samples, error) {
	f, sniffer, daemon, err := b.startOwners(program, 1)
	if err != nil {
		return nil, err
	}
	defer f.close()
	defer sniffer.Close()
	defer daemon.Close()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if _, err := waitForAll(ctx, sniffer, 1); err != nil {
		return nil, err
	}
	// Its announcements are sent and its addresses set: it is a Master in its daily work.
	if err := wait(ctx, 5*advertInterval); err != nil {
		return nil, err
	}
	start := time.Now()
	if err := daemon.Stop(ctx); err != nil {
		return nil, err
	}
	got := samples{}
	got.add("exit", milliseconds(time.Since(start)))
	release, err := sniffer.Wait(ctx, 0, func(f *lab.Frame) bool { return isAdvert(f) && f.Priority == 0 })
	if err != nil {
		return got, fmt.Errorf("advert with priority 0: %w", err)
	}
	got.add("release", milliseconds(release.At.Sub(start)))
	return got, nil
}

// checking measures the test of a configuration with that many instances, written out.
func checking(size int) func(context.Context, *bench, peers.Program) (samples, error) {
	// 255 VRIDs in each of two families: so many fit on one link.
	const onLink = 2 * 255
	return func(ctx context.Context, b *bench, program peers.Program) (samples, error) {
		return b.check(ctx, program, (size+onLink-1)/onLink, manyInstances(size, onLink))
	}
}

// checkingSequence measures the test of 65 024 instances that one line makes.
func checkingSequence(ctx context.Context, b *bench, program peers.Program) (samples, error) {
	return b.check(ctx, program, sequenceLinks, instanceSequence)
}

// sequenceLinks is how many links instanceSequence names.
const sequenceLinks = 256

const instanceSequence = `$BODY= \
 state BACKUP \
 interface eth$L \
 virtual_router_id $V \
 version 3 \
 virtual_ipaddress { \
  10.0.${L}.${V} \
 } \
}
~SEQ(L, 0, 255) ~SEQ(V, 1, 254) vrrp_instance VI_${L}_${V} { $BODY
`

// check measures the test of a configuration on a host with that many links: its time in milliseconds and
// the largest resident size in MiB.
func (b *bench) check(ctx context.Context, program peers.Program, links int, configuration string) (samples, error) {
	host, err := lab.NewHost("subject")
	if err != nil {
		return nil, err
	}
	defer host.Close()
	if err := host.Do(func() error { return addBridges(links) }); err != nil {
		return nil, fmt.Errorf("make links: %w", err)
	}
	dir, err := b.tempDir()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "keepalived.conf")
	if err := os.WriteFile(file, []byte(configuration), 0o644); err != nil {
		return nil, err
	}
	took, resident, err := runCheck(ctx, host, program, file)
	got := samples{}
	if err == nil || errors.Is(err, errStopped) {
		got.add("exit", milliseconds(took))
		got.add("memory", resident)
	}
	return got, err
}

// runCheck runs a test of a configuration; resident is in MiB.
func runCheck(ctx context.Context, host *lab.Host, program peers.Program, file string) (took time.Duration, resident float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, longestCheck)
	defer cancel()
	cmd := exec.CommandContext(ctx, program.Path, "-t", "-P", "-f", file)
	cmd.Env = append(os.Environ(), program.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	err = host.Do(func() error {
		start := time.Now()
		output, err := cmd.CombinedOutput()
		took = time.Since(start)
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			resident = float64(usage.Maxrss) / 1024
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("%w after %v: the figures are lower bounds", errStopped, longestCheck)
		case err != nil:
			return fmt.Errorf("%s -t: %w\n%.500s", program.Path, err, output)
		}
		return nil
	})
	return took, resident, err
}

// longestCheck is when a check is stopped, so that the whole benchmark stays bounded.
const longestCheck = 60 * time.Second

// errStopped says that a measurement was ended before its work was.
var errStopped = errors.New("stopped")

// addBridges makes links of the cheapest kind; a check only looks whether they exist.
func addBridges(count int) error {
	for i := range count {
		link := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: fmt.Sprintf("eth%d", i)}}
		if err := netlink.LinkAdd(link); err != nil {
			return err
		}
	}
	return nil
}

// manyInstances is a file with that many instances, as many on each link as it carries.
func manyInstances(size, onLink int) string {
	var b strings.Builder
	for i := range size {
		link, id, vip := i/onLink, i%onLink+1, fmt.Sprintf("10.%d.%d.%d/32", i>>16, i>>8&0xff, i&0xff)
		if id > 255 {
			id, vip = id-255, fmt.Sprintf("fe80::%x:%x/64", i>>16, i&0xffff)
		}
		fmt.Fprintf(&b, "vrrp_instance VI_%d {\n state BACKUP\n interface eth%d\n virtual_router_id %d\n priority 100\n"+
			" advert_int 1\n version 3\n virtual_ipaddress {\n  %s\n }\n}\n", i, link, id, vip)
	}
	return b.String()
}
