package cli

import (
	"fmt"
	"strings"
)

// helpColumn is where the explanations start.
const helpColumn = 32

// printHelp writes the options to stderr, where keepalived's help goes.
func (p *Program) printHelp() {
	var b strings.Builder
	b.WriteString("Usage: govrrpd [OPTION...]\n" +
		"       govrrpd COMMAND [OPTION...] [ARGUMENT...]\n" +
		"VRRP for Linux: reads keepalived.conf and takes keepalived's place.\n\n")
	for i := range options {
		if o := &options[i]; o.help != "" {
			writeHelp(&b, o)
		}
	}
	if len(p.Commands) > 0 {
		b.WriteString("\nCommands (govrrpd COMMAND --help tells more):\n")
		for _, c := range p.Commands {
			writeRow(&b, "  "+c.Use, c.Short)
		}
	}
	b.WriteString("\nOptions marked * are accepted for compatibility and have no effect.\n")
	fmt.Fprint(p.Stderr, b.String())
}

func writeHelp(b *strings.Builder, o *option) {
	left := "      --" + o.long
	if o.short != "" {
		left = "  -" + o.short + ", --" + o.long
	}
	switch {
	case o.optional:
		left += "[=" + o.arg + "]"
	case o.arg != "":
		left += "=" + o.arg
	}
	if o.idle {
		left += " *"
	}
	writeRow(b, left, o.help)
}

// writeRow puts the explanation beside what is explained, or below it where that is long.
func writeRow(b *strings.Builder, left, help string) {
	indent := "\n" + strings.Repeat(" ", helpColumn)
	help = strings.ReplaceAll(help, "\n", indent)
	if len(left) >= helpColumn {
		fmt.Fprint(b, left, indent, help, "\n")
		return
	}
	fmt.Fprintf(b, "%-*s %s\n", helpColumn-1, left, help)
}
