package manual

import (
	"bytes"
	"strings"
	"testing"
)

func TestIndentedLinesStayLines(t *testing.T) {
	var b bytes.Buffer
	err := Daemon8(&b, Daemon{
		Options:  []Term{{"-x, --example=WORD", ".starts like a request"}},
		Commands: []Command{{Use: "judge FILE…", Long: "What it does.\nMore.\n\nExit codes:\n  0  right\n  1  wrong\n", Example: "  govrrpd judge a~b"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		".B \"\\-x, \\-\\-example=WORD\"\n\\&.starts like a request\n",
		".SS \"govrrpd judge FILE...\"\nWhat it does. More.\n.PP\nExit codes:\n.nf\n  0  right\n  1  wrong\n.fi\n",
		".nf\n  govrrpd judge a\\(tib\n.fi\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
