package schema

import (
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Decode hands every statement of the block to its row, in the order of the block, and reports those
// that have none. It stops early only when a finding was one that stops everything (Context.Stopped).
// The early rows are decoded as well; use DecodeEarly and DecodeLate where they must come first.
func (t *Table[T]) Decode(c *Context, block *syntax.Block, into *T) {
	t.walk(c, block, into, true, true)
}

// DecodeEarly is Decode for the early rows only; what it does not decode it does not mention.
func (t *Table[T]) DecodeEarly(c *Context, block *syntax.Block, into *T) {
	t.walk(c, block, into, true, false)
}

// DecodeLate is Decode for all but the early rows.
func (t *Table[T]) DecodeLate(c *Context, block *syntax.Block, into *T) {
	t.walk(c, block, into, false, true)
}

func (t *Table[T]) walk(c *Context, block *syntax.Block, into *T, early, late bool) {
	if block == nil {
		return
	}
	for _, s := range block.Statements {
		if c.Stopped() {
			return
		}
		row := t.index[s.Keyword()]
		switch {
		case row == nil:
			if late {
				t.unknown(c, s)
			}
		case row.Early && early || !row.Early && late:
			row.decode(c, s, into)
		}
	}
}

// decode checks the outer form of the statement against the row, then lets the row set its value.
func (k *Keyword[T]) decode(c *Context, s *syntax.Statement, into *T) {
	outer := c.usage
	c.usage = usage{k.Name, k.Args}
	defer func() { c.usage = outer }()

	switch {
	case k.Body == NoBody && s.Block != nil && k.Effect != LVS: // whatever that side reads is its business
		c.Report(syntax.Diagnostic{Code: CodeUnexpectedBlock, Span: s.Block.Open, Class: syntax.ClassUnexpectedOpen,
			Message: quote(k.Name) + " takes no block; the block is skipped"})
	case k.Body != NoBody && s.Block == nil:
		c.Report(syntax.Diagnostic{Code: syntax.CodeMissingOpen, Span: s.Words[0].Span, Class: syntax.ClassMissingOpen,
			Message: quote(k.Name) + " lacks its '{'; it is skipped"})
		return
	case k.Body == List && len(s.Words) > 1:
		c.Errorf(CodeExtraWords, s.Words[1].Span, "%s has extra words before its '{': %s", quote(k.Name), quote(s.Words[1].Text))
	}
	before := len(c.Diagnostics)
	if k.Given != nil && k.Given(into) {
		c.Errorf(CodeGivenAlready, s.Words[0].Span, "%s is given already; this one is ignored", quote(k.Name))
	} else {
		k.Set(c, into, s)
	}
	if k.Effect != Full && !c.saidOf(s.Words[0].Span, before) {
		c.mention(k.Name, k.Effect, s.Words[0].Span)
	}
}

// saidOf reports whether one of the findings since then is about exactly this word. Of a keyword that is
// deprecated, or lacks its value, nobody needs to hear that it has no effect either.
func (c *Context) saidOf(at syntax.Span, since int) bool {
	return slices.ContainsFunc(c.Diagnostics[since:], func(d syntax.Diagnostic) bool { return d.Span == at })
}

// unknown reports a statement that no row fits, once; what is inside its block is not looked at.
func (t *Table[T]) unknown(c *Context, s *syntax.Statement) {
	if c.Full() {
		c.omit(syntax.ClassUnknownKeyword, false)
		return
	}
	word := s.Words[0]
	d := syntax.Diagnostic{
		Code: CodeUnknownKeyword, Span: word.Span, Class: syntax.ClassUnknownKeyword,
		Message: "unknown keyword " + quote(word.Text) + t.place(),
	}
	if s.Block != nil {
		d.Message += "; its block is skipped"
	}
	if c.Report(d); !c.silent {
		c.Hint(t.suggest(c, word.Text))
	}
}

// suggest is the hint for a word that is no keyword here.
func (t *Table[T]) suggest(c *Context, word string) string {
	if near := Nearest(word, t.Names()); near != "" {
		return "did you mean " + quote(near) + "?"
	}
	if c.elsewhere != nil {
		if blocks := c.elsewhere(word); len(blocks) > 0 {
			return quote(word) + " belongs " + strings.Join(blocks, " or ")
		}
	}
	return ""
}

func (t *Table[T]) place() string {
	if t.block == "" {
		return " outside of any block"
	}
	return " in " + t.block
}

// Nearest is the candidate that a misspelt word was probably meant to be, or "": one that differs in
// little, or else the only one that begins with it.
func Nearest(word string, candidates []string) string {
	if near := syntax.Suggest(word, candidates); near != "" || len(word) < 3 {
		return near
	}
	only := ""
	for _, candidate := range candidates {
		if strings.HasPrefix(candidate, word) {
			if only != "" {
				return ""
			}
			only = candidate
		}
	}
	return only
}
