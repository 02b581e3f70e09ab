package syntax

import (
	"strconv"
	"strings"
)

// A builder makes the tree out of lines and braces. It is where a brace finds its partner, or not.
type builder struct {
	p     *parser
	stack []frame
	path  []string   // keywords of the open blocks, outermost first
	last  *Statement // of the open block, to which a '{' may belong; nil behind a brace
	wants bool       // last is known to want a block

	closed closing

	wordChunk      []Word
	statementChunk []Statement
}

// A frame is a block that is open.
type frame struct {
	block   *Block
	owner   *Statement // nil for the root and for a '{' that belongs to nothing
	indent  int        // column of the owner if it is the first thing of its line, else -1
	value   bool       // its lines are entries
	suspect *Statement // whose block, within this one, ends at a column that says its '}' was meant for this one
	opened  Span       // the '{'; zero where it is missing
	stray   bool       // a '{' within was ignored, and got what may be this one's '}'
}

func (b *builder) start(p *parser) {
	b.p = p
	b.stack = append(b.stack, frame{block: &p.tree.Root, indent: -1})
}

func (b *builder) top() *frame { return &b.stack[len(b.stack)-1] }

// addStatement adds a line to the open block; words is copied.
func (b *builder) addStatement(words []Word, raw string, span Span) {
	b.settle(Span{})
	if words[0].Text != "" && !words[0].Quoted {
		b.recover(words[0])
	}
	b.p.chargeWords(len(words), span)
	s := b.newStatement(words, raw, span)
	top := b.top()
	top.block.Statements = append(top.block.Statements, s)
	if top.value {
		return
	}
	b.last = s
	if known := b.p.opts.BlockKeyword; known != nil {
		b.wants = known(b.path, s.Words[0].Text)
	}
	if len(b.path) == 1 && b.path[0] == "global_defs" {
		b.p.globalKeyword(s)
	}
}

// newStatement takes statements and words from chunks: there are very many, and they live together.
func (b *builder) newStatement(words []Word, raw string, span Span) *Statement {
	const chunk = 256
	if len(b.wordChunk)+len(words) > cap(b.wordChunk) {
		b.wordChunk = make([]Word, 0, max(2*chunk, len(words)))
	}
	from := len(b.wordChunk)
	b.wordChunk = append(b.wordChunk, words...)
	to := len(b.wordChunk)
	if len(b.statementChunk) == cap(b.statementChunk) {
		b.statementChunk = make([]Statement, 0, chunk)
	}
	b.statementChunk = append(b.statementChunk, Statement{Words: b.wordChunk[from:to:to], Raw: raw, Span: span})
	return &b.statementChunk[len(b.statementChunk)-1]
}

// openBlock takes a '{'.
func (b *builder) openBlock(brace Span) {
	top := b.top()
	switch {
	case top.value: // such blocks do not nest: it is an entry, which the reader of the values refuses
		word := Word{Text: "{", Span: brace}
		top.block.Statements = append(top.block.Statements, b.newStatement([]Word{word}, "{", brace))
	case b.last == nil:
		b.p.errorf(CodeStrayOpen, brace, ClassUnexpectedOpen, "", "'{' without a keyword before it is ignored, with its '}'")
		b.pushIgnored(brace)
	case len(b.stack) > maxBlockDepth: // whoever walks the tree may use recursion
		b.p.errorf(CodeTooDeep, brace, ClassUnexpectedOpen, "", "more than %d blocks within each other: this '{' is ignored, with its '}'", maxBlockDepth)
		b.pushIgnored(brace)
	default:
		b.push(b.last, brace)
	}
}

// pushIgnored takes a '{' that opens nothing: what follows belongs to the block that is open.
func (b *builder) pushIgnored(brace Span) {
	b.stack = append(b.stack, frame{block: b.top().block, indent: -1, opened: brace})
	b.last, b.wants = nil, false
}

func (b *builder) push(owner *Statement, opened Span) {
	owner.Block = &Block{}
	b.path = append(b.path, owner.Words[0].Text)
	f := frame{block: owner.Block, owner: owner, indent: -1, opened: opened}
	if opened.Known() {
		f.indent = owner.Span.Source.indent(owner.Span.Start)
		owner.Block.Open = opened
	}
	if b.p.opts.ValueBlock != nil {
		f.value = b.p.opts.ValueBlock(b.path)
	}
	b.stack = append(b.stack, f)
	b.last, b.wants = nil, false
}

// settle is called when something other than '{' follows a statement. If that one wants a block, its
// '{' is missing; the block is read all the same. next is the '}' that follows, if it is one.
func (b *builder) settle(next Span) {
	owner := b.last
	if !b.wants {
		b.last = nil
		return
	}
	b.push(owner, Span{})
	top := b.top()
	d := Diagnostic{Code: CodeMissingOpen, Span: owner.Span, Class: ClassMissingOpen, Hint: "write '{' at the end of the line",
		Message: "missing '{' behind " + describe(owner)}
	outer := next.Known() && b.closesOuter(owner, next)
	if outer && top.value && strings.TrimSpace(next.Source.Text[next.End:]) == "" {
		// keepalived takes that '}' for the end of the list, and nothing is left that it could misread.
		d.Class, d.Severity = ClassNone, Warning
	}
	if lost := b.p.lostBrace; !lost.Known() || lost.Source != owner.Span.Source || lost.Line() != owner.Span.Line() {
		b.p.report(d) // else it went with the rest of a line, which is told
	}
	if outer {
		b.pop()
	}
}

