package netns

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Signals by number, as monitoring sends them: glibc's SIGRTMIN+2 asks for JSON.
const signalJSON = syscall.Signal(36)

func TestPidFilesNameTheProcessAndGuardIt(t *testing.T) {
	t.Parallel()
	configuration := reloadDialect.configuration(highPriority, "", "")
	r := newReloadedMaster(t, configuration)
	parent, vrrp := filepath.Join(r.daemon.Dir, "parent.pid"), filepath.Join(r.daemon.Dir, "vrrp.pid")
	text, err := os.ReadFile(parent)
	check(t, err)
	if want := fmt.Sprintf("%d\n", r.daemon.Pid()); string(text) != want {
		t.Errorf("%s contains %q, want %q", parent, text, want)
	}
	_, err = os.Stat(vrrp)
	check(t, err)

	again, err := r.host.Start(r.program, t.TempDir(), configuration, "-p", parent, "-r", vrrp)
	check(t, err)
	t.Cleanup(again.Close)
	ctx, cancel := deadline(t)
	defer cancel()
	if _, err := again.Log.Wait(ctx, 0, "daemon is already running"); err != nil {
		t.Error(err)
	}
	select {
	case <-again.Exited():
		if code := again.ExitCode(); code != 0 {
			t.Errorf("the second daemon's exit code is %d, want 0", code)
		}
	case <-ctx.Done():
		t.Error("the second daemon keeps running")
	}

	r.stop()
	for _, file := range []string{parent, vrrp} {
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("%s is still there after the stop (%v)", file, err)
		}
	}
}

// dump sends a signal and returns the file that comes of it.
func (r *router) dump(signal syscall.Signal, name string) string {
	r.t.Helper()
	path := filepath.Join(r.daemon.Dir, name)
	check(r.t, r.daemon.Signal(signal))
	waitUntil(r.t, func() bool { info, err := os.Stat(path); return err == nil && info.Size() > 0 },
		func() string { return fmt.Sprintf("%s did not come:\n%s", path, r.daemon.Log) })
	info, err := os.Stat(path)
	check(r.t, err)
	if info.Mode().Perm() != 0o600 {
		r.t.Errorf("%s has mode %o, want 600", name, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	check(r.t, err)
	return string(text)
}

// expectInOrder checks that the lines occur in text, in this order.
func expectInOrder(t *testing.T, text string, lines ...string) {
	t.Helper()
	rest := text
	for _, line := range lines {
		_, after, found := strings.Cut(rest, line+"\n")
		if !found {
			t.Fatalf("no line %q after those before it in\n%s", line, text)
		}
		rest = after
	}
}

func TestStatisticsDump(t *testing.T) {
	t.Parallel()
	r := newReloadedMaster(t, reloadDialect.configuration(highPriority, "", ""))
	expectInOrder(t, r.dump(syscall.SIGUSR2, "keepalived.stats"),
		"VRRP Instance: VI", "  Advertisements:", "    Received: 0", "  Became master: 1", "  Released master: 0",
		"  Packet Errors:", "    Length: 0", "    TTL: 0", "    Invalid Type: 0", "    Advertisement Interval: 0",
		"    Address List: 0", "  Authentication Errors:", "    Invalid Type: 0", "    Type Mismatch: 0", "    Failure: 0",
		"  Priority Zero:", "    Received: 0", "    Sent: 0")
}

func TestDataDump(t *testing.T) {
	t.Parallel()
	r := newReloadedMaster(t, reloadDialect.configuration(highPriority, "", ""))
	expectInOrder(t, r.dump(syscall.SIGUSR1, "keepalived.data"),
		"------< Global definitions >------", "------< VRRP Topology >------", " VRRP Instance = VI", "   VRRP Version = 3",
		"   State = MASTER", "   Wantstate = MASTER", "   Interface = eth0", "   Gratuitous ARP delay = 5",
		"   Virtual Router ID = 51", "   Priority = 150", "   Effective priority = 150", "   Advert interval = 100 milli-sec",
		"   Virtual IP (2):", "     10.9.0.100/24 dev eth0 scope global set", "     10.9.0.101 dev eth0 scope global set")
	if _, err := os.Stat(filepath.Join(r.daemon.Dir, "keepalived_parent.data")); err != nil {
		waitUntil(t, func() bool {
			_, err := os.Stat(filepath.Join(r.daemon.Dir, "keepalived_parent.data"))
			return err == nil
		}, func() string { return "keepalived_parent.data did not come" })
	}
}

func TestJSONDump(t *testing.T) {
	t.Parallel()
	r := newReloadedMaster(t, reloadDialect.configuration(highPriority, "", ""))
	var instances []struct {
		Data struct {
			Name     string   `json:"iname"`
			State    int      `json:"state"`
			VRID     int      `json:"vrid"`
			Priority int      `json:"effective_priority"`
			Interval float64  `json:"adver_int"`
			VIPs     []string `json:"vips"`
		} `json:"data"`
		Stats map[string]int `json:"stats"`
	}
	text := r.dump(signalJSON, "keepalived.json")
	check(t, json.Unmarshal([]byte(text), &instances))
	if len(instances) != 1 {
		t.Fatalf("%d instances in %s", len(instances), text)
	}
	data, stats := instances[0].Data, instances[0].Stats
	if data.Name != "VI" || data.State != 2 || data.VRID != 51 || data.Priority != 150 || data.Interval != 0.1 || len(data.VIPs) != 2 {
		t.Errorf("data: %+v", data)
	}
	if stats["become_master"] != 1 || stats["advert_sent"] == 0 || stats["release_master"] != 0 {
		t.Errorf("stats: %v", stats)
	}
}
