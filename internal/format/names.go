package format

import (
	"math"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// names is what a file tells of the definitions that its lines refer to: the line behind which a name always
// stands for harmless characters, or never.
type names map[string]int

// never is behind all lines.
const never = math.MaxInt

func findNames(lines []syntax.Line) names {
	n := names{}
	for i := range lines {
		line := &lines[i]
		code := written(line.Tokens)
		if line.Kind == syntax.IteratorLine {
			n.forbid(code)
		}
		for start, end := nextDefinition(code, 0); start >= 0; start, end = nextDefinition(code, end) {
			alone := line.Kind == syntax.DefinitionLine && len(line.Tokens) == 1 && start == 0
			n.define(code[start+1:end], strings.TrimLeft(code[end+1:], " \t"), alone, i)
		}
	}
	return n
}

// forbid takes all that looks like a name in an iterator: it may stand for anything.
func (n names) forbid(code string) {
	for i := 0; i < len(code); {
		end := nameEnd(code, i)
		if end > i {
			n[code[i:end]] = never
		}
		i = max(end, i+1)
	}
}

// define takes a definition that stands in a line, alone or not.
func (n names) define(name, value string, alone bool, line int) {
	_, seen := n[name]
	switch {
	case !alone || !harmless(value) || strings.HasPrefix(value, "include"):
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
		code = code[at+1:]
		name, ok := referenced(code)
		if !ok {
			plain = false
			continue
		}
		defined, ok := n[name]
		plain = plain && ok && line > defined
		wild = wild || defined == never
	}
}

// nextDefinition finds the next $NAME= from an offset on: where its '$' and its '=' are, -1 if there is none.
func nextDefinition(code string, from int) (start, end int) {
	for i := from; i < len(code); i++ {
		if code[i] != '$' {
			continue
		}
		if end := nameEnd(code, i+1); end > i+1 && end < len(code) && code[end] == '=' {
			return i, end
		}
	}
	return -1, -1
}

// definedValue is where the value of a definition begins; ok is false where the code is none.
func definedValue(code string) (at int, ok bool) {
	start, end := nextDefinition(code, 0)
	return end + 1, start == 0
}

// referenced is the name that the code behind a '$' refers to: NAME with its end in sight, or {NAME}.
func referenced(code string) (name string, ok bool) {
	if strings.HasPrefix(code, "{") {
		end := nameEnd(code, 1)
		return code[1:max(end, 1)], end > 1 && end < len(code) && code[end] == '}'
	}
	end := nameEnd(code, 0)
	return code[:end], end > 0 && (end == len(code) || strings.IndexByte(" \t,)", code[end]) >= 0)
}

// nameEnd is where the name that starts at i ends; i if none does.
func nameEnd(code string, i int) int {
	start := i
	for i < len(code) && (isLetter(code[i]) || i > start && isDigit(code[i])) {
		i++
	}
	return i
}

// harmless tells whether a value is nothing but words of plain characters.
func harmless(value string) bool {
	for i := range len(value) {
		blank := value[i] == ' ' || value[i] == '\t'
		if !isLetter(value[i]) && !isDigit(value[i]) && strings.IndexByte("./:%+=,-", value[i]) < 0 && (!blank || i == 0) {
			return false
		}
	}
	return value != ""
}

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
