package daemon

import (
	"fmt"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/script"
)

// onceKillDelay is how long a startup or shutdown script has after SIGTERM.
const onceKillDelay = 2 * time.Second

// runOnce runs the startup or shutdown script, which what names, and waits for its end: for at most timeout, and
// then until it has been terminated. The lines are keepalived's.
func (d *Daemon) runOnce(what string, c *config.Command, timeout time.Duration) {
	if c == nil {
		return
	}
	log := d.opts.Parent
	log.Info(fmt.Sprintf("Running %s script %s", what, c.Args[0]))
	exit := script.Exit{}
	process, err := d.spawner.Start(command(c))
	if err != nil {
		log.Error(err.Error())
		exit = script.StartStatus(err)
	} else {
		if !endsWithin(process, timeout) {
			log.Info(what + " script timed out")
			for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
				_ = process.Signal(sig) // the only error is that it has just ended
				if endsWithin(process, onceKillDelay) {
					break
				}
			}
		}
		exit = process.Exit()
	}
	switch {
	case exit.Signal != 0:
		log.Info(fmt.Sprintf("%s script script killed by signal %d", what, int(exit.Signal)))
	case exit.Status != 0:
		log.Info(fmt.Sprintf("%s script script failed, status %d", what, exit.Status))
	default:
		log.Info(what + " script script succeeded")
	}
}

func endsWithin(process *script.Process, patience time.Duration) bool {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-process.Done():
		return true
	case <-limit.C:
		return false
	}
}
