package check

import (
	"slices"

	"github.com/govrrpd/govrrpd/internal/fleet"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// A Member is one router of a fleet: its name in messages, its file, and how that is read.
type Member struct {
	Name, File string
	Options
}

// Fleet judges the configurations of all routers of a LAN, each by itself and all together. What does not fit is
// among the findings of the file in which it stands; the report tells who is Master when. A file that cannot be
// read takes no part: what it lacks is not known.
func Fleet(members []Member) ([]*Result, *fleet.Report) {
	var results, taking []*Result
	var nodes []fleet.Node
	for _, m := range members {
		r := load(m.File, m.Options)
		results = append(results, r)
		if !unreadable(r) {
			taking = append(taking, r)
			nodes = append(nodes, fleet.Node{Name: m.Name, Config: r.Config, Tree: r.Tree})
		}
	}
	report := fleet.Check(nodes)
	for i, r := range taking {
		r.Findings = syntax.Sort(append(r.Findings, report.Of(i)...))
	}
	for i, r := range results {
		r.Findings = ignore(r.Findings, members[i].fleetScope(), r.Tree)
	}
	return results, report
}

// FleetAbout narrows what Fleet gave to some instances, and to what the other routers call the same Virtual Routers.
func FleetAbout(results []*Result, report *fleet.Report, instances []string) *fleet.Report {
	part, names := report.About(instances)
	node := 0
	for _, r := range results {
		if unreadable(r) {
			continue // took no part
		}
		r.Findings = r.About(names[node])
		node++
	}
	return part
}

func unreadable(r *Result) bool {
	return slices.ContainsFunc(r.Findings, func(d syntax.Diagnostic) bool { return d.Code == syntax.CodeMainFile })
}

// fleetScope is that of the check of one file and, beside it, what a fleet's can give.
func (o Options) fleetScope() scope {
	own := o.scope()
	return func(code syntax.Code) bool { return own(code) || code >= firstFleetCode && code < firstHostCode }
}
