package format

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// print writes the rows, with the comments behind neighbouring rows in one column.
func (p *page) print() string {
	var out strings.Builder
	for i := 0; i < len(p.rows); {
		n := i
		var codes []string
		width := 0
		for ; n < len(p.rows) && len(p.rows[n].tokens) > 0 && p.rows[n].comment != ""; n++ {
			code := p.rows[n].indent + p.rows[n].code()
			codes = append(codes, code)
			width = max(width, utf8.RuneCountInString(code))
		}
		for j, code := range codes {
			out.WriteString(code)
			out.WriteString(strings.Repeat(" ", width+2-utf8.RuneCountInString(code)))
			out.WriteString(p.rows[i+j].comment)
			out.WriteByte('\n')
		}
		if i = n; len(codes) == 0 {
			p.rows[i].print(&out)
			i++
		}
	}
	return out.String()
}

// print writes a row that has code, a comment, or nothing.
func (r *row) print(out *strings.Builder) {
	if !r.empty() {
		out.WriteString(r.indent)
		out.WriteString(r.code())
		out.WriteString(r.comment)
	}
	out.WriteByte('\n')
}

// code is the row without indentation and comment.
func (r *row) code() string {
	code := r.spaced()
	if strings.HasSuffix(code, "\r") {
		return code + " " // else it would be taken for a part of the line end
	}
	return code
}

// spaced is the row with blanks as they should be.
func (r *row) spaced() string {
	if len(r.tokens) == 0 {
		return ""
	}
	if r.fixed {
		return r.first().Blank + written(r.tokens) + r.tail
	}
	var b strings.Builder
	for i := 0; i < len(r.tokens); {
		n := i
		for n < len(r.tokens) && r.tokens[n].Kind == syntax.WordToken {
			n++
		}
		if i > 0 && r.gap(i) {
			b.WriteByte(' ')
		}
		if n > i && strings.Contains(r.tokens[i].Text, "$") {
			b.WriteString(written(r.tokens[i:])) // it may bring an include, of which the rest is the pattern
			break
		}
		if n > i {
			b.WriteString(words(r.tokens[i:n]))
			i = n
			continue
		}
		b.WriteString(text(r.tokens[i], r.kind))
		i++
	}
	return b.String()
}

// gap tells whether a blank belongs before a token that is the first word behind a brace or a condition, or
// no word. A brace stays where it is if a blank would make a reference, or an include, of what is none.
func (r *row) gap(i int) bool {
	if r.tokens[i].Blank != "" {
		return true
	}
	before := r.tokens[i-1]
	return r.tokens[i].Kind == syntax.OpenToken && before.Kind == syntax.WordToken &&
		!strings.Contains(before.Text, "$") && !strings.HasPrefix(before.Text, "include")
}

// words puts one blank between words that have some, where nobody notices: not in a script's command line
// with quotes or escapes of its own.
func words(tokens []syntax.Token) string {
	raw := written(tokens)
	single := slices.Clone(tokens)
	for i := range single {
		if single[i].Blank != "" {
			single[i].Blank = " "
		}
	}
	spaced := written(single)
	before, err := syntax.SplitCommand(raw)
	after, _ := syntax.SplitCommand(spaced)
	if err != nil || !slices.Equal(before, after) {
		return raw
	}
	return spaced
}

// text prints a token of a line of some kind that is no word. What a pattern, a value or an iterator looks like
// has a meaning, but not the blanks behind include and before the backslash that continues a definition.
func text(token syntax.Token, kind syntax.LineKind) string {
	s := token.Text
	if token.Kind != syntax.TextToken {
		return s
	}
	if _, ok := definedValue(s); ok || kind == syntax.ContinuationLine {
		return continuation(s)
	}
	keyword, pattern, ok := strings.Cut(s, " ")
	if ok && strings.HasPrefix(keyword, "include") && !strings.ContainsAny(keyword, "\t\v\f\r") {
		return keyword + " " + strings.TrimLeft(pattern, " \t")
	}
	return s
}

// continuation puts one blank before the backslash at the end of a line, where any number is the same.
func continuation(s string) string {
	rest, more := strings.CutSuffix(s, `\`)
	if rest = strings.TrimRight(rest, " \t"); more && rest != "" {
		return rest + ` \`
	}
	return s
}
