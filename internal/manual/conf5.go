package manual

import (
	_ "embed"
	"io"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// What no row says: the form of the file before the keywords, and examples behind them.
var (
	//go:embed conf5_form.roff
	conf5Form string
	//go:embed conf5_end.roff
	conf5End string
)

// Conf5 writes the manual page govrrpd.conf(5).
func Conf5(w io.Writer, rows []schema.Row) error {
	p := newPage(w, "GOVRRPD.CONF", "5", "File formats")
	p.raw(conf5Form)
	p.macro("SH", "KEYWORDS OUTSIDE OF ANY BLOCK")
	p.rows(rows)
	for _, b := range once(sections(rows)) {
		p.macro("SH", strings.ToUpper(b.Name))
		p.macro("B", usage(b.Row))
		p.macro("br")
		p.text(sentence(b.Place()))
		for _, s := range Describe(b.Row) {
			p.text(s)
		}
		p.example(b.Example)
		p.rows(b.Children)
	}
	for _, l := range lists(rows) {
		p.macro("SH", strings.ToUpper(linesTitle(l)))
		p.macro("B", l.Entry.Form)
		p.rows(l.Entry.Options)
	}
	p.raw(conf5End)
	return p.Flush()
}

// sentence makes a sentence of words.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

func (p *page) rows(rows []schema.Row) {
	for _, row := range rows {
		p.macro("TP")
		p.macro("B", usage(row))
		for _, s := range Describe(row) {
			p.text(s)
		}
		if len(row.Children) == 0 {
			p.example(row.Example)
		}
	}
}
