package syntax

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// printLines writes a source as its unexpanded view says.
func printLines(src *Source) string {
	var out []byte
	lines := src.Lines()
	for i := range lines {
		out = lines[i].AppendTo(out)
	}
	return string(out)
}

func TestLinesPrintWhatWasRead(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("archives: %v, %v", archives, err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.Files {
			src := &Source{Text: string(file.Data)}
			if got := printLines(src); got != src.Text {
				t.Errorf("%s %s:\n%q\nwant:\n%q", name, file.Name, got, src.Text)
			}
		}
	}
}

func TestLinesSayWhatTheyAre(t *testing.T) {
	src := &Source{Text: "\ufeff# c\n\n@x  a{b \"c d\"e} # f\r\n$A=b c\\ # d\n\t# in it\n e \\\n f\ng ${B}{h\n" +
		"include a b\ninclude\n~SEQ(a,1) b c\n @^x $B=1\n~x\n\"o\n a\\#b\\! # c\n" +
		"\ufeffa\n\finclude b\n~SEQ\na { @b c } include {d}\ne } $C=\\\nf\x00\n\tg \\\n\f # h\n$C i \\\n j\\\n# k\n \nl\n\n"}
	want := `comment "# c"
blank
statement condition(@x) "  "word(a) open({) word(b) " "word("c d") word(e) close(}) "# f"
definition text($A=b c\) "# d"
comment "# in it"
continuation text(e \)
continuation text(f)
statement word(g) " "word(${B}) open({) word(h)
include text(include a b)
statement word(include)
iterator text(~SEQ(a,1) b c)
definition condition(@^x) " "text($B=1)
statement word(~x)
statement word("o)
statement word(a\#b\!) "# c"
statement word(\ufeffa)
statement "\f"word(include) " "word(b)
statement word(~SEQ)
statement word(a) " "open({) " "condition(@b) " "word(c) " "close(}) " "text(include {d})
statement word(e) " "close(}) " "text($C=\)
ignored text(f\x00)
continuation text(g \)
continuation text(\f) "# h"
statement word($C) " "word(i) " "word(\)
continuation text(j\)
comment "# k"
end
statement word(l)
blank
`
	want = strings.NewReplacer(`\ufeff`, "\ufeff", `\x00`, "\x00", `text(\f)`, "text(\f)").Replace(want)
	var out strings.Builder
	for _, l := range src.Lines() {
		out.WriteString([]string{"blank", "comment", "statement", "definition", "continuation", "include", "iterator", "end", "ignored"}[l.Kind])
		for _, token := range l.Tokens {
			out.WriteByte(' ')
			if token.Blank != "" {
				fmt.Fprintf(&out, "%q", token.Blank)
			}
			fmt.Fprintf(&out, "%s(%s)", []string{"word", "open", "close", "condition", "text"}[token.Kind], token.Text)
		}
		if l.Comment != "" {
			fmt.Fprintf(&out, " %q", l.Comment)
		}
		out.WriteByte('\n')
	}
	if out.String() != want {
		t.Errorf("lines:\n%s\nwant:\n%s", &out, want)
	}
	if got := printLines(src); got != src.Text {
		t.Errorf("printed:\n%q\nwant:\n%q", got, src.Text)
	}
}
