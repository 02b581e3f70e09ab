package daemon

import (
	"context"
	"fmt"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/linkbeat"
)

// beats are the interfaces whose link is polled (linkbeat_interfaces, linkbeat_use_polling): what the kernel reports of
// their links is not heeded.
type beats struct {
	wanted  []linkbeat.Interface
	methods map[string]linkbeat.Method // "" until the interface has been asked; never written to once others have it
	up      map[string]bool            // as polling has found them last
	stop    context.CancelFunc
}

// polledInterfaces are the interfaces of a configuration that are to be polled.
func polledInterfaces(cfg *config.Config) (list []linkbeat.Interface) {
	known := make(map[string]bool)
	add := func(name string, method linkbeat.Method) {
		if name != "" && !known[name] {
			known[name] = true
			list = append(list, linkbeat.Interface{Name: name, Method: method})
		}
	}
	for _, beat := range cfg.Linkbeats {
		add(beat.Interface, linkbeat.Method(beat.Method))
	}
	for _, vi := range cfg.Instances {
		if cfg.LinkbeatAll || vi.Linkbeat {
			add(vi.Interface, "")
		}
	}
	return list
}

// poll begins to poll the interfaces of a configuration, in the place of those that were polled before. Finding out how
// is left to the goroutine that does it: a transceiver takes its time.
func (d *Daemon) poll(cfg *config.Config) {
	before, wanted := d.beats, polledInterfaces(cfg)
	switch {
	case before != nil && slices.Equal(before.wanted, wanted):
		return
	case before != nil:
		before.stop()
	}
	d.beats = nil
	if len(wanted) == 0 {
		return
	}
	b := &beats{wanted: wanted, methods: make(map[string]linkbeat.Method), up: make(map[string]bool)}
	for _, one := range wanted {
		b.methods[one.Name] = ""
		b.up[one.Name] = before.isUp(d.network.Load(), one.Name)
	}
	var ctx context.Context
	ctx, b.stop = context.WithCancel(d.ctx)
	d.beats = b
	d.log.Info("Using MII-BMSR/ETHTOOL NIC polling thread(s)...")
	d.workers.Go(func() {
		chosen := linkbeat.Choose(wanted)
		d.inbox.post(func() { d.chosen(b, chosen) })
		err := linkbeat.Run(ctx, chosen, linkbeat.Interval, func(name string, up bool) {
			d.inbox.post(func() { d.beat(b, name, up) })
		})
		if err != nil {
			d.log.Error(err.Error())
		}
	})
}

// chosen takes note of how interfaces are polled.
func (d *Daemon) chosen(b *beats, how []linkbeat.Interface) {
	methods := make(map[string]linkbeat.Method)
	for i, one := range how {
		methods[one.Name] = one.Method
		if wanted := b.wanted[i].Method; wanted != "" && wanted != one.Method {
			d.log.Info(fmt.Sprintf("(%s): Configured linkbeat type %s not supported, using %s", one.Name, wanted, one.Method))
		}
	}
	b.methods = methods
}

// beat follows what polling has found.
func (d *Daemon) beat(b *beats, name string, up bool) {
	if d.beats != b || b.up[name] == up || d.stopped {
		return
	}
	b.up[name] = up
	d.linkTurned(name, up)
}

// polls tells whether an interface is polled.
func (b *beats) polls(name string) bool {
	if b == nil {
		return false
	}
	_, polled := b.methods[name]
	return polled
}

// isUp tells whether an interface is up, by whoever is to be heeded.
func (b *beats) isUp(n *network, name string) bool {
	if b.polls(name) {
		return b.up[name]
	}
	return n.links[name].Up
}

// lost tells whether an interface that is gone, and was up or not for the kernel, was up, and that it is not any more.
func (b *beats) lost(name string, up bool) bool {
	if b.polls(name) {
		up = b.up[name]
		b.up[name] = false
	}
	return up
}

// all are the polled interfaces, and how they are.
func (b *beats) all() map[string]linkbeat.Method {
	if b == nil {
		return nil
	}
	return b.methods
}
