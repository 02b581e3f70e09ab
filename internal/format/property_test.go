package format_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/format"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var options = format.Options{BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock}

// TestFormattedFilesMeanTheSame formats all that is at hand: our examples, the inputs of other tests, and
// every file of the folder that GOVRRPD_CORPUS names.
func TestFormattedFilesMeanTheSame(t *testing.T) {
	for name, text := range seeds(t) {
		t.Run(name, func(t *testing.T) { checkSame(t, text) })
	}
}

// FuzzText formats anything.
func FuzzText(f *testing.F) {
	for _, text := range seeds(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "~") > 1 || len(text) > 1<<12 || strings.Contains(text, "~") && manyDigits.MatchString(text) {
			return // such loops may run to their bound, which takes longer than a fuzzer waits
		}
		checkSame(t, text)
	})
}

var manyDigits = regexp.MustCompile(`[0-9]{3}`)

func seeds(t testing.TB) map[string]string {
	all := map[string]string{}
	folders := []string{"../../configs/*.conf"}
	if corpus := os.Getenv("GOVRRPD_CORPUS"); corpus != "" {
		folders = append(folders, filepath.Join(corpus, "*.conf"))
	}
	for _, pattern := range folders {
		for _, name := range glob(t, pattern) {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(content)
		}
	}
	for _, pattern := range []string{"testdata/*.txtar", "../../pkg/syntax/testdata/*.txtar", "../config/testdata/*.txtar"} {
		for _, name := range glob(t, pattern) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range archive.Files {
				all[name+":"+file.Name] = string(file.Data)
			}
		}
	}
	return all
}

func glob(t testing.TB, pattern string) []string {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names
}

// checkSame checks that the formatted text means the same to all who may read it, and that there is nothing
// to do a second time.
func checkSame(t *testing.T, text string) {
	t.Helper()
	formatted, err := format.Text(text, options)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if again, err := format.Text(formatted, options); again != formatted || err != nil {
		t.Errorf("%q\nis formatted as\n%q\nand that as\n%q, %v", text, formatted, again, err)
	}
	for _, id := range []string{"here", "there"} {
		before, after := describe(text, id), describe(formatted, id)
		if missingBrace := regexp.MustCompile("GV001[01] "); before != after && format.Balanced(text, options) && missingBrace.MatchString(before) {
			continue // a definition or an included file lacks a brace: the parser guesses by the columns where it belongs
		}
		if before != after {
			t.Errorf("%q\nis formatted as\n%q\nand means to %s:\n%s\nbut meant:\n%s", text, formatted, id, after, before)
		}
	}
}

// describe is all that the readers of the tree can see, but for the blanks that no script can.
func describe(text, id string) string {
	files := fstest.MapFS{
		"main":  {Data: []byte(text), Mode: 0o644},
		"a.inc": {Data: []byte("x {\n$A=b\n@here }\n"), Mode: 0o644},
	}
	tree := syntax.Parse("main", syntax.Options{FS: syntax.IOFS(files), ConfigID: id,
		BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock})
	var out strings.Builder
	describeBlock(&out, &tree.Root)
	var told []string
	for _, d := range tree.Diagnostics {
		told = append(told, fmt.Sprintf("%v %v %v %s", d.Code, d.Severity, d.Class, d.Message))
	}
	slices.Sort(told)
	return out.String() + strings.Join(told, "\n")
}

func describeBlock(out *strings.Builder, b *syntax.Block) {
	for _, s := range b.Statements {
		for _, word := range s.Words {
			fmt.Fprintf(out, "%q %v ", word.Text, word.Quoted)
		}
		command, err := syntax.SplitCommand(s.Raw)
		fmt.Fprintf(out, "%q %v\n", command, err)
		if s.Block != nil {
			fmt.Fprintf(out, "{ %v\n", s.Block.Open.Known())
			describeBlock(out, s.Block)
			fmt.Fprintf(out, "} %v\n", s.Block.Close.Known())
		}
	}
}
