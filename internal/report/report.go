// Package report writes what a check found in the forms that people and programs read: text for a
// terminal, JSON, SARIF for code scanning, and the workflow commands of GitHub Actions.
//
// It promises that the JSON and SARIF forms are stable (docs/CI.md describes them; a field is added, never
// changed) and that nothing from a file can end a line or a command of the output early. It leaves
// finding, sorting and exit codes to others.
package report

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// A File is one configuration that was checked, by the name that was given, with its findings. Those may
// be in files that it includes.
type File struct {
	Name     string
	Path     string // of the file, where Name says more than that; "" is Name
	Findings []syntax.Diagnostic
}

// Options are what the forms want to know beside the findings.
type Options struct {
	Version string                   // of the program
	Dir     string                   // names of files below it are told relative to it, in the forms for programs
	Colour  bool                     // of the text form
	Title   func(syntax.Code) string // of a code, for the forms that have rules; "" for none
	Article func(syntax.Code) string // the text about a code, likewise
	Fleet   Printer                  // what there is to tell of all files together, for text and JSON; nil is nothing
}

// A Printer prints itself for people; its exported fields are for JSON.
type Printer interface{ Print(w io.Writer) }

// A Format writes files with their findings.
type Format func(out io.Writer, files []File, o Options) error

// Formats are the names of the forms, the usual one first.
func Formats() []string { return []string{"text", "json", "sarif", "github"} }

// ByName is the form of that name; ok is false for others.
func ByName(name string) (format Format, ok bool) {
	switch name {
	case "text":
		return Text, true
	case "json":
		return JSON, true
	case "sarif":
		return SARIF, true
	case "github":
		return GitHub, true
	}
	return nil, false
}

// Counts are findings by severity.
type Counts struct{ Errors, Warnings, Notices int }

// Count counts findings.
func Count(ds []syntax.Diagnostic) Counts {
	var c Counts
	for i := range ds {
		switch ds[i].Severity {
		case syntax.Error:
			c.Errors++
		case syntax.Warning:
			c.Warnings++
		default:
			c.Notices++
		}
	}
	return c
}

// String is "2 errors, 1 warning"; what there is none of is left out, and "" is nothing at all.
func (c Counts) String() string {
	parts := []string{plural(c.Errors, "error"), plural(c.Warnings, "warning"), plural(c.Notices, "notice")}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}

func plural(n int, what string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// A place is where a finding is, as programs want it: lines and columns from 1, the end behind the last
// letter. The zero place is nowhere in particular.
type place struct {
	file                             string
	line, column, endLine, endColumn int
}

// fileName is a file's name as programs find it: relative to the folder in which the check runs, if it is below that.
func (o Options) fileName(name string) string {
	if o.Dir == "" || !filepath.IsAbs(name) {
		return name
	}
	if relative, err := filepath.Rel(o.Dir, name); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return name
}

// placeOf finds a finding's place; one about nothing in particular is about the file that was checked. units counts
// a column's units in what stands before it in the line.
func (o Options) placeOf(d *syntax.Diagnostic, f *File, units func(string) int) place {
	p := placeOf(d, units)
	if p.file == "" {
		p.file = cmp.Or(f.Path, f.Name)
	}
	p.file = o.fileName(p.file)
	return p
}

func placeOf(d *syntax.Diagnostic, units func(string) int) place {
	if !d.Span.Known() {
		return place{}
	}
	src := d.Span.Source
	p := place{file: src.Name}
	if src.Text == "" {
		return p
	}
	p.line, p.column = position(src, d.Span.Start, units)
	p.endLine, p.endColumn = position(src, max(d.Span.Start, d.Span.End), units)
	return p
}

func position(src *syntax.Source, offset int, units func(string) int) (line, column int) {
	span := syntax.Span{Source: src, Start: offset, End: offset}
	before := src.Text[offset-(span.Column()-1) : offset]
	return span.Line(), units(before) + 1
}

func byteCount(text string) int { return len(text) }
