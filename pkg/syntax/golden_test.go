package syntax

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// Some keywords, as a schema would know them.
var (
	rootBlocks  = []string{"global_defs", "vrrp_instance", "vrrp_sync_group", "vrrp_script", "track_file"}
	innerBlocks = []string{"authentication", "virtual_ipaddress", "track_file", "group", "unicast_peer"}
	valueBlocks = []string{"virtual_ipaddress", "track_file", "group", "unicast_peer"}
)

func testBlockKeyword(path []string, word string) bool {
	if len(path) == 0 {
		return slices.Contains(rootBlocks, word)
	}
	return len(path) == 1 && slices.Contains(innerBlocks, word)
}

func testValueBlock(path []string) bool {
	return len(path) == 2 && slices.Contains(valueBlocks, path[1])
}

// TestGolden reads each archive's keepalived.conf (with the archive's other files next to it) and
// compares the tree and the messages. In a file's name, mode= and the like are not special: an
// executable file is one whose name ends in .sh.
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("archives: %v, %v", archives, err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			testArchive(t, name)
		})
	}
}

func testArchive(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files, inputs := fstest.MapFS{}, []txtar.File{}
	want := map[string]string{}
	for _, file := range archive.Files {
		if file.Name == "tree" || file.Name == "messages" {
			want[file.Name] = string(file.Data)
			continue
		}
		mode := fs.FileMode(0o644)
		if strings.HasSuffix(file.Name, ".sh") {
			mode = 0o755
		}
		files[file.Name] = &fstest.MapFile{Data: file.Data, Mode: mode}
		inputs = append(inputs, file)
	}
	env := func(name string) (string, bool) { return "value of " + name, name == "SET" }
	tree := Parse("keepalived.conf", Options{FS: IOFS(files), ConfigID: "here", Env: env,
		BlockKeyword: testBlockKeyword, ValueBlock: testValueBlock})
	got := map[string]string{
		"tree":     show(&tree.Root),
		"messages": told(tree) + fmt.Sprintf("exit %d\n", ExitCode(tree.Diagnostics)),
	}
	if *update {
		archive.Files = append(inputs, txtar.File{Name: "tree", Data: []byte(got["tree"])},
			txtar.File{Name: "messages", Data: []byte(got["messages"])})
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for part, text := range got {
		if text != want[part] {
			t.Errorf("%s:\n%s\nwant:\n%s", part, text, want[part])
		}
	}
}
