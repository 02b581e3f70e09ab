package lint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
)

// The priority in force is kept within these: 0 is for release, 255 for owners (RFC 9568, 5.2.4).
const (
	lowestPriority  = 1
	highestPriority = 254
)

func limited(total int) int { return min(max(total, lowestPriority), highestPriority) }

// A term is what one tracker adds to the priority of an instance.
type term struct {
	track config.Track
	kind  string
	up    int  // what it adds while all is well
	down  int  // what it adds after a failure
	file  bool // its number is multiplied, so that the term may be anything; up and down are 0
}

func (t *term) low() int  { return min(t.up, t.down) }
func (t *term) high() int { return max(t.up, t.down) }

// newTerm knows that a positive weight is added while all is well and a negative one while it is not, and
// that reverse changes its sign.
func newTerm(kind string, track config.Track) term {
	t := term{track: track, kind: kind, file: kind == "track_file"}
	weight := track.Weight
	if track.Reverse {
		weight = -weight
	}
	switch {
	case t.file:
	case track.Weight > 0:
		t.up = weight
	default:
		t.down = weight
	}
	return t
}

// terms are the weighted trackers of an instance, its group's among them. The group's entry replaces the
// instance's unless that has no weight.
func (l *linter) terms(vi *config.Instance) []term {
	var terms []term
	group := l.groups[vi.SyncGroup]
	if group == nil {
		group = &config.SyncGroup{}
	}
	add := func(kind string, own, shared []config.Track) {
		for _, track := range mergeTracks(own, shared) {
			if track.Weight != 0 {
				terms = append(terms, newTerm(kind, track))
			}
		}
	}
	add("track_interface", vi.TrackInterfaces, group.TrackInterfaces)
	add("track_script", vi.TrackScripts, group.TrackScripts)
	add("track_file", vi.TrackFiles, group.TrackFiles)
	add("track_process", vi.TrackProcesses, group.TrackProcesses)
	add("track_bfd", vi.TrackBFDs, group.TrackBFDs)
	return terms
}

func mergeTracks(own, shared []config.Track) []config.Track {
	merged := slices.Clone(own)
	for _, track := range shared {
		i := slices.IndexFunc(merged, func(t config.Track) bool { return t.Name == track.Name })
		switch {
		case i < 0:
			merged = append(merged, track)
		case merged[i].Weight != 0:
			merged[i] = track
		}
	}
	return merged
}

// checkWeights looks at the priorities that an instance can have.
func (l *linter) checkWeights(vi *config.Instance) {
	terms := l.terms(vi)
	if len(terms) == 0 || owner(vi) {
		return
	}
	if !l.checkIdle(vi, terms) {
		l.checkLimits(vi, terms)
	}
	l.checkSwing(vi, terms)
	if !vi.Preempt {
		l.warn(CodeWeightNopreempt, l.at(vi, "nopreempt"), "leave nopreempt out, or let a failure be a fault: weight 0",
			"(%s) nopreempt beside %s with weight %d: a Backup with nopreempt leaves a living Master alone, however low its priority falls",
			vi.Name, terms[0].track.Name, terms[0].track.Weight)
	}
}

// mostTerms bounds the arithmetic: nobody tracks so much that all of it has no effect.
const mostTerms = 16

// checkIdle reports trackers that change nothing whatever the others do, and whether there are any.
func (l *linter) checkIdle(vi *config.Instance, terms []term) bool {
	if len(terms) > mostTerms || slices.ContainsFunc(terms, func(t term) bool { return t.file }) {
		return false
	}
	idle := false
	for i, t := range terms {
		if moves(sums(int(vi.Priority), slices.Delete(slices.Clone(terms), i, i+1)), t) {
			continue
		}
		idle = true
		l.warn(CodeWeightIdle, t.track.Span, "choose a priority that leaves the weights room",
			"(%s) the weight of %s changes nothing: priority %d%s, always limited to %d",
			vi.Name, t.track.Name, vi.Priority, sumText(terms), limited(int(vi.Priority)+t.high()))
	}
	return idle
}

// moves reports whether a term makes a difference to any of these sums.
func moves(sums []int, t term) bool {
	return slices.ContainsFunc(sums, func(sum int) bool { return limited(sum+t.up) != limited(sum+t.down) })
}

