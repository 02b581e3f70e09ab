package config

import (
	"slices"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// Keywords are all rows of the language, for documentation and completion.
func Keywords() []schema.Row { return topTable.Rows() }

// bodies is what follows each keyword, by the keyword of the block that it stands in.
var bodies = indexBodies(map[string]map[string]schema.Body{}, "", topTable.Rows())

func indexBodies(index map[string]map[string]schema.Body, block string, rows []schema.Row) map[string]map[string]schema.Body {
	words := make(map[string]schema.Body, len(rows))
	index[block] = words
	for _, row := range rows {
		words[row.Name] = row.Body
		if row.Children != nil {
			indexBodies(index, row.Name, row.Children)
		}
	}
	return index
}

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
	block := ""
	if len(path) > 0 {
		block = path[len(path)-1]
	}
	return bodies[block][word]
}

// placesOf tells where a word would be a keyword, for the hint of one that is out of place.
func placesOf(word string) []string {
	var places []string
	for block, words := range bodies {
		if _, known := words[word]; !known {
			continue
		}
		if block == "" {
			places = append(places, "outside of any block")
		} else {
			places = append(places, "in "+block)
		}
	}
	slices.Sort(places)
	return places
}
