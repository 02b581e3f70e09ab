// Package format lays out keepalived.conf the way everybody's should look, as gofmt does for Go: four
// blanks for each block, one statement a line, one blank between words, no more than one empty line in a
// row, comments behind lines in one column, LF at the end of each line.
//
// It promises that the text means the same afterwards, whatever files it includes and whichever config-id
// reads it: what the parser would notice stays byte for byte, and so does what a script or a definition
// might notice. (Only when an included file forgets a '}', the parser's guess where it belongs, which goes by
// columns, may be another.) Comments keep their text and their order. Formatting twice is formatting once.
//
// A file whose braces do not match, be it by mistake or because an included file has their partners, keeps
// its lines and the blanks that they begin with: only the author knows what belongs where. Lines that
// nobody may take apart keep their form: a block on one line behind an @ID condition, for the condition
// holds for the whole line, and one with a $REFERENCE that may stand for several lines.
//
// The package knows no keyword and reads no file. The view of the lines is package syntax's.
package format

import (
	"errors"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Options lend the formatter what the parser is lent, so that both find the same blocks. Without them a
// keyword has a block when a '{' follows.
type Options struct {
	BlockKeyword func(path []string, word string) bool // as in syntax.Options
	ValueBlock   func(path []string) bool              // as in syntax.Options
}

// errMeaning is never seen unless there is a mistake in this package. It is better seen than not looked for.
var errMeaning = errors.New("the formatted text would not mean the same, so it is left as it is; please report this")

const (
	byteOrderMark = "\ufeff"
	oddBlanks     = "\r\v\f" // they separate words, and are no blanks to everything else
)

// Text formats the text of one file.
func Text(text string, opts Options) (string, error) {
	p, lines := open(text, opts)
	if p.balanced() {
		p.split()
		p.join()
		p.indent()
	}
	p.dropBlankRows()
	formatted := protectMark(p.print())
	if meaning(lines) != meaning((&syntax.Source{Text: formatted}).Lines()) {
		return "", errMeaning
	}
	return formatted, nil
}

// Balanced tells whether every block of the file begins and ends in it, whichever config-id reads it. Where
// that is not so, Text keeps the indentation.
func Balanced(text string, opts Options) bool {
	p, _ := open(text, opts)
	return p.balanced()
}

func open(text string, opts Options) (*page, []syntax.Line) {
	src := &syntax.Source{Text: protectMark(strings.TrimPrefix(text, byteOrderMark))}
	lines := src.Lines()
	p := &page{opts: opts, names: findNames(lines), worlds: worldsOf(lines)}
	p.take(lines)
	return p, lines
}

// protectMark keeps a second byte order mark, which is part of a word, from becoming the first.
func protectMark(text string) string {
	if strings.HasPrefix(text, byteOrderMark) {
		return "\n" + text
	}
	return text
}

// A page is a file on its way through the formatter.
type page struct {
	opts   Options
	names  names
	worlds []string // config-ids that make a difference
	rows   []row

	doubtful bool // some line may belong to a definition, or be one by itself
}

// A row is a line to be.
type row struct {
	kind    syntax.LineKind
	number  int // of the line that it comes from
	tokens  []syntax.Token
	indent  string
	tail    string // separators at the end that are no blanks: a reference before them is none
	comment string
	fixed   bool // its blanks stay, and it is neither split nor joined
	whole   bool // it is neither split nor joined
}

func (r *row) first() *syntax.Token { return &r.tokens[0] }
func (r *row) last() *syntax.Token  { return &r.tokens[len(r.tokens)-1] }
func (r *row) empty() bool          { return len(r.tokens) == 0 && r.comment == "" }

// opens and closes tell whether the row ends, or begins, with a brace.
func (r *row) opens() bool  { return len(r.tokens) > 0 && r.last().Kind == syntax.OpenToken }
func (r *row) closes() bool { return len(r.tokens) > 0 && r.first().Kind == syntax.CloseToken }

// written is the code of the row as it was written.
func written(tokens []syntax.Token) string {
	var b strings.Builder
	for i, token := range tokens {
		if i > 0 {
			b.WriteString(token.Blank)
		}
		b.WriteString(token.Text)
	}
	return b.String()
}

// take makes a row of each line.
func (p *page) take(lines []syntax.Line) {
	certain := false // that the definition that continuation lines belong to is one
	for i, line := range lines {
		r := row{kind: line.Kind, number: i, tokens: line.Tokens, indent: line.Indent, comment: strings.TrimRight(line.Comment, " \t\r\v\f")}
		if r.kind == syntax.StatementLine && len(r.tokens) == 0 && r.comment == "" {
			r.kind = syntax.BlankLine // separators that are no blanks
		}
		if len(r.tokens) > 0 {
			if strings.ContainsAny(line.Gap, oddBlanks) {
				r.tail = strings.TrimRight(line.Gap, " \t")
			}
			p.judge(&r)
		}
		switch r.kind {
		case syntax.ContinuationLine:
			r.fixed = r.fixed || !certain
			p.doubtful = p.doubtful || !certain
		case syntax.CommentLine, syntax.IgnoredLine:
		default:
			certain = r.kind == syntax.DefinitionLine
		}
		p.rows = append(p.rows, r)
	}
}

// judge finds out which liberties may be taken with a row.
func (p *page) judge(r *row) {
	code := r.first().Blank + written(r.tokens) + r.tail
	oddQuotes := strings.Count(code, `"`)%2 != 0 || strings.Contains(code, `\"`)
	oddBlank := strings.ContainsAny(code, oddBlanks)
	plain, wild := p.names.judge(code, r.number)
	statement := r.kind == syntax.StatementLine
	r.fixed = r.kind == syntax.IgnoredLine || oddQuotes || oddBlank || statement && (wild || !plain && mayRestart(r.tokens))
	r.whole = r.fixed || !plain || !statement || r.first().Kind == syntax.ConditionToken || strings.Contains(code, `\`)
}

// mayRestart tells whether, if the braces of a ${NAME} turn out to be braces, what follows them may be anything
// but words.
func mayRestart(tokens []syntax.Token) bool {
	split := false
	for _, token := range tokens {
		if split && (strings.HasPrefix(token.Text, "include") || strings.ContainsAny(token.Text[:1], "@~$")) {
			return true
		}
		split = split || strings.Contains(token.Text, "${")
	}
	return false
}

// dropBlankRows leaves one empty line where there are several, and none at the start, at the end, behind a
// '{' and before a '}'. The one that ends a definition has a meaning and stays.
func (p *page) dropBlankRows() {
	kept := p.rows[:0]
	blank := false
	for _, r := range p.rows {
		if r.kind == syntax.BlankLine {
			blank = true
			continue
		}
		if blank && len(kept) > 0 && !r.closes() && r.kind != syntax.EndLine {
			if before := &kept[len(kept)-1]; !before.empty() && !before.opens() {
				kept = append(kept, row{kind: syntax.BlankLine})
			}
		}
		blank = false
		kept = append(kept, r)
	}
	p.rows = kept
}
