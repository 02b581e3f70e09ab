// Package lsp serves keepalived.conf to editors: the Language Server Protocol over one stream.
//
// It promises that an editor shows what `govrrpd check` would print, at the same places, while the file
// is still being written; that names lead to where they are defined; that a rename changes every place
// that means the name or none; and that answers follow the text of the last message, whatever a check
// in the background is still busy with. It reads files, never writes one, runs nothing, and asks
// nothing of the machine but what the files say (config.Offline).
//
// It knows no keyword: what a place may hold comes from the rows of package config, what a file means
// from the same parser and decoder that the daemon runs, the findings from package check, their explanation
// from package explain, the layout from package format. JSON-RPC itself is a library's; the few protocol types used are here.
package lsp
