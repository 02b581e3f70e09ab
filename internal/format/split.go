package format

import (
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// split puts each statement, and each '}', on a line of its own.
func (p *page) split() {
	var rows []row
	for _, r := range p.rows {
		if r.whole || len(r.tokens) == 0 {
			rows = append(rows, r)
			continue
		}
		rows = append(rows, p.pieces(r)...)
	}
	p.rows = rows
}

// pieces are the rows that a row consists of. Its comment goes with the last one.
func (p *page) pieces(r row) []row {
	var rows []row
	tokens := r.tokens
	for len(tokens) > 0 {
		n := pieceLength(tokens)
		piece := row{kind: r.kind, number: r.number, tokens: tokens[:n]}
		if kind := tokens[0].Kind; kind == syntax.TextToken || kind == syntax.ConditionToken {
			piece.kind = lineOf(tokens).Kind
		}
		p.judge(&piece)
		rows = append(rows, piece)
		tokens = tokens[n:]
	}
	rows[len(rows)-1].comment = r.comment
	return rows
}

// pieceLength is the number of tokens that stay together: words and the '{' behind them, a '}', and all
// that follows a condition.
func pieceLength(tokens []syntax.Token) int {
	for i, token := range tokens {
		switch token.Kind {
		case syntax.ConditionToken, syntax.TextToken:
			return len(tokens)
		case syntax.OpenToken:
			return i + 1
		case syntax.CloseToken:
			return max(i, 1)
		}
	}
	return len(tokens)
}

// lineOf is what tokens are if they stand on a line of their own.
func lineOf(tokens []syntax.Token) syntax.Line {
	src := &syntax.Source{Text: written(tokens)}
	return src.Lines()[0]
}

// join puts a '{' that stands on a line of its own behind its keyword.
func (p *page) join() {
	kept := p.rows[:0]
	for _, r := range p.rows {
		if len(r.tokens) == 1 && r.first().Kind == syntax.OpenToken && !r.whole {
			n := len(kept)
			for n > 0 && kept[n-1].kind == syntax.BlankLine {
				n--
			}
			if n > 0 && kept[n-1].awaits(&r) {
				before := &kept[n-1]
				before.tokens = append(before.tokens[:len(before.tokens):len(before.tokens)], syntax.Token{Kind: syntax.OpenToken, Blank: " ", Text: "{"})
				before.comment += r.comment // one of them is empty
				kept = kept[:n]
				continue
			}
		}
		kept = append(kept, r)
	}
	p.rows = kept
}

// awaits tells whether a '{' may be put behind the row.
func (r *row) awaits(brace *row) bool {
	return !r.whole && len(r.tokens) > 0 && r.last().Kind == syntax.WordToken &&
		!strings.HasPrefix(r.last().Text, "include") && (r.comment == "" || brace.comment == "")
}
