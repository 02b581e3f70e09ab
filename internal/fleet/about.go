package fleet

import "slices"

// About is the part of a report that is about some Virtual Routers, by the names of their instances on any node.
// names are what each node, in the order given to Check, calls them: the ones given, and those of the same
// Virtual Router elsewhere.
func (r *Report) About(instances []string) (part *Report, names [][]string) {
	part = &Report{VirtualRouters: []Succession{}, byNode: r.byNode, Findings: r.Findings}
	names = make([][]string, r.nodes)
	for node := range names {
		names[node] = slices.Clone(instances)
	}
	for _, s := range r.VirtualRouters {
		found := false
		for _, id := range s.VirtualRouters {
			if !slices.ContainsFunc(instances, func(name string) bool { return slices.Contains(id.names, name) }) {
				continue
			}
			found = true
			for node, name := range id.names {
				if name != "" && !slices.Contains(names[node], name) {
					names[node] = append(names[node], name)
				}
			}
		}
		if found {
			part.VirtualRouters = append(part.VirtualRouters, s)
		}
	}
	return part, names
}

// namesOf are what the nodes call a Virtual Router; "" where one does not have it.
func namesOf(v *virtualRouter, nodes int) []string {
	names := make([]string, nodes)
	for _, m := range v.members {
		names[m.index] = m.vi.Name
	}
	return names
}
