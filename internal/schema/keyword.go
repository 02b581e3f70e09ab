package schema

import (
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Priority is how often a keyword is met in real configurations: P1 is everyday use.
type Priority uint8

const (
	P1 Priority = iota + 1
	P2
	P3
)

// Effect says whether this version acts on a keyword.
type Effect uint8

const (
	Full      Effect = iota // acted on
	None                    // accepted and checked, without effect yet
	LVS                     // of keepalived's LVS side, which is no part of this program
	Pointless               // accepted; what it tunes does not exist here
)

// Body is what follows a keyword in braces.
type Body uint8

const (
	NoBody  Body = iota // nothing: the keyword is a line
	Section             // a block of keywords
	List                // a block whose lines are entries, not keywords
	Foreign             // a block that is skipped whole, whatever is in it
)

// A Keyword is one row: everything that is known of one keyword of one block.
//
// T is what a block of that kind is decoded into.
type Keyword[T any] struct {
	Name string
	Args string // the arguments, as the documentation shows them; "" for none
	Doc  string // one sentence

	// What only the documentation and the tests that hold it against the code want to know:

	Range   string // LOW-HIGH of the number among the arguments, where Args does not say it
	Unit    string // of that number: "seconds"
	Default string // what holds without the keyword, as the file would say it
	Without string // the same in words, where no argument says it: "the host's name"
	Note    string // what else is to be known: further sentences
	Example string // lines that use it
	New     bool   // keepalived 2.2 did not know it
	Own     bool   // keepalived does not know it at all

	Priority Priority
	Effect   Effect
	Body     Body
	// Entry describes the lines of a List.
	Entry *Entry
	// Early rows are decoded before all others of the block: their position does not matter.
	Early bool
	// Given reports whether the keyword has been used on this T; then a repetition is refused. Rows
	// without it let the last one win, as keepalived does.
	Given func(*T) bool
	// Set decodes one statement into T. It reports through the Context and never fails otherwise.
	Set func(*Context, *T, *syntax.Statement)
	// Children are the keywords of a Section, for documentation and for the parser's hooks.
	Children Keywords
}

// Keywords is a Table without its type.
type Keywords interface {
	// Rows are the rows, with those of the blocks inside.
	Rows() []Row
	// Lookup tells what follows a keyword, and the keywords of its Section; ok is false for others.
	Lookup(word string) (body Body, inside Keywords, ok bool)
}

// A Row is a Keyword without its type: what documentation, completion and parser want to know.
type Row struct {
	Name, Args, Doc                              string
	Range, Unit, Default, Without, Note, Example string

	Priority Priority
	Effect   Effect
	Body     Body
	New      bool
	Own      bool
	Once     bool // a repetition is refused; else the last one counts, and blocks add up
	Children []Row
	Entry    *EntryRow // of a List, where its lines are described
}

// Limits are the smallest and the largest number that the keyword takes, as the file would say them.
// Those of a list belong to the options of its lines.
func (r Row) Limits() (low, high string, ok bool) {
	if r.Body == List {
		return "", "", false
	}
	for _, text := range []string{r.Range, r.Args} {
		for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(" []|", c) }) {
			if low, high, ok = limits(word); ok {
				return low, high, true
			}
		}
	}
	return "", "", false
}

// limits takes LOW-HIGH apart; the first character may be the sign of LOW.
func limits(word string) (low, high string, ok bool) {
	sign := strings.HasPrefix(word, "-")
	low, high, ok = strings.Cut(strings.TrimPrefix(word, "-"), "-")
	if sign {
		low = "-" + low
	}
	return low, high, ok && isNumber(low) && isNumber(high)
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// An Entry describes what each line of a List holds.
type Entry struct {
	Form    string // what it begins with and what may follow: "ADDRESS[/LENGTH] [OPTION …]"
	Options interface{ Rows() []Row }
}

// An EntryRow is an Entry with its options as rows.
type EntryRow struct {
	Form    string
	Options []Row
}

func (e *Entry) row() *EntryRow {
	if e == nil {
		return nil
	}
	row := &EntryRow{Form: e.Form}
	if e.Options != nil {
		row.Options = e.Options.Rows()
	}
	return row
}

// A Table is the keywords of one kind of block. It is never written after NewTable.
type Table[T any] struct {
	block string
	rows  []*Keyword[T]
	index map[string]*Keyword[T]
}

// NewTable makes the table of the block with that keyword ("" for the top level) from its parts. It
// panics when a keyword occurs twice, which is a bug in the table.
func NewTable[T any](block string, parts ...[]Keyword[T]) *Table[T] {
	t := &Table[T]{block: block, index: make(map[string]*Keyword[T], length(parts))}
	for _, part := range parts {
		for i := range part {
			row := &part[i]
			if t.index[row.Name] != nil {
				panic("schema: keyword twice in " + block + ": " + row.Name)
			}
			t.rows = append(t.rows, row)
			t.index[row.Name] = row
		}
	}
	return t
}

func length[T any](parts [][]Keyword[T]) int {
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	return n
}

// Names are the keywords of the table, in its order.
func (t *Table[T]) Names() []string {
	names := make([]string, len(t.rows))
	for i, row := range t.rows {
		names[i] = row.Name
	}
	return names
}

// Rows are the rows of the table, in its order, with those of the blocks inside.
func (t *Table[T]) Rows() []Row {
	rows := make([]Row, len(t.rows))
	for i, k := range t.rows {
		rows[i] = Row{
			Name: k.Name, Args: k.Args, Doc: k.Doc,
			Range: k.Range, Unit: k.Unit, Default: k.Default, Without: k.Without, Note: k.Note, Example: k.Example, New: k.New, Own: k.Own,
			Priority: k.Priority, Effect: k.Effect, Body: k.Body, Once: k.Given != nil, Entry: k.Entry.row(),
		}
		if k.Children != nil {
			rows[i].Children = k.Children.Rows()
		}
	}
	return rows
}

// Lookup tells what follows a keyword, and the keywords of its Section; ok is false for others.
func (t *Table[T]) Lookup(word string) (body Body, inside Keywords, ok bool) {
	row := t.index[word]
	if row == nil {
		return NoBody, nil, false
	}
	return row.Body, row.Children, true
}
