package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// stage is the network with everybody on it.
type stage struct {
	lan    *lab.LAN
	a, b   *router
	client *client
	screen *screen
}

// router is one of the two hosts and its daemon.
type router struct {
	host     *lab.Host
	program  peers.Program
	dir      string
	priority int
	watch    *lab.Watch
	mark     int // of the log, from where a line is still awaited

	mu     sync.Mutex // the screen looks at what follows while the plot changes it
	daemon *lab.Daemon
	off    bool
}

func newStage(dir string, program peers.Program) (*stage, error) {
	lan, err := lab.NewLAN("router-a", "router-b", "client")
	if err != nil {
		return nil, err
	}
	s := &stage{lan: lan}
	if s.a, err = newRouter(lan.Hosts[0], dir, program, priorityA); err == nil {
		s.b, err = newRouter(lan.Hosts[1], dir, program, priorityB)
	}
	if err == nil {
		s.client, err = newClient(lan.Hosts[2], vip.Addr())
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.screen = newScreen(os.Stdout, s.status)
	return s, nil
}

func newRouter(host *lab.Host, dir string, program peers.Program, priority int) (*router, error) {
	r := &router{host: host, program: program, dir: filepath.Join(dir, host.Name), priority: priority}
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		return nil, err
	}
	watch, err := host.WatchAddresses()
	r.watch = watch
	return r, err
}

// start runs the router's daemon.
func (r *router) start() error {
	daemon, err := r.host.Start(r.program, r.dir, fmt.Sprintf(instanceText, r.priority, interval.Seconds(), vip))
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.daemon, r.mark, r.off = daemon, 0, false
	return nil
}

// waitState waits until the daemon says that it has entered a state.
func (r *router) waitState(ctx context.Context, state string) error {
	_, err := r.daemon.Log.Wait(ctx, r.mark, "Entering "+state+" STATE")
	if err != nil {
		return fmt.Errorf("%s did not become %s: %w", r.host.Name, state, context.Cause(ctx))
	}
	r.mark = r.daemon.Log.Mark()
	return nil
}

// state is the state that the daemon last told of.
func (r *router) state() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.off:
		return "OFF"
	case r.daemon == nil:
		return "-"
	}
	state := "INIT"
	for _, line := range r.daemon.Log.Lines() {
		if _, entered, found := strings.Cut(strings.ToUpper(line.Text), "ENTERING "); found {
			state, _, _ = strings.Cut(entered, " ")
		}
	}
	return state
}

// setOff notes that the router is gone.
func (r *router) setOff() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off = true
}

// powerOff takes a router away as a power cut does: it says nothing more, and nobody is told.
func (s *stage) powerOff(r *router) error {
	r.setOff()
	return errors.Join(s.lan.Unplug(r.host), r.daemon.Crash())
}

// powerOn brings it back.
func (s *stage) powerOn(r *router) error {
	return errors.Join(s.lan.Plug(r.host), r.start())
}

func (s *stage) close() {
	if s.screen != nil {
		s.screen.close()
	}
	for _, r := range []*router{s.a, s.b} {
		if r != nil && r.daemon != nil {
			r.daemon.Close()
		}
		if r != nil && r.watch != nil {
			r.watch.Close()
		}
	}
	if s.client != nil {
		s.client.close()
	}
	s.lan.Close()
}

// logs is what both daemons wrote, for a failure's message.
func (s *stage) logs() string {
	var b strings.Builder
	for _, r := range []*router{s.a, s.b} {
		if r.daemon != nil {
			fmt.Fprintf(&b, "log of %s:\n%s", r.host.Name, r.daemon.Log)
		}
	}
	return b.String()
}

// status describes everybody, one line each.
func (s *stage) status() []string {
	var lines []string
	for _, r := range []*router{s.a, s.b} {
		holds := ""
		if r.watch.Has(vip) && r.state() != "OFF" {
			holds = "holds " + vip.Addr().String()
		}
		lines = append(lines, fmt.Sprintf("%-9s priority %d   %-7s %s", r.host.Name, r.priority, r.state(), holds))
	}
	sent, answered := s.client.counts()
	return append(lines, fmt.Sprintf("%-9s pings %v every %v: %d sent, %d answered",
		s.client.host.Name, vip.Addr(), probeEvery, sent, answered))
}

// pause lets the person at the terminal look, and the client probe.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
