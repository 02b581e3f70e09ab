package lsp

import (
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/schema"
)

// keywordRows are the rows of the language, with the blocks inside of blocks.
type keywordRows []schema.Row

func newKeywordRows() keywordRows { return config.Keywords() }

// at are the rows of the block that a path leads to; ok is false where no keywords stand.
func (rows keywordRows) at(path []string) (inside []schema.Row, ok bool) {
	inside = rows
	for _, keyword := range path {
		row, found := find(inside, keyword)
		if !found || row.Body != schema.Section {
			return nil, false
		}
		inside = row.Children
	}
	return inside, true
}

// list is the row of the list that a path leads to.
func (rows keywordRows) list(path []string) (schema.Row, bool) {
	if len(path) == 0 {
		return schema.Row{}, false
	}
	outer, ok := rows.at(path[:len(path)-1])
	if !ok {
		return schema.Row{}, false
	}
	row, ok := find(outer, path[len(path)-1])
	return row, ok && row.Body == schema.List
}

func find(rows []schema.Row, keyword string) (schema.Row, bool) {
	i := slices.IndexFunc(rows, func(r schema.Row) bool { return r.Name == keyword })
	if i < 0 {
		return schema.Row{}, false
	}
	return rows[i], true
}

// placeholders are words of the Args column that no file holds, besides those that stand there alone.
var placeholders = []string{"BIT", "MAC", "IP", "BYTES"}

// choices are the words that may stand as the n-th argument of a keyword, from 1, as far as the Args
// column spells them out.
func (rows keywordRows) choices(row schema.Row, n int) []string {
	fields := argFields(row.Args)
	if n < 1 || n > len(fields) {
		return nil
	}
	var words []string
	for word := range strings.SplitSeq(fields[n-1], "|") {
		lower := word == strings.ToLower(word) && strings.ContainsAny(word, "abcdefghijklmnopqrstuvwxyz")
		number := len(fields[n-1]) > len(word) && strings.Trim(word, "0123456789") == "" && word != ""
		upper := len(fields[n-1]) > len(word) && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" && word != ""
		if lower || number || upper && !rows.isPlaceholder(word) {
			words = append(words, word)
		}
	}
	return words
}

// argFields are the words of an Args column without its brackets.
func argFields(args string) []string {
	return strings.Fields(strings.NewReplacer("[", "", "]", "", "{", "", "}", "").Replace(args))
}

// isPlaceholder tells whether an upper-case word stands alone somewhere, so that it is none to be typed.
func (rows keywordRows) isPlaceholder(word string) bool {
	if slices.Contains(placeholders, word) {
		return true
	}
	return slices.ContainsFunc(rows, func(r schema.Row) bool {
		return slices.Contains(argFields(r.Args), word) || keywordRows(r.Children).isPlaceholder(word)
	})
}
