package manual

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var update = flag.Bool("update", false, "rewrite the generated documents")

func written(t *testing.T, write func(io.Writer, []schema.Row) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, config.Keywords()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDocuments holds the committed documents against the rows.
func TestDocuments(t *testing.T) {
	for path, write := range map[string]func(io.Writer, []schema.Row) error{
		"../../docs/keywords.md":    Markdown,
		"../../docs/govrrpd.conf.5": Conf5,
	} {
		want := written(t, write)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%s is stale (%v): run make golden", path, err)
		}
	}
}

// TestNothingIsLeftOut looks for every keyword and option in every document.
func TestNothingIsLeftOut(t *testing.T) {
	documents := map[string]string{
		"text": written(t, Text), "Markdown": written(t, Markdown), "JSON": written(t, JSON), "manual page": written(t, Conf5),
	}
	count := 0
	walk(config.Keywords(), func(e Entry) {
		count++
		for form, document := range documents {
			name := e.Name
			if form == "manual page" {
				name = escape(name)
			}
			if form != "text" || !e.Option { // options are shown with their list
				if !strings.Contains(document, name) {
					t.Errorf("%s: no %s %s", form, e.Name, e.Place())
				}
			}
		}
	})
	if count < 400 {
		t.Errorf("only %d entries", count)
	}
}

func TestJSONHasTheRows(t *testing.T) {
	var doc Document
	if err := json.Unmarshal([]byte(written(t, JSON)), &doc); err != nil {
		t.Fatal(err)
	}
	in := func(list []Keyword, name string) Keyword {
		i := slices.IndexFunc(list, func(k Keyword) bool { return k.Name == name })
		if i < 0 {
			t.Fatalf("no %s", name)
		}
		return list[i]
	}
	instance := in(doc.Keywords, "vrrp_instance")
	interval := in(instance.Keywords, "advert_int")
	if interval.Minimum != "0.01" || interval.Maximum != "255" || interval.Unit != "seconds" || interval.Default != "1" || interval.Body != "line" {
		t.Errorf("advert_int: %+v", interval)
	}
	addresses := in(instance.Keywords, "virtual_ipaddress")
	if addresses.Body != "list" || in(addresses.Line.Options, "scope").Default != "global" {
		t.Errorf("virtual_ipaddress: %+v", addresses)
	}
	if in(doc.Keywords, "virtual_server").Body != "foreign" || in(in(doc.Keywords, "global_defs").Keywords, "lvs_flush").Effect != "lvs" {
		t.Error("the LVS side is not told apart")
	}
}

func TestFind(t *testing.T) {
	rows := config.Keywords()
	var places []string
	for _, e := range Find(rows, "weight") {
		places = append(places, e.Place())
	}
	for _, want := range []string{"in vrrp_script", "in track_file", "in bfd_instance"} {
		if !slices.Contains(places, want) {
			t.Errorf("weight: %v, want %s among them", places, want)
		}
	}
	if found := Find(rows, "noprefixroute"); len(found) != 1 || !found[0].Option {
		t.Errorf("noprefixroute: %+v", found)
	}
	if names := Names(rows); !slices.IsSorted(names) || !slices.Contains(names, "noprefixroute") || !slices.Contains(names, "auth_pass") {
		t.Errorf("names: %v", names)
	}
}

func TestTextFitsTheTerminal(t *testing.T) {
	for line := range strings.Lines(written(t, Text)) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > textWidth {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}

// TestManualPageIsPlainRoff knows what groff and mandoc stumble over.
func TestManualPageIsPlainRoff(t *testing.T) {
	page := written(t, Conf5)
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		for _, r := range line {
			if r > '~' || r < ' ' {
				t.Errorf("character %q: %s", r, line)
			}
		}
		if strings.HasSuffix(line, " ") || strings.HasPrefix(line, ". ") {
			t.Errorf("blanks: %q", line)
		}
	}
	if strings.Count(page, "\n.nf\n") != strings.Count(page, "\n.fi\n") {
		t.Error(".nf without .fi")
	}
}

// TestExamplesOfTheManualPageAreRight reads the complete configuration of the page's end.
func TestExamplesOfTheManualPageAreRight(t *testing.T) {
	_, example, _ := strings.Cut(conf5End, ".nf\n")
	example, _, _ = strings.Cut(example, ".fi\n")
	example = strings.ReplaceAll(example, `\-`, "-")
	tree := syntax.ParseString("example.conf", example, syntax.Options{BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock})
	if c := config.Decode(tree, config.Offline{}); len(c.Diagnostics) > 0 || len(c.Instances) != 1 {
		var b bytes.Buffer
		syntax.Print(&b, c.Diagnostics)
		t.Errorf("%s\n%s", example, b.String())
	}
}
