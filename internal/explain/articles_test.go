package explain

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/govrrpd/govrrpd/internal/check"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var update = flag.Bool("update", false, "rewrite what is said of the wrong examples")

// elision is a line of a want section that stands for any number of lines.
const elision = "…"

func TestArticles(t *testing.T) {
	for _, a := range All() {
		t.Run(a.Code.String(), func(t *testing.T) {
			testText(t, &a)
			testWrong(t, &a)
			testRight(t, &a)
		})
	}
}

// testText holds an article to the form that the package comment promises.
func testText(t *testing.T, a *Article) {
	switch {
	case a.Title == "" || len(a.Title) > 70 || strings.HasSuffix(a.Title, "."):
		t.Errorf("title %q: want a short phrase without a full stop", a.Title)
	case len(strings.Fields(a.Text)) < 20:
		t.Errorf("the text has %d words: too short for an operator at 3 a.m.", len(strings.Fields(a.Text)))
	case len(a.Right) == 0:
		t.Error("there is no right example")
	}
	for line := range strings.Lines(a.Text) {
		if len([]rune(line)) > 113 {
			t.Errorf("a line of %d letters, want 112 at most: %s", len([]rune(line)), line)
		}
	}
}

func testWrong(t *testing.T, a *Article) {
	findings := judge(t, a, slices.Concat(a.Wrong, a.Beside), a.Command)
	if !slices.ContainsFunc(findings, func(d syntax.Diagnostic) bool { return d.Code == a.Code }) {
		t.Errorf("the wrong example does not give %s", a.Code)
	}
	for _, d := range findings {
		if d.Code != a.Code && d.Severity != syntax.Notice && !slices.Contains(a.Also, d.Code.String()) {
			t.Errorf("the wrong example gives more than %s: %s", a.Code, printed([]syntax.Diagnostic{d}))
		}
	}
	for _, code := range a.Also {
		if !slices.ContainsFunc(findings, func(d syntax.Diagnostic) bool { return d.Code.String() == code }) {
			t.Errorf("the section also names %s, which the wrong example does not give", code)
		}
	}
	got := printed(findings)
	switch {
	case fits(got, a.Want):
	case *update:
		writeWant(t, a, got)
	default:
		t.Errorf("said of the wrong example:\n%s\nwant:\n%s", got, a.Want)
	}
}

func testRight(t *testing.T, a *Article) {
	for _, d := range judge(t, a, slices.Concat(a.Right, a.Beside), strings.ReplaceAll(a.Command, "wrong", "right")) {
		if d.Severity != syntax.Notice || d.Code == a.Code {
			t.Errorf("the right example gives: %s", printed([]syntax.Diagnostic{d}))
		}
	}
}

// judge does what the command line of an article says, with its files and its machine.
func judge(t *testing.T, a *Article, files []File, command string) []syntax.Diagnostic {
	t.Helper()
	tree := fstest.MapFS{}
	for _, f := range files {
		mode := fs.FileMode(0o644)
		if strings.HasSuffix(f.Name, ".sh") {
			mode = 0o755
		}
		tree[f.Name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(f.Text, "␀", "\x00")), Mode: mode}
	}
	o := check.Options{FS: syntax.IOFS(tree)}
	words, ok := strings.CutPrefix(command, "govrrpd check ")
	if !ok {
		t.Fatalf("command %q: want govrrpd check …", command)
	}
	var findings []syntax.Diagnostic
	var fleet bool
	var names []string
	args := strings.Fields(words)
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--host":
			o.Host = newMachine(t, a.Host)
		case arg == "--all-config":
			o.AllConfig = true
		case arg == "--fleet":
			fleet = true
		case arg == "-i" && i+1 < len(args):
			i++
			o.ConfigID = args[i]
		case strings.HasPrefix(arg, "-"):
			t.Fatalf("command %q: unknown option %s", command, arg)
		default:
			names = append(names, arg)
		}
	}
	if fleet {
		return judgeFleet(names, o)
	}
	for _, name := range names {
		findings = append(findings, check.File(name, o).Findings...)
	}
	return findings
}

// judgeFleet calls the routers a, b, … as their files are called.
func judgeFleet(names []string, o check.Options) []syntax.Diagnostic {
	var members []check.Member
	for _, name := range names {
		members = append(members, check.Member{Name: strings.TrimSuffix(path.Base(name), ".conf"), File: name, Options: o})
	}
	var findings []syntax.Diagnostic
	results, _ := check.Fleet(members)
	for _, r := range results {
		findings = append(findings, r.Findings...)
	}
	return findings
}

func printed(ds []syntax.Diagnostic) string {
	var out bytes.Buffer
	syntax.Print(&out, ds)
	return out.String()
}

// fits compares line by line, with elisions.
func fits(got, want string) bool {
	parts := strings.Split("\n"+want, "\n"+elision+"\n")
	got = "\n" + got
	if len(parts) == 1 {
		return got == parts[0]
	}
	first, last := parts[0]+"\n", "\n"+parts[len(parts)-1]
	if !strings.HasPrefix(got, first) || !strings.HasSuffix(got, last) || len(got) < len(first)+len(last) {
		return false
	}
	got = got[len(first) : len(got)-len(last)+1]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, ok := strings.Cut("\n"+got, "\n"+part+"\n")
		if !ok {
			return false
		}
		got = after
	}
	return true
}

func writeWant(t *testing.T, a *Article, got string) {
	name := fileName(a.Code.String())
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if i < 0 {
		i = len(archive.Files)
		archive.Files = append(archive.Files, txtar.File{Name: "want"})
	}
	archive.Files[i].Data = []byte(got)
	if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestElisionStandsForAnyLines(t *testing.T) {
	for _, c := range []struct {
		got, want string
		fits      bool
	}{
		{"a\nb\n", "a\nb\n", true},
		{"a\nb\n", "a\n", false},
		{"a\nb\nc\n", "a\n…\nc\n", true},
		{"a\nb\nc\nd\n", "a\n…\n", true},
		{"a\nb\nc\nd\n", "…\nd\n", true},
		{"a\nb\nc\nd\n", "a\n…\nc\n…\nd\n", true},
		{"a\nb\nc\nd\n", "a\n…\nx\n…\nd\n", false},
		{"a\nb\n", "a\n…\nc\n", false},
	} {
		if got := fits(c.got, c.want); got != c.fits {
			t.Errorf("%q fits %q: %v, want %v", c.got, c.want, got, c.fits)
		}
	}
}

func TestCodesAreReadAsPeopleWriteThem(t *testing.T) {
	for word, want := range map[string]syntax.Code{
		"GV0101": 101, "gv0101": 101, "gv101": 101, "101": 101, "0101": 101, "GV": 0, "": 0, "0": 0, "x101": 0, "99999": 0,
	} {
		if code, ok := ParseCode(word); ok != (want != 0) || ok && code != want {
			t.Errorf("%q: got %d, %v, want %d", word, code, ok, want)
		}
	}
	if _, ok := Find("9999"); ok {
		t.Error("there is an article about a code that does not exist")
	}
	if a, ok := Find("gv101"); !ok || a.Code != 101 || !strings.Contains(a.String(), fmt.Sprintf("%s: %s\n", a.Code, a.Title)) {
		t.Errorf("gv101: got %v, %q", ok, a.String())
	}
}
