// Command demo shows govrrpd at work: two routers share an address that a client uses, the Master
// loses its power, and the other one takes over while the terminal shows what each knows.
//
// Everything happens in namespaces that it makes itself, without root where the kernel allows, and
// is gone when it ends. It exits with 0 if the address moved as it should, with 1 and the reason if
// not. How much faster or slower that is than with keepalived is the benchmark's question.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// limit is how long the demo may take in all.
const limit = 19 * time.Second

func main() {
	daemon := flag.String("daemon", "build/govrrpd", "daemon to show: a path, or keepalived")
	flag.Parse()
	if err := run(*daemon); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(daemon string) error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	program, err := find(ctx, daemon)
	if err != nil {
		return err
	}
	if err := lab.Enter(); err != nil {
		return err
	}
	ctx, cancelLimit := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within %v", limit))
	defer cancelLimit()
	dir, err := os.MkdirTemp("", "govrrpd-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newStage(dir, program)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.play(ctx); err != nil {
		return fmt.Errorf("%w\n%s", err, s.logs())
	}
	return nil
}

// find returns the daemon to show.
func find(ctx context.Context, daemon string) (peers.Program, error) {
	if daemon == "keepalived" {
		return peers.Find(ctx, daemon)
	}
	path, err := filepath.Abs(daemon)
	if err != nil {
		return peers.Program{}, err
	}
	if _, err := os.Stat(path); err != nil {
		return peers.Program{}, fmt.Errorf("no daemon to show (make build first): %w", err)
	}
	return peers.Program{Path: path}, nil
}

// vip is the address that both routers care for.
var vip = netip.MustParsePrefix("10.9.0.100/24")

const (
	interval     = 100 * time.Millisecond
	probeEvery   = 2 * time.Millisecond
	priorityA    = 150
	priorityB    = 100
	calm         = 1500 * time.Millisecond // to look at the screen between events
	instanceText = `vrrp_instance DEMO {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority %d
    advert_int %g
    version 3
    virtual_ipaddress {
        %v
    }
}
`
)

// masterDownB is how long router-b waits for a silent Master. RFC 9568, 6.1.
const masterDownB = 3*interval + (256-priorityB)*interval/256
