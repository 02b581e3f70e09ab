package syntax

// A Source is the text of one file, or of one definition, as it was read.
type Source struct {
	Name string // as messages show it
	Text string

	order int   // place in the order of reading, for Sort
	lines []int // offset of the start of each line, made when first asked for
}

// A Span is a range of bytes in a source. The zero Span is "nowhere in particular"; a span in a source
// without text means the file as a whole.
type Span struct {
	Source     *Source
	Start, End int
}

// Severity says how much a diagnostic matters.
type Severity uint8

const (
	Error   Severity = iota // what was written is not used as written
	Warning                 // used, but probably not what was meant
	Notice                  // worth knowing, never an error anywhere
)

// Class is keepalived's class of a problem; the exit code of a configuration test follows from the
// numerically highest class that was reported.
type Class uint8

const (
	ClassNone Class = iota // said to the user, does not influence the exit code ("log only")
	ClassFileNotFound
	ClassBadInterface
	ClassFatal
	ClassMultipleFiles
	ClassUnknownKeyword
	ClassUnexpectedOpen
	ClassMissingOpen
	ClassUnexpectedClose
	ClassMissingClose
	ClassUnmatchedQuote
	ClassMissingParameter
	ClassInvalidNumber
	ClassGeneral
	ClassWarning
	ClassDeprecated
	ClassSecurity
	ClassInclude // an include check failed: "no configuration", exit 6, and nothing is started
	ClassAbort   // a keyword lacks the word it cannot do without: exit 2 at once
)

// A Diagnostic is one thing that is wrong, for the person at the keyboard.
type Diagnostic struct {
	Code     Code
	Span     Span // where; the zero Span for findings about the whole
	Severity Severity
	Class    Class
	Message  string // what is wrong, with the value seen and the range allowed
	Hint     string // what to write instead; may be empty
	Refuse   bool   // with this, the daemon does not start (nor accept a reload)
}
