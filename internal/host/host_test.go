package host

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/script"
)

var _ config.Host = (*Host)(nil)

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestTableFilesOfTheAdministratorWin(t *testing.T) {
	root := t.TempDir()
	h := New()
	h.MoveTables(filepath.Join(root, "etc"), "")
	h.MoveTables("", filepath.Join(root, "usr"))
	write(t, filepath.Join(h.Usr, "rt_tables"), "1 usr\n", 0o644)
	write(t, filepath.Join(h.Usr, "rt_protos"), "5 only-usr\n", 0o644)
	write(t, filepath.Join(h.Etc, "rt_tables"), "# names\n0x10 hex # ten\n010 octal\nx bad\n1 two words\n\n7\n-1 minus\n", 0o644)
	write(t, filepath.Join(h.Usr, "rt_tables.d/a.conf"), "20 usr-a\n", 0o644)
	write(t, filepath.Join(h.Usr, "rt_tables.d/b.conf"), "21 usr-b\n", 0o644)
	write(t, filepath.Join(h.Etc, "rt_tables.d/b.conf"), "22 etc-b\n", 0o644)
	write(t, filepath.Join(h.Etc, "rt_tables.d/.hidden.conf"), "23 hidden\n", 0o644)
	write(t, filepath.Join(h.Etc, "rt_tables.d/other"), "24 other\n", 0o644)
	want := []config.NamedNumber{{Number: 16, Name: "hex"}, {Number: 8, Name: "octal"}, {Number: 20, Name: "usr-a"}, {Number: 22, Name: "etc-b"}}
	if got := h.TableFile("rt_tables"); !slices.Equal(got, want) {
		t.Errorf("rt_tables: got %v, want %v", got, want)
	}
	if got := h.TableFile("rt_protos"); len(got) != 1 || got[0].Name != "only-usr" {
		t.Errorf("rt_protos: got %v", got)
	}
	if got := h.TableFile("rt_realms"); len(got) != 0 {
		t.Errorf("rt_realms: got %v of no file", got)
	}
}

func TestLoopbackIsKnown(t *testing.T) {
	h := New()
	lo, ok := h.Interface("lo")
	if !ok || !lo.Loopback || lo.Ethernet || lo.Index == 0 {
		t.Errorf("lo: got %+v, %v", lo, ok)
	}
	if _, ok := h.Interface("no such name"); ok {
		t.Error("an interface that cannot be is there")
	}
}

func TestRootIsKnown(t *testing.T) {
	h := New()
	if uid, gid, ok := h.User("root"); !ok || uid != 0 || gid != 0 {
		t.Errorf("root: got %d, %d, %v", uid, gid, ok)
	}
	if gid, ok := h.Group("root"); !ok || gid != 0 {
		t.Errorf("group root: got %d, %v", gid, ok)
	}
	if groups := h.UserGroups("root"); !slices.Contains(groups, 0) {
		t.Errorf("groups of root: got %v", groups)
	}
	if _, _, ok := h.User("no such user"); ok {
		t.Error("a user that cannot be is there")
	}
}

func TestScriptProblemsAreTold(t *testing.T) {
	root := t.TempDir()
	me := config.User{UID: uint32(os.Getuid()), GID: uint32(os.Getgid()) + 1}
	h := &Host{checker: script.Checker{Root: root, Owner: me.UID}}
	write(t, filepath.Join(root, "bin/good"), "#!/bin/sh\n", 0o755)
	write(t, filepath.Join(root, "bin/plain"), "text\n", 0o644)
	write(t, filepath.Join(root, "bin/open"), "#!/bin/sh\n", 0o755)
	for _, path := range []string{"", "bin", "bin/good"} {
		if err := os.Chmod(filepath.Join(root, path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(root, "bin/open"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path string
		user config.User
		want config.ScriptProblem
	}{
		{"/bin/good", config.User{}, config.ScriptOK},
		{"/bin/good", me, config.ScriptOK},
		{"/bin/plain", me, config.ScriptNotExecutable},
		{"/bin/absent", me, config.ScriptNotFound},
		{"/bin/open", config.User{}, config.ScriptInsecure},
	} {
		resolved, problem, detail := h.CheckScript(tt.path, tt.user)
		if problem != tt.want || resolved != tt.path || (detail == "") != (problem == config.ScriptOK) {
			t.Errorf("%s: got %q, %d, %q", tt.path, resolved, problem, detail)
		}
	}
}

func TestFilesThatCannotBeWatched(t *testing.T) {
	h := New()
	if got := h.DirectoryProblem(filepath.Join(t.TempDir(), "file")); got != "" {
		t.Errorf("a temporary directory: %s", got)
	}
	for path, word := range map[string]string{
		"/proc/self/status":      "proc",
		"/no/such/folder/file":   "does not exist",
		"/etc/passwd/not-a-file": "directory",
	} {
		if got := h.DirectoryProblem(path); !strings.Contains(got, word) {
			t.Errorf("%s: got %q, want %q in it", path, got, word)
		}
	}
}

func TestUptimePasses(t *testing.T) {
	h := New()
	if before, after := h.Uptime(), h.Uptime(); before <= 0 || after < before {
		t.Errorf("uptime: %v, then %v", before, after)
	}
	if h.Hostname() == "" {
		t.Error("no host name")
	}
}
