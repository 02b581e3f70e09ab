package lsp

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// encoding is what the characters of a position count.
type encoding string

const (
	utf8Encoding  encoding = "utf-8"
	utf16Encoding encoding = "utf-16"
)

// A lineText is a text with the places where its lines start. Lines end as the protocol says: with
// "\n", "\r\n" or "\r".
type lineText struct {
	text   string
	starts []int
}

func newLineText(text string) *lineText {
	l := &lineText{text: text, starts: []int{0}}
	for i := 0; i < len(text); {
		at := strings.IndexAny(text[i:], "\r\n")
		if at < 0 {
			break
		}
		i += at + 1
		if text[i-1] == '\r' && i < len(text) && text[i] == '\n' {
			i++
		}
		l.starts = append(l.starts, i)
	}
	return l
}

// line returns where a line starts and where it ends, without its line end.
func (l *lineText) line(n int) (start, end int) {
	start, end = l.starts[n], len(l.text)
	if n+1 < len(l.starts) {
		end = l.starts[n+1]
	}
	return start, start + len(strings.TrimRight(l.text[start:end], "\r\n"))
}

// offset is the byte at a position. A position behind the end of its line is that end, one behind the
// last line is the end of the text, as the protocol wants it.
func (l *lineText) offset(p position, enc encoding) int {
	if p.Line < 0 || p.Character < 0 {
		return 0
	}
	if p.Line >= len(l.starts) {
		return len(l.text)
	}
	start, end := l.line(p.Line)
	if enc == utf8Encoding {
		return min(start+p.Character, end)
	}
	units, at := 0, start
	for at < end && units < p.Character {
		r, size := utf8.DecodeRuneInString(l.text[at:end])
		if units += unitsOf(r); units > p.Character {
			break // in the middle of a surrogate pair: before it
		}
		at += size
	}
	return at
}

// position is the place of a byte.
func (l *lineText) position(offset int, enc encoding) position {
	offset = min(max(offset, 0), len(l.text))
	n := sort.SearchInts(l.starts, offset+1) - 1
	start := l.starts[n]
	if enc == utf8Encoding {
		return position{Line: n, Character: offset - start}
	}
	units := 0
	for at := start; at < offset; {
		r, size := utf8.DecodeRuneInString(l.text[at:])
		units += unitsOf(r)
		at += size
	}
	return position{Line: n, Character: units}
}

func (l *lineText) textRange(start, end int, enc encoding) textRange {
	return textRange{Start: l.position(start, enc), End: l.position(end, enc)}
}

// unitsOf is how many UTF-16 code units a character has; a byte that is no UTF-8 counts as one.
func unitsOf(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// apply makes a change of the protocol.
func (l *lineText) apply(c contentChange, enc encoding) *lineText {
	if c.Range == nil {
		return newLineText(c.Text)
	}
	from, to := l.offset(c.Range.Start, enc), l.offset(c.Range.End, enc)
	if to < from {
		from, to = to, from
	}
	return newLineText(l.text[:from] + c.Text + l.text[to:])
}
