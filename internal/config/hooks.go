package config

import (
	"slices"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// Keywords are all rows of the language, for documentation and completion.
func Keywords() []schema.Row { return topTable.Rows() }

// BlockKeyword is a hook for the parser: it reports whether the word wants a block where the keywords
// of the enclosing blocks are those of path, the outermost first.
func BlockKeyword(path []string, word string) bool {
	return body(path, word) != schema.NoBody
}

// ValueBlock is a hook for the parser: it reports whether the lines of the block that the path leads to
// are entries, not keywords.
func ValueBlock(path []string) bool {
	return len(path) > 0 && body(path[:len(path)-1], path[len(path)-1]) == schema.List
}

func body(path []string, word string) schema.Body {
	keywords := schema.Keywords(topTable)
	for _, outer := range path {
		_, inside, ok := keywords.Lookup(outer)
		if !ok || inside == nil {
			return schema.NoBody
		}
		keywords = inside
	}
	followed, _, _ := keywords.Lookup(word)
	return followed
}

// newPlaces makes a function that tells where a word would be a keyword, for the hint of one that is out of
// place. It goes through all rows when it is first asked, and never again.
func newPlaces() func(word string) []string {
	var index map[string][]string
	return func(word string) []string {
		if index == nil {
			index = map[string][]string{}
			collectPlaces(index, "outside of any block", Keywords())
		}
		places := index[word]
		slices.Sort(places)
		return slices.Compact(places)
	}
}

func collectPlaces(index map[string][]string, in string, rows []schema.Row) {
	for _, row := range rows {
		index[row.Name] = append(index[row.Name], in)
		collectPlaces(index, "in "+row.Name, row.Children)
	}
}
