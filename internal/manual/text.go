package manual

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// textWidth is how wide texts for the terminal are.
const textWidth = 100

// Text writes all rows for the terminal: the keywords outside of blocks, then each block.
func Text(w io.Writer, rows []schema.Row) error {
	t := &text{Writer: bufio.NewWriter(w)}
	t.block(Entry{}, rows)
	for _, b := range sections(rows) {
		t.line("")
		t.block(b, b.Children)
	}
	return t.Flush()
}

// TextOf writes some entries for the terminal, each with the keywords inside of it.
func TextOf(w io.Writer, entries []Entry) error {
	t := &text{Writer: bufio.NewWriter(w)}
	for i, e := range entries {
		if i > 0 {
			t.line("")
		}
		t.entry(e)
	}
	return t.Flush()
}

// sections are the blocks of keywords, each before those inside of it. A block that stands in several
// places has an entry for each.
func sections(rows []schema.Row) []Entry {
	var found []Entry
	walk(rows, func(e Entry) {
		if len(e.Children) > 0 {
			found = append(found, e)
		}
	})
	return found
}

// text writes lines for the terminal; its bufio.Writer keeps the first error.
type text struct{ *bufio.Writer }

func (t *text) line(s string) {
	t.WriteString(s)
	t.WriteByte('\n')
}

// block writes a heading and a short description of each keyword.
func (t *text) block(e Entry, rows []schema.Row) {
	if e.Name == "" {
		t.line("Outside of any block")
	} else {
		t.line(usage(e.Row) + ", " + e.Place())
		t.wrapped(2, e.Doc)
	}
	for _, row := range rows {
		t.line("")
		t.row(row)
	}
}

func (t *text) row(row schema.Row) {
	t.line("  " + usage(row))
	for _, s := range Describe(row) {
		t.wrapped(6, s)
	}
}

// entry writes everything about one entry.
func (t *text) entry(e Entry) {
	t.line(usage(e.Row))
	t.wrapped(2, strings.ToUpper(e.Place()[:1])+e.Place()[1:]+".")
	for _, s := range Describe(e.Row) {
		t.wrapped(2, s)
	}
	if e.Entry != nil && len(e.Entry.Options) > 0 {
		t.line("")
		t.line("  Options of its lines:")
		for _, option := range e.Entry.Options {
			t.line("")
			t.row(option)
		}
	}
	for _, row := range e.Children {
		t.line("")
		t.row(row)
	}
	if e.Example != "" {
		t.line("")
		t.line("  Example:")
		t.line("")
		for line := range strings.SplitSeq(e.Example, "\n") {
			t.line("      " + line)
		}
	}
}

// wrapped writes a paragraph, indented.
func (t *text) wrapped(indent int, s string) {
	margin := strings.Repeat(" ", indent)
	line, width := margin, indent
	for word := range strings.FieldsSeq(s) {
		n := utf8.RuneCountInString(word)
		if width > indent && width+1+n > textWidth {
			t.line(line)
			line, width = margin, indent
		}
		if width > indent {
			line += " "
			width++
		}
		line += word
		width += n
	}
	t.line(line)
}
