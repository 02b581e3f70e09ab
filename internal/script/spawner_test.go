package script

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// limit is how long a test waits for something that happens at once on a healthy machine.
const limit = 20 * time.Second

func self(path string, args ...string) Command {
	return Command{Args: append([]string{path}, args...), UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
}

func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return path
}

func newSpawner(t *testing.T) *Spawner {
	s := &Spawner{}
	t.Cleanup(s.Close)
	return s
}

func finish(t *testing.T, p *Process) Exit {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(limit):
		t.Fatalf("process %d has not ended", p.PID())
	}
	return p.Exit()
}

func run(t *testing.T, s *Spawner, cmd Command) Exit {
	t.Helper()
	p, err := s.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return finish(t, p)
}

func TestExitSaysHowTheProgramEnded(t *testing.T) {
	for _, byThread := range []bool{false, true} {
		s := newSpawner(t)
		s.waitByThread = byThread
		for _, c := range []struct {
			line string
			want Exit
			text string
			ok   bool
		}{
			{"exit 0", Exit{}, "exited with status 0", true},
			{"exit 3", Exit{Status: 3}, "exited with status 3", false},
			{"kill -9 $$", Exit{Signal: syscall.SIGKILL}, "due to signal 9", false},
		} {
			got := run(t, s, self("/bin/sh", "-c", c.line))
			if got != c.want || got.String() != c.text || got.OK() != c.ok {
				t.Errorf("by thread %v: %q ended as %+v %q ok=%v", byThread, c.line, got, got, got.OK())
			}
		}
	}
}

func TestChildHasGroupNullFilesAndCleanEnvironment(t *testing.T) {
	t.Setenv("IFS", "x")
	t.Setenv("LD_PRELOAD", "")
	t.Setenv("LD_LIBRARY_PATH", "/nonexistent")
	t.Setenv("GOVRRPD_TEST", "kept")
	out := filepath.Join(t.TempDir(), "out")
	text := fmt.Sprintf(`exec 3>%s
links=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); echo "$links" >&3
cut -d' ' -f5 /proc/$$/stat >&3
tr '\0' '\n' </proc/$$/environ | grep -E '^(IFS|LD_|GOVRRPD_TEST)' >&3
echo $$ "$#" "$1" >&3
`, out)
	s := newSpawner(t)
	path := write(t, filepath.Join(t.TempDir(), "s"), "#!/bin/sh\n"+text, 0o755)
	p, err := s.Start(self(path, "two words"))
	if err != nil {
		t.Fatal(err)
	}
	if exit := finish(t, p); !exit.OK() {
		t.Fatal(exit)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("/dev/null\n/dev/null\n/dev/null\n%d\nGOVRRPD_TEST=kept\n%d 1 two words\n", p.PID(), p.PID())
	if string(got) != want {
		t.Errorf("the script saw\n%swant\n%s", got, want)
	}
}

func TestFileOfUnknownFormatIsGivenToTheShellWordByWord(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "no 'shebang"), `printf '<%s>' "$@" >"$1"`, 0o755)
	out := filepath.Join(dir, "o'u t")
	if exit := run(t, newSpawner(t), self(path, out, "a  b", "$HOME", "it's", "")); !exit.OK() {
		t.Fatal(exit)
	}
	got, err := os.ReadFile(out)
	if want := "<" + out + "><a  b><$HOME><it's><>"; err != nil || string(got) != want {
		t.Errorf("arguments arrived as %q, %v, want %q", got, err, want)
	}
}

func TestStartErrorsStandForTheShellsStatuses(t *testing.T) {
	s := newSpawner(t)
	plain := write(t, filepath.Join(t.TempDir(), "plain"), "", 0o644)
	for path, want := range map[string]int{
		"/nonexistent/x": StatusNotFound, plain + "/x": StatusNotFound, plain: StatusNotExecutable, t.TempDir(): StatusNotExecutable,
	} {
		p, err := s.Start(self(path))
		if err == nil {
			t.Fatalf("%s was started as %d", path, p.PID())
		}
		if got := StartStatus(err).Status; got != want || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: status %d (%v), want %d and the path", path, got, err, want)
		}
	}
	if _, err := s.Start(Command{}); err == nil {
		t.Error("an empty command was started")
	}
}

func TestSignalReachesTheWholeGroupUntilTheLeaderIsReaped(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// The grandchild holds the FIFO open: end of file is its end.
	p, err := newSpawner(t).Start(self("/bin/sh", "-c", "sleep 1000 >"+fifo+" & wait"))
	if err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(fifo, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if exit := finish(t, p); exit.Signal != syscall.SIGTERM {
		t.Error(exit)
	}
	ended := make(chan error, 1)
	go func() { _, err := reader.Read(make([]byte, 1)); ended <- err }()
	select {
	case <-ended:
	case <-time.After(limit):
		t.Error("the grandchild survived")
	}
	if err := p.Signal(0); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal after the end: %v", err)
	}
}

