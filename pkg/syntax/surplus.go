package syntax

// A closing is the end of the last block that stands outside of all others. Whether its '}' was a surplus one can
// only be told when the one that it took the place of turns up.
type closing struct {
	owner *Statement // of the block; nil if none was closed yet
	brace Span
	next  int // statement outside of all blocks that follows
}

// remember is called when a block ends. What may have fallen out of the block before it is no block of its own.
func (b *builder) remember(owner *Statement, brace Span) {
	if len(b.stack) != 2 {
		return
	}
	known, outer := b.p.opts.BlockKeyword, b.closed.owner
	if known != nil && outer != nil && !known(nil, owner.Words[0].Text) && fellOut(outer.Block, []*Statement{owner}) {
		return
	}
	b.closed = closing{owner, brace, len(b.stack[0].block.Statements)}
}

// reopen is called for a '}' to which no block is open. It is the last of as many as were written too much, and
// rarely the wrong one: more often an inner block was closed twice, and what follows fell out of its block.
// Where the columns say so, what fell out is put back, and the '}' that was too much is reported.
func (b *builder) reopen(brace Span) bool {
	last, root := b.closed, b.stack[0].block
	if last.owner == nil || len(b.stack) > 1 || last.brace.Source != brace.Source || last.owner.Span.Source != brace.Source {
		return false
	}
	block, fallen := last.owner.Block, root.Statements[last.next:]
	own := brace.Source.indent(last.owner.Span.Start)
	if own < 0 || brace.Source.indent(brace.Start) != own || !fellOut(block, fallen) {
		return false
	}
	if len(fallen) == 0 && (brace.Source.indent(last.brace.Start) == own || last.brace.Line() == last.owner.Span.Line()) {
		return false // that one stands where it should, or as it should
	}
	b.p.errorf(CodeStrayClose, surplus(block, last.brace), ClassUnexpectedClose, "remove it", "'}' too many: it closes %s before its end", describe(last.owner))
	block.Statements = append(block.Statements, fallen...)
	block.Close = brace
	root.Statements = root.Statements[:last.next]
	b.closed.brace = brace
	b.last, b.wants = nil, false
	return true
}

// fellOut tells whether all of these statements stand in the column in which the block's own begin.
func fellOut(block *Block, statements []*Statement) bool {
	for _, s := range statements {
		if len(block.Statements) == 0 {
			return false
		}
		first := block.Statements[0].Span
		column := first.Source.indent(first.Start)
		if s.Span.Source != first.Source || column < 0 || s.Span.Source.indent(s.Span.Start) != column {
			return false
		}
	}
	return true
}

// surplus is the '}' that was too much: the one that closed a block, or, if that one stands where it should for
// the last block within, the one that closed that before.
func surplus(block *Block, brace Span) Span {
	for len(block.Statements) > 0 {
		inner := block.Statements[len(block.Statements)-1]
		if inner.Block == nil || !inner.Block.Close.Known() || inner.Span.Source != brace.Source || inner.Block.Close.Source != brace.Source {
			break
		}
		own := brace.Source.indent(inner.Span.Start)
		if own < 0 || brace.Source.indent(brace.Start) != own || brace.Source.indent(inner.Block.Close.Start) == own ||
			inner.Block.Close.Line() == inner.Span.Line() {
			break
		}
		block, brace = inner.Block, inner.Block.Close
	}
	return brace
}
