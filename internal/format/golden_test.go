package format_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/govrrpd/govrrpd/internal/format"
)

var update = flag.Bool("update", false, "rewrite what is expected")

// TestGolden formats each archive's input and compares the result.
func TestGolden(t *testing.T) {
	for _, name := range glob(t, "testdata/*.txtar") {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			testArchive(t, name)
		})
	}
}

// TestExamplesAreFormatted holds our own files to what we tell others to do.
func TestExamplesAreFormatted(t *testing.T) {
	for _, name := range glob(t, "../../configs/*.conf") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := format.Text(string(text), options); got != string(text) || err != nil {
			t.Errorf("%s is not formatted (govrrpd fmt -w does it), %v", name, err)
		}
	}
}

func testArchive(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := format.Text(string(archive.Files[0].Data), options)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		archive.Files = append(archive.Files[:1], txtar.File{Name: "output", Data: []byte(got)})
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(archive.Files) != 2 || got != string(archive.Files[1].Data) {
		t.Errorf("formatted:\n%s", got)
	}
}
