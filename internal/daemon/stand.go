package daemon

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/script"
)

// stand gives the process its place on the machine, before it opens or starts anything.
func (d *Daemon) stand(cfg *config.Config) {
	// Starting a program holds one of Go's processors until it runs, and on a busy machine that is later than the
	// next advert. With one processor there would be none for the loop.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	d.process = newProcess()
	d.limits = currentLimits()
	if d.opts.CoreDump {
		d.warn(d.limits.allowCores())
	}
	if d.opts.CorePattern != "" {
		d.warn(d.corePattern.borrow(corePatternFile, d.opts.CorePattern))
	}
	d.warn(d.limits.makeRoom(cfg))
	d.warn(d.process.apply(&cfg.Global, 0)...)
	d.spawner = &script.Spawner{Nice: d.process.before.nice}
	if d.opts.CoreDump {
		d.spawner.Core = &d.limits.core
	}
}

// restand follows a reload. The umask stays when the new configuration says nothing of it, as with keepalived.
func (d *Daemon) restand(cfg *config.Config) {
	d.warn(d.limits.makeRoom(cfg))
	d.warn(d.process.apply(&cfg.Global, d.raisedTo)...)
	if mask := cfg.Global.Umask; mask != nil && d.opts.Umask == nil {
		d.setUmask(mask)
	}
}

func (d *Daemon) setUmask(mask *uint32) {
	d.umask = *mask
	syscall.Umask(int(*mask))
}

// warn logs what could not be had; the daemon runs on without.
func (d *Daemon) warn(problems ...error) {
	for _, problem := range problems {
		if problem != nil {
			d.log.Warn(problem.Error())
		}
	}
}

// limits are the resource limits that we were started with.
type limits struct {
	core  unix.Rlimit
	files unix.Rlimit
}
