package daemon

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
)

// unwired are the Virtual Routers whose sockets cannot be opened: a fault that is told once, when it begins, and
// that ends with one line. Meanwhile it is tried again, seldom, because what is missing (descriptors, memory) is
// missed by others too.
type unwired struct {
	failed map[router.ID]error // why, the last time
	pause  time.Duration       // before the next try; 0: nobody waits for one
}

const (
	firstRewirePause = time.Second
	lastRewirePause  = 30 * time.Second
)

// remap renumbers the Virtual Routers after a reload, as wire.remap does.
func (u *unwired) remap(matched []router.ID) map[router.ID]error {
	before := u.failed
	u.failed = make(map[router.ID]error)
	for i, from := range matched {
		if err := before[from]; err != nil {
			u.failed[router.ID(i)] = err
		}
	}
	return u.failed
}

// attached follows an attempt to give a Virtual Router its sockets.
func (d *Daemon) attached(id router.ID, err error) {
	before := d.unwired.failed[id]
	if err != nil {
		if d.unwired.failed == nil {
			d.unwired.failed = make(map[router.ID]error)
		}
		d.unwired.failed[id] = err
		d.rewireLater()
	}
	name := d.plan.cfg.Instances[id].Name
	switch {
	case err != nil && before == nil:
		d.log.Error(fmt.Sprintf("(%s) %v; trying again in %s, then less and less often, at least every %s", name, err, firstRewirePause, lastRewirePause))
		d.step(router.Event{Kind: router.SocketsLost, VR: id})
	case err == nil && before != nil && d.wire.lines[id].station != nil:
		delete(d.unwired.failed, id)
		d.log.Info(fmt.Sprintf("(%s) the sockets are open now", name))
		d.step(router.Event{Kind: router.SocketsFound, VR: id})
	}
}

// rewireLater has the next try made when its time has come.
func (d *Daemon) rewireLater() {
	if d.unwired.pause != 0 {
		return
	}
	d.unwired.pause = firstRewirePause
	d.later(firstRewirePause, d.rewireAll)
}

// rewireAll tries again to open what could not be opened: one Virtual Router at a time, so that adverts leave
// between them.
func (d *Daemon) rewireAll() {
	if len(d.unwired.failed) == 0 {
		d.unwired.pause = 0
		return
	}
	d.unwired.pause = min(2*d.unwired.pause, lastRewirePause)
	d.later(d.unwired.pause, d.rewireAll)
	p := d.plan
	for _, id := range slices.Sorted(maps.Keys(d.unwired.failed)) {
		d.inbox.post(func() {
			if d.plan == p { // else a reload has tried
				d.rewireOne(id)
			}
		})
	}
}

func (d *Daemon) rewireOne(id router.ID) {
	if d.stopped || d.unwired.failed[id] == nil {
		return
	}
	err := d.attach(id)
	if err == nil {
		d.refilter()
	}
	d.attached(id, err)
}

// waitsForInterface tells whether what kept sockets from being opened may end with news of their interface.
func waitsForInterface(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.ENXIO)
}

// later has the loop run f when delay has passed, unless the daemon ends before.
func (d *Daemon) later(delay time.Duration, f func()) {
	d.workers.Go(func() {
		select {
		case <-d.ctx.Done():
		case <-time.After(delay):
			d.inbox.post(f)
		}
	})
}
