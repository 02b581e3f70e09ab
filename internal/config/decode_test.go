package config

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var update = flag.Bool("update", false, "rewrite the expected diagnostics in testdata")

func options() syntax.Options {
	return syntax.Options{ConfigID: "router1", BlockKeyword: BlockKeyword, ValueBlock: ValueBlock}
}

func decode(text string) *Config {
	return Decode(syntax.ParseString("keepalived.conf", text, options()), fakeHost{})
}

func printed(c *Config) string {
	var out bytes.Buffer
	syntax.Print(&out, c.Diagnostics)
	return out.String()
}

// TestDiagnostics compares what is said of each file in testdata/*.txtar with the file of the same name
// that ends in ".out". The first line of that is the exit code, and whether the daemon would start.
func TestDiagnostics(t *testing.T) {
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
	want := map[string]string{}
	var out txtar.Archive
	out.Comment = archive.Comment
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".out") {
			want[f.Name] = string(f.Data)
		}
	}
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".out") {
			continue
		}
		c := decode(string(f.Data))
		got := fmt.Sprintf("exit %d, refused %v\n%s", c.ExitCode(), c.Refused(), printed(c))
		if got != want[f.Name+".out"] && !*update {
			t.Errorf("%s: got\n%s\nwant\n%s", f.Name, got, want[f.Name+".out"])
		}
		out.Files = append(out.Files, f, txtar.File{Name: f.Name + ".out", Data: []byte(got)})
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(&out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