// closesOuter tells whether a '}' behind a keyword that lacks its '{' stands further left, so that it
// must be the enclosing block's.
func (b *builder) closesOuter(owner *Statement, brace Span) bool {
	if len(b.stack) < 3 || owner.Span.Source != brace.Source {
		return false
	}
	outer, inner := brace.Source.indent(brace.Start), brace.Source.indent(owner.Span.Start)
	return outer >= 0 && outer < inner
}

// closeBlock takes a '}'.
func (b *builder) closeBlock(brace Span) {
	b.settle(brace)
	if len(b.stack) == 1 {
		if b.reopen(brace) {
			return
		}
		b.p.errorf(CodeStrayClose, brace, ClassUnexpectedClose, "", "'}' without a '{' is ignored")
		return
	}
	top := b.top()
	if top.owner == nil {
		b.stack = b.stack[:len(b.stack)-1]
		b.top().stray = true
		return
	}
	b.suspect(brace)
	top.block.Close = brace
	b.remember(top.owner, brace)
	b.pop()
}

// suspect remembers, for the message about a missing '}', that a block is closed by a brace that
// stands where the enclosing block's would.
func (b *builder) suspect(brace Span) {
	top, outer := b.top(), &b.stack[len(b.stack)-2]
	if top.indent <= 0 || outer.indent < 0 {
		return
	}
	if at := brace.Source.indent(brace.Start); at >= 0 && at == outer.indent && at != top.indent {
		outer.suspect = top.suspect
		if outer.suspect == nil {
			outer.suspect = top.owner
		}
	}
}

func (b *builder) pop() {
	if b.top().owner != nil {
		b.path = b.path[:len(b.path)-1]
	}
	b.stack = b.stack[:len(b.stack)-1]
	b.last, b.wants = nil, false
}

// recover notices a keyword that can only stand outside all blocks, in the first column, where a
// block is open: the '}' before it is missing, and the mistake shall not swallow the rest.
func (b *builder) recover(word Word) {
	known := b.p.opts.BlockKeyword
	if known == nil || len(b.stack) == 1 {
		return
	}
	if known(nil, word.Text) && !known(b.path, word.Text) {
		if word.Span.Source.indent(word.Span.Start) == 0 {
			b.closeAll(before(word))
		}
		return
	}
	b.recoverInner(word)
}

// recoverInner notices a block that can only stand beside the one that is open, and in whose column it begins:
// the '}' before it is missing.
func (b *builder) recoverInner(word Word) {
	top := b.top()
	if b.wants || top.owner == nil || top.indent < 0 || len(b.path) < 2 || len(b.stack) != len(b.path)+1 {
		return
	}
	if top.owner.Span.Source != word.Span.Source || word.Span.Source.indent(word.Span.Start) != top.indent {
		return
	}
	known := b.p.opts.BlockKeyword
	if known(b.path[:len(b.path)-1], word.Text) && !known(b.path, word.Text) {
		b.missingClose(top, before(word))
		b.pop()
	}
}

// before says where a '}' that is missing has to be written.
func before(word Word) string { return "write '}' before line " + strconv.Itoa(word.Span.Line()) }

// closeAll ends every open block, and reports each as lacking its '}'.
func (b *builder) closeAll(hint string) {
	b.settle(Span{})
	for len(b.stack) > 1 {
		b.missingClose(b.top(), hint)
		b.pop()
	}
}

func (b *builder) missingClose(f *frame, hint string) {
	switch {
	case b.p.stopped, f.stray: // it may stand where nothing was read; or it was told why it is missing
	case f.suspect != nil:
		b.p.errorf(CodeMissingClose, f.suspect.Block.Open, ClassMissingClose, "by the columns of the braces",
			"missing '}': the block of %s seems not to be closed", describe(f.suspect))
	case f.owner != nil && f.block.Open.Known(): // else something is wrong with its '{', which was told
		b.p.errorf(CodeMissingClose, f.opened, ClassMissingClose, hint, "missing '}': the block of %s is not closed", describe(f.owner))
	}
}

// describe names a block for a message: its keyword and, if it has one, its name.
func describe(s *Statement) string {
	if len(s.Words) == 2 {
		return s.Words[0].Text + " " + quoteBlank(s.Words[1].Text)
	}
	return s.Words[0].Text
}

func quoteBlank(word string) string {
	for i := range len(word) {
		if isSeparator(word[i]) {
			return strconv.Quote(word)
		}
	}
	return word
}
