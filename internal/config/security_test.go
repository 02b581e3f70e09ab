package config

import (
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// countingHost counts how often it is asked.
type countingHost struct {
	fakeHost
	checks, interfaces map[string]int
}

func (h countingHost) CheckScript(path string, user User) (string, ScriptProblem, string) {
	h.checks[path]++
	return h.fakeHost.CheckScript(path, user)
}

func (h countingHost) Interface(name string) (Interface, bool) {
	h.interfaces[name]++
	return h.fakeHost.Interface(name)
}

// TestHostIsAskedOnce: thousands of instances name few scripts, users and interfaces.
func TestHostIsAskedOnce(t *testing.T) {
	text := "global_defs {\nenable_script_security\nscript_user user\n}\n" +
		"vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1 }\n" +
		"notify_master /same\nnotify_backup /same user\nnotify_fault /same user group\nnotify_stop /same user :\n}\n" +
		"vrrp_instance B {\ninterface eth0\nvirtual_router_id 2\nvirtual_ipaddress { 192.0.2.2 dev eth0 }\nnotify /same\n}\n"
	host := countingHost{checks: map[string]int{}, interfaces: map[string]int{}}
	c := Decode(syntax.ParseString("keepalived.conf", text, options()), host)
	if len(c.Diagnostics) != 0 {
		t.Errorf("findings:\n%s", printed(c))
	}
	if got := host.checks["/same"]; got != 3 { // for user, user with group, and user with more groups
		t.Errorf("the script was checked %d times, want 3", got)
	}
	if got := host.interfaces["eth0"]; got != 1 {
		t.Errorf("the interface was looked up %d times", got)
	}
}

// TestDroppedScriptsLeaveNothing: a vrrp_script that may not be run is gone from all that track it.
func TestDroppedScriptsLeaveNothing(t *testing.T) {
	c := decode("global_defs {\nenable_script_security\nscript_user root\n}\n" +
		"vrrp_script bad {\nscript /insecure\n}\nvrrp_script good {\nscript /good\n}\n" +
		"vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1 }\ntrack_script {\nbad\ngood\n}\n}\n" +
		"vrrp_instance B {\ninterface eth0\nvirtual_router_id 2\nvirtual_ipaddress { 192.0.2.2 }\n}\n" +
		"vrrp_sync_group G {\ngroup {\nA\nB\n}\ntrack_script {\ngood\nbad\n}\n}\n")
	if len(c.Scripts) != 1 || len(c.Instances[0].TrackScripts) != 1 || len(c.SyncGroups[0].TrackScripts) != 1 {
		t.Errorf("scripts %v, tracked by A %v, by G %v", c.Scripts, c.Instances[0].TrackScripts, c.SyncGroups[0].TrackScripts)
	}
	if c.ExitCode() != 5 || c.Refused() {
		t.Errorf("exit %d, refused %v:\n%s", c.ExitCode(), c.Refused(), printed(c))
	}
}

// Whoever wrote a script_user that does not exist is not told to write one.
func TestScriptUserThatIsThereIsToBeMended(t *testing.T) {
	for global, want := range map[string]string{
		"script_user nosuch":     "mend script_user",
		"enable_script_security": "write script_user",
	} {
		c := decode("global_defs {\n" + global + "\n}\nvrrp_script chk {\nscript /good\n}\n")
		if text := printed(c); !strings.Contains(text, want) {
			t.Errorf("%s: no %q in\n%s", global, want, text)
		}
	}
}
