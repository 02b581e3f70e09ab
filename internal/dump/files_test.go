package dump

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, entry := range entries {
		out = append(out, entry.Name())
	}
	return out
}

func TestFilesAreWrittenWithTheirModes(t *testing.T) {
	for umask, want := range map[uint32]fs.FileMode{0o177: 0o600, 0o022: 0o644, 0: 0o666} {
		dir := t.TempDir()
		files := Files{Dir: dir, Umask: umask}
		for range 2 { // the second time over the first
			for _, err := range []error{files.WriteData(everything()), files.WriteStats(everything()), files.WriteJSON(everything(), 1)} {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		all := []string{"keepalived.data", "keepalived.json", "keepalived.stats", "keepalived_bfd.data", "keepalived_parent.data"}
		if got := names(t, dir); !slices.Equal(got, all) {
			t.Errorf("files %q, want %q", got, all)
		}
		for _, name := range all {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			expected := want
			if name == "keepalived.json" { // never for others
				expected = 0o600
			}
			if info.Mode() != expected {
				t.Errorf("umask %03o: %s has mode %v", umask, name, info.Mode())
			}
		}
	}
}

func TestLinkIsReplacedNotFollowed(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, filepath.Join(dir, "keepalived.stats")); err != nil {
		t.Fatal(err)
	}
	files := Files{Dir: dir, Umask: 0o177}
	if err := files.WriteStats(everything()); err != nil {
		t.Fatal(err)
	}
	if content, _ := os.ReadFile(victim); string(content) != "precious" {
		t.Errorf("the link's target now holds %q", content)
	}
	if info, err := os.Lstat(filepath.Join(dir, "keepalived.stats")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("keepalived.stats: %v, %v; want a regular file", info, err)
	}
}

func TestNoInstanceNoJSONFile(t *testing.T) {
	dir := t.TempDir()
	files := Files{Dir: dir}
	if err := files.WriteJSON(&State{}, 1); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files %q", got)
	}
}

func TestUnwritableDirectoryIsNamed(t *testing.T) {
	files := Files{Dir: "/nonexistent"}
	err := files.WriteStats(everything())
	if err == nil || !strings.Contains(err.Error(), "write /nonexistent/keepalived.stats: ") {
		t.Errorf("error %v", err)
	}
}

func TestFailedWriteLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "keepalived.stats"), 0o700); err != nil { // cannot be replaced by a file
		t.Fatal(err)
	}
	files := Files{Dir: dir}
	if err := files.WriteStats(everything()); err == nil {
		t.Error("a directory was replaced")
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("files %q", got)
	}
}

func TestDataPath(t *testing.T) {
	for want, f := range map[string]Files{
		"/d/keepalived.data":        {Dir: "/d"},
		"/d/other":                  {Dir: "/d", StateFile: "other"},
		"/x/other":                  {Dir: "/d", StateFile: "/x/other"},
		"/x/keepalived.data":        {Dir: "/d", StateFile: "/x/"},
		"/d/sub/keepalived.data":    {Dir: "/d", StateFile: "sub/"},
		"/d/keepalived.data.ns_i":   {Dir: "/d", Suffix: "ns_i"},
		"/d/keepalived.data.suffix": {Dir: "/d", StateFile: "keepalived.data", Suffix: "suffix"},
	} {
		if got := f.dataPath(); got != want {
			t.Errorf("%+v: %s, want %s", f, got, want)
		}
	}
	f := Files{Dir: t.TempDir(), Suffix: "ns_i"}
	if err := f.WriteData(&State{}); err != nil {
		t.Fatal(err)
	}
	if got := names(t, f.Dir); !slices.Equal(got, []string{"keepalived.data.ns_i", "keepalived_parent.data.ns_i"}) {
		t.Errorf("files %q", got)
	}
}

// TestNamedFilesAreCopies: what the configuration names is written there, and where exporters look.
func TestNamedFilesAreCopies(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	files := Files{Dir: dir, StatsFile: other + "/", JSONFile: filepath.Join(other, "state"), Umask: 0o022}
	if err := errors.Join(files.WriteStats(everything()), files.WriteJSON(everything(), 1)); err != nil {
		t.Fatal(err)
	}
	for usual, copied := range map[string]string{"keepalived.stats": "keepalived.stats", "keepalived.json": "state"} {
		a, errA := os.ReadFile(filepath.Join(dir, usual))
		b, errB := os.ReadFile(filepath.Join(other, copied))
		if err := errors.Join(errA, errB); err != nil || len(a) == 0 || string(a) != string(b) {
			t.Errorf("%s and %s: %d and %d bytes, %v", usual, copied, len(a), len(b), err)
		}
	}
	files = Files{Dir: dir, StatsFile: "keepalived.stats"}
	if got := files.named(files.StatsFile, "keepalived.stats"); got != files.path("keepalived.stats") {
		t.Errorf("the usual name stands for %s", got)
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for tmpdir, want := range map[string]string{dir: dir, "": "/tmp", ".": "/tmp", file: "/tmp", "/nonexistent": "/tmp"} {
		t.Setenv("TMPDIR", tmpdir)
		if got := Directory(); got != want {
			t.Errorf("TMPDIR=%s: %s, want %s", tmpdir, got, want)
		}
	}
}
