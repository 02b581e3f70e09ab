package syntax

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// words finds the words with a text in a tree, in order.
func words(b *Block, text string) (found []Word) {
	for _, s := range b.Statements {
		for _, w := range s.Words {
			if w.Text == text {
				found = append(found, w)
			}
		}
		if s.Block != nil {
			found = append(found, words(s.Block, text)...)
		}
	}
	return found
}

func TestWordsPointToWhereTheyWereWritten(t *testing.T) {
	tree := ParseString("f", "$A=def\n\n  one \"two  three\" $A fo${A}ur # x\n$M=m1 \\\n  m2 $A \\\n  m3\nhead $M\nV { \"\" }\n", Options{})
	for _, test := range []struct{ word, position, written string }{
		{"one", "f:3:3", "one"},
		{"two  three", "f:3:7", `"two  three"`},
		{"def", "f:3:20", "$A"},
		{"fodefur", "f:3:23", "fo${A}ur"},
		{"head", "f:7:1", "head"},
		{"m1", "f:4:4", "m1"},
		{"m2", "f:5:3", "m2"},
		{"m3", "f:6:3", "m3"},
		{"", "f:8:5", `""`},
	} {
		found := words(&tree.Root, test.word)
		if len(found) == 0 {
			t.Errorf("no word %q", test.word)
			continue
		}
		if got := found[0].Span; got.Position() != test.position || got.Text() != test.written {
			t.Errorf("%q: at %s %q, want %s %q", test.word, got.Position(), got.Text(), test.position, test.written)
		}
	}
}

func TestStatementsKeepTheirLine(t *testing.T) {
	tree := ParseString("f", "$A=y z\nnotify 'x  $A y' \\# \"\\#\" ${A} { b c } d\n", Options{})
	if got, want := tree.Root.Statements[0].Raw, `notify 'x  y z y' # "\#" y z`; got != want {
		t.Errorf("Raw = %s, want %s", got, want)
	}
}

func TestBlocksKnowTheirBraces(t *testing.T) {
	tree := ParseString("f", "a {\n b\n}\n", Options{})
	block := tree.Root.Statements[0].Block
	if got := block.Open.Position() + " " + block.Close.Position(); got != "f:1:3 f:3:1" {
		t.Errorf("braces at %s", got)
	}
	block = ParseString("f", "a {\n b\n {\n }\n", Options{}).Root.Statements[0].Block
	if block.Close.Known() || block.Statements[0].Block == nil {
		t.Errorf("an open block is closed at %s", block.Close.Position())
	}
	block = ParseString("f", "a {\n {\n }\n", Options{}).Root.Statements[0].Block
	if block.Close.Known() {
		t.Errorf("an open block is closed at %s, by the brace of one that was ignored", block.Close.Position())
	}
}

func TestMainFile(t *testing.T) {
	files := fstest.MapFS{
		"a.conf":   {Data: []byte("from a\n"), Mode: 0o644},
		"b.conf":   {Data: []byte("from b\n"), Mode: 0o644},
		"run.sh":   {Data: []byte("x\n"), Mode: 0o755},
		"dir/file": {Data: []byte("x\n"), Mode: 0o644},
		"empty":    {Mode: 0o644},
	}
	for _, test := range []struct {
		path, tree, messages string
		exit                 int
	}{
		{"a.conf", "from a\n", "", 0},
		{"/a.conf", "from a\n", "", 0},
		{"empty", "", "", 0},
		{"[ab].conf", "from a\nfrom b\n", "[ab].conf: warning: the name of the configuration file matches 2 files, all are read [GV0002]\n", 5},
		{"none", "", "none: error: read configuration: file does not exist [GV0001]\n", 4},
		{"none*", "", "none*: error: read configuration: file does not exist [GV0001]\n", 4},
		{"run.sh", "", "run.sh: error: read configuration: it is executable, so it is no configuration [GV0001]\n", 4},
		{"dir", "", "dir: error: read configuration: it is a directory [GV0001]\n", 4},
	} {
		tree := Parse(test.path, Options{FS: IOFS(files)})
		if got := show(&tree.Root); got != test.tree {
			t.Errorf("%s: tree %q, want %q", test.path, got, test.tree)
		}
		if got := told(tree); got != test.messages {
			t.Errorf("%s: messages %q, want %q", test.path, got, test.messages)
		}
		if got := ExitCode(tree.Diagnostics); got != test.exit {
			t.Errorf("%s: exit %d, want %d", test.path, got, test.exit)
		}
		if got := len(tree.Sources) == 0; got != (test.exit == 4) {
			t.Errorf("%s: %d sources", test.path, len(tree.Sources))
		}
	}
}

// A deniedFS has a file that may not be read.
type deniedFS struct{ FS }

