package main

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/check"
	"github.com/govrrpd/govrrpd/internal/report"
)

// judgeFleet checks the files of all routers of a LAN together.
func (c *checkRun) judgeFleet(files []string) ([]report.File, report.Printer, error) {
	if slices.Contains(files, "-") {
		return nil, nil, errors.New("--fleet needs files: the standard input is one file only")
	}
	var members []check.Member
	for _, file := range files {
		for _, o := range c.options() {
			m := check.Member{Name: nodeName(file, files), File: file, Options: o}
			if len(c.ids) > 1 {
				m.Name = o.ConfigID
			}
			members = append(members, m)
		}
	}
	if len(members) < 2 {
		return nil, nil, errors.New("--fleet needs the files of at least two routers")
	}
	results, fleet := check.Fleet(members)
	if err := c.knowInstances(results); err != nil {
		return nil, nil, err
	}
	if len(c.instances) > 0 {
		fleet = check.FleetAbout(results, fleet, c.instances)
	}
	var judged []report.File
	for i, r := range results {
		judged = append(judged, report.File{Name: c.title(r.Name, members[i].Options), Path: r.Name, Findings: r.Findings})
	}
	return judged, fleet, nil
}

// nodeName is what messages call a router: the name of its file, or of its folder where all files have one name.
func nodeName(file string, files []string) string {
	for _, name := range []func(string) string{
		func(path string) string { return strings.TrimSuffix(filepath.Base(path), ".conf") },
		func(path string) string { return filepath.Base(filepath.Dir(path)) },
	} {
		if !slices.ContainsFunc(files, func(other string) bool { return other != file && name(other) == name(file) }) {
			return name(file)
		}
	}
	return file
}
