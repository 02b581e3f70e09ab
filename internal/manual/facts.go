package manual

import (
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// usage is the keyword with its arguments, as one writes it.
func usage(row schema.Row) string {
	text := row.Name
	switch args := row.Args; {
	case row.Body == schema.List && row.Entry != nil:
		text += " { " + row.Entry.Form + " }"
	case args != "":
		text += " " + args
	}
	switch {
	case row.Body == schema.Section || row.Body == schema.Foreign:
		text += " { … }"
	case row.Body == schema.List && row.Entry == nil && !strings.Contains(row.Args, "{"):
		text += " { … }"
	}
	return text
}

// values says which numbers a keyword takes, and what holds without it. What its arguments
// show well enough is not said again.
func values(row schema.Row) string {
	var parts []string
	low, high, limited := row.Limits()
	shown := !strings.HasPrefix(low, "-") && strings.Contains(row.Args, low+"-"+high) &&
		strings.Contains(strings.ToLower(row.Doc), row.Unit)
	switch {
	case limited && shown:
	case limited && row.Unit != "":
		parts = append(parts, "From "+low+" to "+high+" "+row.Unit+".")
	case limited:
		parts = append(parts, "From "+low+" to "+high+".")
	case row.Unit != "":
		parts = append(parts, "In "+row.Unit+".")
	}
	switch {
	case row.Default != "":
		parts = append(parts, "Default: "+row.Default+".")
	case row.Without != "":
		parts = append(parts, "Without it: "+row.Without+".")
	}
	return strings.Join(parts, " ")
}

// remarks are what else is to be known of a row, in full sentences.
func remarks(row schema.Row) []string {
	var said []string
	if row.Note != "" {
		said = append(said, row.Note)
	}
	if row.Once {
		said = append(said, "The first one counts: a second is an error.")
	}
	if effect := effectOf(row.Effect); effect != "" {
		said = append(said, effect)
	}
	if row.New {
		said = append(said, "keepalived 2.2 does not know it.")
	}
	if row.Own {
		said = append(said, "keepalived does not know it.")
	}
	return said
}

func effectOf(effect schema.Effect) string {
	switch effect {
	case schema.None:
		return "It has no effect in govrrpd yet."
	case schema.LVS:
		return "It belongs to keepalived's LVS side and is ignored."
	case schema.Pointless:
		return "It is accepted, but there is nothing in govrrpd that it could tune."
	}
	return ""
}

// Describe is everything in words, in full sentences: what the row is, its values, and the remarks.
func Describe(row schema.Row) []string {
	said := []string{row.Doc}
	if v := values(row); v != "" {
		said = append(said, v)
	}
	return append(said, remarks(row)...)
}
