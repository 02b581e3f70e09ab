package manual

import (
	_ "embed"
	"io"
	"strings"
)

// What neither the options nor the commands say.
var (
	//go:embed daemon8_start.roff
	daemon8Start string
	//go:embed daemon8_end.roff
	daemon8End string
)

// A Daemon is what govrrpd(8) tells of the program.
type Daemon struct {
	Options  []Term // of the daemon
	Signals  []Term
	Commands []Command
}

// A Term is something with its explanation.
type Term struct{ Name, Text string }

// A Command is one of `govrrpd COMMAND …`.
type Command struct {
	Use     string // "check [FILE…]"
	Long    string // what it does; indented lines are kept as they are
	Example string // command lines
	Options []Term
}

// Daemon8 writes the manual page govrrpd(8).
func Daemon8(w io.Writer, d Daemon) error {
	p := newPage(w, "GOVRRPD", "8", "System administration")
	p.raw(daemon8Start)
	p.macro("SH", "OPTIONS")
	p.text("They are read as GNU getopt does: long ones may be shortened, short ones be joined.")
	p.terms(d.Options)
	p.macro("SH", "COMMANDS")
	p.text("These stand first on the line, and have options of their own, which are written in full.")
	for _, c := range d.Commands {
		p.macro("SS", "govrrpd "+c.Use)
		p.prose(c.Long)
		p.terms(c.Options)
		if c.Example != "" {
			p.macro("PP")
			p.text("Examples:")
			p.raw(".PP\n")
			p.verbatim(strings.Split(c.Example, "\n"))
		}
	}
	p.macro("SH", "SIGNALS")
	p.text("The number is what")
	p.macro("B", "--signum="+"NAME")
	p.text("prints.")
	p.terms(d.Signals)
	p.raw(daemon8End)
	return p.Flush()
}

func (p *page) terms(terms []Term) {
	for _, t := range terms {
		p.macro("TP")
		p.macro("B", t.Name)
		p.text(t.Text)
	}
}

// prose writes paragraphs. The lines at their ends that are indented stay lines.
func (p *page) prose(s string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(s), "\n\n") {
		if i > 0 {
			p.macro("PP")
		}
		var flowing, kept []string
		for line := range strings.SplitSeq(paragraph, "\n") {
			if strings.HasPrefix(line, " ") {
				kept = append(kept, line)
			} else {
				flowing = append(flowing, line)
			}
		}
		p.text(strings.Join(flowing, " "))
		p.verbatim(kept)
	}
}

func (p *page) verbatim(lines []string) {
	if len(lines) == 0 {
		return
	}
	p.raw(".nf\n")
	for _, line := range lines {
		p.line(strings.TrimRight(escape(line), " "))
	}
	p.raw(".fi\n")
}
