package lsp

import (
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/format"
)

// formatting lays a document out as `govrrpd fmt` does. Lines that stay as they are are left alone, so
// that the editor's marks and cursors stay where they belong.
func (s *server) formatting(p documentParams) (any, error) {
	doc := s.ws.docs[fileName(p.TextDocument.URI)]
	if doc == nil {
		return nil, nil
	}
	formatted, err := format.Text(doc.text.text, format.Options{BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock})
	if err != nil {
		return nil, refuse("%v", err)
	}
	return s.edits(doc.text, formatted), nil
}

// edits lead from a text to another: line by line where there are as many, else one edit for the lines
// between those at the start and at the end that are equal.
func (s *server) edits(from *lineText, to string) []textEdit {
	edits := []textEdit{}
	if from.text == to {
		return edits
	}
	before, after := strings.SplitAfter(from.text, "\n"), strings.SplitAfter(to, "\n")
	if len(before) == len(after) {
		offset := 0
		for i := range before {
			if before[i] != after[i] {
				edits = append(edits, textEdit{Range: from.textRange(offset, offset+len(before[i]), s.encoding), NewText: after[i]})
			}
			offset += len(before[i])
		}
		return edits
	}
	head, tail := 0, 0
	for head < min(len(before), len(after)) && before[head] == after[head] {
		head++
	}
	for tail < min(len(before), len(after))-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	start := len(strings.Join(before[:head], ""))
	end := len(from.text) - len(strings.Join(before[len(before)-tail:], ""))
	return append(edits, textEdit{
		Range:   from.textRange(start, end, s.encoding),
		NewText: strings.Join(after[head:len(after)-tail], ""),
	})
}
