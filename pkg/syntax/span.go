package syntax

import (
	"fmt"
	"sort"
	"strings"
)

// Known tells whether the span says anything; the zero Span does not.
func (s Span) Known() bool { return s.Source != nil }

// Line is the line in which the span starts, from 1; 0 when the span is not known.
func (s Span) Line() int {
	if s.Source == nil {
		return 0
	}
	return s.Source.lineIndex(s.Start) + 1
}

// Column is the byte of its line at which the span starts, from 1; 0 when the span is not known.
func (s Span) Column() int {
	if s.Source == nil {
		return 0
	}
	return s.Start - s.Source.lineStart(s.Start) + 1
}

// LineText is the whole line in which the span starts, without its line end.
func (s Span) LineText() string {
	if s.Source == nil {
		return ""
	}
	line := s.Source.Text[s.Source.lineStart(s.Start):]
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	return strings.TrimRight(line, "\r")
}

// Text is what was written there.
func (s Span) Text() string {
	if s.Source == nil {
		return ""
	}
	return s.Source.Text[s.Start:s.End]
}

// Position is "file:line:column"; only "file" when the source has no text (a file that could not be
// read), and "" when the span is not known.
func (s Span) Position() string {
	switch {
	case s.Source == nil:
		return ""
	case s.Source.Text == "":
		return s.Source.Name
	}
	return fmt.Sprintf("%s:%d:%d", s.Source.Name, s.Line(), s.Column())
}

// lineIndex finds the line of an offset, from 0.
func (src *Source) lineIndex(offset int) int {
	if src.lines == nil {
		src.lines = []int{0}
		for i := range len(src.Text) {
			if src.Text[i] == '\n' {
				src.lines = append(src.lines, i+1)
			}
		}
	}
	return sort.SearchInts(src.lines, offset+1) - 1
}

// lineStart is found without the table of lines, which is made only if there is something to tell.
func (src *Source) lineStart(offset int) int {
	return strings.LastIndexByte(src.Text[:offset], '\n') + 1
}

// indent is the column, from 0, of an offset that is the first thing of its line, else -1. The tree
// builder asks for every brace, so it looks at the blanks only, not for the start of the line.
func (src *Source) indent(offset int) int {
	start := offset
	for start > 0 && isBlank(src.Text[start-1]) {
		start--
	}
	switch before := src.Text[:start]; {
	case before == "", before == byteOrderMark, before[start-1] == '\n':
		return offset - start
	}
	return -1
}
