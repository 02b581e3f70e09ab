package host

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestKeyFilesAreReadAndJudged(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("own"), "secret\n", 0o600)
	write(t, path("group"), "secret\n", 0o640)
	write(t, path("others"), "secret\n", 0o604)
	write(t, path("largest"), strings.Repeat("k", largestKeyFile), 0o600)
	write(t, path("larger"), strings.Repeat("k", largestKeyFile+1), 0o600)
	if err := syscall.Mkfifo(path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		length  int
		shared  bool
		problem string
	}{
		"own":     {7, false, ""},
		"group":   {7, true, ""},
		"others":  {7, true, ""},
		"largest": {largestKeyFile, false, ""},
		"larger":  {0, false, "it is too large"},
		"missing": {0, false, "no such file or directory"},
		"pipe":    {0, false, "it is no regular file"},
		".":       {0, false, "it is no regular file"},
	} {
		text, shared, problem := New().KeyFile(path(name))
		if len(text) != want.length || shared != want.shared || problem != want.problem {
			t.Errorf("%s: %d bytes, shared %v, problem %q; want %+v", name, len(text), shared, problem, want)
		}
	}
}
