package lsp

import (
	"fmt"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/explain"
	"github.com/govrrpd/govrrpd/internal/manual"
	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// hover tells what is known of the word at a place, and what is behind a finding there.
func (s *server) hover(p positionParams) (any, error) {
	at, ok := s.judgedPlace(p.TextDocument.URI, p.Position)
	if !ok {
		return nil, nil
	}
	var parts []string
	text, start, end := s.describe(at)
	if text != "" {
		parts = append(parts, text)
	}
	parts = append(parts, findingsAt(at)...)
	if len(parts) == 0 {
		return nil, nil
	}
	h := hover{Contents: markdown(strings.Join(parts, "\n\n---\n\n"))}
	if text != "" {
		h.Range = new(at.text.textRange(start, end, s.encoding))
	}
	return h, nil
}

// describe explains the word at a place, and says where it is.
func (s *server) describe(at place) (text string, start, end int) {
	if v, ok := variableAt(variables(at.src), at.src, at.offset); ok {
		if text = describeVariable(at, v); text != "" {
			return text, v.start, v.end()
		}
	}
	spot := spotAt(at.analysis.tree, at.src, at.offset)
	if spot == nil {
		return "", 0, 0
	}
	word := spot.word()
	start, end = word.Span.Start, word.Span.End
	sym, _ := spot.symbol()
	if text = describeSymbol(at.analysis.config, sym); text != "" {
		return text, start, end
	}
	return s.describeKeyword(spot), start, end
}

// describeKeyword is what the rows say of a keyword, or of an option in a line of a list.
func (s *server) describeKeyword(spot *spot) string {
	if row, ok := s.rows.list(spot.path); ok {
		if row.Entry != nil && spot.index > 0 {
			if option, ok := find(row.Entry.Options, spot.word().Text); ok {
				return describeRow(option, row.Name)
			}
		}
		return describeRow(row, outer(spot.path[:len(spot.path)-1]))
	}
	rows, ok := s.rows.at(spot.path)
	if !ok {
		return ""
	}
	row, ok := find(rows, spot.statement.Keyword())
	if !ok {
		return ""
	}
	text := describeRow(row, outer(spot.path))
	if args := commandOf(spot.statement); spot.index > 0 && takesScript(row) && len(args) > 0 {
		text += "\n\nRuns: `" + strings.Join(args, "` `") + "`"
	}
	return text
}

func outer(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}

// describeRow is a row for people.
func describeRow(row schema.Row, block string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**", row.Name)
	if row.Args != "" {
		fmt.Fprintf(&b, " `%s`", row.Args)
	}
	if block != "" {
		fmt.Fprintf(&b, " in %s", block)
	}
	fmt.Fprintf(&b, "\n\n%s", row.Doc)
	if more := manual.Describe(row)[1:]; len(more) > 0 {
		fmt.Fprintf(&b, "\n\n%s", strings.Join(more, " "))
	}
	if row.Example != "" {
		fmt.Fprintf(&b, "\n\n```keepalived\n%s\n```", strings.TrimRight(row.Example, "\n"))
	}
	return b.String()
}

// describeSymbol tells what a name stands for; "" where the configuration has nothing of that name.
func describeSymbol(cfg *config.Config, sym symbol) string {
	var facts []string
	switch sym.kind {
	case instanceSymbol:
		facts = instanceFacts(cfg, sym.name)
	case groupSymbol:
		facts = groupFacts(cfg, sym.name)
	case scriptSymbol:
		facts = scriptFacts(cfg, sym.name)
	case fileSymbol:
		for _, f := range cfg.TrackFiles {
			if f.Name == sym.name && facts == nil {
				facts = []string{"File: `" + f.File + "`", fmt.Sprintf("Weight: %d", f.Weight)}
			}
		}
	case processSymbol:
		for _, p := range cfg.TrackProcesses {
			if p.Name == sym.name && facts == nil {
				facts = []string{"Process: `" + strings.Join(p.Process, " ") + "`", fmt.Sprintf("Weight: %d", p.Weight), fmt.Sprintf("Quorum: %d", p.Quorum)}
			}
		}
	}
	if facts == nil {
		return ""
	}
	return "**" + sym.name + "** (" + sym.kind.String() + ")\n\n- " + strings.Join(facts, "\n- ")
}

func instanceFacts(cfg *config.Config, name string) []string {
	for _, v := range cfg.Instances {
		if v.Name != name {
			continue
		}
		facts := []string{
			fmt.Sprintf("VRID: %d", v.VRID), fmt.Sprintf("Priority: %d", v.Priority),
			fmt.Sprintf("VRRP version: %d, every %v", v.Version, v.AdvertInterval),
		}
		if v.Interface != "" {
			facts = append(facts, "Interface: "+v.Interface)
		}
		if v.SyncGroup != "" {
			facts = append(facts, "Sync group: "+v.SyncGroup)
		}
		if vips := addressList(v.VIPs); vips != "" {
			facts = append(facts, "Addresses: "+vips)
		}
		if v.DuplicateVRID {
			facts = append(facts, "In FAULT while its interface has this VRID twice")
		}
		if v.ConfigFault != "" {
			facts = append(facts, "Stays in FAULT: "+v.ConfigFault)
		}
		return facts
	}
	return nil
}

// addressList is the first few addresses.
func addressList(addresses []*config.Address) string {
	const shown = 5
	var texts []string
	for _, a := range addresses[:min(shown, len(addresses))] {
		texts = append(texts, a.Prefix.String())
	}
	if more := len(addresses) - shown; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, ", ")
}

