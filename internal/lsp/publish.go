package lsp

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// check publishes the findings after each change, as soon as the typing pauses. It ends with ctx.
func (s *server) check(ctx context.Context, conn *jsonrpc2.Conn) {
	pause := time.NewTimer(0)
	<-pause.C
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			pause.Reset(s.opts.Debounce)
		case <-pause.C:
			for _, message := range s.findings() {
				if conn.Notify(ctx, "textDocument/publishDiagnostics", message) != nil {
					return // the editor is gone
				}
			}
		}
	}
}

// findings analyses what is not up to date, without keeping requests from being answered, and returns
// what there is to publish.
func (s *server) findings() []publishParams {
	s.mu.Lock()
	var jobs []job
	for _, root := range s.ws.roots() {
		if a := s.ws.analyses[root]; a == nil || a.generation != s.ws.generation {
			jobs = append(jobs, s.ws.job(root))
		}
	}
	s.mu.Unlock()
	var done []*analysis
	for _, j := range jobs {
		done = append(done, j.run())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range done {
		if a.generation == s.ws.generation {
			s.ws.keep(a)
		}
	}
	if len(done) > 0 && done[0].generation != s.ws.generation {
		return nil // it was changed meanwhile, and the next check is due
	}
	return s.messages()
}

// messages are the findings of all main files, by the file that they are about. Files that have none
// any more are told so.
func (s *server) messages() []publishParams {
	byURI := map[string][]diagnostic{}
	for root := range s.published {
		for uri := range s.published[root] {
			byURI[uri] = []diagnostic{}
		}
	}
	s.published = map[string]map[string]bool{}
	for _, root := range s.ws.roots() {
		uris := map[string]bool{}
		s.published[root] = uris
		for uri, found := range s.byFile(s.ws.analyse(root)) {
			uris[uri] = true
			byURI[uri] = mergeDiagnostics(byURI[uri], found)
		}
	}
	var messages []publishParams
	for uri, found := range byURI {
		message := publishParams{URI: uri, Diagnostics: found}
		if doc := s.ws.docs[fileName(uri)]; doc != nil {
			message.Version = new(doc.version)
		}
		messages = append(messages, message)
	}
	slices.SortFunc(messages, func(a, b publishParams) int { return strings.Compare(a.URI, b.URI) })
	return messages
}

// mergeDiagnostics adds the findings of another main file that includes the same file.
func mergeDiagnostics(have, more []diagnostic) []diagnostic {
	if len(have) == 0 {
		return more
	}
	for _, d := range more {
		same := func(o diagnostic) bool { return o.Range == d.Range && o.Code == d.Code && o.Message == d.Message }
		if !slices.ContainsFunc(have, same) {
			have = append(have, d)
		}
	}
	return have
}

// byFile are the findings of an analysis by URI, with an entry for each file that took part.
func (s *server) byFile(a *analysis) map[string][]diagnostic {
	byURI := map[string][]diagnostic{s.ws.fileURI(a.root): {}}
	texts := map[*syntax.Source]*lineText{}
	for _, src := range a.tree.Sources {
		byURI[s.ws.fileURI(src.Name)] = []diagnostic{}
		texts[src] = s.ws.lines(src)
	}
	first := firstDefinitions(a)
	for i := range a.diagnostics {
		uri, d := s.translate(a, &a.diagnostics[i], texts)
		d.RelatedInformation = s.related(&a.diagnostics[i], first, texts)
		byURI[uri] = append(byURI[uri], d)
	}
	return byURI
}

// translate gives a finding the protocol's form. One without a place in a text is shown at the start of
// the main file.
func (s *server) translate(a *analysis, d *syntax.Diagnostic, texts map[*syntax.Source]*lineText) (uri string, out diagnostic) {
	out = diagnostic{Severity: severity(d.Severity), Source: "govrrpd", Message: d.Message}
	if d.Code != 0 {
		out.Code = d.Code.String()
	}
	if d.Code == config.CodeOldName {
		out.Tags = []int{tagDeprecated}
	}
	if d.Hint != "" {
		out.Message += "\n" + d.Hint
	}
	text := texts[d.Span.Source]
	if text == nil {
		if d.Span.Known() {
			out.Message = d.Span.Source.Name + ": " + out.Message
		}
		return s.ws.fileURI(a.root), out
	}
	out.Range = text.textRange(d.Span.Start, d.Span.End, s.encoding)
	return s.ws.fileURI(d.Span.Source.Name), out
}

func severity(s syntax.Severity) int {
	switch s {
	case syntax.Error:
		return 1
	case syntax.Warning:
		return 2
	}
	return 3
}

// firstDefinitions are where each name is defined first.
func firstDefinitions(a *analysis) map[symbol]syntax.Word {
	first := map[symbol]syntax.Word{}
	if !slices.ContainsFunc(a.diagnostics, func(d syntax.Diagnostic) bool { return d.Code == config.CodeDuplicateName }) {
		return first
	}
	for m := range mentions(a.tree) {
		if _, known := first[m.symbol]; m.defines && !known {
			first[m.symbol] = m.word
		}
	}
	return first
}

// related points from a name that is taken to where it was given first.
func (s *server) related(d *syntax.Diagnostic, first map[symbol]syntax.Word, texts map[*syntax.Source]*lineText) []relatedInformation {
	if d.Code != config.CodeDuplicateName {
		return nil
	}
	for _, kind := range definedKinds {
		word, ok := first[symbol{kind, unquote(d.Span.Text())}]
		if !ok || texts[word.Span.Source] == nil || word.Span == d.Span {
			continue
		}
		place := texts[word.Span.Source].textRange(word.Span.Start, word.Span.End, s.encoding)
		return []relatedInformation{{
			Location: location{URI: s.ws.fileURI(word.Span.Source.Name), Range: place},
			Message:  "first defined here",
		}}
	}
	return nil
}
