package syntax

import (
	"cmp"
	"slices"
)

// ExitCode is what a configuration test ends with when c is the worst it found.
func (c Class) ExitCode() int {
	switch {
	case c == ClassNone:
		return 0
	case c <= ClassFatal:
		return 4
	case c <= ClassDeprecated:
		return 5
	case c == ClassAbort:
		return 2
	}
	return 6 // ClassSecurity, ClassInclude
}

// ExitCode is what a configuration test ends with: that of the numerically highest class, since the
// order of the classes is the order of gravity. ClassAbort is the highest: whatever else was found,
// keepalived ends there.
func ExitCode(ds []Diagnostic) int {
	worst := ClassNone
	for i := range ds {
		worst = max(worst, ds[i].Class)
	}
	return worst.ExitCode()
}

// Sort orders diagnostics by file (in the order of reading) and place, findings without a place last,
// and removes exact repetitions. It changes ds and returns the part of it that is left.
func Sort(ds []Diagnostic) []Diagnostic {
	slices.SortStableFunc(ds, compareDiagnostics)
	return slices.Compact(ds)
}

func compareDiagnostics(a, b Diagnostic) int {
	if a.Span.Known() != b.Span.Known() {
		if a.Span.Known() {
			return -1
		}
		return 1
	}
	if a.Span.Known() && a.Span.Source != b.Span.Source {
		if c := cmp.Compare(a.Span.Source.order, b.Span.Source.order); c != 0 {
			return c
		}
		if c := cmp.Compare(a.Span.Source.Name, b.Span.Source.Name); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(a.Span.Start, b.Span.Start); c != 0 {
		return c
	}
	if !a.Span.Known() {
		return 0 // findings about the whole stay in the order in which they were made
	}
	return cmp.Or(cmp.Compare(a.Span.End, b.Span.End), cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Message, b.Message))
}
