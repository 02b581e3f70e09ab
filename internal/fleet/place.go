package fleet

import (
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// node is a Node with what is looked up again and again.
type node struct {
	*Node
	index  int
	blocks map[blockKey]*syntax.Statement // instances and sync groups
	groups map[string]*config.SyncGroup
}

// blockKey finds a block by the place of its name. One place can bring many blocks (~SEQ), with other names.
type blockKey struct {
	source *syntax.Source
	start  int
	name   string
}

func newNode(index int, given *Node) *node {
	n := &node{Node: given, index: index, blocks: map[blockKey]*syntax.Statement{}, groups: map[string]*config.SyncGroup{}}
	for _, g := range given.Config.SyncGroups {
		n.groups[g.Name] = g
	}
	if given.Tree == nil {
		return n
	}
	for _, s := range given.Tree.Root.Statements {
		if s.Block != nil && len(s.Words) > 1 {
			n.blocks[blockKey{s.Words[1].Span.Source, s.Words[1].Span.Start, s.Words[1].Text}] = s
		}
	}
	return n
}

// sourceOrder is the place of a span's file in the order of reading.
func (n *node) sourceOrder(at syntax.Span) int {
	if n.Tree == nil {
		return 0
	}
	return slices.Index(n.Tree.Sources, at.Source)
}

// start is the beginning of the node's file.
func (n *node) start() syntax.Span {
	if n.Tree == nil || len(n.Tree.Sources) == 0 {
		return syntax.Span{}
	}
	return syntax.Span{Source: n.Tree.Sources[0]}
}

// group is the sync group of an instance, nil if it has none.
func (n *node) group(vi *config.Instance) *config.SyncGroup { return n.groups[vi.SyncGroup] }

// places finds the keywords of a block.
type places struct {
	name  syntax.Span
	block *syntax.Block
}

func (n *node) placesOf(name string, at syntax.Span) places {
	p := places{name: at}
	if s := n.blocks[blockKey{at.Source, at.Start, name}]; s != nil {
		p.block = s.Block
	}
	return p
}

// statement is the last one with the keyword, which is the one that holds; nil if there is none.
func (p places) statement(keyword string) *syntax.Statement {
	if p.block == nil {
		return nil
	}
	for _, s := range slices.Backward(p.block.Statements) {
		if s.Keyword() == keyword {
			return s
		}
	}
	return nil
}

// of is where the first of the keywords is written that is, with its value; else the name of the block.
func (p places) of(keywords ...string) syntax.Span {
	for _, keyword := range keywords {
		if s := p.statement(keyword); s != nil {
			return s.Span
		}
	}
	return p.name
}

// keyword is where the keyword alone is written, for one with a block; else the name of the block.
func (p places) keyword(keyword string) syntax.Span {
	if s := p.statement(keyword); s != nil {
		return s.Words[0].Span
	}
	return p.name
}

// inner is where a keyword within a block of the block is written, as auth_pass; else as for the outer one.
func (p places) inner(outer, keyword string) syntax.Span {
	s := p.statement(outer)
	if s == nil {
		return p.name
	}
	if in := (places{block: s.Block}).statement(keyword); in != nil {
		return in.Span
	}
	return s.Words[0].Span
}
