package syntax

import (
	"math/rand/v2"
	"strings"
)

// Parse reads the configuration at path, which may be a pattern of the kind that include lines take:
// all files that match are read, in order, with a warning. What is wrong is told in the tree's
// Diagnostics; a tree without Sources means that there was nothing to read.
func Parse(path string, opts Options) *Tree {
	p := newParser(opts)
	p.readMain(path)
	return p.finish()
}

// ParseString reads a text as if it were the main file, of that name.
func ParseString(name, text string, opts Options) *Tree {
	p := newParser(opts)
	p.dir = directory(name)
	p.readSource(p.addSource(name, text))
	return p.finish()
}

// A parser holds what the lines of a configuration share: what was defined, which block is open.
type parser struct {
	opts Options
	fs   FS
	tree *Tree
	builder
	words    []Word // of the line at hand
	reported map[reportKey]struct{}

	// Definitions.
	defs       map[string]*definition
	generation int         // counts the definitions; what is left of a line is not searched twice in one
	open       *definition // the multi-line definition that the next lines belong to
	random     *rand.Rand
	ahead      lookahead
	out        []byte

	// Files.
	dir    string // of the file being read; "" is the working directory of the FS
	files  map[string]*Source
	chain  []string // names of the files being read, outermost first
	checks checks

	lostBrace Span // the rest of a line with a '{' in it, dropped for its quote

	// Bounds.
	depth    int  // of iterators and multi-line definitions
	repeated int  // lines
	replaced int  // bytes
	scanned  int  // bytes, see charge
	read     int  // bytes of all sources
	inTree   int  // words
	stopped  bool // a bound was passed: nothing more is read
}

func newParser(opts Options) *parser {
	p := &parser{
		opts:     opts,
		fs:       opts.FS,
		tree:     &Tree{},
		reported: map[reportKey]struct{}{},
		defs:     map[string]*definition{},
		random:   seeded(opts.Seed),
		files:    map[string]*Source{},

		generation: 1,
	}
	if p.fs == nil {
		p.fs = OSFS()
	}
	if opts.AllConfig {
		p.checks = checkAll
	}
	p.builder.start(p)
	return p
}

func (p *parser) finish() *Tree {
	if p.open != nil {
		p.endDefinition()
	}
	p.closeAll("write '}' at the end of the file")
	return p.tree
}

func (p *parser) addSource(name, content string) *Source {
	src := &Source{Name: name, Text: content, order: len(p.tree.Sources)}
	p.tree.Sources = append(p.tree.Sources, src)
	p.read += len(content)
	return src
}

const byteOrderMark = "\ufeff"

// readSource treats the lines of a file one by one.
func (p *parser) readSource(src *Source) {
	offset := 0
	if strings.HasPrefix(src.Text, byteOrderMark) {
		offset = len(byteOrderMark)
	}
	hasNUL := strings.IndexByte(src.Text, 0) >= 0
	for offset < len(src.Text) && !p.stopped {
		line := src.Text[offset:]
		next := len(src.Text)
		if end := strings.IndexByte(line, '\n'); end >= 0 {
			line, next = line[:end], offset+end+1
		}
		t := text{s: strings.TrimRight(line, "\r"), src: src, off: offset}
		offset = next
		if hasNUL && p.rejectNUL(t) {
			continue
		}
		p.physicalLine(t)
	}
}

func (p *parser) rejectNUL(t text) bool {
	at := strings.IndexByte(t.s, 0)
	if at < 0 {
		return false
	}
	p.errorf(CodeNUL, t.span(at, at+1), ClassGeneral, "", "NUL byte in the line, which is ignored")
	return true
}

