package check

import (
	"fmt"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// fewRepetitions of one finding at one place are told one by one.
const fewRepetitions = 3

// A placedCode is what repetitions have in common, though their words differ.
type placedCode struct {
	code syntax.Code
	span syntax.Span
}

// sumUp leaves one finding of those that one place gives again and again, as the line of an iterator does
// for each of its turns, and says how many more there are.
func sumUp(ds []syntax.Diagnostic) []syntax.Diagnostic {
	counts := map[placedCode]int{}
	for i := range ds {
		if ds[i].Span.Known() {
			counts[placedCode{ds[i].Code, ds[i].Span}]++
		}
	}
	told := map[placedCode]bool{}
	var kept []syntax.Diagnostic
	for _, d := range ds {
		key := placedCode{d.Code, d.Span}
		if told[key] {
			continue
		}
		if more := counts[key] - 1; more >= fewRepetitions {
			told[key] = true
			d.Message += fmt.Sprintf(" (and %d more like this from the same place)", more)
		}
		kept = append(kept, d)
	}
	return kept
}
