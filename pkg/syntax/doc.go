// Package syntax reads the form of keepalived.conf: bytes become words, words become a tree of
// statements and blocks, and every word knows where it was written.
//
// It does all that concerns the form: comments, quotes, braces, include lines, conditions (@ID),
// definitions ($NAME=value, over several lines too), substitution, and the iterators ~SEQ and ~LST.
// It promises that the parse never stops at a problem but reports it as a [Diagnostic] and goes on,
// that one mistake gives one message as far as possible, that it needs time and memory in proportion
// to its input, and that no input makes it panic or grow without bound.
//
// It leaves to others what the words mean: which keywords exist, which of them take a block, and
// what their values may be. An unknown block is a block like any other. A caller who knows the
// keywords may lend that knowledge (Options.BlockKeyword, Options.ValueBlock) to get better messages
// where a brace is missing. Two statements are looked at, because they change how the rest is read:
// include_check and random_seed in global_defs.
//
// The package reads files (through an [FS]) and touches neither clock, log nor environment.
package syntax
