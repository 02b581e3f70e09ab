package nettest

import (
	"os/exec"
	"testing"
)

// Run runs a program inside the namespace to its end and returns what it wrote to
// stdout and stderr. A program that fails ends the test.
func (ns *Namespace) Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	var output []byte
	cmd := exec.Command(name, args...)
	ns.Do(t, func() {
		t.Helper()
		var err error
		if output, err = cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd.Args, err, output)
		}
	})
	return string(output)
}

// Start starts cmd inside the namespace and leaves it running; the caller may
// wait for it. What still runs at the end of the test is killed and waited for.
// A child shares the thread's network namespace, not the parent process's one.
func (ns *Namespace) Start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	ns.Do(t, func() {
		t.Helper()
		if err := cmd.Start(); err != nil {
			t.Fatalf("start %v: %v", cmd.Args, err)
		}
	})
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill() // already gone is as good
			_ = cmd.Wait()         // its result was the test's to look at
		}
	})
}
