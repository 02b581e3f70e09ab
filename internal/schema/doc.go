// Package schema is what a keyword table is: rows that say everything about the keywords of one block,
// and the walk of a syntax tree along such a table.
//
// It promises that every statement is either handed to the row that it names or reported, that each
// report has a place, and that a keyword without effect in this version is said to be so once. One
// row serves the decoder, the documentation and the completion, so that these cannot disagree.
//
// It leaves to others the form of the file (pkg/syntax) and the meaning of the keywords
// (internal/config). It does no input or output, and knows no keyword by name.
package schema
