package lint_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/lint"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var update = flag.Bool("update", false, "rewrite the expected findings in testdata")

func options() syntax.Options {
	return syntax.Options{BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock}
}

// check returns what lint says of a text, and what config says.
func check(name, text string) (found, diagnostics []syntax.Diagnostic) {
	tree := syntax.ParseString(name, text, options())
	cfg := config.Decode(tree, config.Offline{})
	return lint.Check(cfg, tree), cfg.Diagnostics
}

func printed(ds []syntax.Diagnostic) string {
	var out bytes.Buffer
	syntax.Print(&out, ds)
	return out.String()
}

// TestFindings compares what is said of each file in testdata/*.txtar with the file of the same name that ends
// in ".out". A file without findings has an empty one.
func TestFindings(t *testing.T) {
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
	for _, f := range archive.Files {
		want[f.Name] = string(f.Data)
	}
	out := txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".out") {
			continue
		}
		found, _ := check("keepalived.conf", string(f.Data))
		got := printed(found)
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

// TestExamplesAreClean holds the files in configs/ to the lint.
func TestExamplesAreClean(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.conf")
	if err != nil || len(files) < 8 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found, _ := check(file, string(text)); len(found) > 0 {
			t.Errorf("%s", printed(found))
		}
	}
}

// TestFirstAddressThatIsNotLinkLocal: package config says it, since strict mode makes it an error, and check
// is to count it without changing what -t returns.
func TestFirstAddressThatIsNotLinkLocal(t *testing.T) {
	_, diagnostics := check("keepalived.conf", "vrrp_instance LAN {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n2001:db8::1/64\nfe80::1/64\n}\n}\n")
	if len(diagnostics) != 1 || diagnostics[0].Code != config.CodeFirstLinkLocal || diagnostics[0].Severity != syntax.Warning || diagnostics[0].Class != syntax.ClassNone {
		t.Errorf("want one warning without a class:\n%s", printed(diagnostics))
	}
}
