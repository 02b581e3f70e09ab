package schema

import (
	"fmt"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// maxFindings is how many findings are told. The exit code counts the others too.
const maxFindings = 1000

// A finding is told once, however often an iterator repeats the line.
type finding struct {
	span    syntax.Span
	class   syntax.Class
	message string
}

// Report adds a finding as it is.
func (c *Context) Report(d syntax.Diagnostic) {
	key := finding{d.Span, d.Class, d.Message}
	c.silent = c.told[key]
	switch {
	case c.silent:
	case c.Full() && d.Class != syntax.ClassAbort:
		c.omit(d.Class, d.Refuse)
	default:
		if c.told == nil {
			c.told = make(map[finding]bool)
		}
		c.told[key] = true
		c.Diagnostics = append(c.Diagnostics, d)
	}
}

// Full reports whether there are so many findings that no more are told, so that nobody need look for
// what would make them helpful.
func (c *Context) Full() bool { return len(c.Diagnostics) >= maxFindings }

// omit counts a finding that is not told.
func (c *Context) omit(class syntax.Class, refuse bool) {
	c.silent = true
	if class == syntax.ClassNone {
		return
	}
	if len(c.Diagnostics) == maxFindings {
		c.Diagnostics = append(c.Diagnostics, syntax.Diagnostic{Code: syntax.CodeTooManyProblems,
			Message: fmt.Sprintf("more than %d problems, the rest is not told", maxFindings)})
	}
	last := &c.Diagnostics[maxFindings]
	last.Class = max(last.Class, class)
	last.Refuse = last.Refuse || refuse
}

// say reports a finding about the subject at hand.
func (c *Context) say(d syntax.Diagnostic, format string, args []any) {
	if c.Full() {
		c.omit(d.Class, d.Refuse)
		return
	}
	d.Message = c.subject + fmt.Sprintf(format, args...)
	c.Report(d)
}

// Errorf reports that something is not used as it was written (class "general error", exit code 5).
func (c *Context) Errorf(code syntax.Code, at syntax.Span, format string, args ...any) {
	c.say(syntax.Diagnostic{Code: code, Span: at, Class: syntax.ClassGeneral}, format, args)
}

// Refusef reports an error with which the daemon must not start.
func (c *Context) Refusef(code syntax.Code, at syntax.Span, hint, format string, args ...any) {
	c.say(syntax.Diagnostic{Code: code, Span: at, Class: syntax.ClassGeneral, Refuse: true, Hint: hint}, format, args)
}

// Warnf reports something that is used as written, but is probably not what was meant (exit code 5).
func (c *Context) Warnf(code syntax.Code, at syntax.Span, class syntax.Class, format string, args ...any) {
	c.say(syntax.Diagnostic{Code: code, Span: at, Severity: syntax.Warning, Class: class}, format, args)
}

// Notef says something that is no error anywhere: it does not influence the exit code.
func (c *Context) Notef(code syntax.Code, at syntax.Span, format string, args ...any) {
	c.say(syntax.Diagnostic{Code: code, Span: at, Severity: syntax.Notice}, format, args)
}

// Hint adds a hint to the finding that was reported last.
func (c *Context) Hint(hint string) {
	if !c.silent {
		c.Diagnostics[len(c.Diagnostics)-1].Hint = hint
	}
}