// physicalLine takes a line as it stands in the file: comments go, and the lines of a definition that
// is not finished are put to it.
func (p *parser) physicalLine(t text) {
	t = t.from(0)
	empty := t.s == ""
	end, open := stripComment(t.s)
	comment := t.slice(end, len(t.s))
	t = t.slice(0, end)
	if goesOn(comment.s) {
		t = p.commentGoesOn(t, comment)
	}
	if strings.HasSuffix(t.s, `\`) {
		t = closeUp(t)
	}
	if open {
		p.unmatchedQuote(t, strings.LastIndexByte(t.s, '"'))
		t.badQuote = true
	}
	switch {
	case p.open != nil:
		p.continueDefinition(t, empty)
	case t.s != "":
		p.line(t)
	}
}

// commentGoesOn puts the backslash at the end of a comment to the line of a definition, which a comment does
// not end. Elsewhere keepalived takes it for a part of the line, which nobody means.
func (p *parser) commentGoesOn(t, comment text) text {
	at := strings.LastIndexByte(comment.s, '\\')
	if p.open != nil || beginsDefinition(t.s) {
		return join(t, comment.slice(at, at+1))
	}
	p.report(Diagnostic{Code: CodeContinuation, Span: comment.span(at, at+1), Severity: Warning, Class: ClassUnknownKeyword,
		Message: "a backslash at the end of a comment, which only definitions ($NAME=…) may have: keepalived takes it for a part of the line",
		Hint:    "leave it out"})
	return t
}

func (p *parser) unmatchedQuote(t text, at int) {
	if strings.Contains(t.s[at:], "{") {
		p.lostBrace = t.span(at, len(t.s))
	}
	p.errorf(CodeQuote, t.span(at, len(t.s)), ClassUnmatchedQuote, "", `quote without a closing '"' on the line: the rest of the line is dropped`)
}

// closeUp removes the blanks before the backslash at the end of a line, as keepalived does: outside of a
// definition it becomes part of the word before it.
func closeUp(t text) text {
	end := len(t.s) - 1
	for end > 0 && isBlank(t.s[end-1]) {
		end--
	}
	if end == len(t.s)-1 || end == 0 {
		return t
	}
	return join(t.slice(0, end), t.slice(len(t.s)-1, len(t.s)))
}

// line takes a line through the steps, each of which may end it: condition, definition, iterator,
// substitution, include, brace. What follows a brace goes through them again.
func (p *parser) line(t text) {
	for t = t.from(0); t.s != "" && !p.stopped; {
		var again bool
		if t, again = p.steps(t); !again {
			return
		}
	}
}

// nested takes a line through the steps that another line brought.
func (p *parser) nested(t text) {
	if p.depth >= maxExpansionDepth {
		p.stop(t.span(0, len(t.s)), "more than %d definitions and iterators within each other", maxExpansionDepth)
		return
	}
	p.charge(len(t.s), t.span(0, len(t.s)))
	p.depth++
	p.line(t)
	p.depth--
}

// steps does all that happens to a line up to its first brace, and returns the rest of the line.
func (p *parser) steps(t text) (rest text, again bool) {
	if t.s[0] == '@' {
		if t, again = p.condition(t); !again {
			return t, false
		}
	}
	if p.define(t) || t.s[0] == '~' && p.iterate(t) {
		return t, false
	}
	if t.replaced != p.generation && strings.IndexByte(t.s, '$') >= 0 {
		replaced, multi, ok := p.substitute(t)
		switch {
		case !ok:
			return t, false
		case multi != nil:
			p.expand(replaced, multi, t.span(0, len(t.s)))
			return t, false
		case replaced.s != t.s:
			if replaced, ok = p.restrip(replaced); !ok {
				return t, false
			}
			if replaced.brought() && strings.IndexByte("@$~", replaced.s[0]) >= 0 {
				p.nested(replaced) // a condition, definition or iterator that came out of a definition
				return t, false
			}
			t = replaced
		}
	}
	t.replaced = p.generation
	if p.include(t) {
		return t, false
	}
	return p.splitBrace(t)
}

// restrip removes the comment and the blanks that a substitution brought.
func (p *parser) restrip(t text) (text, bool) {
	end, open := stripComment(t.s)
	t = t.slice(0, end).from(0)
	if open && !t.badQuote && t.s != "" {
		p.unmatchedQuote(t, strings.LastIndexByte(t.s, '"'))
		t.badQuote = true
	}
	return t, t.s != ""
}

// splitBrace gives the line up to its first brace, and the brace, to the tree.
func (p *parser) splitBrace(t text) (rest text, again bool) {
	at := findBrace(t.s)
	if at < 0 {
		p.addLine(t)
		return t, false
	}
	if at > 0 {
		end := at
		for end > 0 && isBlank(t.s[end-1]) {
			end--
		}
		p.addLine(t.slice(0, end))
	}
	if t.s[at] == '{' {
		p.openBlock(t.span(at, at+1))
	} else {
		p.closeBlock(t.span(at, at+1))
	}
	rest = t.from(at + 1)
	return rest, rest.s != ""
}

// addLine splits a line into words and adds it to the open block.
func (p *parser) addLine(t text) {
	p.splitWords(t)
	if len(p.words) == 0 {
		return
	}
	last := p.words[len(p.words)-1]
	span := p.words[0].Span
	if last.Span.Source == span.Source && last.Span.End > span.Start {
		span.End = last.Span.End
	}
	if strings.HasSuffix(t.s, `\`) {
		p.report(Diagnostic{Code: CodeContinuation, Span: last.Span, Severity: Warning,
			Message: "a backslash at the end joins nothing: lines do not go on in the next one",
			Hint:    "only definitions ($NAME=…) have several lines"})
	}
	p.addStatement(p.words, unescape(t.s), span)
}

// splitWords fills p.words. A quote also ends a bare word, so ab"cd ef"gh are three.
func (p *parser) splitWords(t text) {
	p.words = p.words[:0]
	s := t.s
	for i := 0; i < len(s); {
		switch {
		case isSeparator(s[i]):
			i++
		case s[i] == '"':
			end := strings.IndexByte(s[i+1:], '"')
			if end < 0 {
				if !t.badQuote {
					p.unmatchedQuote(t, i)
				}
				return
			}
			end += i + 1
			p.words = append(p.words, Word{Text: s[i+1 : end], Span: t.span(i, end+1), Quoted: true})
			i = end + 1
		default:
			start := i
			for i < len(s) && !isSeparator(s[i]) && s[i] != '"' {
				i++
			}
			p.words = append(p.words, Word{Text: unescape(s[start:i]), Span: t.span(start, i)})
		}
	}
}

// condition obeys @ID and @^ID at the start of a line: it returns what they guard, if it holds.
func (p *parser) condition(t text) (guarded text, holds bool) {
	end := 1
	for end < len(t.s) && !isBlank(t.s[end]) {
		end++
	}
	id := t.s[1:end]
	negated := strings.HasPrefix(id, "^")
	guarded = t.from(end)
	holds = id != "" && id == p.opts.ConfigID
	if negated {
		holds = id[1:] != p.opts.ConfigID
	}
	if !holds {
		p.skipDefinition(guarded)
	}
	return guarded, holds && guarded.s != ""
}
