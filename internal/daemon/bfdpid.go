package daemon

import (
	"fmt"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/pidfile"
)

// nameBFD has the pid file of keepalived's BFD process there while there are sessions. Without it everything works: the
// right to run is in the other two.
func (d *Daemon) nameBFD(cfg *config.Config) {
	switch wanted := len(d.sessionsOf(cfg)) > 0; {
	case wanted && d.bfdPID == nil:
		settings := d.pidSettings(cfg)
		settings.BFDPID = d.opts.BFDPIDFile
		file, err := pidfile.Acquire(settings.BFDName())
		if err != nil {
			d.log.Error(fmt.Sprintf("pid file of BFD: %v; going on without it", err))
		}
		d.bfdPID = file
	case !wanted && d.bfdPID != nil:
		d.unnameBFD()
	}
}

func (d *Daemon) unnameBFD() {
	if d.bfdPID == nil {
		return
	}
	if err := d.bfdPID.Remove(); err != nil {
		d.log.Warn(err.Error())
	}
	d.bfdPID = nil
}
