package daemon

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// The signals that monitoring sends, by the numbers that `--signum` prints. Those beyond the classic
// ones are counted by the C library's SIGRTMIN (34) and SIGRTMAX (64).
const (
	signalData       = syscall.SIGUSR1
	signalStats      = syscall.SIGUSR2
	signalJSON       = syscall.Signal(36)
	signalStatsClear = syscall.Signal(63)
)

// catchSignals has signals wait for the loop from now on. It comes before the first script is run: a
// script would inherit a signal that is ignored.
func (d *Daemon) catchSignals() {
	d.caught = make(chan os.Signal, 16)
	signal.Notify(d.caught, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP,
		signalData, signalStats, signalJSON, signalStatsClear,
		// Of no effect, as with keepalived. They are caught, because a script would inherit one that is ignored.
		syscall.SIGPIPE, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGSTKFLT)
}

// signals hands each signal to the loop.
func (d *Daemon) signals() {
	defer signal.Stop(d.caught)
	for {
		select {
		case <-d.ctx.Done():
			return
		case s := <-d.caught:
			d.inbox.post(func() { d.signalled(s.(syscall.Signal)) })
		}
	}
}

func (d *Daemon) signalled(s syscall.Signal) {
	switch s {
	case syscall.SIGINT:
		if !d.opts.IgnoreInterrupt {
			d.stop()
		}
	case syscall.SIGTERM:
		d.stop()
	case syscall.SIGHUP:
		d.reload()
	case signalData:
		d.opts.Parent.Info(fmt.Sprintf("Printing parent data for process(%d) on signal", os.Getpid()))
		d.log.Info(fmt.Sprintf("Printing VRRP data for process(%d) on signal", os.Getpid()))
		d.dumpData()
	case signalStats:
		d.log.Info(fmt.Sprintf("Printing VRRP stats for process(%d) on signal", os.Getpid()))
		d.dumpStats()
	case signalStatsClear:
		d.log.Info(fmt.Sprintf("Printing and clearing VRRP stats for process(%d) on signal", os.Getpid()))
		d.dumpStats()
		d.router.ClearStats()
	case signalJSON:
		d.log.Info(fmt.Sprintf("Printing VRRP as json for process(%d) on signal", os.Getpid()))
		d.dumpJSON()
	}
}
