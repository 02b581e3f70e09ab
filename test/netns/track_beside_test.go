package netns

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/test/peers"
)

// act is something that happens, and the lines of the log that follow on it.
type act struct {
	name string
	do   func(*stage) error
	want []string
}

// play does what is to be done, one after the other, with govrrpd and with keepalived, which must both say the same
// in the lines that are given, and no other lines about priorities, which only 2.2.7 counts anew at a reload.
func play(t *testing.T, start func(*stage), acts []act) {
	for name, program := range map[string]peers.Program{"govrrpd": subjectProgram(t), "keepalived": peers.Need(t, "keepalived")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newStage(t, program)
			start(st)
			for _, a := range acts {
				from := st.daemon.Log.Mark()
				check(t, a.do(st))
				for _, want := range a.want {
					st.waitLine(from, want)
				}
				for _, line := range st.daemon.Log.Lines()[from:] {
					told := func(want string) bool { return strings.Contains(line.Text, want) }
					if told("effective priority") && !slices.Contains(a.want, "Reloading") && !slices.ContainsFunc(a.want, told) {
						t.Errorf("%s: unexpected line %q", a.name, line.Text)
					}
				}
			}
			st.stop()
		})
	}
}

// writing is a file that gets a new content, in the directory of the stage.
func writing(name, text string) func(*stage) error {
	return func(st *stage) error { return os.WriteFile(filepath.Join(st.dir, name), []byte(text), 0o644) }
}

// TestTrackFilesBesideKeepalived: numbers as C reads them, weights, faults, and files that come and go.
func TestTrackFilesBesideKeepalived(t *testing.T) {
	t.Parallel()
	play(t, func(st *stage) {
		for name, text := range map[string]string{"a": "3\n", "reverse": "1", "fault": "0"} {
			check(st.t, writing(name, text)(st))
		}
		st.start("track_file A {\n file " + st.dir + "/a\n weight 2\n}\n" +
			"track_file R {\n file " + st.dir + "/reverse\n weight 5 reverse\n}\n" +
			"track_file Z {\n file " + st.dir + "/fault\n weight 0\n}\n" +
			"track_file I {\n file " + st.dir + "/made\n weight 1\n init_file 9\n}\n" +
			quick("A", 51, "eth0", "track_file {\n A\n R\n I\n }", "10.9.0.100/24") +
			quick("B", 52, "eth0", "track_file {\n Z\n }", "10.9.0.101/24") +
			quick("C", 53, "eth0", "track_file {\n A weight 10 reverse\n }", "10.9.0.102/24"))
		st.waitLine(0, "(A) Changing effective priority from 150 to 160") // 2*3 - 5*1 + 9
		st.waitLine(0, "(C) Changing effective priority from 150 to 120")
		st.waitLine(0, "(A) Entering MASTER STATE")
		st.waitLine(0, "(B) Entering MASTER STATE")
		st.waitLine(0, "(C) Entering MASTER STATE")
	}, []act{
		{"what follows the number is ignored", writing("a", "10 junk\n"),
			[]string{"(A) Changing effective priority from 160 to 174", "(C) Changing effective priority from 120 to 50"}},
		{"hexadecimal, and too much", writing("a", "0x10"),
			[]string{"(A) Changing effective priority from 174 to 186", "(C) Changing effective priority from 50 to 1"}},
		{"octal", writing("a", "010\n"),
			[]string{"(A) Changing effective priority from 186 to 170", "(C) Changing effective priority from 1 to 70"}},
		{"negative", writing("a", " -5"),
			[]string{"(A) Changing effective priority from 170 to 144", "(C) Changing effective priority from 70 to 200"}},
		{"no number", writing("a", "junk"),
			[]string{"(A) Changing effective priority from 144 to 154", "(C) Changing effective priority from 200 to 150"}},
		{"out of range", writing("a", "99999999999"), []string{"Invalid number 99999999999 read from "}},
		{"moved there", func(st *stage) error {
			check(st.t, writing("other", "4")(st))
			return os.Rename(filepath.Join(st.dir, "other"), filepath.Join(st.dir, "a"))
		}, []string{"(A) Changing effective priority from 154 to 162", "(C) Changing effective priority from 150 to 110"}},
		{"removed", func(st *stage) error { return os.Remove(filepath.Join(st.dir, "a")) },
			[]string{"(A) Changing effective priority from 162 to 154", "(C) Changing effective priority from 110 to 150"}},
		{"exactly -254", writing("a", "-127"),
			[]string{"(A): tracked file A now FAULT state", "(A) Entering FAULT STATE", "(C) Changing effective priority from 150 to 254"}},
		{"as before", writing("a", "0"),
			[]string{"(A): tracked file A leaving FAULT state", "(A) Entering BACKUP STATE", "(C) Changing effective priority from 254 to 150"}},
		{"reverse", writing("reverse", "-3"), []string{"(A) Changing effective priority from 154 to 174"}},
		{"not zero", writing("fault", "1"), []string{"(B): tracked file Z now FAULT state", "(B) Entering FAULT STATE"}},
		{"zero", writing("fault", "0"), []string{"(B): tracked file Z leaving FAULT state", "(B) Entering BACKUP STATE", "(B) Entering MASTER STATE"}},
	})
}

