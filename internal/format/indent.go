package format

import (
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

const (
	step      = "    "
	maxIndent = 64 // blocks; a file that has more gains nothing by wider lines
)

func indentation(depth int) string { return strings.Repeat(step, min(max(depth, 0), maxIndent)) }

// indent sets what the rows begin with: as many steps as blocks are open. Where that depends on the
// config-id, the one with the most blocks decides.
func (p *page) indent() {
	all := p.newBlocks()
	inside := 0 // blocks in a multi-line definition
	head := 0   // the depth of its first line
	for i := range p.rows {
		r := &p.rows[i]
		depth := 0
		for j := range all {
			b := &all[j]
			if leadingCloses, active := b.leads(r); active {
				depth = max(depth, len(b.path)-leadingCloses)
			}
			b.read(r)
		}
		switch r.kind {
		case syntax.ContinuationLine:
			braces := bracesIn(r.first().Text)
			r.indent = indentation(head + 1 + inside - braces.leading)
			inside += braces.net
			continue
		case syntax.CommentLine:
			if p.continued(i) {
				r.indent = indentation(head + 1 + inside)
				continue
			}
		}
		r.indent = indentation(depth)
		head, inside = depth, 0
		if r.kind == syntax.DefinitionLine {
			inside = bracesIn(r.last().Text).net
		}
	}
}

// continued tells whether a comment stands between the lines of a definition.
func (p *page) continued(i int) bool {
	for i++; i < len(p.rows); i++ {
		switch p.rows[i].kind {
		case syntax.CommentLine, syntax.IgnoredLine:
		case syntax.ContinuationLine:
			return true
		default:
			return false
		}
	}
	return false
}

// leads counts the '}' that a row begins with, and tells whether the config-id sees the row.
func (b *blocks) leads(r *row) (closes int, active bool) {
	for i, token := range r.tokens {
		switch {
		case i == 0 && token.Kind == syntax.ConditionToken:
			if !holds(token.Text, b.id) {
				return 0, false
			}
		case token.Kind == syntax.CloseToken:
			closes++
		default:
			return closes, true
		}
	}
	return closes, true
}

// braces is what a text that is read later does to the blocks.
type braces struct {
	net     int // blocks that it leaves open
	lowest  int // blocks that it closes without having opened them, as a negative number
	leading int // '}' that it begins with
}

// bracesIn counts the braces of a definition, a line of one, or of what an iterator repeats.
func bracesIn(text string) braces {
	var sum braces
	src := &syntax.Source{Text: text[bodyOf(text):]}
	for _, line := range src.Lines() {
		for i, token := range line.Tokens {
			switch token.Kind {
			case syntax.OpenToken:
				sum.net++
			case syntax.CloseToken:
				sum.net--
				sum.lowest = min(sum.lowest, sum.net)
				if i == sum.leading {
					sum.leading++
				}
			}
		}
	}
	return sum
}

// bodyOf is where a definition's value or what an iterator repeats begins.
func bodyOf(text string) int {
	if value, ok := definedValue(text); ok {
		return value
	}
	if strings.HasPrefix(text, "~") {
		if end := strings.IndexByte(text, ')'); end >= 0 {
			return end + 1
		}
	}
	return 0
}

// definitionsBalanced tells whether no definition and no iterator begins a block without ending it.
func (p *page) definitionsBalanced() bool {
	open := 0
	for i := range p.rows {
		r := &p.rows[i]
		if r.kind != syntax.ContinuationLine && r.kind != syntax.CommentLine && r.kind != syntax.IgnoredLine {
			if open != 0 {
				return false
			}
		}
		if len(r.tokens) == 0 || r.last().Kind != syntax.TextToken || r.kind == syntax.IgnoredLine {
			continue
		}
		sum := bracesIn(r.last().Text)
		if open+sum.lowest < 0 {
			return false
		}
		open += sum.net
	}
	return open == 0
}
