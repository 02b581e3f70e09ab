package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// GitHub writes workflow commands, which GitHub Actions shows beside the lines of a change.
func GitHub(out io.Writer, files []File, o Options) error {
	buffered := bufio.NewWriter(out)
	for _, f := range files {
		for i := range f.Findings {
			d := &f.Findings[i]
			fmt.Fprintf(buffered, "::%s %s::%s\n", d.Severity, properties(d, &f, o), messageEscapes.Replace(withHint(d)))
		}
	}
	return buffered.Flush()
}

func properties(d *syntax.Diagnostic, f *File, o Options) string {
	p := o.placeOf(d, f, codePoints)
	list := []string{"file=" + propertyEscapes.Replace(p.file)}
	if p.line > 0 {
		list = append(list, fmt.Sprintf("line=%d,endLine=%d", p.line, p.endLine))
		if p.line == p.endLine { // columns of several lines are refused
			list = append(list, fmt.Sprintf("col=%d,endColumn=%d", p.column, p.endColumn))
		}
	}
	title := d.Code.String()
	if o.Title != nil && o.Title(d.Code) != "" {
		title += ": " + o.Title(d.Code)
	}
	return strings.Join(append(list, "title="+propertyEscapes.Replace(title)), ",")
}

// withHint is all that is said of a finding, in one text.
func withHint(d *syntax.Diagnostic) string {
	if d.Hint == "" {
		return d.Message
	}
	return d.Message + " (" + d.Hint + ")"
}

var (
	messageEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
