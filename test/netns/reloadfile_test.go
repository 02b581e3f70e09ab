package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReloadFileIsThereWhileReloading: whoever watches its directory sees it come and go; one that an earlier run has
// left is removed at the start. What is wrong with a file that is refused stands where reload_check_config says.
func TestReloadFileIsThereWhileReloading(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	marker, findings := filepath.Join(dir, "reload"), filepath.Join(dir, "findings")
	check(t, os.WriteFile(marker, nil, 0o600))
	r := newSite(t, "subject").router(0, subjectProgram(t))
	configuration := fmt.Sprintf("global_defs {\n reload_file %s\n reload_check_config %s\n}\n", marker, findings) +
		quick("VI", 51, "eth0", "", "10.9.0.100/24")
	r.start(configuration)
	r.waitLine(0, "(VI) Entering MASTER STATE")
	gone := func() bool { _, err := os.Stat(marker); return errors.Is(err, fs.ErrNotExist) }
	waitUntil(t, gone, func() string { return "the file of an earlier run is still there" })

	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	check(t, err)
	defer unix.Close(watch)
	_, err = unix.InotifyAddWatch(watch, dir, unix.IN_CREATE)
	check(t, err)
	check(t, r.daemon.Reload(strings.Replace(configuration, "priority 150", "priority 999", 1)))
	r.waitLine(0, "New config failed validation, see "+findings+" for details")
	text, err := os.ReadFile(findings)
	check(t, err)
	if !strings.Contains(string(text), "999") {
		t.Errorf("the findings are %q", text)
	}
	line := r.daemon.Log.Mark()
	check(t, r.daemon.Reload(configuration))
	r.waitLine(line, "Reload complete")
	waitUntil(t, gone, func() string { return "the file is still there after the reload" })
	if text, err := os.ReadFile(findings); err != nil || len(text) != 0 {
		t.Errorf("the findings of a good file are %q, %v", text, err)
	}
	buffer := make([]byte, 4096)
	if n, err := unix.Read(watch, buffer); err != nil || !strings.Contains(string(buffer[:n]), "reload\x00") {
		t.Errorf("the file was never made: %v", err)
	}
}
