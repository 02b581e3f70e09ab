package lsp

import (
	"regexp"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// codeActions are the findings of a range that can be mended by what their hint says.
func (s *server) codeActions(p codeActionParams) (any, error) {
	at, ok := s.judgedPlace(p.TextDocument.URI, p.Range.Start)
	if !ok {
		return nil, nil
	}
	end := at.text.offset(p.Range.End, s.encoding)
	actions := []codeAction{}
	texts := map[*syntax.Source]*lineText{at.src: at.text}
	for i := range at.analysis.diagnostics {
		d := &at.analysis.diagnostics[i]
		if d.Span.Source != at.src || d.Span.End < at.offset || d.Span.Start > end {
			continue
		}
		fix, ok := fixOf(d)
		if !ok {
			continue
		}
		uri, shown := s.translate(at.analysis, d, texts)
		edit := textEdit{Range: at.text.textRange(fix.start, fix.end, s.encoding), NewText: fix.text}
		actions = append(actions, codeAction{
			Title: fix.title, Kind: quickFix, Diagnostics: []diagnostic{shown}, IsPreferred: true,
			Edit: workspaceEdit{Changes: map[string][]textEdit{uri: {edit}}},
		})
	}
	return actions, nil
}

// A fix puts a text in the place of a range.
type fix struct {
	title      string
	start, end int
	text       string
}

// fixOf reads what a hint says to write, where it says so word for word.
func fixOf(d *syntax.Diagnostic) (fix, bool) {
	f := fix{start: d.Span.Start, end: d.Span.End}
	if word, ok := strings.CutPrefix(d.Hint, "did you mean "); ok {
		f.text = strings.Trim(word, `"?`)
		f.title = "Change to " + f.text
		return f, f.text != "" && !strings.ContainsAny(d.Span.Text(), " \t\n")
	}
	switch d.Code {
	case syntax.CodeMissingOpen:
		f.start = f.end
		f.title, f.text = "Write the missing '{'", " {"
		return f, true
	case config.CodeOldName:
		match := regexp.MustCompile(`^write (\w+)$`).FindStringSubmatch(d.Hint)
		if match == nil || strings.ContainsAny(d.Span.Text(), " \t\n") {
			return f, false
		}
		f.title, f.text = "Change to "+match[1], match[1]
		return f, true
	}
	return f, false
}
