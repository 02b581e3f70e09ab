package syntax

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// String names the severity as messages show it.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "notice"
}

// Print writes diagnostics for people, in the order given:
//
//	keepalived.conf:2:5: error: unknown keyword "virtual_routerid" in vrrp_instance [GV0101]
//	    2 |     virtual_routerid 51
//	      |     ^^^^^^^^^^^^^^^^ did you mean "virtual_router_id"?
//
// A finding about a file as a whole shows the file's name only, one about nothing in particular not
// even that. Long lines are shortened around the place. Errors of w are not reported.
func Print(w io.Writer, ds []Diagnostic) {
	out := bufio.NewWriter(w)
	defer out.Flush()
	for i := range ds {
		ds[i].print(out)
	}
}

func (d *Diagnostic) print(out *bufio.Writer) {
	if position := d.Span.Position(); position != "" {
		fmt.Fprintf(out, "%s: ", printable(position))
	}
	fmt.Fprintf(out, "%s: %s", d.Severity, printable(d.Message))
	if d.Code != 0 {
		fmt.Fprintf(out, " [%s]", d.Code)
	}
	if !d.Span.Known() || d.Span.Source.Text == "" {
		if d.Hint != "" {
			fmt.Fprintf(out, " (%s)", printable(d.Hint))
		}
		out.WriteByte('\n')
		return
	}
	line, start, end := d.excerpt()
	fmt.Fprintf(out, "\n%5d | %s\n", d.Span.Line(), printable(line))
	fmt.Fprintf(out, "%5s | %s%s", "", padding(line[:start]), carets(line[start:end]))
	if d.Hint != "" {
		fmt.Fprintf(out, " %s", printable(d.Hint))
	}
	out.WriteByte('\n')
}

// excerpt is the line of the finding and the part of it that is meant, shortened if it is long.
func (d *Diagnostic) excerpt() (line string, start, end int) {
	const longest, before, marked = 120, 40, 60
	line = d.Span.LineText()
	start = min(d.Span.Column()-1, len(line))
	end = min(start+d.Span.End-d.Span.Start, len(line))
	if len(line) <= longest {
		return line, start, end
	}
	end = min(end, start+marked)
	from, to := max(0, start-before), min(len(line), max(end, start-before+longest))
	for from > 0 && !utf8.RuneStart(line[from]) {
		from--
	}
	for to < len(line) && !utf8.RuneStart(line[to]) {
		to++
	}
	for end < to && !utf8.RuneStart(line[end]) {
		end++
	}
	head, tail := "", ""
	if from > 0 {
		head = "…"
	}
	if to < len(line) {
		tail = "…"
	}
	return head + line[from:to] + tail, len(head) + start - from, len(head) + end - from
}

// padding takes as much room as text does: tabs stay tabs, for the terminal decides their width.
func padding(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, text)
}

func carets(text string) string {
	return strings.Repeat("^", max(1, utf8.RuneCountInString(text)))
}

// printable keeps what a file contains from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
}
