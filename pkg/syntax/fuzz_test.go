package syntax

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzParse reads anything, alone and with another file to include, and checks what must hold of
// every tree.
func FuzzParse(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		f.Fatalf("archives: %v, %v", archives, err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			f.Add(string(file.Data), true)
			f.Add(string(file.Data), false)
		}
	}
	f.Fuzz(func(t *testing.T, text string, known bool) {
		if strings.Count(text, "~") > 1 || len(text) > 1<<12 {
			return // loops in loops may run to their bound, which takes longer than a fuzzer waits
		}
		opts := Options{ConfigID: "here", FS: IOFS(fstest.MapFS{
			"main":  {Data: []byte(text), Mode: 0o644},
			"a.inc": {Data: []byte("x {\n$A=b\n@here }\n"), Mode: 0o644},
		})}
		if known {
			opts.BlockKeyword, opts.ValueBlock = testBlockKeyword, testValueBlock
		}
		tree := Parse("main", opts)
		checkBlock(t, &tree.Root)
		Print(io.Discard, Sort(tree.Diagnostics))
		for _, src := range tree.Sources {
			if got := printLines(src); got != src.Text {
				t.Errorf("%q is printed as %q", src.Text, got)
			}
		}
	})
}

func checkBlock(t *testing.T, b *Block) {
	checkSpan(t, b.Open, "{")
	checkSpan(t, b.Close, "}")
	for _, s := range b.Statements {
		if len(s.Words) == 0 {
			t.Fatalf("a statement without words: %q", s.Raw)
		}
		for _, w := range s.Words {
			if !w.Span.Known() {
				t.Fatalf("%q stands nowhere", w.Text)
			}
			checkSpan(t, w.Span, "")
		}
		checkSpan(t, s.Span, "")
		if s.Block != nil {
			checkBlock(t, s.Block)
		}
	}
}

// checkSpan checks that a span lies in its source and that a brace, if it was not brought by a
// reference, stands there.
func checkSpan(t *testing.T, s Span, brace string) {
	if !s.Known() {
		return
	}
	if s.Start < 0 || s.End < s.Start || s.End > len(s.Source.Text) {
		t.Fatalf("span %d-%d of %d bytes", s.Start, s.End, len(s.Source.Text))
	}
	if got := s.Text(); !strings.Contains(got, "$") && brace != "" && got != brace {
		t.Fatalf("a %s at %q", brace, got)
	}
}
