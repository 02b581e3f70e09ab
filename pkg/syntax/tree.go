package syntax

// A Word is one word of a statement, without the quotes that may have surrounded it.
type Word struct {
	Text   string
	Span   Span
	Quoted bool
}

// A Statement is one keyword line, with the block that follows it, if any.
//
// Which keywords want a block, and what the lines of a block mean, is not known here: the words of
// a value block (virtual_ipaddress, group, …) are statements too, one per line.
type Statement struct {
	Words []Word // never empty; Words[0] is the keyword or, in a value block, the first word of the entry
	Raw   string // the line behind Words, after substitution, for script command lines (SplitCommand)
	Span  Span   // of the words, without the block
	Block *Block // nil when no '{' follows
}

// Keyword is the first word of the statement.
func (s *Statement) Keyword() string { return s.Words[0].Text }

// Args are the words behind the keyword.
func (s *Statement) Args() []Word { return s.Words[1:] }

// A Block is what stands between a pair of braces, or the whole of the input.
type Block struct {
	Statements []*Statement
	Open       Span // of the '{'; zero for the root
	Close      Span // of the '}'; zero for the root, and where it is missing
}

// A Tree is a whole configuration: all files that took part, as one block.
type Tree struct {
	Root        Block
	Sources     []*Source    // every file read, in the order of reading; [0] is the main file
	Diagnostics []Diagnostic // of form alone, in the order of reading
}
