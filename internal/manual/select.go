package manual

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// An Entry is a keyword at a place, or an option of the lines of a list.
type Entry struct {
	// Path are the keywords of the blocks around it, the outermost first.
	Path []string
	// Option says that it stands in the lines of the innermost block, behind their beginning.
	Option bool
	schema.Row
}

// Place says where the entry may stand.
func (e Entry) Place() string {
	switch {
	case len(e.Path) == 0:
		return "outside of any block"
	case e.Option:
		return "in a line of " + e.Path[len(e.Path)-1]
	}
	return "in " + strings.Join(e.Path, ", ")
}

// Find are the entries of that name, in the order of the rows. Options that several blocks share are
// there once.
func Find(rows []schema.Row, name string) []Entry {
	var found []Entry
	walk(rows, func(e Entry) {
		if e.Name == name && !(e.Option && slices.ContainsFunc(found, e.sameOption)) {
			found = append(found, e)
		}
	})
	return found
}

// sameOption tells options apart by what they mean: lists of one kind share their rows.
func (e Entry) sameOption(other Entry) bool {
	return other.Option && other.Name == e.Name && other.Doc == e.Doc && other.Args == e.Args
}

// Names are all words that Find knows, sorted.
func Names(rows []schema.Row) []string {
	var names []string
	for name := range Summaries(rows) {
		names = append(names, name)
	}
	return names
}

// Summaries are all words that Find knows, each with the sentence of the first place where it stands.
func Summaries(rows []schema.Row) iter.Seq2[string, string] {
	docs := map[string]string{}
	walk(rows, func(e Entry) {
		if _, known := docs[e.Name]; !known {
			docs[e.Name] = e.Doc
		}
	})
	return func(yield func(name, doc string) bool) {
		for _, name := range slices.Sorted(maps.Keys(docs)) {
			if !yield(name, docs[name]) {
				return
			}
		}
	}
}

// walk visits all entries, each before those inside of it.
func walk(rows []schema.Row, visit func(Entry)) {
	var step func(path []string, rows []schema.Row)
	step = func(path []string, rows []schema.Row) {
		for _, row := range rows {
			visit(Entry{Path: path, Row: row})
			inside := append(slices.Clone(path), row.Name)
			if row.Entry != nil {
				for _, option := range row.Entry.Options {
					visit(Entry{Path: inside, Option: true, Row: option})
				}
			}
			step(inside, row.Children)
		}
	}
	step(nil, rows)
}
