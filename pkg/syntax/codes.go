package syntax

import "fmt"

// What can be wrong with the form.
const (
	CodeMainFile          Code = 1  // the configuration file cannot be read
	CodeManyFiles         Code = 2  // its name matches several files
	CodeInclude           Code = 3  // an include that finds nothing, or nothing that can be read
	CodeIncludeLoop       Code = 4  // files that include each other without end
	CodeIncludeCheck      Code = 5  // include_check with a word that it does not know
	CodeQuote             Code = 6  // a quote without its partner
	CodeNUL               Code = 7  // a NUL byte
	CodeStrayOpen         Code = 8  // '{' without a keyword before it
	CodeStrayClose        Code = 9  // '}' without its '{'
	CodeMissingOpen       Code = 10 // a block without its '{'
	CodeMissingClose      Code = 11 // a block without its '}'
	CodeTooDeep           Code = 12 // too many blocks within each other
	CodeIterator          Code = 13 // ~SEQ or ~LST that cannot be understood
	CodeUndefined         Code = 14 // a name that is not defined
	CodeNotReference      Code = 15 // ${…} that is no reference
	CodeEndlessDefinition Code = 16 // a definition that contains itself
	CodePredefined        Code = 17 // wrong arguments of a predefined name
	CodeBound             Code = 18 // the configuration makes too much of itself
	CodeTooManyProblems   Code = 19 // so many problems that the rest is not told
	CodeContinuation      Code = 20 // a line that ends with a backslash, which joins nothing
)

// A Code names a kind of finding, for ever: a code is never used for something else, nor is a number used
// again. 0 is none. Package explain has an article about each.
type Code uint16

// String is the code as people see it, as in GV0101.
func (c Code) String() string { return fmt.Sprintf("GV%04d", uint16(c)) }
