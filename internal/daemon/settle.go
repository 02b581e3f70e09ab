package daemon

import (
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/router"
)

// settling are the interfaces that went up or down and have not been so for long enough to count
// (interface_up_down_delays). The state machine still sees them as they were before.
type settling struct {
	waits map[string]uint64 // the number of each interface's wait
	last  uint64
}

// waiting tells whether an interface is known to the state machine as the opposite of what it is.
func (s *settling) waiting(name string) bool { return s.waits[name] != 0 }

// begin numbers a wait, so that its end can be told from that of another.
func (s *settling) begin(name string) uint64 {
	if s.waits == nil {
		s.waits = make(map[string]uint64)
	}
	s.last++
	s.waits[name] = s.last
	return s.last
}

// interfaceDelays are the delays of interfaces by name. A VMAC has those of the interface that it stands on.
func interfaceDelays(cfg *config.Config) map[string]config.InterfaceDelay {
	delays := make(map[string]config.InterfaceDelay)
	for _, delay := range cfg.Delays {
		delays[delay.Interface] = delay
	}
	for _, vi := range cfg.Instances {
		for device, parent := range parentsOf(vi) {
			if delay, ok := delays[parent]; ok {
				delays[device] = delay
			}
		}
	}
	return delays
}

// linkTurned follows an interface that went up or down: at once, or when it has stayed so for its delay. One that
// turns back before is as it was.
func (d *Daemon) linkTurned(name string, up bool) {
	if d.settling.waiting(name) {
		delete(d.settling.waits, name)
		return
	}
	delay := d.plan.delays[name].Down
	if up {
		delay = d.plan.delays[name].Up
	}
	if delay == 0 {
		d.linkState(name, up)
		return
	}
	number := d.settling.begin(name)
	d.later(delay, func() {
		if d.settling.waits[name] == number {
			delete(d.settling.waits, name)
			d.linkState(name, up)
		}
	})
}

// linkEnded follows an interface that was up or down when it was deleted: there is nothing left to wait for.
func (d *Daemon) linkEnded(name string, up bool) {
	if d.wasUp(name, up) {
		d.linkState(name, false)
	}
}

// linkVanished is linkEnded for an interface of which something else has been said.
func (d *Daemon) linkVanished(name string, up bool) {
	if d.wasUp(name, up) {
		d.linkCounts(name, false)
	}
}

// wasUp tells what the state machine knows of an interface that is up or not, and ends the wait for it.
func (d *Daemon) wasUp(name string, up bool) bool {
	if !d.settling.waiting(name) {
		return up
	}
	delete(d.settling.waits, name)
	return !up
}

// settledStatus is what the state machine is to know of an interface.
func (d *Daemon) settledStatus(n *network, name string) router.TrackerStatus {
	if d.beats.isUp(n, name) != d.settling.waiting(name) {
		return router.TrackerUp
	}
	return router.TrackerDown
}
