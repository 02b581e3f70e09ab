package schema

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// A Context collects what one decoding finds. The zero value is ready for use.
type Context struct {
	Diagnostics []syntax.Diagnostic

	usage     usage
	subject   string
	stopped   bool
	mentioned map[string]bool
	foreign   []string // keywords of the LVS side, quoted
	lvsNotice int      // the place of the finding about them
	elsewhere func(word string) []string

	told   map[finding]bool
	silent bool // the finding reported last is not told: it was before, or there are too many
}

// usage is the keyword that is being decoded, for the hint of what a missing word would be.
type usage struct{ name, args string }

// Elsewhere sets who tells in which places a word would be a keyword ("in vrrp_instance").
func (c *Context) Elsewhere(places func(word string) []string) { c.elsewhere = places }

// About puts "(name) " before the findings until the returned function is called.
func (c *Context) About(name string) (done func()) {
	outer := c.subject
	c.subject = "(" + name + ") "
	return func() { c.subject = outer }
}

// Stopped reports whether a finding was made after which nothing more is decoded.
func (c *Context) Stopped() bool { return c.stopped }

// Word returns the i-th word of the statement; 0 is the keyword. A missing word stops everything, as it
// does in keepalived: what the file means cannot be known.
func (c *Context) Word(s *syntax.Statement, i int) (syntax.Word, bool) {
	if i < len(s.Words) {
		return s.Words[i], true
	}
	if !c.stopped {
		last := s.Words[len(s.Words)-1]
		c.Report(syntax.Diagnostic{Code: CodeMissingWord, Span: last.Span, Class: syntax.ClassAbort, Refuse: true,
			Message: c.subject + "missing parameter after " + quote(last.Text) + "; nothing behind it is read",
			Hint:    c.wanted()})
		c.stopped = true
	}
	return syntax.Word{}, false
}

// Arg returns the i-th word, or reports an error if there is none; decoding goes on.
func (c *Context) Arg(s *syntax.Statement, i int) (syntax.Word, bool) {
	if i < len(s.Words) {
		return s.Words[i], true
	}
	c.Errorf(CodeMissingValue, s.Words[len(s.Words)-1].Span, "%s lacks its value; it is ignored", quote(s.Keyword()))
	c.Hint(c.wanted())
	return syntax.Word{}, false
}

func (c *Context) wanted() string {
	if c.usage.args == "" {
		return ""
	}
	return "write: " + c.usage.name + " " + c.usage.args
}

// mention says, once for each keyword, that this version does not act on it.
func (c *Context) mention(name string, effect Effect, at syntax.Span) {
	if effect == Full || c.mentioned[name] {
		return
	}
	if c.mentioned == nil {
		c.mentioned = make(map[string]bool)
	}
	c.mentioned[name] = true
	if effect == LVS {
		c.mentionLVS(name, at)
		return
	}
	d := syntax.Diagnostic{Span: at, Severity: syntax.Notice}
	switch effect {
	case None:
		d.Code, d.Message = CodeNoEffectYet, quote(name)+" has no effect yet in govrrpd"
	case Pointless:
		d.Code, d.Message = CodePointless, quote(name)+" has no effect in govrrpd, which has nothing that it could tune"
	}
	c.Report(d)
}

// mentionLVS adds a keyword to the one notice about those of the LVS side, which stands at the first.
func (c *Context) mentionLVS(name string, at syntax.Span) {
	const named = 3
	c.foreign = append(c.foreign, quote(name))
	if len(c.foreign) == 1 {
		c.lvsNotice = len(c.Diagnostics)
		c.Report(syntax.Diagnostic{Code: CodeLVSKeyword, Span: at, Severity: syntax.Notice,
			Message: c.foreign[0] + " has no effect in govrrpd: it belongs to keepalived's LVS side",
			Hint:    "for that side, run `keepalived -C` beside govrrpd"})
		return
	}
	list := strings.Join(c.foreign[:min(named, len(c.foreign))], ", ")
	if more := len(c.foreign) - named; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	if c.lvsNotice < maxFindings {
		c.Diagnostics[c.lvsNotice].Message = list + " have no effect in govrrpd: they belong to keepalived's LVS side"
	}
}

// quote is how words of the file stand in messages.
func quote(word string) string { return strconv.Quote(word) }

// Quote is how words of the file stand in messages: in double quotes, unprintable bytes escaped.
func Quote(word string) string { return quote(word) }

// Subject is what stands before the findings now: "(name) " or "".
func (c *Context) Subject() string { return c.subject }
