package config

import (
	"maps"
	"slices"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// maxCompared is how many names are compared in search of what was meant: a file of ten thousand slips shall
// not take ten thousand times ten thousand comparisons.
const maxCompared = 1 << 18

// nearestName is the defined name that a misspelt one was probably meant to be, or "".
func nearestName[V any](d *decoder, name string, defined map[string]V) string {
	if d.compared += len(defined); d.compared > maxCompared {
		return ""
	}
	return schema.Nearest(name, slices.Sorted(maps.Keys(defined)))
}

// hintName adds to the finding that was reported last which name was probably meant, else the other hint.
func (d *decoder) hintName(near, other string) {
	if near != "" {
		other = "did you mean " + schema.Quote(near) + "?"
	}
	d.Hint(other)
}
