package netns

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestFootingFollowsTheConfiguration: priority, processors, memory, name and umask of every thread are what the
// configuration says, at the start and after reloads, and programs that we run have none of it but processors and umask.
func TestFootingFollowsTheConfiguration(t *testing.T) {
	t.Parallel()
	if !mayBeRealtime() {
		testFootingRefused(t)
		return
	}
	r := newSite(t, "subject").router(0, subjectProgram(t))
	reports := t.TempDir()
	configuration := func(globals, report string) string {
		return "global_defs {\n script_user root\n enable_script_security\n " + globals + "\n}\n" +
			"vrrp_script ck {\n script \"/bin/sh -c 'echo `cut -d \\\" \\\" -f 19,41 /proc/$$/stat` `ulimit -c` `umask` > " + report + ".new; mv " + report + ".new " + report + "'\"\n interval 1\n weight 1\n}\n" +
			quick("VI", 51, "eth0", "track_script {\n  ck\n }", "10.9.0.100/24")
	}
	for i, step := range []struct {
		globals string
		want    footing
		script  string // nice value, policy, limit for core files, umask
	}{
		{"vrrp_rt_priority 20\n vrrp_priority -5\n vrrp_no_swap\n vrrp_process_name vrrp one\n umask 022", footing{20, 0, true, "vrrp"}, "0 0 0 0022"},
		{"vrrp_priority -7\n process_name both", footing{0, -7, false, "both"}, "0 0 0 0022"},
		{"vrrp_rt_priority 30\n process_names\n umask IRWXG|IRWXO", footing{30, 0, false, "keepalived_vrrp"}, "0 0 0 0077"},
		{"", footing{0, 0, false, filepath.Base(r.program.Path)}, "0 0 0 0077"},
	} {
		report := filepath.Join(reports, fmt.Sprint(i))
		if i == 0 {
			r.start(configuration(step.globals, report), "--core-dump")
			r.waitLine(0, "(VI) Entering MASTER STATE")
		} else {
			line := r.daemon.Log.Mark()
			check(t, r.daemon.Reload(configuration(step.globals, report)))
			r.waitLine(line, "Reload complete")
		}
		r.expectFooting(step.want)
		if got := strings.TrimSpace(waitText(t, report)); got != step.script {
			t.Errorf("%q: programs run with %q, want %q", step.globals, got, step.script)
		}
		r.expectFooting(step.want) // also of threads that are there since the program was run
		var core unix.Rlimit
		check(t, unix.Prlimit(r.daemon.Pid(), unix.RLIMIT_CORE, nil, &core))
		if core.Cur != unix.RLIM_INFINITY {
			t.Errorf("core files are limited to %d bytes", core.Cur)
		}
	}
}

// testFootingRefused: who may not have a priority is told so, and runs.
func testFootingRefused(t *testing.T) {
	r := newSite(t, "subject").router(0, subjectProgram(t))
	r.start("global_defs {\n vrrp_rt_priority 20\n}\n" + quick("VI", 51, "eth0", "", "10.9.0.100/24"))
	r.waitLine(0, "become real-time with priority 20 (vrrp_rt_priority)")
	r.waitLine(0, "(VI) Entering MASTER STATE")
}

// footing is what a process runs on.
type footing struct {
	realtime, nice int
	locked         bool
	name           string
}

func (r *router) expectFooting(want footing) {
	r.t.Helper()
	pid := r.daemon.Pid()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	check(r.t, err)
	normal := 0
	for _, thread := range threads {
		tid, err := strconv.Atoi(filepath.Base(thread))
		check(r.t, err)
		attr, err := unix.SchedGetAttr(tid, 0)
		switch {
		case err != nil: // it has ended
		case want.realtime > 0 && attr.Policy == unix.SCHED_NORMAL && tid != pid:
			normal++ // that from which programs are started
		case int(attr.Priority) != want.realtime || int(attr.Nice) != want.nice && attr.Policy == unix.SCHED_NORMAL && tid == pid:
			r.t.Errorf("thread %d of %d has policy %d, real-time priority %d, nice value %d; want %+v", tid, len(threads), attr.Policy, attr.Priority, attr.Nice, want)
		}
	}
	if normal > 1 {
		r.t.Errorf("%d of %d threads are not real-time", normal, len(threads))
	}
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	check(r.t, err)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	check(r.t, err)
	locked := !strings.Contains(string(status), "VmLck:\t       0 kB")
	if name := strings.TrimSpace(string(comm)); name != want.name || locked != want.locked {
		r.t.Errorf("name %q, memory locked %v; want %+v", name, locked, want)
	}
}

// waitText waits for a file and reads it.
func waitText(t *testing.T, path string) string {
	t.Helper()
	for end := time.Now().Add(eventTimeout); time.Now().Before(end); <-time.After(10 * time.Millisecond) {
		if text, err := os.ReadFile(path); err == nil {
			return string(text)
		}
	}
	t.Fatalf("%s has not come", path)
	return ""
}

// TestFewFilesAllowed: where the machine allows fewer open files than the instances need, the limit is raised, or it
// is said that it cannot be.
func TestFewFilesAllowed(t *testing.T) {
	t.Parallel()
	program := subjectProgram(t)
	wrapper := filepath.Join(t.TempDir(), "few")
	check(t, os.WriteFile(wrapper, []byte("#!/bin/sh\nulimit -n 64\nexec "+program.Path+" \"$@\"\n"), 0o755))
	program.Path = wrapper
	r := newSite(t, "subject").router(0, program)
	r.start(quick("VI", 51, "eth0", "", "10.9.0.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	var files unix.Rlimit
	check(t, unix.Prlimit(r.daemon.Pid(), unix.RLIMIT_NOFILE, nil, &files))
	if files.Cur != 106 || files.Max != 106 {
		r.waitLine(0, "raise the limit for open files from 64 to 106: operation not permitted")
	}
}
