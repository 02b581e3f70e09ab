package manual

import (
	"bufio"
	"io"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// markdownIntro is what stands above the tables.
const markdownIntro = `# The keywords of keepalived.conf

Written by ` + "`govrrpd keywords --markdown`" + ` from the tables that read the file. ` + "`govrrpd keywords NAME`" + ` shows one
keyword or block in the terminal; how a file is written is told in govrrpd.conf(5).

In the tables, ` + "`[…]`" + ` may be left out, ` + "`|`" + ` separates choices, and words in capitals stand for a value. A keyword with
` + "`[on|off]`" + ` alone means on. Where a keyword is written twice, the last one counts, unless the table says otherwise. A value that
cannot be is reported, and then the line is ignored, or another value used that the message names.

`

// Markdown writes all rows: a list of the blocks, then a table for each.
func Markdown(w io.Writer, rows []schema.Row) error {
	m := &markdown{Writer: bufio.NewWriter(w)}
	m.WriteString(markdownIntro)
	blocks := once(sections(rows))
	m.WriteString("- [Outside of any block](#outside-of-any-block)\n")
	for _, b := range blocks {
		m.WriteString("- [" + b.Name + "](#" + b.Name + "): " + b.Doc + "\n")
	}
	for _, l := range lists(rows) {
		m.WriteString("- [" + linesTitle(l) + "](#" + anchor(linesTitle(l)) + "): " + m.code(l.Entry.Form) + "\n")
	}
	m.WriteString("\n## Outside of any block\n\n")
	m.table(rows)
	for _, b := range blocks {
		m.block(b)
	}
	for _, l := range lists(rows) {
		m.WriteString("\n## " + linesTitle(l) + "\n\nEach line: " + m.code(l.Entry.Form) + "\n\n")
		m.options(l.Entry.Options)
	}
	return m.Flush()
}

// once leaves out blocks of a name that has been there.
func once(blocks []Entry) []Entry {
	var kept []Entry
	seen := map[string]bool{}
	for _, b := range blocks {
		if !seen[b.Name] {
			seen[b.Name] = true
			kept = append(kept, b)
		}
	}
	return kept
}

// lists are the lists whose lines have options, one for each kind of line.
func lists(rows []schema.Row) []Entry {
	var found []Entry
	seen := map[string]bool{}
	walk(rows, func(e Entry) {
		if e.Entry == nil || len(e.Entry.Options) == 0 || seen[e.Entry.Form] {
			return
		}
		seen[e.Entry.Form] = true
		found = append(found, e)
	})
	return found
}

func linesTitle(e Entry) string { return "Lines of " + e.Name }

// anchor is the name that Markdown gives a heading.
func anchor(title string) string { return strings.ToLower(strings.ReplaceAll(title, " ", "-")) }

type markdown struct{ *bufio.Writer }

func (m *markdown) block(e Entry) {
	m.WriteString("\n## " + e.Name + "\n\n")
	m.WriteString(m.code(usage(e.Row)) + ", " + e.Place() + ". " + strings.Join(Describe(e.Row), " ") + "\n\n")
	if e.Example != "" {
		m.example(e.Row)
		m.WriteString("\n")
	}
	m.table(e.Children)
	for _, row := range e.Children {
		if row.Example != "" && len(row.Children) == 0 {
			m.WriteString("\n" + m.code(row.Name) + ":\n\n")
			m.example(row)
		}
	}
}

func (m *markdown) example(row schema.Row) {
	if row.Example != "" {
		m.WriteString("```\n" + row.Example + "\n```\n")
	}
}

func (m *markdown) table(rows []schema.Row) {
	m.WriteString("| keyword | arguments | meaning |\n|---|---|---|\n")
	for _, row := range rows {
		name := m.code(row.Name)
		if len(row.Children) > 0 {
			name = "[" + name + "](#" + row.Name + ")"
		}
		m.line(name, arguments(row), row)
	}
}

// arguments are what stands behind the keyword.
func arguments(row schema.Row) string {
	return strings.TrimSpace(strings.TrimPrefix(usage(row), row.Name))
}

func (m *markdown) options(rows []schema.Row) {
	m.WriteString("| option | arguments | meaning |\n|---|---|---|\n")
	for _, row := range rows {
		m.line(m.code(row.Name), row.Args, row)
	}
}

func (m *markdown) line(name, args string, row schema.Row) {
	if args != "" {
		args = m.code(args)
	}
	said := strings.Join(Describe(row), " ")
	m.WriteString("| " + name + " | " + m.cell(args) + " | " + m.cell(m.text(said)) + " |\n")
}

func (m *markdown) code(s string) string { return "`" + s + "`" }

// text keeps prose from being taken for markup.
func (m *markdown) text(s string) string {
	return strings.NewReplacer("<", "&lt;", "*", `\*`, "_", `\_`).Replace(s)
}

// cell keeps a text within its cell.
func (m *markdown) cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
