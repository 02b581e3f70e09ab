// Package script runs the govrrpd binary as its users do: command lines in, exit codes, output, files and
// signals out. Each file of testdata is one such session.
//
// The tests run in a network and mount namespace of their own, with one interface (eth0, 10.9.0.1/24) and
// an empty /run: a daemon that they start can do the machine no harm. What is on the wire is left to
// test/netns.
package script

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// insideVariable marks the copy of the test binary that runs in namespaces of its own.
const insideVariable = "GOVRRPD_SCRIPT_INSIDE"

// patience bounds every wait for something that a daemon does.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(insideVariable) == "" {
		os.Exit(moveInside())
	}
	// All scripts share these namespaces and one /run, so they run one after the other.
	flag.Parse()
	if err := flag.Set("test.parallel", "1"); err != nil {
		fmt.Fprintln(os.Stderr, "test/script:", err)
		os.Exit(1)
	}
	dir, err := prepare()
	if err != nil {
		fmt.Fprintln(os.Stderr, "test/script:", err)
		os.Exit(1)
	}
	code := m.Run()
	endDaemons()
	os.RemoveAll(dir)
	os.Exit(code)
}

// moveInside runs the test binary again in new namespaces and returns its exit code.
func moveInside() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	err := cmd.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return max(ended.ExitCode(), 1)
	}
	fmt.Fprintln(os.Stderr, "test/script: run in namespaces of its own:", err)
	return 1
}

// prepare furnishes the namespaces and puts a freshly built govrrpd on the PATH. It returns the folder
// to remove at the end.
func prepare() (string, error) {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return "", fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
		return "", fmt.Errorf("mount /run: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return "", fmt.Errorf("become the parent of daemons: %w", err)
	}
	if err := addInterface(); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "govrrpd-script-*")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "govrrpd"),
		"-ldflags", "-X main.version=v1.2.3 -X main.date=2026-11-22", "github.com/govrrpd/govrrpd/cmd/govrrpd")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build govrrpd: %w", err)
	}
	return dir, os.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestScripts(t *testing.T) {
	scripts, err := filepath.Abs("../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("govrrpd")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"until":     until,
			"signal":    signal,
			"mode":      mode,
			"exporting": exporting,
			"chmod":     chmod,

			"fulldisk":         fullDisk,
			"until-address":    untilAddress,
			"terminate-holder": terminateHolder,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("TMPDIR", env.WorkDir) // where the state files go
			env.Setenv("SCRIPTS", scripts)
			env.Setenv("GOVRRPD", program)
			return nil
		},
	})
}

// exits CODE PROGRAM [ARG...] runs a program that must end with that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		code = ended.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// until FILE REGEXP waits for a file with matching content; `! until FILE` waits until it is gone.
func until(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	var pattern *regexp.Regexp
	if !neg {
		pattern = regexp.MustCompile("(?m)" + args[1])
	}
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		content, err := os.ReadFile(path)
		if neg && errors.Is(err, os.ErrNotExist) || !neg && err == nil && pattern.Match(content) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("after %v, %s has %q (%v)", patience, path, content, err)
		}
		<-tick.C
	}
}

// signal NUMBER PIDFILE sends a signal to the process that a pid file names.
func signal(ts *testscript.TestScript, neg bool, args []string) {
	number, err := strconv.Atoi(args[0])
	ts.Check(err)
	pid, err := strconv.Atoi(strings.TrimSpace(ts.ReadFile(args[1])))
	ts.Check(err)
	ts.Check(syscall.Kill(pid, syscall.Signal(number)))
}

// mode MODE FILE compares the rights of a file with an octal number.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

// chmod MODE FILE sets the rights of a file.
func chmod(ts *testscript.TestScript, neg bool, args []string) {
	bits, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	ts.Check(os.Chmod(ts.MkAbs(args[1]), os.FileMode(bits)))
}

// exporting NAME PIDFILE FILE does what the Prometheus exporter does: asks the program for a signal's
// number, sends it, and reads the file 10 ms later.
func exporting(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Exec("govrrpd", "--signum="+args[0]))
	number := strings.TrimSpace(ts.ReadFile("stdout"))
	signal(ts, false, []string{number, args[1]})
	<-time.After(10 * time.Millisecond)
	if _, err := os.Stat(ts.MkAbs(args[2])); err != nil {
		ts.Fatalf("10 ms after signal %s: %v", number, err)
	}
}