// link sets the second link of the router up or down.
func link(up bool) func(*stage) error {
	return func(st *stage) error { return st.host.SetLink("eth1", up) }
}

// TestTrackInterfacesBesideKeepalived: with and without weights, of instances and of sync groups.
func TestTrackInterfacesBesideKeepalived(t *testing.T) {
	t.Parallel()
	play(t, func(st *stage) {
		tracking := func(name string, vrid int, entry, vip string) string {
			return quick(name, vrid, "eth0", "track_interface {\n eth1 "+entry+"\n }", vip)
		}
		st.start(tracking("PLUS", 51, "weight 10", "10.9.0.100/24") + tracking("MINUS", 52, "weight -30", "10.9.0.101/24") +
			tracking("FAULT", 53, "", "10.9.0.102/24") + tracking("REVERSE", 54, "weight 20 reverse", "10.9.0.103/24") +
			"vrrp_sync_group G {\n group {\n E\n F\n }\n track_interface {\n eth1\n }\n}\n" +
			quick("E", 55, "eth0", "", "10.9.0.104/24") + quick("F", 56, "eth0", "", "10.9.0.105/24") +
			"vrrp_sync_group H {\n group {\n I\n J\n }\n sync_group_tracking_weight\n track_interface {\n eth1 weight 7\n }\n}\n" +
			quick("I", 57, "eth0", "", "10.9.0.106/24") + quick("J", 58, "eth0", "", "10.9.0.107/24"))
		st.waitLine(0, "(PLUS) Changing effective priority from 150 to 160")
		st.waitLine(0, "(REVERSE) Changing effective priority from 150 to 130")
		st.waitLine(0, "(I) Changing effective priority from 150 to 157")
		st.waitLine(0, "(J) Changing effective priority from 150 to 157")
		for _, name := range []string{"PLUS", "MINUS", "FAULT", "REVERSE", "E", "F", "I", "J"} {
			st.waitLine(0, "("+name+") Entering MASTER STATE")
		}
	}, []act{
		{"down", link(false), []string{
			"(PLUS) Changing effective priority from 160 to 150", "(MINUS) Changing effective priority from 150 to 120",
			"(FAULT) Entering FAULT STATE", "(REVERSE) Changing effective priority from 130 to 150",
			"(E) Entering FAULT STATE", "(F) Entering FAULT STATE", "VRRP_Group(G) Syncing instances to FAULT state",
			"(I) Changing effective priority from 157 to 150", "(J) Changing effective priority from 157 to 150"}},
		{"up", link(true), []string{
			"(PLUS) Changing effective priority from 150 to 160", "(MINUS) Changing effective priority from 120 to 150",
			"(FAULT) Entering BACKUP STATE", "(REVERSE) Changing effective priority from 150 to 130",
			"VRRP_Group(G) Syncing instances to BACKUP state", "(FAULT) Entering MASTER STATE",
			"(E) Entering MASTER STATE", "(F) Entering MASTER STATE", "VRRP_Group(G) Syncing instances to MASTER state",
			"(I) Changing effective priority from 150 to 157", "(J) Changing effective priority from 150 to 157"}},
	})
}

