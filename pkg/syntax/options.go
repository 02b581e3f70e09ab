package syntax

// Options say how a configuration is to be read. The zero value reads the machine's files without a
// configuration id, without environment, and without knowing any keyword.
type Options struct {
	FS       FS                          // how files are opened; nil means OSFS()
	ConfigID string                      // what @ID lines are compared with, and ${_INSTANCE}
	Env      func(string) (string, bool) // what ${_ENV NAME} reads; nil: nothing is set
	Seed     int64                       // for ${_RANDOM}: equal seeds give equal configurations

	// AllConfig makes every include line an error that finds less than it names (-e).
	AllConfig bool

	// BlockKeyword says whether a keyword wants a block; path holds the keywords of the enclosing
	// blocks, outermost first, and must not be kept. With it a missing '{' is one message at the
	// right place and the block is read all the same, and a missing '}' is reported at the brace
	// that lacks its partner. Without it (nil) a keyword has a block when a '{' follows.
	BlockKeyword func(path []string, word string) bool

	// ValueBlock says whether the lines of the block with this path are entries and not keywords:
	// a '{' in it is a word, since such blocks do not nest. nil: there are no such blocks.
	ValueBlock func(path []string) bool
}

// Bounds of what a configuration may make of itself, so that a mistake (a definition that contains
// itself, a file that includes itself, a loop to a billion) is a message and not a full machine.
const (
	maxIncludeDepth   = 64
	maxExpansionDepth = 64      // iterators and multi-line definitions within each other
	maxFileBytes      = 1 << 28 // of one file
	maxFiles          = 1 << 16 // read in all
	maxAlternatives   = 4096    // that the braces of one include pattern stand for
	maxRepeatedLines  = 1 << 21 // brought by iterators, multi-line definitions and repeated includes
	maxReplacements   = 10_000  // of definitions in one line
	maxLineBytes      = 1 << 20 // of one line after substitution; as written a line has no limit
	maxReplacedBytes  = 1 << 27 // of all lines after substitution
	maxScannedBytes   = 1 << 30 // of all lines that were repeated, and what else costs time (charge)
	maxRepeatedWords  = 1 << 23 // in the tree, besides those that were written out
	maxBlockDepth     = 256
	maxDiagnostics    = 1000
)
