package daemon

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/address"
	"github.com/govrrpd/govrrpd/internal/announce"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/host"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/poll"
	"github.com/govrrpd/govrrpd/internal/route"
	"github.com/govrrpd/govrrpd/internal/router"
)

// open connects to the kernel and makes the workers that will do the deeds.
func (d *Daemon) open(cfg *config.Config) (err error) {
	d.log.Info("Registering Kernel netlink reflector")
	d.log.Info("Registering Kernel netlink command channel")
	d.vmacs, d.guard = newVMACs(d.log), newGuard(d, &cfg.Global)
	d.guard.begin(cfg)
	if err := d.vmacs.create(cfg); err != nil {
		return privileged(err)
	}
	if d.monitor, err = netmon.Open(); err != nil {
		return privileged(err)
	}
	d.network.Store(newNetwork(d.monitor.Links(), d.monitor.Addresses()))
	d.reportAddresses(d.monitor.Addresses())
	d.keeper = &keeper{log: d.log, guard: d.guard, network: &d.network, protocol: addressProtocol(host.New().TableFile("rt_addrprotos"))}
	if d.keeper.addresses, err = address.Open(); err != nil {
		return privileged(err)
	}
	if d.keeper.routes, err = route.Open(); err != nil {
		return privileged(err)
	}
	if d.keeper.announcer, err = announce.Open(); err != nil {
		return privileged(err)
	}
	d.keeper.paces.Store(newPaces(cfg))
	sender := &pacedSender{log: d.log}
	d.keeper.pacer = newPacer(sender.send)
	d.workers.Go(func() {
		defer sender.close()
		d.keeper.pacer.run(d.ctx)
	})
	if err := d.monitor.SetIgnored(d.keeper.addresses.Port(), d.keeper.routes.Port()); err != nil {
		return privileged(err)
	}
	if d.poller, err = poll.New(); err != nil {
		return err
	}
	d.inbox.wake = d.poller.Wake
	d.lane = newLane()
	d.teller = newTeller(d, cfg)
	return nil
}

// privileged gives an error for lack of privilege the exit code that says so.
func privileged(err error) error {
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		return &exit{ExitPermission, fmt.Errorf("%w: govrrpd needs the capabilities NET_RAW and NET_ADMIN", err)}
	}
	return err
}

const (
	// laneGrace is how long the deeds of the last moment may take: removing thousands of addresses.
	laneGrace = 10 * time.Second
	// workerGrace is how long those may take that read files and write dumps. One may hang for good, on a
	// file system whose server is gone.
	workerGrace = time.Second
	// stopScriptGrace is how long the scripts that are told of the stop may take.
	stopScriptGrace = time.Second
)

// stop begins the end: releases leave now, everything is handed to the lane, and the loop ends.
func (d *Daemon) stop() {
	if d.stopped {
		return
	}
	d.log.Info("Stopping")
	d.manager.stopping()
	d.trackers.stop()
	last := router.Event{Kind: router.Shutdown}
	if d.opts.DontReleaseVRRP {
		last.Kind = router.ShutdownKeep
	}
	d.step(last)
	d.stopBFD()
	d.stopped = true
}

// breakDown is a stop that nobody asked for: the exit code must tell the service manager so.
func (d *Daemon) breakDown(err error) {
	if !d.stopped {
		d.broken = err
	}
	d.stop()
}

// finish takes down what the loop has left: it waits for the lane, which removes addresses and tells
// scripts, and closes everything.
func (d *Daemon) finish() {
	static := d.static
	d.lane.do(func() { d.keeper.withdraw(static) }) // also with --dont-release-vrrp, which keeps the addresses of Masters only
	if !d.lane.close(laneGrace) {
		d.log.Error("some addresses, routes or scripts were not taken care of in time")
	}
	d.teller.stop(stopScriptGrace)
	d.cancel()
	d.wire.shutdown()
	d.bfd.close()
	if !d.opts.DontReleaseVRRP {
		d.vmacs.remove()
	}
	d.guard.close(d.opts.DontReleaseVRRP)
	d.log.Info("Stopped")
	d.runOnce("shutdown", d.plan.cfg.Global.ShutdownScript, d.plan.cfg.Global.ShutdownTimeout)
	d.closeAll()
	if !waitAtMost(&d.workers, workerGrace) {
		d.log.Warn("a file or a server has not answered yet; not waiting for it any longer")
	}
	d.opts.Parent.Info("Stopped Keepalived v" + d.opts.Version)
}

// waitAtMost waits for all workers, but no longer than grace; it tells whether all have ended.
func waitAtMost(workers *sync.WaitGroup, grace time.Duration) bool {
	ended := make(chan struct{})
	go func() {
		workers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return true
	case <-time.After(grace):
		return false
	}
}

// closeAll closes what is open. Any of it may be missing.
func (d *Daemon) closeAll() {
	d.warn(d.corePattern.giveBack())
	if d.monitor != nil {
		_ = d.monitor.Close()
	}
	if d.keeper != nil {
		d.keeper.close()
	}
	if d.poller != nil {
		_ = d.poller.Close()
	}
	if d.spawner != nil {
		d.spawner.Close()
	}
	d.unnameBFD()
	for _, file := range d.pids {
		if err := file.Remove(); err != nil {
			d.log.Warn(err.Error())
		}
	}
}
