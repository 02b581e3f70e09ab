// Package floorplan holds the house to its drawing (docs/ARCHITECTURE.md): imports point down only, the
// lower floors know neither clock nor goroutine, nobody keeps state at package level, no test skips.
//
// A drawing alone drifts; this one fails. It reads the source as it stands in the work tree and leaves
// everything that the compiler or go vet say to them.
package floorplan

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the top of the work tree, seen from here.
const root = "../.."

// house reads all Go files of the module, by directory.
func house(t *testing.T) map[string][]*source {
	t.Helper()
	packages := make(map[string][]*source)
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(name, entry)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(name))
		packages[dir] = append(packages[dir], &source{dir: dir, name: entry.Name(), set: set, file: file})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

// enter leaves out what is no part of the module: hidden folders, build output, modules of their own.
func enter(name string, entry fs.DirEntry) error {
	hidden := strings.HasPrefix(entry.Name(), ".") && name != root
	if hidden || entry.Name() == "testdata" || name == filepath.Join(root, "build") {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && name != root {
		return fs.SkipDir
	}
	return nil
}

func report(t *testing.T, violations []string) {
	t.Helper()
	for _, v := range violations {
		t.Error(v)
	}
}

func TestHouse(t *testing.T) {
	packages := house(t)
	perFile := func(rule func(*source) []string) func(*testing.T) {
		return func(t *testing.T) {
			for _, files := range packages {
				for _, s := range files {
					report(t, rule(s))
				}
			}
		}
	}
	t.Run("ImportsPointDown", perFile(importRule))
	t.Run("LowerFloorsArePure", perFile(purityRule))
	t.Run("NoTestSkipsOrSleeps", perFile(testRule))
	t.Run("NoPackageState", func(t *testing.T) {
		for _, files := range packages {
			report(t, stateRule(files))
		}
	})
	t.Run("PlanHasNoEmptyRoom", func(t *testing.T) {
		for dir, place := range plan {
			if len(packages[dir]) == 0 {
				t.Errorf("%s stands in the plan, and nothing is there", dir)
			}
			if place.why == "" {
				t.Errorf("%s: the plan does not say why", dir)
			}
		}
	})
}

// parse makes a source of a text, as if it stood in that directory.
func parse(t *testing.T, dir, name, text string) *source {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	return &source{dir: dir, name: name, set: set, file: file}
}

func TestRulesFindWhatTheyForbid(t *testing.T) {
	state := func(s *source) []string { return stateRule([]*source{s}) }
	for _, c := range []struct {
		rule            func(*source) []string
		dir, name, text string
		want            string // part of the only violation; "" means none
	}{
		{importRule, "internal/rawsock", "a.go", `import _ "` + module + `internal/router"`, "imports " + module + "internal/router: an adapter"},
		{importRule, "internal/rawsock", "a.go", `import _ "` + module + `pkg/vrrp"`, ""},
		{importRule, "internal/rawsock", "a_test.go", `import _ "` + module + `internal/router"`, ""},
		{importRule, "internal/router", "a.go", `import _ "` + module + `internal/config"`, "the state machine is a function"},
		{importRule, "internal/router", "a.go", `import _ "golang.org/x/sys/unix"`, "standard library only"},
		{importRule, "internal/router", "a.go", `import _ "log/slog"`, "no log"},
		{importRule, "pkg/syntax", "a.go", `import _ "os"`, "no I/O"},
		{importRule, "pkg/syntax", "fs.go", `import _ "os"`, ""},
		{importRule, "internal/util", "a.go", "", "no place in the floor plan"},
		{importRule, "internal/daemon", "a.go", `import _ "` + module + `internal/notify/mail"`, ""},
		{importRule, "internal/daemon", "a.go", `import _ "` + module + `internal/cli"`, "imports"},
		{purityRule, "internal/router", "a.go", `import "time"; var _ = time.Now`, "calls time.Now"},
		{purityRule, "internal/router", "a.go", `import clock "time"; func f() { clock.Sleep(0) }`, "calls time.Sleep"},
		{purityRule, "internal/router", "a.go", `import "time"; func f(t time.Time) time.Duration { return t.Sub(t) }`, ""},
		{purityRule, "internal/router", "a.go", `func f() { go f() }`, "goroutine"},
		{purityRule, "internal/router", "a.go", `type t chan int`, "channel"},
		{purityRule, "internal/router", "a.go", `import "math/rand/v2"; var _ = rand.IntN(3)`, "global chance"},
		{purityRule, "internal/router", "a.go", `import "math/rand/v2"; func f(r *rand.Rand) int { return r.IntN(3) }`, ""},
		{purityRule, "internal/daemon", "a.go", `import "time"; var _ = time.Now`, ""},
		{state, "internal/poll", "a.go", `func init() {}`, "init function"},
		{state, "internal/poll", "a.go", `var n int; func f() { n++ }`, "variable n"},
		{state, "internal/poll", "a.go", `var m = map[int]int{}; func f() { m[1] = 2 }`, "variable m"},
		{state, "internal/poll", "a.go", `var n int; func f() { n := 1; n++; _ = n }`, ""},
		{state, "internal/poll", "a.go", `var n = []int{1}; func f() int { return n[0] }`, ""},
		{testRule, "internal/poll", "a_test.go", `func f(t *testing.T) { t.Skip("no") }`, "skips"},
		{testRule, "internal/poll", "a_test.go", `import "time"; func f() { time.Sleep(1) }`, "sleeps"},
		{testRule, "internal/poll", "a_test.go", `import ("time"; _ "testing/synctest"); func f() { time.Sleep(1) }`, ""},
	} {
		got := c.rule(parse(t, c.dir, c.name, "package p; "+c.text))
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s/%s: %s\nviolations %q, want %q", c.dir, c.name, c.text, got, c.want)
		}
	}
}

// TestDrawingNamesEveryPackage keeps the document and the plan together.
func TestDrawingNamesEveryPackage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for dir := range plan {
		if !strings.Contains(string(text), "`"+dir+"`") {
			missing = append(missing, dir)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("docs/ARCHITECTURE.md does not name `%s`", strings.Join(missing, "`, `"))
	}
}
