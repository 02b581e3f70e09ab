package lsp

import (
	"iter"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// symbolKind is a kind of thing that has a name.
type symbolKind uint8

const (
	noSymbol symbolKind = iota
	instanceSymbol
	groupSymbol
	scriptSymbol
	fileSymbol
	processSymbol
	bfdSymbol
	trackGroupSymbol
	interfaceSymbol // defined outside of the configuration
	variableSymbol
)

// definedKinds are those that a block of the configuration defines.
var definedKinds = []symbolKind{instanceSymbol, groupSymbol, scriptSymbol, fileSymbol, processSymbol, bfdSymbol, trackGroupSymbol}

func (k symbolKind) String() string {
	return [...]string{"name", "vrrp_instance", "vrrp_sync_group", "vrrp_script", "track_file", "vrrp_track_process",
		"bfd_instance", "track_group", "interface", "definition"}[k]
}

type symbol struct {
	kind symbolKind
	name string
}

// A mention is a word that means a symbol.
type mention struct {
	symbol
	word    syntax.Word
	defines bool
}

// definingBlock tells what a block gives the name behind its keyword to; noSymbol for others. These tables
// are functions, so that the daemon, which has no use for them, makes no maps at its start.
func definingBlock(keyword string) symbolKind {
	switch keyword {
	case "vrrp_instance":
		return instanceSymbol
	case "vrrp_sync_group":
		return groupSymbol
	case "vrrp_script":
		return scriptSymbol
	case "track_file", "vrrp_track_file":
		return fileSymbol
	case "vrrp_track_process":
		return processSymbol
	case "bfd_instance":
		return bfdSymbol
	case "track_group":
		return trackGroupSymbol
	}
	return noSymbol
}

// namingList tells what the lines of a list inside of a block name, in their first word or in all words;
// noSymbol for other lists.
func namingList(keyword string) (kind symbolKind, all bool) {
	switch keyword {
	case "track_script":
		return scriptSymbol, false
	case "track_file":
		return fileSymbol, false
	case "track_process":
		return processSymbol, false
	case "track_bfd":
		return bfdSymbol, false
	case "track_interface":
		return interfaceSymbol, false
	case "interfaces":
		return interfaceSymbol, true
	case "group":
		return instanceSymbol, true
	}
	return noSymbol, false
}

// namingOption tells what stands behind a word in the lines of address, route and rule lists.
func namingOption(word string) symbolKind {
	switch word {
	case "track_group":
		return trackGroupSymbol
	case "dev":
		return interfaceSymbol
	}
	return noSymbol
}

// naming tells which words of a statement are names of what; path are the keywords around it.
func naming(path []string, s *syntax.Statement, found func(kind symbolKind, index int, defines bool)) {
	if len(path) == 0 {
		if kind := definingBlock(s.Keyword()); kind != noSymbol && len(s.Words) > 1 {
			found(kind, 1, true)
		}
	}
	inside := ""
	if len(path) > 0 {
		inside = path[len(path)-1]
	}
	switch kind, all := namingList(inside); {
	case kind != noSymbol && len(path) > 1:
		for i := range s.Words {
			if i == 0 || all {
				found(kind, i, false)
			}
		}
	case strings.HasPrefix(inside, "static_") || strings.HasPrefix(inside, "virtual_"):
		for i := 1; i < len(s.Words); i++ {
			if kind := namingOption(s.Words[i-1].Text); kind != noSymbol {
				found(kind, i, false)
			}
		}
	case len(s.Words) > 1 && (s.Keyword() == "interface" || s.Keyword() == "default_interface"):
		found(interfaceSymbol, 1, false)
	}
}

// visit calls f for each statement below a block, in reading order, until f returns false; path are the
// keywords of the blocks around it, outermost first, and must not be kept.
func visit(block *syntax.Block, path []string, f func(path []string, s *syntax.Statement) bool) bool {
	for _, s := range block.Statements {
		if !f(path, s) || s.Block != nil && !visit(s.Block, append(path, s.Keyword()), f) {
			return false
		}
	}
	return true
}

// mentions are all words of a tree that name something, in reading order. What an iterator repeats comes
// repeatedly.
func mentions(tree *syntax.Tree) iter.Seq[mention] {
	return func(yield func(mention) bool) {
		visit(&tree.Root, nil, func(path []string, s *syntax.Statement) bool {
			more := true
			naming(path, s, func(kind symbolKind, i int, defines bool) {
				more = more && yield(mention{symbol{kind, s.Words[i].Text}, s.Words[i], defines})
			})
			return more
		})
	}
}

// A spot is what stands at a place of a file.
type spot struct {
	path      []string            // keywords of the blocks around it
	statement *syntax.Statement   // nil where there is none
	index     int                 // of the word in it
	repeated  []*syntax.Statement // what an iterator or definition made of the same line, the first included
}

// word is the word at the spot.
func (s *spot) word() syntax.Word { return s.statement.Words[s.index] }

// symbol is what the word names; the kind is noSymbol for others.
func (s *spot) symbol() (found symbol, defines bool) {
	naming(s.path, s.statement, func(kind symbolKind, i int, isDefinition bool) {
		if i == s.index {
			found, defines = symbol{kind, s.word().Text}, isDefinition
		}
	})
	return found, defines
}

// spotAt finds the word at an offset of a source; nil where there is none. A place at the end of a word
// belongs to it.
func spotAt(tree *syntax.Tree, src *syntax.Source, offset int) *spot {
	var at *spot
	visit(&tree.Root, nil, func(path []string, s *syntax.Statement) bool {
		for i, word := range s.Words {
			if word.Span.Source != src || offset < word.Span.Start || offset > word.Span.End {
				continue
			}
			switch {
			case at == nil:
				at = &spot{path: slices.Clone(path), statement: s, index: i, repeated: []*syntax.Statement{s}}
			case at.statement != s:
				at.repeated = append(at.repeated, s)
			case offset == word.Span.Start: // of two words that touch, the second
				at.index = i
			}
			if at.statement != s {
				break
			}
		}
		return true
	})
	return at
}

// enclosing are the keywords of the blocks around an offset of a source, outermost first: those of the
// last thing before it.
func enclosing(tree *syntax.Tree, src *syntax.Source, offset int) []string {
	e := enclosure{src: src, offset: offset, last: -1}
	e.block(&tree.Root, nil)
	return e.path
}

type enclosure struct {
	src    *syntax.Source
	offset int
	last   int // offset of the last thing before the place; -1 when none was seen
	path   []string
	seen   bool // anything of the source
}

// event notes that from a place of the source on, the path holds.
func (e *enclosure) event(at syntax.Span, path []string) {
	if at.Source != e.src {
		return
	}
	if !e.seen { // an included file may begin inside of blocks
		e.seen = true
		e.path = slices.Clone(path)
	}
	if at.Start < e.offset && at.Start >= e.last {
		e.last = at.Start
		e.path = append(e.path[:0], path...)
	}
}

func (e *enclosure) block(b *syntax.Block, path []string) {
	for _, s := range b.Statements {
		e.event(s.Span, path)
		if s.Block == nil {
			continue
		}
		inner := append(path, s.Keyword())
		if s.Block.Open.Known() {
			if !e.seen {
				e.event(s.Block.Open, path)
			}
			e.event(s.Block.Open, inner)
		}
		e.block(s.Block, inner)
		if s.Block.Close.Known() {
			e.event(s.Block.Close, path)
		}
	}
}

// unquote takes the quotes from a word as it is written.
func unquote(word string) string { return strings.Trim(word, `"`) }
