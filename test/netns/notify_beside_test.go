package netns

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/test/lab"
)

// TestNotificationsBesideKeepalived: the same calls of scripts in the same order, the same lines of FIFOs and the
// same mails as from keepalived, through the life of instances and groups.
func TestNotificationsBesideKeepalived(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]func(*stage){
		"instance": func(st *stage) {
			st.begin("", quick("VI", 51, "eth0", st.notifyAll("VI"), "10.9.0.100/24"))
			st.wait("VI-any INSTANCE VI MASTER 150", "VI - Entering MASTER state")
			check(st.t, st.lan.SetCarrier(st.host, false))
			st.wait("VI-any INSTANCE VI FAULT 150", "")
			line := st.daemon.Log.Mark()
			check(st.t, st.lan.SetCarrier(st.host, true))
			st.waitLine(line, "(VI) Entering MASTER STATE")
			st.waitMails("VI - Entering MASTER state", 2)
			st.stop()
		},
		"no mails of faults": func(st *stage) {
			st.begin("no_email_faults\n smtp_alert_vrrp\n", quick("VI", 51, "eth0", strings.Replace(st.notifyAll("VI"), "smtp_alert", "", 1), "10.9.0.100/24"))
			st.wait("VI-any INSTANCE VI MASTER 150", "VI - Entering MASTER state")
			check(st.t, st.lan.SetCarrier(st.host, false))
			st.wait("VI-any INSTANCE VI FAULT 150", "")
			line := st.daemon.Log.Mark()
			check(st.t, st.lan.SetCarrier(st.host, true))
			st.waitLine(line, "(VI) Entering MASTER STATE")
			st.waitMails("VI - Entering MASTER state", 2)
			st.stop()
		},
		"group": func(st *stage) {
			st.begin("", "vrrp_sync_group G {\n group {\n A\n B\n }\n"+st.notifyAll("G")+"\n}\n"+
				quick("A", 51, "eth0", st.notifyAll("A"), "10.9.0.100/24")+quick("B", 52, "eth1", st.notifyAll("B"), "10.9.1.100/24"))
			st.wait("G-any GROUP G MASTER 0", "G - Entering MASTER state")
			check(st.t, st.lan.SetCarrier(st.host, false))
			st.wait("G-any GROUP G FAULT 0", "")
			line := st.daemon.Log.Mark()
			check(st.t, st.lan.SetCarrier(st.host, true))
			st.waitLine(line, "VRRP_Group(G) Syncing instances to MASTER state")
			st.waitMails("G - Entering MASTER state", 2)
			st.stop()
		},
		"lower priority": func(st *stage) {
			st.begin("", quick("VI", 51, "eth0", st.notifyAll("VI", "master_rx_lower_pri"), "10.9.0.100/24"))
			st.wait("VI-any INSTANCE VI MASTER 150", "VI - Entering MASTER state")
			injector, err := st.lan.Hosts[1].NewInjector("eth0")
			check(st.t, err)
			st.t.Cleanup(injector.Close)
			lower := lab.Forgery{
				Source: netip.MustParseAddr("10.9.0.2"), Version: 3, VRID: 51, Priority: 50, Interval: 100_000_000,
				Addresses: []netip.Addr{netip.MustParseAddr("10.9.0.100")}, TTL: 255,
			}
			check(st.t, injector.Send(lower.Frame()))
			st.wait("VI-master_rx_lower_pri", "")
			st.stop()
		},
		"priorities": func(st *stage) {
			file := filepath.Join(st.dir, "file")
			check(st.t, os.WriteFile(file, []byte("0"), 0o644))
			st.begin("vrrp_notify_priority_changes\n", "track_file T {\n file "+file+"\n}\n"+
				quick("VI", 51, "eth0", "track_file {\n T weight 1\n }\n"+st.notifyAll("VI"), "10.9.0.100/24"))
			st.wait("VI-any INSTANCE VI MASTER 150", "VI - Entering MASTER state")
			for _, change := range []struct{ value, line string }{{"7", "from 150 to 157"}, {"-20", "from 157 to 130"}} {
				check(st.t, os.WriteFile(file, []byte(change.value), 0o644))
				st.waitLine(0, "Changing effective priority "+change.line)
			}
			check(st.t, os.WriteFile(file, []byte("-254"), 0o644))
			st.wait("VI-any INSTANCE VI FAULT 130", "VI - Entering FAULT state")
			line := st.daemon.Log.Mark()
			check(st.t, os.WriteFile(file, []byte("-20"), 0o644)) // another value would change the priority without a word from 2.2.7
			st.waitLine(line, "(VI) Entering MASTER STATE")
			st.waitMails("VI - Entering MASTER state", 2)
			st.stop()
		},
		"deleted, told as a fault":   deletion("", "GONE-any INSTANCE GONE FAULT 150"),
		"deleted, told as such":      deletion("notify_deleted", "GONE-any INSTANCE GONE DELETED 150"),
		"deleted, with a script too": deletion("notify_deleted SCRIPT", "GONE-any INSTANCE GONE DELETED 150"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			beside(t, story)
		})
	}
}

