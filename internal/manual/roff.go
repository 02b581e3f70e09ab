package manual

import (
	"bufio"
	"io"
	"strings"
)

// page writes a manual page in the man macros, which groff and mandoc read alike. Its bufio.Writer keeps
// the first error.
type page struct{ *bufio.Writer }

// pageDate is the date at the foot of the pages: when their hand-written parts were last gone through.
const pageDate = "2026-11-22"

func newPage(w io.Writer, title, section, volume string) *page {
	p := &page{bufio.NewWriter(w)}
	p.raw(".\\\" Written by govrrpd from its own tables (make golden): a change here is lost.\n")
	p.raw(".TH " + title + " " + section + " " + pageDate + " govrrpd \"" + volume + "\"\n")
	return p
}

// raw writes roff as it is.
func (p *page) raw(s string) { p.WriteString(s) }

// macro writes a request with its arguments as one quoted word.
func (p *page) macro(name string, words ...string) {
	p.WriteString("." + name)
	if len(words) > 0 {
		p.WriteString(` "` + strings.ReplaceAll(escape(strings.Join(words, " ")), `"`, `\(dq`) + `"`)
	}
	p.WriteByte('\n')
}

// text writes a sentence or more, each line of roff short enough to be read.
func (p *page) text(s string) {
	line := ""
	for word := range strings.FieldsSeq(escape(s)) {
		if line != "" && len(line)+1+len(word) > 90 {
			p.line(line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	p.line(line)
}

// line writes a line of text, which must not be taken for a request.
func (p *page) line(s string) {
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	p.WriteString(s + "\n")
}

// example writes lines as they are.
func (p *page) example(s string) {
	if s == "" {
		return
	}
	p.raw(".IP\n.nf\n")
	for line := range strings.SplitSeq(s, "\n") {
		p.line(escape(line))
	}
	p.raw(".fi\n")
}

// escape keeps roff from reading anything into a text. A page is ASCII, so that any reader shows it.
func escape(s string) string {
	return roffText.Replace(s)
}

var roffText = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...", "^", `\(ha`, "~", `\(ti`, "`", `\(ga`)
