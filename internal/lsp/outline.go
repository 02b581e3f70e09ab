package lsp

import (
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// documentSymbols are the blocks of a file, and the definitions.
func (s *server) documentSymbols(p documentParams) (any, error) {
	at, ok := s.place(p.TextDocument.URI, position{})
	if !ok {
		return nil, nil
	}
	o := outliner{server: s, at: at, seen: map[syntax.Span]bool{}}
	symbols := o.block(&at.analysis.tree.Root)
	for _, v := range variables(at.src) {
		if v.defines {
			place := at.text.textRange(v.start, v.end(), s.encoding)
			symbols = append(symbols, documentSymbol{Name: "$" + v.name, Detail: firstLine(v.text), Kind: symbolVariable, Range: place, SelectionRange: place})
		}
	}
	return symbols, nil
}

// An outliner lists the blocks that one file opens.
type outliner struct {
	*server
	at   place
	seen map[syntax.Span]bool // what iterators repeat is listed once
}

func (o *outliner) block(b *syntax.Block) []documentSymbol {
	symbols := []documentSymbol{}
	for _, s := range b.Statements {
		switch {
		case s.Block == nil || o.seen[s.Span]:
		case s.Span.Source != o.at.src: // a block of another file, which may go on in this one
			symbols = append(symbols, o.block(s.Block)...)
		default:
			o.seen[s.Span] = true
			symbols = append(symbols, o.symbol(s))
		}
	}
	return symbols
}

func (o *outliner) symbol(s *syntax.Statement) documentSymbol {
	end := s.Span.End
	for _, brace := range []syntax.Span{s.Block.Open, s.Block.Close} {
		if brace.Source == o.at.src {
			end = max(end, brace.End)
		}
	}
	for _, inner := range s.Block.Statements {
		if inner.Span.Source == o.at.src {
			end = max(end, inner.Span.End)
		}
	}
	symbol := documentSymbol{
		Name: s.Keyword(), Kind: symbolNamespace,
		Range:          o.at.text.textRange(s.Span.Start, end, o.encoding),
		SelectionRange: o.at.text.textRange(s.Span.Start, s.Span.End, o.encoding),
		Children:       o.block(s.Block),
	}
	if len(s.Words) > 1 {
		words := make([]string, len(s.Words)-1)
		for i, word := range s.Args() {
			words[i] = word.Text
		}
		symbol.Name, symbol.Detail, symbol.Kind = strings.Join(words, " "), s.Keyword(), symbolClass
	}
	return symbol
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRight(line, "\r")
}