// deletion is a reload that removes one instance and adds another one.
func deletion(keyword, call string) func(*stage) {
	return func(st *stage) {
		keyword := strings.Replace(keyword, "SCRIPT", st.told("GONE-deleted"), 1)
		kept := quick("KEPT", 51, "eth0", st.notifyAll("KEPT"), "10.9.0.100/24")
		st.begin("", kept+quick("GONE", 52, "eth1", st.notifyAll("GONE")+"\n "+keyword, "10.9.1.100/24"))
		st.wait("KEPT-any INSTANCE KEPT MASTER 150", "KEPT - Entering MASTER state")
		st.wait("GONE-any INSTANCE GONE MASTER 150", "GONE - Entering MASTER state")
		check(st.t, st.daemon.Reload(st.configuration("", kept+quick("NEW", 53, "eth1", st.notifyAll("NEW"), "10.9.1.101/24"))))
		st.wait(call, "")
		st.openFIFOs() // 2.2.7 makes them anew
		st.wait("NEW-any INSTANCE NEW MASTER 150", "NEW - Entering MASTER state")
		st.stop()
	}
}

// TestStartupAndShutdownScripts: they run before and after everything else, and are terminated when they take
// too long; the lines are keepalived's.
func TestStartupAndShutdownScripts(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "record")
	up := script(t, "echo up $1 >> "+record+"\ntrap '' TERM\nsleep 600 & wait; wait")
	down := script(t, "cat /sys/class/net/vrrp.51/address >> "+record+" || echo no device >> "+record+"\nexit 7")
	r := newTwoLinks(t)
	r.start("global_defs {\n startup_script \"" + up + " now\"\n startup_script_timeout 1\n shutdown_script " + down + "\n}\n" +
		quick("VI", 51, "eth0", "use_vmac", "10.9.0.100/24"))
	r.waitLine(0, "Running startup script "+up)
	r.waitLine(0, "startup script timed out")
	r.waitLine(0, "startup script script killed by signal 9")
	r.waitLine(0, "(VI) Entering MASTER STATE")
	if n := r.daemon.Log.Count(0, "Success creating VMAC interface"); n != 1 {
		t.Errorf("%d devices were made", n)
	}
	r.stop()
	r.waitLine(0, "Running shutdown script "+down)
	r.waitLine(0, "shutdown script script failed, status 7")
	waitRecord(t, record, "up now", "no device")
}

// TestScriptsRunAsWithKeepalived: files, groups of processes, signals, priorities, limits, environment.
func TestScriptsRunAsWithKeepalived(t *testing.T) {
	t.Parallel()
	beside(t, func(st *stage) {
		st.told("")
		const path = "/var/local/told/state"
		check(st.t, st.host.Do(func() error {
			return os.WriteFile(path, []byte(`#!/bin/sh
say() { echo "$$ VI-$*" >> `+st.dir+`/calls; }
for fd in /proc/$$/fd/[0-9]; do case $fd in */0|*/1|*/2) ;; *) case $(readlink $fd) in "`+path+`"|pipe:*) ;; *) say "$(basename $fd) $(readlink $fd)";; esac;; esac; done
say "$(readlink /proc/$$/fd/1) $(readlink /proc/$$/fd/2)"
set -- $(sed 's/.*) //' /proc/$$/stat)
say "leads its group: $(test $3 = $$ && echo yes), a session: $(test $4 = $$ && echo yes), terminal $5, priority ${16} ${17} ${38} ${39}"
for line in Umask SigBlk SigIgn Uid Gid CapEff Cpus_allowed_list; do say "$(grep ^$line: /proc/$$/status)"; done
grep -v realtime.timeout /proc/$$/limits | while read line; do say "$line"; done
env | grep -v '^_=\|PWD\|^OLDPWD\|^TMPDIR\|^LD_LIBRARY_PATH' | sort | while read line; do say "$line"; done
say end
`), 0o755)
		}))
		st.begin("vrrp_priority -12\n vrrp_rt_priority 40\n vrrp_no_swap\n umask 027\n", quick("VI", 51, "eth0", "notify_backup "+path, "10.9.0.100/24"))
		st.waitLine(0, "(VI) Entering MASTER STATE")
		st.wait("VI-end", "")
		st.stop()
	})
}

// waitMails waits until so many mails have such a subject.
func (st *stage) waitMails(subject string, count int) {
	st.t.Helper()
	waitUntil(st.t, func() bool {
		n := 0
		for _, m := range st.mail.Mails() {
			if strings.HasSuffix(m.Header("Subject"), subject) {
				n++
			}
		}
		return n == count
	}, func() string { return "no " + subject })
}
