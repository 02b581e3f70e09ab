package check

import (
	"slices"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// trackers are the blocks whose lines name trackers, with the blocks that define those.
var trackers = map[string][]string{
	"track_script":  {"vrrp_script"},
	"track_file":    {"track_file", "vrrp_track_file"},
	"track_process": {"track_process", "vrrp_track_process"},
	"track_bfd":     {"bfd_instance"},
}

// Instances are the names of the instances of a configuration, in its order, whether they can be used or not.
func (r *Result) Instances() []string {
	var names []string
	seen := map[string]bool{}
	for _, s := range r.Tree.Root.Statements {
		if isInstance(s) && !seen[s.Words[1].Text] {
			seen[s.Words[1].Text] = true
			names = append(names, s.Words[1].Text)
		}
	}
	return names
}

func isInstance(s *syntax.Statement) bool { return s.Keyword() == "vrrp_instance" && len(s.Words) > 1 }

// About are the findings about some instances: in their blocks, in those that name them (sync groups) and in those
// that any of these names (scripts and the like). What keeps the daemon from starting is about every instance.
func (r *Result) About(names []string) []syntax.Diagnostic {
	var blocks []*syntax.Statement
	for _, s := range r.Tree.Root.Statements {
		if isInstance(s) && slices.Contains(names, s.Words[1].Text) || namesOne(s, names) {
			blocks = append(blocks, s)
		}
	}
	blocks = append(blocks, r.namedBy(blocks)...)
	places := map[*syntax.Source][]syntax.Span{}
	for _, s := range blocks {
		addPlaces(places, s)
	}
	return slices.DeleteFunc(slices.Clone(r.Findings), func(d syntax.Diagnostic) bool {
		return !d.Refuse && !slices.ContainsFunc(places[d.Span.Source], func(place syntax.Span) bool {
			return place.Start <= d.Span.Start && d.Span.Start < max(place.End, place.Start+1)
		})
	})
}

// namesOne tells whether the block has a list of instances (group { … }) with one of these names.
func namesOne(s *syntax.Statement, names []string) bool {
	for _, list := range statements(s.Block) {
		if list.Keyword() != "group" || isInstance(s) {
			continue
		}
		for _, line := range statements(list.Block) {
			if slices.ContainsFunc(line.Words, func(w syntax.Word) bool { return slices.Contains(names, w.Text) }) {
				return true
			}
		}
	}
	return false
}

// namedBy are the blocks of the trackers that blocks name.
func (r *Result) namedBy(blocks []*syntax.Statement) []*syntax.Statement {
	type tracker struct{ keyword, name string }
	wanted := map[tracker]bool{}
	for _, s := range blocks {
		for _, list := range statements(s.Block) {
			for _, line := range statements(list.Block) {
				for _, keyword := range trackers[list.Keyword()] {
					wanted[tracker{keyword, line.Keyword()}] = true
				}
			}
		}
	}
	var named []*syntax.Statement
	for _, s := range r.Tree.Root.Statements {
		if len(s.Words) > 1 && wanted[tracker{s.Keyword(), s.Words[1].Text}] {
			named = append(named, s)
		}
	}
	return named
}

func statements(b *syntax.Block) []*syntax.Statement {
	if b == nil {
		return nil
	}
	return b.Statements
}

// addPlaces adds where a block stands: from its keyword to its '}', and each of its words, since a line of it may
// come out of a definition or an included file.
func addPlaces(places map[*syntax.Source][]syntax.Span, s *syntax.Statement) {
	add := func(span syntax.Span) {
		if span.Known() {
			places[span.Source] = append(places[span.Source], span)
		}
	}
	for _, w := range s.Words {
		add(w.Span)
	}
	if s.Block == nil {
		return
	}
	if end := s.Block.Close; end.Source == s.Span.Source && end.Start > s.Span.Start {
		add(syntax.Span{Source: end.Source, Start: s.Span.Start, End: end.End})
	}
	add(s.Block.Open)
	for _, inner := range s.Block.Statements {
		addPlaces(places, inner)
	}
}
