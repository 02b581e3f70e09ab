package pidfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "wait" { // a live process for the tests, until its stdin ends
		os.Stdout.WriteString("up\n")
		os.Stdin.Read(make([]byte, 1))
		return
	}
	os.Exit(m.Run())
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAcquireWritesRemoveRemoves(t *testing.T) {
	if err := (*File)(nil).Remove(); err != nil {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "keepalived.pid")
	defer syscall.Umask(syscall.Umask(0o177)) // the daemon's; monitoring must read the file all the same
	file, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := content(t, path), fmt.Sprintf("%d\n", os.Getpid()); got != want {
		t.Errorf("content %q, want %q", got, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, error %v; want 0644", info.Mode(), err)
	}
	for range 2 {
		if err := file.Remove(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Remove: %v", err)
	}
}

func TestSecondStartIsDetected(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keepalived.pid")
	first, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := Acquire(path); !errors.Is(err, ErrRunning) {
		t.Errorf("second start: %v, want %v", err, ErrRunning)
	} else if err := second.Remove(); err != nil { // nothing is its to remove
		t.Error(err)
	}
	if got := content(t, path); got == "" {
		t.Error("the second start emptied the first one's file")
	}
	if err := first.Remove(); err != nil {
		t.Fatal(err)
	}
	third, err := Acquire(path)
	if err != nil {
		t.Errorf("start after the stop: %v", err)
	}
	third.Remove()
}

func TestStaleFileIsTakenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keepalived.pid")
	// No process has this number; the text is longer than ours may be.
	for _, text := range []string{"999999999\n\n\n", "", "no number", fmt.Sprintf("%d\n", os.Getpid())} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := Acquire(path)
		if err != nil {
			t.Fatalf("over %q: %v", text, err)
		}
		if got, want := content(t, path), fmt.Sprintf("%d\n", os.Getpid()); got != want {
			t.Errorf("over %q: content %q, want %q", text, got, want)
		}
		file.Remove()
	}
}

// process starts a program of that name which lives until the test ends.
func process(t *testing.T, name string) int {
	t.Helper()
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, self, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "wait")
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	if _, err := stdout.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func TestKeepalivedWithoutLockIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keepalived.pid")
	for name, running := range map[string]bool{"keepalived": true, "bystander": false} {
		if err := os.WriteFile(path, fmt.Appendln(nil, process(t, name)), 0o644); err != nil {
			t.Fatal(err)
		}
		file, err := Acquire(path)
		if errors.Is(err, ErrRunning) != running {
			t.Errorf("the file names a live %s: %v", name, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
		file.Remove()
	}
}

func TestUnwritableFileIsAnErrorToLiveWith(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/proc/keepalived.pid", "/dev/full", dir, link} {
		file, err := Acquire(path)
		if err == nil || errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one that names it", path, err)
		}
		if path == "/dev/full" {
			continue // it is the machine's, and Remove would be right to remove it
		}
		if err := file.Remove(); err != nil {
			t.Errorf("%s: remove: %v", path, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "target")); err == nil {
		t.Error("the link was followed")
	}
}

func TestRemoveLeavesAnotherDaemonsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keepalived.pid")
	file, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	if err := os.WriteFile(path, []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := file.Remove(); err != nil {
		t.Error(err)
	}
	if got := content(t, path); got != "1\n" {
		t.Errorf("the other file has %q", got)
	}
}

func TestDirectoryIsMadeForAllToRead(t *testing.T) {
	dir := t.TempDir()
	defer syscall.Umask(syscall.Umask(0o177))
	file, err := Acquire(filepath.Join(dir, "made", "too", "keepalived.pid"))
	if err != nil {
		t.Error(err)
	}
	for _, name := range []string{"made", "made/too"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v; want mode 0755", name, info, err)
		}
	}
	if err := file.Remove(); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		settings     Settings
		parent, vrrp string
	}{
		{Settings{}, "/run/keepalived.pid", "/run/keepalived_vrrp.pid"},
		{Settings{PID: "/p"}, "/p", "/run/keepalived_vrrp.pid"},
		{Settings{VRRPPID: "/v", Instance: "i"}, "/run/keepalived/keepalived_i.pid", "/v"},
		{Settings{Instance: "foo"}, "/run/keepalived/keepalived_foo.pid", "/run/keepalived/keepalived_vrrp_foo.pid"},
		{Settings{Namespace: "bar"}, "/run/keepalived/bar/keepalived.pid", "/run/keepalived/bar/keepalived_vrrp.pid"},
		{Settings{Namespace: "bar", Instance: "foo"}, "/run/keepalived/bar/keepalived_foo.pid", "/run/keepalived/bar/keepalived_vrrp_foo.pid"},
		{Settings{UsePIDDir: true}, "/run/keepalived/keepalived.pid", "/run/keepalived/keepalived_vrrp.pid"},
	} {
		if parent, vrrp := c.settings.Names(); parent != c.parent || vrrp != c.vrrp {
			t.Errorf("%+v: %s, %s; want %s, %s", c.settings, parent, vrrp, c.parent, c.vrrp)
		}
	}
	for want, settings := range map[string]Settings{
		"/run/keepalived_bfd.pid": {}, "/b": {BFDPID: "/b", Instance: "i"}, "/run/keepalived/bar/keepalived_bfd_foo.pid": {Namespace: "bar", Instance: "foo"},
	} {
		if got := settings.BFDName(); got != want {
			t.Errorf("%+v: %s, want %s", settings, got, want)
		}
	}
}