// TestTrackScriptsBesideKeepalived: rise and fall, weights, a file that can be opened, a script that hangs, and what
// a reload keeps.
func TestTrackScriptsBesideKeepalived(t *testing.T) {
	t.Parallel()
	configuration := func(st *stage) string {
		check(st.t, os.WriteFile(filepath.Join(st.dir, "test"), []byte("#!/bin/sh\ntest -e "+st.dir+"/flag\n"), 0o755))
		check(st.t, os.WriteFile(filepath.Join(st.dir, "slow"), []byte("#!/bin/sh\ntest -e "+st.dir+"/hang && exec sleep 100\nexit 0\n"), 0o755))
		return "global_defs {\n script_user root\n}\n" +
			"vrrp_script TWICE {\n script " + st.dir + "/test\n interval 1\n rise 2\n fall 2\n weight 10\n}\n" +
			"vrrp_script REVERSE {\n script " + st.dir + "/test\n interval 1\n weight -20 reverse\n}\n" +
			"vrrp_script OPEN {\n script \"<" + st.dir + "/flag\"\n interval 1\n weight 5\n init_fail\n}\n" +
			"vrrp_script SLOW {\n script " + st.dir + "/slow\n interval 2\n timeout 1\n}\n" +
			quick("A", 51, "eth0", "track_script {\n TWICE\n }", "10.9.0.100/24") +
			quick("B", 52, "eth0", "track_script {\n REVERSE\n }", "10.9.0.101/24") +
			quick("C", 53, "eth0", "track_script {\n OPEN\n }", "10.9.0.102/24") +
			quick("D", 54, "eth0", "track_script {\n SLOW\n }", "10.9.0.103/24")
	}
	reload := []string{"Reloading", "VRRP_Script(TWICE) considered unsuccessful on reload", "VRRP_Script(REVERSE) considered unsuccessful on reload",
		"VRRP_Script(OPEN) considered unsuccessful on reload", "VRRP_Script(SLOW) considered successful on reload"}
	play(t, func(st *stage) {
		st.start(configuration(st))
		st.waitLine(0, "Script `TWICE` now returning 1")
		st.waitLine(0, "VRRP_Script(TWICE) failed (exited with status 1)")
		st.waitLine(0, "VRRP_Script(OPEN) failed (exited with status 2)")
		st.waitLine(0, "(B) Changing effective priority from 150 to 170")
		st.waitLine(0, "VRRP_Script(SLOW) succeeded")
		st.waitLine(0, "(D) Entering BACKUP STATE")
		for _, name := range []string{"A", "B", "C", "D"} {
			st.waitLine(0, "("+name+") Entering MASTER STATE")
		}
	}, []act{
		{"success", writing("flag", ""), []string{"Script `TWICE` now returning 0", "VRRP_Script(TWICE) succeeded",
			"(A) Changing effective priority from 150 to 160", "VRRP_Script(REVERSE) succeeded", "(B) Changing effective priority from 170 to 150",
			"VRRP_Script(OPEN) succeeded", "(C) Changing effective priority from 150 to 155"}},
		{"failure", func(st *stage) error { return os.Remove(filepath.Join(st.dir, "flag")) }, []string{"Script `TWICE` now returning 1",
			"VRRP_Script(TWICE) failed (exited with status 1)", "(A) Changing effective priority from 160 to 150",
			"VRRP_Script(REVERSE) failed (exited with status 1)", "(B) Changing effective priority from 150 to ",
			"VRRP_Script(OPEN) failed (exited with status 2)", "(C) Changing effective priority from 155 to 150"}},
		{"hang", writing("hang", ""), []string{"VRRP_Script(SLOW) timed_out", "(D) Entering FAULT STATE"}},
		{"no more", func(st *stage) error { return os.Remove(filepath.Join(st.dir, "hang")) },
			[]string{"VRRP_Script(SLOW) succeeded", "(D) Entering BACKUP STATE", "(D) Entering MASTER STATE"}},
		{"reload", func(st *stage) error { return st.daemon.Reload(configuration(st)) }, reload},
	})
}
