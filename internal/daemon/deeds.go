package daemon

import (
	"net/netip"

	"github.com/govrrpd/govrrpd/internal/router"
)

// These hand deeds to the lane. Everything that a deed needs is fixed here, on the loop: by the time
// the lane gets to it, a reload may have changed the plan.

func (d *Daemon) install(id router.ID) {
	e, vi := d.plan.estates[id], d.plan.cfg.Instances[id]
	d.journal.estate(setting, vi)
	d.lane.do(func() { d.keeper.install(e) })
	d.learnDevices(e)
}

func (d *Daemon) withdraw(id router.ID) {
	e, vi := d.plan.estates[id], d.plan.cfg.Instances[id]
	d.journal.estate(removing, vi)
	d.lane.do(func() { d.keeper.withdraw(e) })
}

// purge removes what an earlier run may have left behind.
func (d *Daemon) purge(id router.ID) {
	e, vi := d.plan.estates[id], d.plan.cfg.Instances[id]
	wire := wireInterface(vi)
	if there := wire == "" || d.network.Load().links[wire].Index != 0; there && !d.vmacs.isFresh(e.device) {
		d.journal.estate(removing, vi)
	}
	d.lane.do(func() { d.keeper.purge(e) })
}

func (d *Daemon) announce(id router.ID, rounds int) {
	e := d.plan.estates[id]
	term := e.term.Load()
	d.lane.do(func() { d.keeper.announce(e, rounds, term) })
}

func (d *Daemon) announceExtra(id router.ID) {
	e, all := d.plan.estates[id], d.plan.cfg.Instances[id].GARP.ExtraAll
	term := e.term.Load()
	wire := wireInterface(d.plan.cfg.Instances[id])
	d.lane.do(func() { d.keeper.announceExtra(e, wire, all, term) })
}

func (d *Daemon) announceSource(id router.ID, source netip.Addr) {
	vi := d.plan.cfg.Instances[id]
	d.lane.do(func() { d.keeper.announceSource(vi.Name, vi.Interface, source) })
}
