package router

import (
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// Snapshot is the state of everything at one instant. It belongs to whoever asked for it; the configurations
// that it points at are never written to.
type Snapshot struct {
	At       time.Time
	VRs      []VRSnapshot      // by ID
	Groups   []GroupSnapshot   // by GroupID
	Trackers []TrackerSnapshot // by TrackerID
}

// VRSnapshot is the state of one Virtual Router.
type VRSnapshot struct {
	Config *VRConfig
	State  State
	Want   State
	Group  GroupID // -1: none

	EffectivePriority vrrp.Priority
	TotalPriority     int // not clamped

	Source               netip.Addr // invalid: none
	Master               netip.Addr // of the last accepted advert, invalid before the first
	MasterPriority       vrrp.Priority
	MasterAdvertInterval time.Duration
	MasterDownInterval   time.Duration

	LastTransition time.Time
	LastAdvertSent time.Time // zero before the first
	Deadline       time.Time // of the Master_Down_Timer or the Adver_Timer; zero: none runs

	// RivalAdverts are still to be sent before another address owner is listened for, which Listening does.
	RivalAdverts int
	Listening    bool

	Installed     bool // addresses, routes and rules are to be there
	OldChecksum   bool
	ConfigFault   bool
	SourceFault   bool
	TrackerFaults int // trackers that fault it
	Waiting       int // trackers without a first result that could fault it
	Stats         Stats
}

// GroupSnapshot is the state of one sync group.
type GroupSnapshot struct {
	Config         *GroupConfig
	State          State
	Faults         int // members with a fault of their own
	MembersWaiting int
}

// TrackerSnapshot is what is known of one tracker.
type TrackerSnapshot struct {
	Config *TrackerConfig
	Status TrackerStatus
	Value  int32
}

// Snapshot copies the state of everything.
func (r *Router) Snapshot() *Snapshot {
	s := &Snapshot{
		At:       r.wall,
		VRs:      make([]VRSnapshot, len(r.vrs)),
		Groups:   make([]GroupSnapshot, len(r.groups)),
		Trackers: make([]TrackerSnapshot, len(r.trackers)),
	}
	for i := range r.vrs {
		s.VRs[i] = r.snapshotVR(&r.vrs[i])
	}
	for i := range r.groups {
		g := &r.groups[i]
		faults, waiting := r.groupTroubles(g)
		s.Groups[i] = GroupSnapshot{Config: g.cfg, State: g.state, Faults: faults, MembersWaiting: waiting}
	}
	for i := range r.trackers {
		t := &r.trackers[i]
		s.Trackers[i] = TrackerSnapshot{Config: t.cfg, Status: t.status, Value: t.value}
	}
	return s
}

func (r *Router) snapshotVR(vr *virtualRouter) VRSnapshot {
	return VRSnapshot{
		Config: vr.cfg, State: vr.state, Want: vr.want, Group: vr.group,
		EffectivePriority: vr.priority, TotalPriority: vr.total,
		Source: vr.source, Master: vr.master, MasterPriority: vr.masterPriority,
		MasterAdvertInterval: vr.masterAdvertInterval, MasterDownInterval: vr.masterDownInterval,
		LastTransition: vr.lastTransition, LastAdvertSent: vr.lastAdvertSent,
		Deadline:     r.time(min(vr.masterDownAt, vr.advertAt)),
		RivalAdverts: vr.rivalry.adverts, Listening: vr.rivalry.endsAt != never,
		Installed: vr.installed, OldChecksum: vr.oldChecksum,
		ConfigFault: vr.configFault || vr.misplaced, SourceFault: !vr.source.IsValid(),
		TrackerFaults: vr.faults, Waiting: vr.waiting, Stats: vr.stats,
	}
}

func (r *Router) time(at instant) time.Time {
	if at == never {
		return time.Time{}
	}
	return r.epoch.Add(time.Duration(at))
}

// State is the state of one Virtual Router.
func (r *Router) State(id ID) State { return r.vrs[id].state }

// Stats are the counters of one Virtual Router.
func (r *Router) Stats(id ID) Stats { return r.vrs[id].stats }

// ClearStats sets all counters to zero.
func (r *Router) ClearStats() {
	for i := range r.vrs {
		r.vrs[i].stats = Stats{}
	}
}
