package router

import (
	"slices"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// tracker is one tracked thing and everybody who looks at it.
type tracker struct {
	cfg    *TrackerConfig
	status TrackerStatus
	value  int32
	users  []trackUse
}

// trackUse points at an entry of a Virtual Router's tracks.
type trackUse struct {
	vr    ID
	track int32
}

// trackState is a Track with what its tracker means for the Virtual Router now.
type trackState struct {
	track        Track
	contribution int
	fault        bool
	waiting      bool
}

// buildTrackers ties the Virtual Routers to their trackers.
func (r *Router) buildTrackers() {
	r.trackers = make([]tracker, len(r.cfg.Trackers))
	for i := range r.trackers {
		c := &r.cfg.Trackers[i]
		r.trackers[i] = tracker{cfg: c, status: c.Status, value: c.Value}
	}
	for i := range r.vrs {
		vr := &r.vrs[i]
		var ofGroup []Track
		if vr.group >= 0 {
			ofGroup = r.groups[vr.group].cfg.Tracks
		}
		for _, track := range mergeTracks(vr.cfg.Tracks, ofGroup) {
			t := &r.trackers[track.Tracker]
			t.users = append(t.users, trackUse{vr: vr.id, track: int32(len(vr.tracks))})
			vr.tracks = append(vr.tracks, trackState{track: track})
		}
	}
	r.readTrackers()
}

// readTrackers works out from nothing what all trackers mean for everybody.
func (r *Router) readTrackers() {
	for i := range r.vrs {
		vr := &r.vrs[i]
		vr.total, vr.faults, vr.waiting = int(vr.cfg.Priority), 0, 0
		for j := range vr.tracks {
			vr.tracks[j] = trackState{track: vr.tracks[j].track}
			r.readTrack(vr, &vr.tracks[j])
		}
	}
}

// mergeTracks adds a group's entries to a member's. A member's own entry stands against the group's only if it
// has no weight: a fault is the stronger claim.
func mergeTracks(own, group []Track) []Track {
	merged := slices.Clone(own)
	for _, g := range group {
		i := slices.IndexFunc(merged, func(t Track) bool { return t.Tracker == g.Tracker })
		switch {
		case i < 0:
			merged = append(merged, g)
		case merged[i].Weight != 0:
			merged[i] = g
		}
	}
	return merged
}

// readTrack brings one entry, and the sums of its Virtual Router, up to date.
func (r *Router) readTrack(vr *virtualRouter, s *trackState) {
	t := &r.trackers[s.track.Tracker]
	before := *s
	s.contribution, s.fault, s.waiting = t.meaning(s.track)
	if s.fault {
		s.contribution = before.contribution // a fault is no reason to compute a priority that nobody sees
	}
	if !vr.owner() { // priority 255 does not move
		vr.total += s.contribution - before.contribution
	}
	vr.faults += count(s.fault) - count(before.fault)
	vr.waiting += count(s.waiting) - count(before.waiting)
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// meaning is what the tracker contributes to the priority of one who tracks it so, or that it faults it, or
// that it has to be waited for.
func (t *tracker) meaning(track Track) (contribution int, fault, waiting bool) {
	if t.status == TrackerUnknown || t.status == TrackerAssumedDown && track.Weight == 0 {
		return 0, false, track.Weight == 0
	}
	if t.cfg.Kind == TrackFile {
		contribution, fault = fileMeaning(int64(t.value), track)
		return contribution, fault, false
	}
	up := t.status == TrackerUp
	switch {
	case track.Weight == 0:
		return 0, up == track.Reverse, false
	case up != (track.Weight > 0):
		return 0, false, false
	case track.Reverse:
		return -track.Weight, false, false
	}
	return track.Weight, false, false
}

// The product of a file's number and its weight is kept within these; the lowest is a fault.
const (
	lowestContribution  = -254
	highestContribution = 253
)

// fileMeaning multiplies a file's number with the weight.
func fileMeaning(value int64, track Track) (contribution int, fault bool) {
	if track.Weight == 0 {
		return 0, (value != 0) != track.Reverse
	}
	product := value * int64(track.Weight)
	if track.Reverse {
		product = -product
	}
	product = max(lowestContribution, min(highestContribution, product))
	if product == lowestContribution {
		return 0, true
	}
	return int(product), false
}

// trackerChanged tells everybody who looks at the tracker.
func (r *Router) trackerChanged(id TrackerID, status TrackerStatus, value int32) {
	t := &r.trackers[id]
	if t.status == status && t.value == value {
		return
	}
	t.status, t.value = status, value
	for _, use := range t.users {
		vr := &r.vrs[use.vr]
		s := &vr.tracks[use.track]
		before := *s
		r.readTrack(vr, s)
		switch {
		case t.cfg.Kind == TrackBFD:
			r.logTrackedBFD(vr, s)
		case s.fault != before.fault:
			r.logTrackerFault(vr, s)
		}
		r.updatePriority(vr)
		if s.fault != before.fault || s.waiting != before.waiting {
			r.reconsider(vr)
		}
	}
}

// logTrackerFault says what a tracker does to vr. At work, keepalived says so of files only.
func (r *Router) logTrackerFault(vr *virtualRouter, s *trackState) {
	isFile := r.trackers[s.track.Tracker].cfg.Kind == TrackFile
	switch {
	case vr.state != Initialize && !isFile:
	case !s.fault && !isFile:
	case !s.fault:
		r.logTracker(LogTrackerRecovered, vr, s.track.Tracker)
	case vr.state == Initialize:
		r.logTracker(LogFaultTracker, vr, s.track.Tracker)
	default:
		r.logTracker(LogTrackerFault, vr, s.track.Tracker)
	}
}

func (r *Router) logTrackedBFD(vr *virtualRouter, s *trackState) {
	up := r.trackers[s.track.Tracker].status == TrackerUp
	r.emit(Effect{Kind: Log, Reason: LogTrackedBFD, VR: vr.id, Group: -1, Tracker: s.track.Tracker, Value: int64(count(up))})
}

func (r *Router) logTracker(reason Reason, vr *virtualRouter, id TrackerID) {
	t := &r.trackers[id]
	value := int64(t.value)
	if reason == LogFaultTracker && t.cfg.Kind == TrackFile {
		value = lowestContribution // keepalived shows what the number came to, which is this for every fault
	}
	r.emit(Effect{Kind: Log, Reason: reason, VR: vr.id, Group: -1, Tracker: id, Value: value})
}

// updatePriority makes the clamped sum the effective priority, and says so in the log.
func (r *Router) updatePriority(vr *virtualRouter) {
	r.setPriority(vr, func(before vrrp.Priority) {
		r.log(LogPriority, vr, Effect{Priority: vr.priority, Value: int64(before)})
	})
}

// setPriority makes the clamped sum the effective priority. A Backup's running timer moves by the difference of the
// Skew_Times; a Master's next advert carries the new value.
func (r *Router) setPriority(vr *virtualRouter, changed func(before vrrp.Priority)) {
	if vr.owner() {
		return
	}
	p := vrrp.Priority(max(1, min(int(vrrp.PriorityOwner)-1, vr.total)))
	if p == vr.priority {
		return
	}
	old, before := vr.priority, vr.skewTime()
	vr.priority = p
	changed(old)
	vr.updateMasterDownInterval()
	if vr.masterDownAt != never {
		vr.masterDownAt += instant(vr.skewTime() - before)
		r.await(vr)
	}
	if vr.cfg.NotifyPriorityChanges {
		r.emit(Effect{Kind: PriorityChanged, VR: vr.id, Group: -1, Tracker: -1, State: vr.state, Priority: p})
	}
}
