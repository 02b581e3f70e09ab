// Package manual is the reference of the configuration language and of the command line: for the
// terminal, as Markdown, as JSON and as manual pages.
//
// It promises that everything it says of a keyword comes from the keyword's row in package config, and
// everything it says of an option or a command from the tables that read them: it knows none by name.
// What it adds is what no row can say: how a file is written, which files and signals there are.
//
// It writes to an io.Writer and does nothing else. Who reads the command line is left to package main.
package manual
