package schema

import (
	"fmt"
	"strconv"
	"time"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// A Setter is what the Set column of a row holds.
type Setter[T any] = func(*Context, *T, *syntax.Statement)

// Whole is any type of whole number that a field may have.
type Whole interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32
}

// Flag sets the field to true; words behind the keyword are ignored, as keepalived does.
func Flag[T any](field func(*T) *bool) Setter[T] {
	return func(_ *Context, into *T, _ *syntax.Statement) { *field(into) = true }
}

// Clear sets the field to false.
func Clear[T any](field func(*T) *bool) Setter[T] {
	return func(_ *Context, into *T, _ *syntax.Statement) { *field(into) = false }
}

// Switch reads an optional on/off, true/false, yes/no; none means on.
func Switch[T any](set func(*T, bool)) Setter[T] {
	return func(c *Context, into *T, s *syntax.Statement) {
		if on, ok := c.Switch(s); ok {
			set(into, on)
		}
	}
}

// Switch reads the optional truth value of a statement; ok is false after an error was reported.
func (c *Context) Switch(s *syntax.Statement) (on, ok bool) {
	if len(s.Words) < 2 {
		return true, true
	}
	on, ok = ParseBool(s.Words[1].Text)
	if !ok {
		c.Errorf(CodeBadSwitch, s.Words[1].Span, "%s %s is neither on nor off; it is ignored", s.Keyword(), quote(s.Words[1].Text))
		c.Hint("write on, true or yes, or off, false or no, in lower case")
	}
	return on, ok
}

// ParseBool reads on, true, yes, off, false or no, in lower case only.
func ParseBool(text string) (on, ok bool) {
	switch text {
	case "on", "true", "yes":
		return true, true
	case "off", "false", "no":
		return false, true
	}
	return false, false
}

// Range is what an integer keyword accepts.
type Range struct {
	Low, High int64
	// Else is used after an error; where it is nil, what was set before stays.
	Else *int64
	// Strict keywords never take the number out of "10x", where others use it after reporting it.
	Strict bool
	// Soft keywords report a missing word and go on, where others stop everything.
	Soft bool
}

// Between is the Range of the numbers from low to high.
func Between(low, high int64) Range { return Range{Low: low, High: high} }

// Or returns the range with a value to use after an error.
func (r Range) Or(value int64) Range { r.Else = &value; return r }

// Exactly returns the range for a keyword that takes nothing out of "10x".
func (r Range) Exactly() Range { r.Strict = true; return r }

// Lenient returns the range for a keyword whose missing word is an ordinary error.
func (r Range) Lenient() Range { r.Soft = true; return r }

// Int reads a whole number into the field.
func Int[T any, N Whole](r Range, field func(*T) *N) Setter[T] {
	return IntFunc(r, func(into *T, n int64) { *field(into) = N(n) })
}

// IntFunc reads a whole number and hands it to set.
func IntFunc[T any](r Range, set func(*T, int64)) Setter[T] {
	return func(c *Context, into *T, s *syntax.Statement) {
		word, ok := c.word(s, 1, r.Soft)
		if !ok {
			return
		}
		if n, ok := c.Int(s.Keyword(), word, r); ok {
			set(into, n)
		}
	}
}

func (c *Context) word(s *syntax.Statement, i int, soft bool) (syntax.Word, bool) {
	if soft {
		return c.Arg(s, i)
	}
	return c.Word(s, i)
}

// Int reads a whole number, reporting what is wrong with it; ok says that there is a value to use.
func (c *Context) Int(what string, word syntax.Word, r Range) (n int64, ok bool) {
	n, fault := ParseInt(word.Text, r.Low, r.High)
	if fault == Good {
		return n, true
	}
	code, message := CodeBadNumber, fmt.Sprintf("%s %s ", what, quote(word.Text))
	if fault == Outside {
		code = CodeOutOfRange
		message += "is out of range; allowed are " + r.text()
	} else {
		message += "is not a whole number; allowed are " + r.text()
	}
	if fault == Trailing && !r.Strict {
		c.Errorf(code, word.Span, "%s; %d is used", message, n)
		return n, true
	}
	if r.Else != nil {
		c.Errorf(code, word.Span, "%s; %d is used", message, *r.Else)
		return *r.Else, true
	}
	c.Errorf(code, word.Span, "%s; it is ignored", message)
	return 0, false
}

func (r Range) text() string {
	return strconv.FormatInt(r.Low, 10) + " to " + strconv.FormatInt(r.High, 10)
}

// Seconds is what a keyword accepts that takes seconds with decimals.
type Seconds struct {
	Low, High time.Duration
	Else      *time.Duration // used after an error; nil keeps what was set before
	Soft      bool           // a missing word is an ordinary error
	Millis    bool           // three decimals are used; else six
	ZeroElse  *time.Duration // used for 0, where that is an error with a value of its own
}

// Duration reads seconds with decimals into the field.
func Duration[T any](r Seconds, field func(*T) *time.Duration) Setter[T] {
	return func(c *Context, into *T, s *syntax.Statement) {
		word, ok := c.word(s, 1, r.Soft)
		if !ok {
			return
		}
		if d, ok := c.Seconds(s.Keyword(), word, r); ok {
			*field(into) = d
		}
	}
}

// Seconds reads seconds with decimals, reporting what is wrong; ok says that there is a value to use.
func (c *Context) Seconds(what string, word syntax.Word, r Seconds) (d time.Duration, ok bool) {
	shift, unit := 6, time.Microsecond
	if r.Millis {
		shift, unit = 3, time.Millisecond
	}
	n, fault := ParseDecimal(word.Text, shift)
	d = time.Duration(n) * unit
	inRange := n <= int64(r.High/unit) && d >= r.Low
	fallback := r.Else
	switch {
	case (fault == Good || fault == Surplus) && inRange:
		if fault == Surplus {
			c.Errorf(CodeManyDecimals, word.Span, "%s %s has more than %d decimals; %v is used", what, quote(word.Text), shift, d)
		}
		return d, true
	case fault == Good && n == 0 && r.ZeroElse != nil:
		fallback = r.ZeroElse
	}
	code, message := CodeBadNumber, fmt.Sprintf("%s %s is not a number of seconds", what, quote(word.Text))
	if fault != Garbage {
		code, message = CodeOutOfRange, fmt.Sprintf("%s %s is out of range", what, quote(word.Text))
	}
	message += "; allowed are " + seconds(r.Low) + " to " + seconds(r.High)
	if fallback == nil {
		c.Errorf(code, word.Span, "%s; it is ignored", message)
		return 0, false
	}
	c.Errorf(code, word.Span, "%s; %s is used", message, seconds(*fallback))
	return *fallback, true
}

// seconds prints a duration as the file would say it.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64)
}

// Text takes the word behind the keyword as it is.
func Text[T any](field func(*T) *string) Setter[T] {
	return func(c *Context, into *T, s *syntax.Statement) {
		if word, ok := c.Arg(s, 1); ok {
			*field(into) = word.Text
		}
	}
}

// Ignore takes no notice of the arguments.
func Ignore[T any]() Setter[T] { return func(*Context, *T, *syntax.Statement) {} }
