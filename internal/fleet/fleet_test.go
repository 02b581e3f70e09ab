package fleet

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var update = flag.Bool("update", false, "rewrite the expected reports in testdata")

// nodeOf reads one node's file. Its own faults are for other tests.
func nodeOf(name, text string) Node {
	tree := syntax.ParseString(name, text, syntax.Options{BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock})
	return Node{Name: strings.TrimSuffix(name, ".conf"), Config: config.Decode(tree, config.Offline{}), Tree: tree}
}

// TestFleets compares what is said of the files of each archive in testdata with its file "report".
func TestFleets(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives in testdata: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { compareArchive(t, name) })
	}
}

func compareArchive(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []Node
	want := ""
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name == "report" {
			want = string(f.Data)
			continue
		}
		kept = append(kept, f)
		n := nodeOf(f.Name, string(f.Data))
		if n.Config.Refused() {
			var out bytes.Buffer
			syntax.Print(&out, n.Config.Diagnostics)
			t.Fatalf("%s cannot be used:\n%s", f.Name, out.String())
		}
		nodes = append(nodes, n)
	}
	r := Check(nodes)
	var out bytes.Buffer
	syntax.Print(&out, r.Findings)
	if len(r.Findings) > 0 {
		out.WriteString("\n")
	}
	r.Print(&out)
	if got := out.String(); got != want {
		if !*update {
			t.Fatalf("got:\n%s\nwant:\n%s", got, want)
		}
		archive.Files = append(kept, txtar.File{Name: "report", Data: out.Bytes()})
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
