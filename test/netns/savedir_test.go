package netns

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfigurationsAreKept: what was read at the start and at each reload, with the state before and after it, for
// nobody else's eyes.
func TestConfigurationsAreKept(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	dir := filepath.Join(t.TempDir(), "kept")
	configuration := func(vip string) string {
		return "global_defs {\n config_save_dir " + dir + "\n}\n" + quick("VI", 51, "eth0", "", vip)
	}
	r.start(configuration("10.9.0.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	line := r.daemon.Log.Mark()
	check(t, r.daemon.Reload(configuration("10.9.0.101/24")))
	r.waitLine(line, "Reload complete")
	check(t, r.daemon.Reload(configuration("10.9.0.102/24")+"nonsense\n")) // refused, and kept all the same
	r.waitLine(line, "the running one stays in force")

	pid := r.daemon.Pid()
	want := map[string]string{
		fmt.Sprintf("keepalived.conf.%d.0", pid):      "10.9.0.100/24",
		fmt.Sprintf("keepalived.conf.%d.1", pid):      "10.9.0.101/24",
		fmt.Sprintf("keepalived.conf.%d.2", pid):      "nonsense",
		fmt.Sprintf("keepalived_vrrp.%d.1.pre", pid):  "     10.9.0.100/24 dev eth0 scope global set\n",
		fmt.Sprintf("keepalived_vrrp.%d.1.post", pid): "     10.9.0.101/24 dev eth0 scope global set\n",
	}
	names := func() (list []string) {
		entries, err := os.ReadDir(dir)
		check(t, err)
		for _, entry := range entries {
			list = append(list, entry.Name())
			if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, mode %v", entry.Name(), err, info.Mode())
			}
		}
		return list
	}
	waitUntil(t, func() bool { return len(names()) == len(want) }, func() string { return fmt.Sprintf("there are %q", names()) })
	for name, text := range want {
		content, err := os.ReadFile(filepath.Join(dir, name))
		check(t, err)
		if !strings.Contains(string(content), text) {
			t.Errorf("no %q in %s:\n%s", text, name, content)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%s: %v, mode %v", dir, err, info.Mode())
	}
	r.stop()
}

// TestWhatAReloadCannotChange: the reload is refused with keepalived's words, and what runs goes on.
func TestWhatAReloadCannotChange(t *testing.T) {
	t.Parallel()
	instance := quick("VI", 51, "eth0", "", "10.9.0.100/24")
	r := startMaster(t, instance, "VI")
	for _, test := range []struct{ lines, what string }{
		{"net_namespace blue\n", "network namespace"},
		{"instance other\n", "instance name"},
		{"global_defs {\n nftables other\n}\n", "nftables table name"},
		{"global_defs {\n tmp_config_directory /tmp\n}\n", "config_directory"},
		{"global_defs {\n disable_local_igmp\n}\n", "disable_local_igmp"},
	} {
		line := r.daemon.Log.Mark()
		check(t, r.daemon.Reload(test.lines+instance))
		r.waitLine(line, "Cannot change "+test.what+" at a reload - please restart keepalived")
	}
	if n := r.daemon.Log.Count(0, "(VI) Entering"); n != 2 {
		t.Errorf("VI changed its state %d times, want 2:\n%s", n, r.daemon.Log)
	}
	line := r.daemon.Log.Mark()
	check(t, r.daemon.Reload("use_pid_dir\n"+instance))
	r.waitLine(line, "Reload complete")
	r.stop()
}