// sums are all totals that a priority and these terms, none of a file, can come to.
func sums(priority int, terms []term) []int {
	reached := map[int]bool{priority: true}
	for _, t := range terms {
		next := make(map[int]bool, 2*len(reached))
		for sum := range reached {
			next[sum+t.up], next[sum+t.down] = true, true
		}
		reached = next
	}
	return slices.Collect(maps.Keys(reached))
}

// checkLimits reports a priority that is cut while all is well: routers that should differ are then equal.
func (l *linter) checkLimits(vi *config.Instance, terms []term) {
	total := int(vi.Priority)
	for _, t := range terms {
		total += t.up
	}
	if total == limited(total) {
		return
	}
	l.warn(CodePriorityLimited, l.at(vi, "priority"), fmt.Sprintf("choose priorities that stay within %d and %d with all weights", lowestPriority, highestPriority),
		"(%s) with all trackers well the priority is %d%s = %d, limited to %d: routers that are limited alike are equal, and the higher address wins",
		vi.Name, vi.Priority, upText(terms), total, limited(total))
}

// checkSwing reports weights that are too small to do anything but make two priorities equal.
func (l *linter) checkSwing(vi *config.Instance, terms []term) {
	low, high := 0, 0
	for _, t := range terms {
		if t.file {
			return
		}
		low, high = low+t.low(), high+t.high()
	}
	if high-low != 1 {
		return
	}
	l.note(CodeWeightOfOne, terms[0].track.Span, "use weights larger than the difference of the priorities",
		"(%s) a failure of %s changes the priority from %d to %d: there is no priority between, so that it leads to a tie at best, and the higher address wins",
		vi.Name, terms[0].track.Name, int(vi.Priority)+terms[0].up, int(vi.Priority)+terms[0].down)
}

// checkMirror takes a file in which this router is Master for some instances and Backup for others to be
// mirrored on its partner. Then it knows the partner's priorities.
func (l *linter) checkMirror() {
	var masters, backups []*config.Instance
	for _, vi := range l.cfg.Instances {
		switch state := l.statement(vi, "state"); {
		case owner(vi) || state == nil || len(state.Words) < 2:
		case state.Words[1].Text == "MASTER": // what is written: in a sync group all begin as Backup
			masters = append(masters, vi)
		case state.Words[1].Text == "BACKUP":
			backups = append(backups, vi)
		}
	}
	if !samePriority(masters) || !samePriority(backups) || masters[0].Priority <= backups[0].Priority {
		return
	}
	for _, vi := range masters {
		if vi.Preempt {
			l.checkAgainst(vi, backups[0])
		}
	}
}

func samePriority(list []*config.Instance) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(vi *config.Instance) bool { return vi.Priority != list[0].Priority })
}

// checkAgainst compares the worst priority of a Master with that of a Backup that is well.
func (l *linter) checkAgainst(vi, backup *config.Instance) {
	terms := l.terms(vi)
	ours, theirs := int(vi.Priority), int(backup.Priority)
	for _, t := range terms {
		if t.file {
			return
		}
		ours, theirs = ours+t.down, theirs+t.up
	}
	if len(terms) == 0 || limited(ours) <= limited(theirs) {
		return
	}
	worst := slices.MaxFunc(terms, func(a, b term) int { return cmp.Compare(a.high()-a.low(), b.high()-b.low()) })
	l.warn(CodeWeightTooSmall, worst.track.Span, fmt.Sprintf("weights must make up the difference of %d", int(vi.Priority)-int(backup.Priority)),
		"(%s) no failure hands over: with all weighted trackers failed the priority is %d, and a Backup that is well has %d (if the other router gives its Backup %d, as this file does in %s)",
		vi.Name, limited(ours), limited(theirs), backup.Priority, backup.Name)
}

// sumText and upText write the terms as they are added.
func sumText(terms []term) string {
	var b strings.Builder
	for _, t := range terms {
		switch {
		case t.file:
			fmt.Fprintf(&b, ", the number in %s times %d", t.track.Name, t.track.Weight)
		default:
			fmt.Fprintf(&b, ", %+d while %s %s", t.up+t.down, t.track.Name, map[bool]string{true: "is well", false: "has failed"}[t.up != 0])
		}
	}
	return b.String()
}

func upText(terms []term) string {
	var b strings.Builder
	for _, t := range terms {
		if t.up != 0 {
			fmt.Fprintf(&b, " %+d (%s)", t.up, t.track.Name)
		}
	}
	return b.String()
}
