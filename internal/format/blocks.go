package format

import (
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// blocks follows the braces as the parser does, for one config-id.
type blocks struct {
	opts   Options
	id     string
	path   []string // keywords of the open blocks
	last   string   // the statement that a '{' would belong to
	ready  bool     // there is one
	broken bool     // something has no partner
}

// maxWorlds bounds how many config-ids are told apart.
const maxWorlds = 64

// worldsOf are the config-ids that a file mentions, and one that it does not.
func worldsOf(lines []syntax.Line) []string {
	ids := []string{"\x00"}
	seen := map[string]bool{}
	for _, line := range lines {
		for _, token := range line.Tokens {
			if token.Kind != syntax.ConditionToken {
				continue
			}
			if id := strings.TrimPrefix(token.Text[1:], "^"); !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// holds tells whether a condition holds for a config-id.
func holds(condition, id string) bool {
	if other, negated := strings.CutPrefix(condition[1:], "^"); negated {
		return other != id
	}
	return condition[1:] != "" && condition[1:] == id
}

func (p *page) newBlocks() []blocks {
	all := make([]blocks, len(p.worlds))
	for i, id := range p.worlds {
		all[i] = blocks{opts: p.opts, id: id}
	}
	return all
}

// balanced tells whether every block begins and ends in this file, whichever config-id reads it. One that the
// file does not mention need not be able to read it, and does not count if it is not.
func (p *page) balanced() bool {
	if p.doubtful || len(p.worlds) > maxWorlds || !p.definitionsBalanced() {
		return false
	}
	all := p.newBlocks()
	for i := range all {
		for j := range p.rows {
			all[i].read(&p.rows[j])
		}
		all[i].settle()
	}
	mentioned := all[1:]
	for i := range mentioned {
		if mentioned[i].incomplete() {
			return false
		}
	}
	if all[0].incomplete() && len(mentioned) > 0 {
		p.worlds = p.worlds[1:]
		return true
	}
	return !all[0].incomplete()
}

// read takes the tokens of a row that the config-id sees.
func (b *blocks) read(r *row) {
	switch r.kind {
	case syntax.IncludeLine, syntax.IteratorLine:
		if len(r.tokens) == 1 || holds(r.first().Text, b.id) {
			b.settle()
		}
		return
	case syntax.StatementLine:
	default:
		return
	}
	for i := 0; i < len(r.tokens); i++ {
		switch token := r.tokens[i]; token.Kind {
		case syntax.ConditionToken:
			if !holds(token.Text, b.id) {
				return
			}
		case syntax.WordToken:
			b.statement(token.Text, i == 0 && r.indent == "")
			for i+1 < len(r.tokens) && r.tokens[i+1].Kind == syntax.WordToken {
				i++
			}
		case syntax.TextToken:
			b.settle()
		case syntax.OpenToken:
			b.begin()
		case syntax.CloseToken:
			b.end()
		}
	}
}

// statement takes the first word of one. A keyword that stands outside of all blocks, in the first column,
// tells the parser that the '}' before it is missing.
func (b *blocks) statement(word string, firstColumn bool) {
	b.settle()
	if b.inValues() {
		return
	}
	known := b.opts.BlockKeyword
	if known != nil && firstColumn && len(b.path) > 0 && known(nil, word) && !known(b.path, word) {
		b.broken = true
	}
	b.last, b.ready = strings.Trim(word, `"`), true
}

// settle is called when something other than a '{' follows a statement.
func (b *blocks) settle() {
	if known := b.opts.BlockKeyword; b.ready && known != nil && known(b.path, b.last) {
		b.broken = true
	}
	b.ready = false
}

func (b *blocks) begin() {
	switch {
	case b.inValues(): // such blocks do not nest
	case !b.ready:
		b.broken = true
	default:
		b.path = append(b.path, b.last)
	}
	b.ready = false
}

func (b *blocks) end() {
	b.settle()
	if len(b.path) == 0 {
		b.broken = true
		return
	}
	b.path = b.path[:len(b.path)-1]
}

// incomplete tells whether some brace has no partner.
func (b *blocks) incomplete() bool { return b.broken || len(b.path) > 0 }

func (b *blocks) inValues() bool {
	return b.opts.ValueBlock != nil && len(b.path) > 0 && b.opts.ValueBlock(b.path)
}
