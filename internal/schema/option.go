package schema

import "github.com/govrrpd/govrrpd/pkg/syntax"

// An Option is one row of the words that a line of a List knows behind its beginning.
//
// L is what the line is read into.
type Option[L any] struct {
	Name string
	Args string // the words behind it, as the documentation shows them; "" for none
	Doc  string // one sentence

	// As in a Keyword, for the documentation:

	Range, Unit, Default, Note string

	Priority Priority
	Effect   Effect
	// Read takes what follows the option, which is handed in, from the line.
	Read func(line *L, at syntax.Word)
}

// Options are the rows of one kind of line. They are never written after NewOptions.
type Options[L any] struct {
	rows  []*Option[L]
	index map[string]*Option[L]
}

// NewOptions makes the table from its parts. It panics when an option occurs twice, which is a bug in
// the table.
func NewOptions[L any](parts ...[]Option[L]) *Options[L] {
	o := &Options[L]{index: map[string]*Option[L]{}}
	for _, part := range parts {
		for i := range part {
			row := &part[i]
			if o.index[row.Name] != nil {
				panic("schema: option twice: " + row.Name)
			}
			o.rows = append(o.rows, row)
			o.index[row.Name] = row
		}
	}
	return o
}

// Find is the row of a word; nil where the word is no option.
func (o *Options[L]) Find(word string) *Option[L] { return o.index[word] }

// Names are the options, in the order of the table.
func (o *Options[L]) Names() []string {
	names := make([]string, len(o.rows))
	for i, row := range o.rows {
		names[i] = row.Name
	}
	return names
}

// Rows are the options as documentation and completion want them, in the order of the table.
func (o *Options[L]) Rows() []Row {
	rows := make([]Row, len(o.rows))
	for i, r := range o.rows {
		rows[i] = Row{
			Name: r.Name, Args: r.Args, Doc: r.Doc,
			Range: r.Range, Unit: r.Unit, Default: r.Default, Note: r.Note,
			Priority: r.Priority, Effect: r.Effect,
		}
	}
	return rows
}
