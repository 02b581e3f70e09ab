package syntax

import (
	"bytes"
	"strings"
)

// lookahead is the part of a line that is still to be scanned. Values are put in front of it, so its
// free room is at the front.
type lookahead struct {
	buf   []byte
	start int
}

func (l *lookahead) rest() []byte { return l.buf[l.start:] }

func (l *lookahead) reset(s string) {
	l.start = len(l.buf)
	l.prepend(s)
}

func (l *lookahead) prepend(s string) {
	if len(s) > l.start {
		rest := len(l.buf) - l.start
		grown := make([]byte, 2*(rest+len(s))+256)
		copy(grown[len(grown)-rest:], l.buf[l.start:])
		l.start = len(grown) - rest
		l.buf = grown
	}
	l.start -= len(s)
	copy(l.buf[l.start:], s)
}

// A substitution is one line whose references are being replaced. What a value brings is scanned
// again together with what follows it, as if it had been written there.
type substitution struct {
	p       *parser
	t       text // as it was before
	segs    []segment
	written int         // bytes of the rest that are t's own; those before them came out of values
	origin  Span        // of the reference that brought those
	last    *definition // the one replaced last, nil for a predefined one
	count   int

	counted int  // how far the quotes in the result were counted
	inside  bool // an odd number of them
}

// substitute replaces the references in t. A multi-line definition is not replaced but returned, with
// what stands before its reference. ok is false when the line came to nothing, which was reported.
func (p *parser) substitute(t text) (replaced text, multi *definition, ok bool) {
	s := substitution{p: p, t: t, written: len(t.s)}
	p.ahead.reset(t.s)
	p.out = p.out[:0]
	for {
		rest := p.ahead.rest()
		at := bytes.IndexByte(rest, '$')
		if at < 0 || s.count > 0 && len(p.out) == 0 && startsAnew(rest) {
			s.emit(len(rest))
			break
		}
		s.emit(at)
		if multi = s.reference(); multi != nil {
			break
		}
		if !s.bounded() {
			return t, nil, false
		}
	}
	if s.count == 0 && multi == nil {
		return t, nil, true
	}
	p.replaced += len(p.out)
	p.charge(64*s.count, t.span(0, len(t.s)))
	if p.replaced > maxReplacedBytes {
		p.stop(t.span(0, len(t.s)), "substitution makes more than %d bytes", maxReplacedBytes)
		return t, nil, false
	}
	return text{s: string(p.out), src: t.src, segs: s.segs, badQuote: s.t.badQuote}, multi, true
}

// startsAnew tells whether a value brought, to the start of the line, what the earlier steps have to
// see first: a condition, an iterator, whose variable the rest of the line may use, or a definition,
// whose value is not substituted before its use.
func startsAnew(rest []byte) bool {
	if len(rest) == 0 {
		return false
	}
	switch rest[0] {
	case '@':
		return true
	case '~':
		return bytes.HasPrefix(rest, []byte("~SEQ")) || bytes.HasPrefix(rest, []byte("~LST"))
	case '$':
		end := nameEnd(rest, 1)
		return end > 1 && end < len(rest) && rest[end] == '='
	}
	return false
}

// reference replaces the reference at the start of the rest, or lets its '$' pass.
func (s *substitution) reference() *definition {
	p := s.p
	rest := p.ahead.rest()
	ref, ok := parseReference(rest)
	if !ok {
		s.undefinedBraces(rest)
		s.emit(1)
		return nil
	}
	value, d, found := p.resolve(ref, s.span(ref.length))
	if d != nil && d.multi {
		if ref.length == len(rest) {
			if s.segs == nil {
				s.segs = []segment{}
			}
			return d
		}
		found = false
	}
	if !found {
		if d == nil {
			s.undefined(rest, ref)
		}
		s.emit(1)
		return nil
	}
	if d != nil {
		s.t.badQuote = s.t.badQuote || d.badQuote
	}
	if len(rest) <= s.written {
		s.origin = s.span(ref.length)
	}
	s.written = min(s.written, len(rest)-ref.length)
	s.last = d
	s.count++
	p.ahead.start += ref.length
	p.ahead.prepend(value)
	return nil
}

// span is where the next n bytes of the rest were written.
func (s *substitution) span(n int) Span {
	rest := len(s.p.ahead.rest())
	if rest > s.written {
		return s.origin
	}
	at := len(s.t.s) - rest
	return s.t.span(at, at+n)
}

