package syntax

import (
	"sort"
	"strings"
)

// A text is a piece of a line on its way through the steps, which knows where each byte was written.
// As long as nothing was substituted it is a part of its source and costs nothing.
type text struct {
	s        string
	src      *Source
	off      int       // of s in src.Text; with segs, of s in the text that segs describe
	segs     []segment // where the bytes came from, ascending; nil: from src as they are
	badQuote bool      // a quote without its partner in here was reported already
	replaced int       // the parser's generation at which the references in here were replaced
}

// A segment is a run of bytes with one origin: copied from its span byte by byte (verbatim), or
// brought as a whole by the reference that its span is.
type segment struct {
	at       int
	origin   Span
	verbatim bool
}

// slice is the part of t between two offsets.
func (t text) slice(from, to int) text {
	t.s = t.s[from:to]
	t.off += from
	return t
}

// from is the part of t from an offset on, without leading blanks.
func (t text) from(offset int) text {
	for offset < len(t.s) && isBlank(t.s[offset]) {
		offset++
	}
	return t.slice(offset, len(t.s))
}

// span is where the bytes between two offsets were written.
func (t text) span(from, to int) Span {
	if t.segs == nil {
		return Span{t.src, t.off + from, t.off + to}
	}
	first := t.origin(from)
	if to <= from {
		return Span{first.Source, first.Start, first.Start}
	}
	last := t.origin(to - 1)
	if last.Source != first.Source || last.End < first.Start {
		return first // the two ends come from different places: the definition and its use
	}
	return Span{first.Source, min(first.Start, last.Start), max(first.End, last.End)}
}

// origin is where one byte was written.
func (t text) origin(offset int) Span {
	at := t.off + offset
	i := max(0, sort.Search(len(t.segs), func(i int) bool { return t.segs[i].at > at })-1)
	seg := t.segs[i]
	if seg.verbatim {
		start := min(seg.origin.Start+at-seg.at, seg.origin.End)
		return Span{seg.origin.Source, start, min(start+1, seg.origin.End)}
	}
	return seg.origin
}

// brought tells whether the first byte of t came out of a definition.
func (t text) brought() bool {
	if t.segs == nil || t.s == "" {
		return false
	}
	i := max(0, sort.Search(len(t.segs), func(i int) bool { return t.segs[i].at > t.off })-1)
	return !t.segs[i].verbatim
}

// appendSegments appends the origins of the part of t between two offsets, as the next bytes of a new
// text that has at bytes so far.
func (t text) appendSegments(segs []segment, at, from, to int) []segment {
	if to <= from {
		return segs
	}
	if t.segs == nil {
		return append(segs, segment{at, t.span(from, to), true})
	}
	first := max(0, sort.Search(len(t.segs), func(i int) bool { return t.segs[i].at > t.off+from })-1)
	for i := first; i < len(t.segs) && t.segs[i].at < t.off+to; i++ {
		seg := t.segs[i]
		start := max(seg.at, t.off+from)
		if seg.verbatim {
			seg.origin.Start = min(seg.origin.Start+start-seg.at, seg.origin.End)
		}
		seg.at = at + start - t.off - from
		segs = append(segs, seg)
	}
	return segs
}

// join is a followed by b.
func join(a, b text) text {
	if a.s == "" {
		b.badQuote = b.badQuote || a.badQuote
		return b
	}
	segs := a.appendSegments(nil, 0, 0, len(a.s))
	segs = b.appendSegments(segs, len(a.s), 0, len(b.s))
	return text{s: a.s + b.s, src: a.src, segs: segs, badQuote: a.badQuote || b.badQuote}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// isSeparator says what stands between words.
func isSeparator(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// stripComment returns the length of s without its comment and the blanks before it, and whether a
// quote stays open. A backslash hides the byte behind it, so that \" is no quote here; the words that
// splitWords makes and findBrace know no such thing.
func stripComment(s string) (length int, open bool) {
	end := len(s)
scan:
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			open = !open
		case '\\':
			i++
		case '#', '!':
			if !open {
				end = i
				break scan
			}
		}
	}
	for end > 0 && isBlank(s[end-1]) {
		end--
	}
	return end, open
}

// unescape turns the \# and \! that stand outside quotes into the characters that they protected.
func unescape(s string) string {
	if !strings.Contains(s, `\#`) && !strings.Contains(s, `\!`) {
		return s
	}
	out := make([]byte, 0, len(s))
	open := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '"' {
			open = !open
		}
		if c == '\\' && i+1 < len(s) {
			i++
			if open || s[i] != '#' && s[i] != '!' {
				out = append(out, c)
			}
			c = s[i]
		}
		out = append(out, c)
	}
	return string(out)
}

// findBrace is the offset of the first brace that is not in quotes, or -1.
func findBrace(s string) int {
	open := false
	for i := range len(s) {
		switch s[i] {
		case '"':
			open = !open
		case '{', '}':
			if !open {
				return i
			}
		}
	}
	return -1
}
