package format

import (
	"math"
	"regexp"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// names is what a file tells of the definitions that its lines refer to: the line behind which a name always
// stands for harmless characters, or never.
type names map[string]int

// never is behind all lines.
const never = math.MaxInt

var (
	definition = regexp.MustCompile(`\$([A-Za-z_][A-Za-z0-9_]*)=`)
	reference  = regexp.MustCompile(`^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)(?:[ \t,)]|$))`)
	identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
	harmless   = regexp.MustCompile(`^[A-Za-z0-9_./:%+=,-][A-Za-z0-9_./:%+=, \t-]*$`)
)

func findNames(lines []syntax.Line) names {
	n := names{}
	for i := range lines {
		line := &lines[i]
		code := written(line.Tokens)
		if line.Kind == syntax.IteratorLine {
			for _, variable := range identifier.FindAllString(code, -1) {
				n[variable] = never
			}
		}
		for _, at := range definition.FindAllStringSubmatchIndex(code, -1) {
			alone := line.Kind == syntax.DefinitionLine && len(line.Tokens) == 1 && at[0] == 0
			n.define(code[at[2]:at[3]], strings.TrimLeft(code[at[1]:], " \t"), alone, i)
		}
	}
	return n
}

// define takes a definition that stands in a line, alone or not.
func (n names) define(name, value string, alone bool, line int) {
	_, seen := n[name]
	switch {
	case !alone || !harmless.MatchString(value) || strings.HasPrefix(value, "include"):
		n[name] = never
	case !seen:
		n[name] = line
	}
}

// judge tells whether all that the code of a line refers to is plain, so that it means the same piece by piece,
// and whether something in it is known to be wild: it may bring quotes, braces, an include.
func (n names) judge(code string, line int) (plain, wild bool) {
	plain = true
	for {
		at := strings.IndexByte(code, '$')
		if at < 0 {
			return plain, wild
		}
		match := reference.FindStringSubmatch(code[at:])
		code = code[at+1:]
		if match == nil {
			plain = false
			continue
		}
		defined, ok := n[match[1]+match[2]]
		plain = plain && ok && line > defined
		wild = wild || defined == never
	}
}
