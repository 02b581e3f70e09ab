package differential

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A table is lines:
//
//	# for the reader
//	base                    the configuration around the cases below, indented, with … where they go
//	file NAME MODE          a file beside it, indented
//	5    priority 0         a case: both configuration tests end with 5
//	0/5  priority 0         govrrpd's ends with 0, keepalived's with 5, and the heading above says why:
//	spec REASON                 2.2.7 is not 2.4, and the specification is what counts
//	differs FIRST CELL          docs/DIFFERENCES.md has a row that begins so
//	crash, hang             instead of keepalived's number say that it comes to no verdict
//
// A heading holds until the next one, or the next base. In a case, ¶ begins a new line, ⇥ is a tab, ␠ a
// blank, ␍ a carriage return and ␀ a NUL. A case may be empty.

// testCase is one configuration with the verdicts that are expected.
type testCase struct {
	line   int
	text   string
	ours   int
	theirs string
	reason string // for a difference
	row    bool   // the reason is a row of docs/DIFFERENCES.md
	path   string // of the file made of it
}

var (
	caseLine = regexp.MustCompile(`^(\d+)(?:/(\d+|crash|hang))?(?:[ \t]+(.*))?$`)
	fileLine = regexp.MustCompile(`^file (\S+) ([0-7]{3,4})$`)
	glyphs   = strings.NewReplacer("¶", "\n", "⇥", "\t", "␠", " ", "␍", "\r", "␀", "\x00")
)

// blank is where the case goes in a base.
const blank = "…"

// neighbour is a file beside the configuration.
type neighbour struct {
	name string
	mode os.FileMode
	text []string
}

// table is a table while it is read.
type table struct {
	t      *testing.T
	name   string
	line   int
	dir    string
	base   []string
	files  []*neighbour
	open   *[]string // what indented lines belong to
	reason string
	row    bool
	cases  []*testCase
}

// readTable reads a table, and writes the files of its cases.
func readTable(t *testing.T, name string) []*testCase {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// A short name, and a place that nobody else may write to.
	b := &table{t: t, name: name, dir: filepath.Join("/run", strings.TrimSuffix(filepath.Base(name), ".txt"))}
	if err := os.Mkdir(b.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		b.line++
		b.read(strings.TrimRight(line, "\n"))
	}
	return b.cases
}

func (b *table) read(line string) {
	heading, rest, _ := strings.Cut(line, " ")
	switch {
	case b.open != nil && (line == "" || strings.HasPrefix(line, "    ")):
		*b.open = append(*b.open, strings.TrimPrefix(line, "    "))
		return
	case line == "" || strings.HasPrefix(line, "#"):
		return
	case line == "base":
		b.base, b.files, b.reason, b.row = nil, nil, "", false
		b.open = &b.base
		return
	case heading == "file":
		b.beginFile(line)
		return
	case heading == "spec" || heading == "differs":
		b.reason, b.row = rest, heading == "differs"
	default:
		b.addCase(line)
	}
	b.open = nil
}

func (b *table) beginFile(line string) {
	parts := fileLine.FindStringSubmatch(line)
	if parts == nil {
		b.t.Fatalf("%s:%d: write: file NAME MODE", b.name, b.line)
	}
	mode, _ := strconv.ParseUint(parts[2], 8, 32) // the expression lets octal digits through only
	f := &neighbour{name: parts[1], mode: os.FileMode(mode)}
	b.files = append(b.files, f)
	b.open = &f.text
}

func (b *table) addCase(line string) {
	parts := caseLine.FindStringSubmatch(line)
	if parts == nil {
		b.t.Fatalf("%s:%d: neither heading nor case: %s", b.name, b.line, line)
	}
	c := &testCase{line: b.line, text: parts[3], theirs: parts[2], reason: b.reason, row: b.row}
	c.ours, _ = strconv.Atoi(parts[1]) // the expression lets digits through only
	if parts[2] == parts[1] {
		b.t.Fatalf("%s:%d: %s/%s is no difference", b.name, b.line, parts[1], parts[2])
	}
	if c.theirs == "" {
		c.theirs = parts[1]
	}
	base := strings.TrimRight(strings.Join(b.base, "\n"), "\n") + "\n"
	before, after, found := strings.Cut(base, blank)
	if !found {
		b.t.Fatalf("%s:%d: a case below a base without %s", b.name, b.line, blank)
	}
	dir := filepath.Join(b.dir, fmt.Sprint(b.line))
	if err := os.Mkdir(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	c.path = filepath.Join(dir, "keepalived.conf")
	b.write(c.path, before+glyphs.Replace(c.text)+after, 0o644)
	for _, f := range b.files {
		b.write(filepath.Join(dir, f.name), strings.Join(f.text, "\n")+"\n", f.mode)
	}
	b.cases = append(b.cases, c)
}

func (b *table) write(path, text string, mode os.FileMode) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { // a file may stand in a folder
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		b.t.Fatal(err)
	}
}
