package router

import (
	"net/netip"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// rivalry is a dispute between two address owners, which only a wrong configuration can have. The one with
// the greater address insists with two more adverts, then listens; if the other still advertises as owner, it
// lowers its own priority to 254, so that one Master is left.
type rivalry struct {
	rival   netip.Addr
	adverts int     // still to be sent before listening
	endsAt  instant // of the listening
	longest int64   // the longer of both intervals, ns
}

var noRivalry = rivalry{endsAt: never}

const reducedOwner = vrrp.PriorityOwner - 1

// meetOwner looks at an advert of our own priority that came in as Master.
func (r *Router) meetOwner(vr *virtualRouter, a *heard) {
	if !vr.owner() || a.priority != vrrp.PriorityOwner {
		return
	}
	if vr.rivalry.endsAt != never {
		r.log(LogOwnerReduced, vr, Effect{Addr: a.source})
		vr.rivalry = rivalry{rival: a.source, endsAt: never}
		vr.setPriority(reducedOwner)
		r.await(vr)
		return
	}
	if vr.rivalry.adverts > 0 {
		return
	}
	r.log(LogTwoOwners, vr, Effect{Addr: a.source})
	if a.source.Less(vr.source) {
		longest := max(int64(a.interval), int64(vr.cfg.AdvertInterval))
		vr.rivalry = rivalry{rival: a.source, adverts: 2, endsAt: never, longest: longest}
	}
}

// insisted counts an advert sent during a rivalry.
func (r *Router) insisted(vr *virtualRouter) {
	vr.rivalry.adverts--
	if vr.rivalry.adverts == 0 {
		vr.rivalry.endsAt = r.now + instant(vr.rivalry.longest*6/5)
	}
}

// rivalGone is the end of the listening.
func (r *Router) rivalGone(vr *virtualRouter) {
	vr.rivalry = noRivalry
	r.log(LogOwnerStopped, vr, Effect{})
}

// restoreOwner lets a reduced owner be one again when the accepted Master is not the other owner.
func (r *Router) restoreOwner(vr *virtualRouter, a *heard) {
	if vr.owner() && (a.priority != vrrp.PriorityOwner || a.source != vr.rivalry.rival) {
		r.ownPriorityBack(vr, LogOwnerRestoredLow)
	}
}

func (r *Router) ownPriorityBack(vr *virtualRouter, reason Reason) {
	if !vr.owner() || vr.priority == vrrp.PriorityOwner {
		return
	}
	r.log(reason, vr, Effect{Addr: vr.rivalry.rival})
	vr.rivalry = noRivalry
	vr.setPriority(vrrp.PriorityOwner)
}

func (vr *virtualRouter) setPriority(p vrrp.Priority) {
	vr.priority = p
	vr.total = int(p)
	vr.updateMasterDownInterval()
}
