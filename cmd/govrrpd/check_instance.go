package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/check"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// knowInstances makes sure that what --instance names is in one of the files at least: a misspelt name would
// otherwise pass as an instance without mistakes. Where a file cannot be read, nobody knows.
func (c *checkRun) knowInstances(results []*check.Result) error {
	if len(c.instances) == 0 {
		return nil
	}
	var known []string
	seen := map[string]bool{}
	for _, r := range results {
		if len(r.Tree.Sources) == 0 {
			return nil
		}
		for _, name := range r.Instances() {
			if !seen[name] {
				seen[name] = true
				known = append(known, name)
			}
		}
	}
	for _, name := range c.instances {
		if !slices.Contains(known, name) {
			return fmt.Errorf("there is no vrrp_instance %s; %s", name, nearest(name, known))
		}
	}
	return nil
}

// nearest says which name was most likely meant, or which there are.
func nearest(name string, known []string) string {
	const most = 8
	switch suggested := syntax.Suggest(name, known); {
	case suggested != "":
		return "did you mean " + suggested + "?"
	case len(known) == 0:
		return "there are none"
	case len(known) > most:
		return fmt.Sprintf("there are %s and %d more", strings.Join(known[:most], ", "), len(known)-most)
	}
	return "there are " + strings.Join(known, ", ")
}
