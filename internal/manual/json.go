package manual

import (
	"encoding/json"
	"io"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// A Document is the reference as JSON. Fields are added to it, never changed or taken away; those that
// are empty are left out.
type Document struct {
	Keywords []Keyword `json:"keywords"` // outside of any block
}

// A Keyword is one row of a Document.
type Keyword struct {
	Name      string   `json:"name"`
	Path      []string `json:"path,omitempty"`      // the blocks around it, in answers to a name
	Arguments string   `json:"arguments,omitempty"` // as the text shows them
	Doc       string   `json:"doc"`                 // one sentence
	Note      string   `json:"note,omitempty"`      // further sentences
	Minimum   string   `json:"minimum,omitempty"`   // of its number, as the file would say it
	Maximum   string   `json:"maximum,omitempty"`
	Unit      string   `json:"unit,omitempty"`
	Default   string   `json:"default,omitempty"` // arguments that change nothing
	Without   string   `json:"without,omitempty"` // in words, what holds where the keyword is missing
	Body      string   `json:"body"`              // line, section, list or foreign: what follows the keyword
	Effect    string   `json:"effect"`            // full, none, lvs or pointless
	Once      bool     `json:"once,omitempty"`    // a second one is an error
	New       bool     `json:"new,omitempty"`     // keepalived 2.2 does not know it
	Own       bool     `json:"own,omitempty"`     // keepalived does not know it at all
	Example   string   `json:"example,omitempty"`

	Keywords []Keyword `json:"keywords,omitempty"` // of a section
	Line     *Line     `json:"line,omitempty"`     // of a list
}

// A Line is what each line of a list may hold.
type Line struct {
	Form    string    `json:"form"`
	Options []Keyword `json:"options,omitempty"`
}

var (
	bodyNames   = [...]string{schema.NoBody: "line", schema.Section: "section", schema.List: "list", schema.Foreign: "foreign"}
	effectNames = [...]string{schema.Full: "full", schema.None: "none", schema.LVS: "lvs", schema.Pointless: "pointless"}
)

// JSON writes all rows as a Document.
func JSON(w io.Writer, rows []schema.Row) error {
	return writeJSON(w, Document{Keywords: keywords(rows)})
}

// JSONOf writes some entries as a Document, each with its path.
func JSONOf(w io.Writer, entries []Entry) error {
	var doc Document
	for _, e := range entries {
		k := keyword(e.Row)
		k.Path = e.Path
		doc.Keywords = append(doc.Keywords, k)
	}
	return writeJSON(w, doc)
}

func writeJSON(w io.Writer, doc Document) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(doc)
}

func keywords(rows []schema.Row) []Keyword {
	var all []Keyword
	for _, row := range rows {
		all = append(all, keyword(row))
	}
	return all
}

func keyword(row schema.Row) Keyword {
	k := Keyword{
		Name: row.Name, Arguments: row.Args, Doc: row.Doc, Note: row.Note,
		Unit: row.Unit, Default: row.Default, Without: row.Without,
		Body: bodyNames[row.Body], Effect: effectNames[row.Effect], Once: row.Once, New: row.New, Own: row.Own,
		Example: row.Example, Keywords: keywords(row.Children),
	}
	k.Minimum, k.Maximum, _ = row.Limits()
	if row.Entry != nil {
		k.Line = &Line{Form: row.Entry.Form, Options: keywords(row.Entry.Options)}
	}
	return k
}
