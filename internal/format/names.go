package format

import (
	"regexp"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// names is what a file tells of the definitions that its lines refer to.
type names struct {
	plain map[string]bool // true: always one line of harmless characters; false: something else, or both
	odd   bool            // some value has a quote without a partner, which its user may have
}

var (
	definition = regexp.MustCompile(`\$([A-Za-z_][A-Za-z0-9_]*)=`)
	reference  = regexp.MustCompile(`^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)(?:[ \t,)]|$))`)
	identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
	harmless   = regexp.MustCompile(`^[A-Za-z0-9_./:%+=,-][A-Za-z0-9_./:%+=, \t-]*$`)
)

func findNames(lines []syntax.Line) names {
	n := names{plain: map[string]bool{}}
	for i := range lines {
		line := &lines[i]
		code := written(line.Tokens)
		if line.Kind == syntax.DefinitionLine || line.Kind == syntax.ContinuationLine || line.Kind == syntax.IteratorLine {
			n.odd = n.odd || strings.Count(code, `"`)%2 != 0 || strings.Count(code, `'`)%2 != 0
		}
		if line.Kind == syntax.IteratorLine {
			for _, variable := range identifier.FindAllString(code, -1) {
				n.plain[variable] = false
			}
		}
		for _, at := range definition.FindAllStringSubmatchIndex(code, -1) {
			name, value := code[at[2]:at[3]], strings.TrimLeft(code[at[1]:], " \t")
			_, seen := n.plain[name]
			alone := line.Kind == syntax.DefinitionLine && len(line.Tokens) == 1 && at[0] == 0
			good := alone && harmless.MatchString(value) && !strings.HasPrefix(value, "include")
			n.plain[name] = good && (!seen || n.plain[name])
		}
	}
	return n
}

// plainIn tells whether all that the code refers to is plain, so that it means the same piece by piece.
func (n names) plainIn(code string) bool {
	for {
		at := strings.IndexByte(code, '$')
		if at < 0 {
			return true
		}
		match := reference.FindStringSubmatch(code[at:])
		if match == nil || !n.plain[match[1]+match[2]] {
			return false
		}
		code = code[at+1:]
	}
}
