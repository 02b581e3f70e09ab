package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Text writes for people: each finding with its line and a hint, and a sum for each file that has any.
func Text(out io.Writer, files []File, o Options) error {
	buffered := bufio.NewWriter(out)
	found := false
	for _, f := range files {
		for i := range f.Findings {
			printFinding(buffered, f.Findings[i], o.Colour)
		}
		if sum := Count(f.Findings).String(); sum != "" {
			fmt.Fprintf(buffered, "%s in %s\n", sum, f.Name)
			found = true
		}
	}
	if o.Fleet != nil {
		if found {
			fmt.Fprintln(buffered)
		}
		o.Fleet.Print(buffered)
	}
	return buffered.Flush()
}

// The colours of severities, of marks below a line, and the end of colour.
const (
	red, yellow, cyan, green = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[1;32m"
	plain                    = "\x1b[0m"
)

func printFinding(out *bufio.Writer, d syntax.Diagnostic, colour bool) {
	if !colour {
		syntax.Print(out, []syntax.Diagnostic{d})
		return
	}
	var text bytes.Buffer
	syntax.Print(&text, []syntax.Diagnostic{d})
	head, rest, _ := strings.Cut(text.String(), "\n")
	word := d.Severity.String()
	if at := strings.Index(head, word+": "); at >= 0 {
		head = head[:at] + severityColour(d.Severity) + word + plain + head[at+len(word):]
	}
	fmt.Fprintln(out, head)
	if line, marks, ok := strings.Cut(rest, "\n"); ok {
		if at := strings.IndexByte(marks, '^'); at >= 0 {
			marks = marks[:at] + green + strings.TrimSuffix(marks[at:], "\n") + plain + "\n"
		}
		fmt.Fprintf(out, "%s\n%s", line, marks)
	}
}

func severityColour(s syntax.Severity) string {
	switch s {
	case syntax.Error:
		return red
	case syntax.Warning:
		return yellow
	}
	return cyan
}
