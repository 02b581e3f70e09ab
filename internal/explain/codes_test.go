package explain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// homes are the packages that give findings their codes, and the codes that each may use.
var homes = []struct {
	dir         string
	first, last syntax.Code
}{
	{"pkg/syntax", 1, 99},
	{"internal/schema", 101, 199},
	{"internal/config", 201, 499},
	{"internal/lint", 501, 599},
	{"internal/fleet", 601, 699},
	{"internal/check", 701, 799},
}

// A constant is a code as the source declares it.
type constant struct {
	name, where string
	value       syntax.Code
}

func TestEveryCodeHasOneArticle(t *testing.T) {
	pending := pendingCodes(t)
	declared := map[syntax.Code]constant{}
	for _, home := range homes {
		for _, c := range constants(t, filepath.Join("../..", home.dir)) {
			if other, taken := declared[c.value]; taken {
				t.Errorf("%s: %s is %s already (%s)", c.where, c.name, c.value, other.where)
			}
			declared[c.value] = c
			if c.value < home.first || c.value > home.last {
				t.Errorf("%s: %s is %s; %s has %s to %s", c.where, c.name, c.value, home.dir, home.first, home.last)
			}
			if _, ok := Find(c.value.String()); !ok && !matches(pending, c.value.String()) {
				t.Errorf("%s: there is no article about %s (%s): write articles/%s.txtar", c.where, c.value, c.name, c.value)
			}
		}
	}
	if len(declared) < 100 {
		t.Errorf("found %d codes only", len(declared))
	}
	for _, a := range All() {
		if _, ok := declared[a.Code]; !ok {
			t.Errorf("there is an article about %s, which is no code", a.Code)
		}
	}
}

// constants finds the declarations `CodeX Code = N` of a package.
func constants(t *testing.T, dir string) []constant {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var found []constant
	set := token.NewFileSet()
	for _, name := range names {
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || len(spec.Names) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Code") {
				return true
			}
			value, ok := spec.Values[0].(*ast.BasicLit)
			if !ok {
				return true
			}
			n64, err := strconv.ParseUint(value.Value, 0, 16)
			if err != nil {
				t.Errorf("%s: %v", set.Position(spec.Pos()), err)
			}
			found = append(found, constant{spec.Names[0].Name, set.Position(spec.Pos()).String(), syntax.Code(n64)})
			return true
		})
	}
	return found
}

// pendingCodes are patterns of codes that have no article yet.
func pendingCodes(t *testing.T) []string {
	text, err := os.ReadFile("testdata/pending.txt")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

func matches(patterns []string, code string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		matched, err := path.Match(pattern, code)
		return err == nil && matched
	})
}
