package netns

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// recordLines reads the lines that scripts have written so far.
func recordLines(path string) []string {
	text, _ := os.ReadFile(path) // there is none before the first
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// waitRecord waits until scripts have written these lines.
func waitRecord(t *testing.T, path string, want ...string) {
	t.Helper()
	waitUntil(t, func() bool { return slices.Equal(recordLines(path), want) },
		func() string {
			return "the scripts wrote\n" + strings.Join(recordLines(path), "\n") + "\nwant\n" + strings.Join(want, "\n")
		})
}

// TestScriptsReadTheEventAsJSON: on their standard input, as anybody, however they read it, if they do.
func TestScriptsReadTheEventAsJSON(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "record")
	catch := script(t, "exec cat >> "+record)
	ignore := script(t, "exec sleep 0.01")
	r := newTwoLinks(t)
	r.start("global_defs {\n script_user nobody\n}\nvrrp_sync_group G {\n group {\n VI\n }\n notify \"" + catch + "\" root\n}\n" +
		quick("VI", 51, "eth0", "notify_master \""+catch+"\" root\n notify_backup "+ignore+
			"\n notify_stop \""+catch+"\" root\n virtual_ipaddress_excluded {\n 10.9.5.1/32\n }", "10.9.0.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	r.stop()
	var said []string
	for _, line := range recordLines(record) {
		var account map[string]any
		if err := json.Unmarshal([]byte(line), &account); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		at, err := time.Parse(time.RFC3339Nano, account["time"].(string))
		if err != nil || time.Since(at) > time.Minute || time.Since(at) < 0 {
			t.Errorf("time %v, %v", account["time"], err)
		}
		_, after, _ := strings.Cut(line, `,"type":`)
		said = append(said, after)
	}
	want := []string{
		`"GROUP","name":"G","state":"BACKUP","reason":"start","members":["VI"]}`,
		`"INSTANCE","name":"VI","state":"MASTER","old_state":"BACKUP","reason":"Receive advertisement timeout","priority":150,` +
			`"vrid":51,"vrrp_version":3,"interface":"eth0","family":"IPv4","addresses":["10.9.0.100/24","10.9.5.1/32"]}`,
		`"GROUP","name":"G","state":"MASTER","old_state":"BACKUP","reason":"Receive advertisement timeout","members":["VI"]}`,
		`"INSTANCE","name":"VI","state":"STOP","old_state":"MASTER","reason":"stop","priority":150,` +
			`"vrid":51,"vrrp_version":3,"interface":"eth0","family":"IPv4","addresses":["10.9.0.100/24","10.9.5.1/32"]}`,
		`"GROUP","name":"G","state":"STOP","old_state":"MASTER","reason":"stop","members":["VI"]}`,
	}
	slices.Sort(said)
	slices.Sort(want)
	if !slices.Equal(said, want) {
		t.Errorf("the scripts read\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

// TestSlowScriptsHearTheLastState: what passed meanwhile is left out, and nothing is interrupted.
func TestSlowScriptsHearTheLastState(t *testing.T) {
	t.Parallel()
	record, release := filepath.Join(t.TempDir(), "record"), filepath.Join(t.TempDir(), "release")
	check(t, unix.Mkfifo(release, 0o600))
	slow := script(t, "echo begin $3 $4 >> "+record+"\nread x < "+release+"\necho end $3 >> "+record)
	fifo := filepath.Join(t.TempDir(), "fifo")
	check(t, unix.Mkfifo(fifo, 0o600))
	told, err := os.OpenFile(fifo, os.O_RDWR, 0)
	check(t, err)
	defer told.Close()
	lines := bufio.NewScanner(told)
	r := newTwoLinks(t)
	r.start("global_defs {\n notify_fifo " + fifo + "\n}\n" + quick("VI", 51, "eth0", "notify "+slow, "10.9.0.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	for range 3 {
		line := r.daemon.Log.Mark()
		check(t, r.lan.SetCarrier(r.host, false))
		r.waitLine(line, "(VI) Entering FAULT STATE")
		check(t, r.lan.SetCarrier(r.host, true))
		r.waitLine(line, "(VI) Entering MASTER STATE")
	}
	check(t, told.SetReadDeadline(time.Now().Add(eventTimeout)))
	for range 2 + 3*3 { // each line follows on its scripts
		if !lines.Scan() {
			t.Fatal(lines.Err())
		}
	}
	waitRecord(t, record, "begin BACKUP 150")
	r.waitLine(0, "INSTANCE VI: scripts for MASTER are not run, FAULT has come while they waited for "+slow+" INSTANCE VI BACKUP 150")
	goOn := func() { check(t, os.WriteFile(release, []byte("x\n"), 0)) }
	goOn()
	waitRecord(t, record, "begin BACKUP 150", "end BACKUP", "begin MASTER 150")
	r.waitLine(0, "INSTANCE VI: 9 states passed while "+slow)
	goOn()
	waitRecord(t, record, "begin BACKUP 150", "end BACKUP", "begin MASTER 150", "end MASTER")
	if n := r.daemon.Log.Count(0, "scripts for"); n != 1 {
		t.Errorf("%d lines about dropped scripts, want one", n)
	}
	check(t, r.daemon.Signal(unix.SIGUSR1))
	waitUntil(t, func() bool {
		text, _ := os.ReadFile(filepath.Join(r.daemon.Dir, "keepalived.data"))
		return strings.Contains(string(text), " States that no notify script was told of = 9\n")
	}, func() string { return "keepalived.data does not count them" })
}

// TestNotifyTimeout: a script of a group, an instance, or any is terminated when its time is over, with its children.
func TestNotifyTimeout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hang := script(t, "sleep 600 &\necho $! > "+dir+"/$1\nwait")
	r := newTwoLinks(t)
	r.start("global_defs {\n notify_timeout 1\n}\nvrrp_sync_group G {\n group {\n A\n B\n }\n notify_timeout 2\n notify_backup \"" + hang + " G\"\n}\n" +
		quick("A", 51, "eth0", "notify_backup \""+hang+" A\"", "10.9.0.100/24") +
		quick("B", 52, "eth0", "notify_timeout 0\n notify_backup \""+hang+" B\"", "10.9.0.101/24"))
	first := r.waitLine(0, "INSTANCE A: notify script takes too long, terminating it: "+hang+" A")
	second := r.waitLine(0, "GROUP G: notify script takes too long, terminating it: "+hang+" G")
	if first.At.After(second.At) {
		t.Error("the group's timeout was shorter than the general one")
	}
	gone := func(name string) bool {
		pid, err := os.ReadFile(filepath.Join(dir, name))
		check(t, err)
		_, err = os.Stat("/proc/" + strings.TrimSpace(string(pid)))
		return err != nil
	}
	waitUntil(t, func() bool { return gone("A") && gone("G") }, func() string { return "what the scripts had started still runs" })
	if gone("B") {
		t.Error("notify_timeout 0 ended a script")
	}
	r.stop()
}

// TestOrderlyNotifyCanBeTurnedOff: then it is as with keepalived.
func TestOrderlyNotifyCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "record")
	slow := script(t, "echo $3 $(readlink /proc/$$/fd/0) >> "+record+"\nexec sleep 600")
	r := newTwoLinks(t)
	r.start("global_defs {\n orderly_notify off\n}\n" + quick("VI", 51, "eth0", "notify "+slow, "10.9.0.100/24"))
	waitRecord(t, record, "BACKUP /dev/null", "MASTER /dev/null")
	check(t, r.daemon.Signal(unix.SIGTERM))
}