func (deniedFS) ReadFile(name string) ([]byte, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

func TestUnreadableMainFile(t *testing.T) {
	files := deniedFS{IOFS(fstest.MapFS{"secret": {Mode: 0o600}})}
	tree := Parse("secret", Options{FS: files})
	if got, want := told(tree), "secret: error: read configuration: permission denied [GV0001]\n"; got != want {
		t.Errorf("messages %q, want %q", got, want)
	}
	if got := ExitCode(tree.Diagnostics); got != 4 {
		t.Errorf("exit %d, want 4", got)
	}
}

func TestFilesOfTheMachine(t *testing.T) {
	dir := t.TempDir()
	weird := filepath.Join(dir, "a[b]*")
	if err := os.MkdirAll(filepath.Join(weird, "conf.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"main":           "include conf.d/*.conf\nincludem conf.d/{2,1}.conf\nat ${_PWD}\n",
		"conf.d/1.conf":  "one ${_PWD}\n",
		"conf.d/2.conf":  "two\n",
		"conf.d/.3.conf": "three\n",
	} {
		if err := os.WriteFile(filepath.Join(weird, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree := Parse(escapeMeta(weird)+"/main", Options{})
	want := "one " + weird + "/conf.d\ntwo\ntwo\none " + weird + "/conf.d\nat " + weird + "\n"
	if got := show(&tree.Root) + told(tree); got != want {
		t.Errorf("tree:\n%s\nwant:\n%s", got, want)
	}
}

func TestAllConfigMakesMissingIncludesErrors(t *testing.T) {
	files := fstest.MapFS{"main": {Data: []byte("global_defs {\n include_check -match\n}\ninclude none\n"), Mode: 0o644}}
	if got := ExitCode(Parse("main", Options{FS: IOFS(files)}).Diagnostics); got != 0 {
		t.Errorf("without -e: exit %d, want 0", got)
	}
	tree := Parse("main", Options{FS: IOFS(files), AllConfig: true})
	if got := ExitCode(tree.Diagnostics); got != 6 || !tree.Diagnostics[0].Refuse {
		t.Errorf("with -e: exit %d, %+v, want 6 and a refusal", got, tree.Diagnostics)
	}
}

func TestRandomFollowsSeed(t *testing.T) {
	text := "${_RANDOM} ${_RANDOM 1 1000000}\n"
	first := show(&ParseString("f", text, Options{Seed: 1}).Root)
	if again := show(&ParseString("f", text, Options{Seed: 1}).Root); again != first {
		t.Errorf("seed 1 gives %q, then %q", first, again)
	}
	if other := show(&ParseString("f", text, Options{Seed: 2}).Root); other == first {
		t.Errorf("seeds 1 and 2 give %q", first)
	}
	seeded := "global_defs {\n random_seed 7\n}\n" + text
	first = show(&ParseString("f", seeded, Options{Seed: 1}).Root)
	if other := show(&ParseString("f", seeded, Options{Seed: 2}).Root); other != first {
		t.Errorf("random_seed 7 gives %q and %q", first, other)
	}
}

func TestBracesOfPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		"a":              "a",
		"a{b,c}d":        "abd acd",
		"{a,b{c,d}}{e,}": "ae a bce bc bde bd",
		"a{}b{":          "a{}b{",
		"{a}":            "a",
		"a}{b":           "a}{b",
	} {
		got, err := expandBraces(pattern)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %q", pattern, got, err, want)
		}
	}
	if got, err := expandBraces(strings.Repeat("{a,b}", 30)); err == nil {
		t.Errorf("2^30 alternatives: %d names", len(got))
	}
}

func TestSurplusBraceBehindBlockOfAnotherFile(t *testing.T) {
	files := fstest.MapFS{
		"main.conf": {Data: []byte("include a/opens\n}\n}\n")},
		"a/opens":   {Data: []byte("# a comment that makes this file the longer one\nvrrp_instance V {\n")},
	}
	tree := Parse("main.conf", Options{FS: IOFS(files), BlockKeyword: func([]string, string) bool { return true }})
	if len(tree.Diagnostics) != 1 || tree.Diagnostics[0].Code != CodeStrayClose {
		t.Errorf("%v, want one stray '}'", tree.Diagnostics)
	}
}

func TestCommentsDoNotEndDefinitions(t *testing.T) {
	const text = "$A=one # first \\\n# between \\\ntwo # last\n$A\nthree # no definition \\\n"
	tree := ParseString("f", text, Options{})
	for i, want := range []string{"one", "two", "three"} {
		if i >= len(tree.Root.Statements) || tree.Root.Statements[i].Raw != want {
			t.Fatalf("statement %d is not %q", i+1, want)
		}
	}
	if len(tree.Diagnostics) != 1 || tree.Diagnostics[0].Code != CodeContinuation || tree.Diagnostics[0].Span.Text() != `\` {
		t.Errorf("%v, want one about the last backslash", tree.Diagnostics)
	}
}