func TestProgramReadsItsStandardInputToTheEnd(t *testing.T) {
	dir, s := t.TempDir(), newSpawner(t)
	text := strings.Repeat("0123456789abcde\n", 1<<16) // a megabyte: more than any pipe holds
	for _, c := range []struct{ how, want string }{
		{"cat", text},
		{"cat /dev/stdin", text}, // opens it again
		{"head -c 4; cat >/dev/null", text[:4]},
		{"exec <&-", ""},
		{"! echo changed >&0 && cat", text}, // what others are told cannot be changed
	} {
		out := filepath.Join(dir, "out")
		cmd := self("/bin/sh", "-c", "exec >"+out+"; "+c.how)
		cmd.Stdin = []byte(text)
		if exit := run(t, s, cmd); !exit.OK() {
			t.Errorf("%q: %v", c.how, exit)
		}
		if got, err := os.ReadFile(out); err != nil || string(got) != c.want {
			t.Errorf("%q read %d bytes, %v, want %d", c.how, len(got), err, len(c.want))
		}
	}
}

// TestChildLeavesRealTimeScheduling makes the spawning thread real-time where the machine permits it;
// where it does not, SCHED_BATCH stands for "not the normal policy".
func TestChildLeavesRealTimeScheduling(t *testing.T) {
	s := newSpawner(t)
	if exit := run(t, s, self("/bin/true")); !exit.OK() {
		t.Fatal(exit)
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		tid, _ := strconv.Atoi(thread.Name())
		attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}
		back := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}
		if unix.SchedSetAttr(tid, &attr, 0) != nil {
			attr = unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_BATCH}
			if err := unix.SchedSetAttr(tid, &attr, 0); err != nil {
				t.Fatal(err)
			}
		}
		defer unix.SchedSetAttr(tid, &back, 0)
	}
	p, err := s.Start(self("/bin/sleep", "1000"))
	if err != nil {
		t.Fatal(err)
	}
	attr, err := unix.SchedGetAttr(p.PID(), 0)
	if err != nil || attr.Policy != unix.SCHED_NORMAL {
		t.Errorf("child has policy %d, %v", attr.Policy, err)
	}
	p.Signal(syscall.SIGKILL)
	finish(t, p)
}

func TestCloseEndsWhatStillRuns(t *testing.T) {
	s := newSpawner(t)
	p, err := s.Start(self("/bin/sleep", "1000"))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if exit := finish(t, p); exit.Signal != syscall.SIGTERM {
		t.Errorf("ended %v, want by the parent-death signal of the thread", exit)
	}
	if _, err := s.Start(self("/bin/true")); !errors.Is(err, ErrClosed) {
		t.Errorf("start after Close: %v", err)
	}
}

func TestUserChangeIsAskedOfTheKernel(t *testing.T) {
	cmd := self("/bin/true")
	if got := credential(cmd); got != nil {
		t.Errorf("own user: %+v, want nothing changed", got)
	}
	cmd.Groups = []uint32{7}
	if got := credential(cmd); got == nil || len(got.Groups) != 1 {
		t.Errorf("own user with other groups: %+v", got)
	}
	cmd.Groups = nil
	cmd.GID++
	if got := credential(cmd); got == nil || len(got.Groups) != 1 || got.Groups[0] != cmd.GID {
		t.Errorf("no other groups: %+v, want that of the user", got)
	}
	cmd.Groups = []uint32{7}
	cmd.UID++
	if got := credential(cmd); got == nil || got.Uid != cmd.UID || got.Gid != cmd.GID || len(got.Groups) != 1 || got.NoSetGroups {
		t.Errorf("other user: %+v", got)
	}
}

// TestEveryStartGetsAThread: a thread that one start has asked for may serve another one, which then asks for none.
func TestEveryStartGetsAThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &Spawner{forkExec: func(path string, _ []string, _ *syscall.ProcAttr) (int, error) {
			if path == "/hangs" {
				<-release
			}
			return 0, syscall.ENOENT
		}}
		var hung sync.WaitGroup
		for range maxThreads - 1 {
			hung.Go(func() { s.Start(self("/hangs")) })
			time.Sleep(10 * time.Millisecond) // so that they do not all ask at once
		}
		begin := time.Now()
		s.Start(self("/quick"))
		if took := time.Since(begin); took > maxThreads*busyAfter {
			t.Errorf("the start took %v", took)
		}
		close(release)
		hung.Wait()
		s.Close()
	})
}

func TestProgramThatHangsTheThreadDoesNotHangOthers(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{}, maxThreads)
	s := newSpawner(t)
	s.forkExec = func(path string, args []string, attr *syscall.ProcAttr) (int, error) {
		if path == "/hangs" {
			entered <- struct{}{}
			<-release
			return 0, syscall.ENOENT
		}
		return syscall.ForkExec(path, args, attr)
	}
	hung := make(chan error, maxThreads)
	for range maxThreads - 1 {
		go func() { _, err := s.Start(self("/hangs")); hung <- err }()
	}
	<-entered
	if exit := run(t, s, self("/bin/true")); !exit.OK() {
		t.Error(exit)
	}
	close(release)
	for range maxThreads - 1 {
		if err := <-hung; !errors.Is(err, syscall.ENOENT) {
			t.Error(err)
		}
	}
}
