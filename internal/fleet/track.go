package fleet

import (
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// A tracked thing of a node, whoever looks at it.
type tracker struct {
	kind string // as in track_KIND
	name string
}

const (
	kindInterface = "interface"
	kindScript    = "script"
	kindFile      = "file"
	kindProcess   = "process"
	kindBFD       = "bfd"
)

// track is how an instance looks at a tracker.
type track struct {
	tracker
	weight  int
	reverse bool
	value   int // of a file: what it says when all is well
	span    syntax.Span
}

// tracksOf are all that an instance tracks by name, also for its group. (Its own interface is as good as the
// router itself.) A member's own entry stands against its group's only if it has no weight.
func tracksOf(m *member) []track {
	own := listTracks(m.node, m.vi.TrackInterfaces, m.vi.TrackScripts, m.vi.TrackFiles, m.vi.TrackProcesses, m.vi.TrackBFDs)
	g := m.group(m.vi)
	if g == nil {
		return own
	}
	for _, t := range listTracks(m.node, g.TrackInterfaces, g.TrackScripts, g.TrackFiles, g.TrackProcesses, g.TrackBFDs) {
		i := slices.IndexFunc(own, func(o track) bool { return o.tracker == t.tracker })
		switch {
		case i < 0:
			own = append(own, t)
		case own[i].weight != 0:
			own[i] = t
		}
	}
	return own
}

func listTracks(n *node, interfaces, scripts, files, processes, bfds []config.Track) []track {
	var list []track
	for _, of := range []struct {
		kind   string
		tracks []config.Track
	}{{kindInterface, interfaces}, {kindScript, scripts}, {kindFile, files}, {kindProcess, processes}, {kindBFD, bfds}} {
		for _, t := range of.tracks {
			entry := track{tracker: tracker{of.kind, t.Name}, weight: t.Weight, reverse: t.Reverse, span: t.Span}
			if of.kind == kindFile {
				entry.value = fileValue(n.Config, t)
			}
			list = append(list, entry)
		}
	}
	return list
}

// fileValue is what a file says when all is well: what init_file writes, else what does not fault.
func fileValue(cfg *config.Config, t config.Track) int {
	for _, f := range cfg.TrackFiles {
		if f.Name == t.Name && f.Init != nil {
			return *f.Init
		}
	}
	if t.Weight == 0 && t.Reverse {
		return 1
	}
	return 0
}

// A file's number times the weight is kept within these; the lowest is a fault.
const (
	lowestContribution  = -254
	highestContribution = 253
)

// ofFile is what a file with this number does.
func (t track) ofFile(value int) (contribution int, fault bool) {
	if t.weight == 0 {
		return 0, (value != 0) != t.reverse
	}
	product := value * t.weight
	if t.reverse {
		product = -product
	}
	product = max(lowestContribution, min(highestContribution, product))
	return product, product == lowestContribution
}

// of is what a tracker other than a file does while it is up or down.
func (t track) of(up bool) (contribution int, fault bool) {
	switch {
	case t.weight == 0:
		return 0, up == t.reverse
	case up != (t.weight > 0):
		return 0, false
	case t.reverse:
		return -t.weight, false
	}
	return t.weight, false
}

// state is how a tracker is: a file's number, and 1 for up or 0 for down for all others.
type state map[tracker]int

const (
	down = 0
	up   = 1
)

// well is how it is when nothing is wrong: up, or with reverse down.
func (t track) well() int {
	switch {
	case t.kind == kindFile:
		return t.value
	case t.reverse:
		return down
	}
	return up
}

// failed is the opposite, for others than files.
func (t track) failed() int { return up - t.well() }

func (t track) now(have state) (contribution int, fault bool) {
	if t.kind == kindFile {
		return t.ofFile(have[t.tracker])
	}
	return t.of(have[t.tracker] == up)
}

// effective is a priority with all that trackers add. That of an owner does not move.
func effective(base vrrp.Priority, contributions int) int {
	if base == vrrp.PriorityOwner {
		return int(base)
	}
	return clamp(int(base) + contributions)
}

func clamp(total int) int { return max(1, min(int(vrrp.PriorityOwner)-1, total)) }