func groupFacts(cfg *config.Config, name string) []string {
	for _, g := range cfg.SyncGroups {
		if g.Name == name {
			return []string{"Members: " + strings.Join(g.Members, ", ")}
		}
	}
	return nil
}

func scriptFacts(cfg *config.Config, name string) []string {
	for _, v := range cfg.Scripts {
		if v.Name != name {
			continue
		}
		facts := []string{"Runs: `" + strings.Join(v.Command.Args, "` `") + "`"}
		if v.FileTest != "" {
			facts = []string{"Opens: `" + v.FileTest + "`"}
		}
		facts = append(facts, fmt.Sprintf("Every %v", v.Interval), fmt.Sprintf("Rise %d, fall %d", v.Rise, v.Fall))
		if v.Weight == 0 {
			return append(facts, "Weight: 0, its failure is a fault")
		}
		return append(facts, fmt.Sprintf("Weight: %d", v.Weight))
	}
	return nil
}

// describeVariable tells the value of a $NAME, and what it makes of its line; "" for a '$' that means
// none.
func describeVariable(at place, v variable) string {
	def, ok := definitionOf(allVariables(at.analysis.tree), v)
	if !ok {
		if doc := describePredefined(v.name); doc != "" {
			return "**" + v.name + "** (predefined)\n\n" + doc
		}
		return ""
	}
	text := "**$" + v.name + "**\n\n```\n" + def.text + "\n```"
	if v.defines {
		return text
	}
	spot := spotAt(at.analysis.tree, at.src, at.offset)
	if spot == nil {
		return text
	}
	const shown = 3
	text += "\n\nHere the line becomes:\n\n```"
	for _, statement := range spot.repeated[:min(shown, len(spot.repeated))] {
		text += "\n" + statement.Raw
	}
	if more := len(spot.repeated) - shown; more > 0 {
		text += fmt.Sprintf("\n(%d more)", more)
	}
	return text + "\n```"
}

// findingsAt are the explanations of the findings at a place, each code once.
func findingsAt(at place) []string {
	var parts []string
	seen := map[syntax.Code]bool{}
	for _, d := range at.analysis.diagnostics {
		if d.Span.Source != at.src || at.offset < d.Span.Start || at.offset > d.Span.End || d.Code == 0 || seen[d.Code] {
			continue
		}
		seen[d.Code] = true
		if article, ok := explain.Find(d.Code.String()); ok {
			parts = append(parts, describeArticle(article))
		}
	}
	return parts
}

func describeArticle(a explain.Article) string {
	return fmt.Sprintf("**%s: %s**\n\n%s", a.Code, a.Title, a.Text)
}
