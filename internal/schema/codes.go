package schema

import "github.com/govrrpd/govrrpd/pkg/syntax"

// What can be wrong with any statement.
const (
	CodeUnknownKeyword  syntax.Code = 101 // a keyword that is not known at this place
	CodeMissingWord     syntax.Code = 102 // a keyword without the word that it cannot do without
	CodeMissingValue    syntax.Code = 103 // a keyword without its value
	CodeBadSwitch       syntax.Code = 104 // neither on nor off
	CodeBadNumber       syntax.Code = 105 // no number
	CodeOutOfRange      syntax.Code = 106 // a number that is too small or too large
	CodeManyDecimals    syntax.Code = 107 // more decimals than are used
	CodeUnexpectedBlock syntax.Code = 108 // a block behind a keyword that takes none
	CodeExtraWords      syntax.Code = 109 // words between the keyword and its '{'
	CodeGivenAlready    syntax.Code = 110 // a keyword that counts once only, again
	CodeNoEffectYet     syntax.Code = 111 // accepted, but without effect in this version
	CodeLVSKeyword      syntax.Code = 112 // a keyword of the LVS side
	CodePointless       syntax.Code = 113 // there is nothing here that it could tune
)