// emit moves the next n bytes of the rest into the result.
func (s *substitution) emit(n int) {
	p := s.p
	for n > 0 {
		rest := p.ahead.rest()
		part := n
		if brought := len(rest) - s.written; brought > 0 {
			part = min(n, brought)
			if k := len(s.segs); k == 0 || s.segs[k-1].verbatim || s.segs[k-1].origin != s.origin {
				s.segs = append(s.segs, segment{len(p.out), s.origin, false})
			}
		} else {
			at := len(s.t.s) - len(rest)
			s.segs = s.t.appendSegments(s.segs, len(p.out), at, at+part)
		}
		p.out = append(p.out, rest[:part]...)
		p.ahead.start += part
		n -= part
	}
}

// bounded checks that the substitution comes to an end, and reports the definition that keeps it from
// one. That one is out of use from then on: the next line shall not run into it again.
func (s *substitution) bounded() bool {
	if s.count <= maxReplacements && len(s.p.out)+len(s.p.ahead.rest()) <= max(maxLineBytes, 2*len(s.t.s)) {
		return true
	}
	name := "_ENV" // no other predefined name stands for something that is scanned again
	if s.last != nil {
		name = s.last.name
		s.last.broken = true
	}
	s.p.errorf(CodeEndlessDefinition, s.origin, ClassGeneral, "does the definition contain itself?",
		"substitution of $%s does not end, the line is ignored", name)
	return false
}

// undefined tells of a reference to nothing. Only where it was clearly meant as one: script command
// lines and passwords may hold a '$' of their own.
func (s *substitution) undefined(rest []byte, ref reference) {
	if d := s.p.defs[string(ref.name)]; d != nil {
		return // a value with arguments, or one that was reported as broken
	}
	begins := len(s.p.out) == 0 || isSeparator(s.p.out[len(s.p.out)-1])
	if !ref.braces && !begins || s.quoted() {
		return
	}
	hint := ""
	if ref.braces {
		hint = "it stays as it is, and its braces split the line"
	}
	if !ref.braces && len(s.p.out) == 0 && bytes.HasPrefix(bytes.TrimLeft(rest[ref.length:], " \t"), []byte("=")) {
		hint = "to define it, leave no blank before the '='"
	}
	s.p.report(Diagnostic{Code: CodeUndefined, Span: s.span(ref.length), Severity: Notice, Message: "$" + string(ref.name) + " is not defined", Hint: hint})
}

// undefinedBraces tells of a ${…} that is no reference in this language, as ${NAME:-value}.
func (s *substitution) undefinedBraces(rest []byte) {
	const longest = 256
	end := bytes.IndexByte(rest[:min(len(rest), longest)], '}')
	if len(rest) < 2 || rest[1] != '{' || end < 0 || s.quoted() {
		return
	}
	s.p.report(Diagnostic{Code: CodeNotReference, Span: s.span(end + 1), Severity: Notice,
		Message: "a ${…} that is not ${NAME} is not substituted",
		Hint:    "it stays as it is, and its braces split the line"})
}

// quoted tells whether the next byte of the rest is inside quotes.
func (s *substitution) quoted() bool {
	if bytes.Count(s.p.out[s.counted:], []byte{'"'})%2 == 1 {
		s.inside = !s.inside
	}
	s.counted = len(s.p.out)
	return s.inside
}

// A reference is $NAME, ${NAME} or ${NAME arguments}.
type reference struct {
	name   []byte // valid until the line changes
	args   []string
	length int
	braces bool
}

// parseReference reads the reference that rest, which begins with '$', begins with. A bare name must
// end at a blank, ',', ')' or the end of the line.
func parseReference(rest []byte) (reference, bool) {
	if len(rest) > 1 && rest[1] == '{' {
		return parseBraces(rest)
	}
	end := nameEnd(rest, 1)
	if end == 1 || end < len(rest) && !isBlank(rest[end]) && rest[end] != ',' && rest[end] != ')' {
		return reference{}, false
	}
	return reference{name: rest[1:end], length: end}, true
}

func parseBraces(rest []byte) (reference, bool) {
	end := nameEnd(rest, 2)
	if end == 2 || end == len(rest) {
		return reference{}, false
	}
	ref := reference{name: rest[2:end], length: end + 1, braces: true}
	if rest[end] == '}' {
		return ref, true
	}
	last := end
	for last < len(rest) && (isBlank(rest[last]) || isWordByte(rest[last])) {
		last++
	}
	if last == len(rest) || rest[last] != '}' || !isBlank(rest[end]) || isBlank(rest[last-1]) {
		return reference{}, false
	}
	ref.args = strings.Fields(string(rest[end:last]))
	ref.length = last + 1
	return ref, true
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// nameEnd is identifier for bytes.
func nameEnd(s []byte, i int) int {
	start := i
	for i < len(s) && isWordByte(s[i]) && (i > start || s[i] < '0' || s[i] > '9') {
		i++
	}
	return i
}
