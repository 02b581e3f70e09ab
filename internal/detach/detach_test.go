package detach

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if Detached() {
		os.Exit(background(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// background is what the copy in the background does in these tests.
func background(args []string) int {
	if err := Prepare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 98
	}
	fmt.Fprintln(os.Stderr, "starting")
	switch args[0] {
	case "end":
		code, _ := strconv.Atoi(args[1])
		return code
	case "crash":
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	}
	if err := Ready(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	fmt.Fprintln(os.Stderr, "never seen")
	conn, err := net.Dial("unix", args[1]) // the test is told how it is here, and when to end
	if err != nil {
		return 97
	}
	dir, _ := os.Getwd()
	out, _ := os.Readlink("/proc/self/fd/1")
	stderr, _ := os.Readlink("/proc/self/fd/2")
	third, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(readyFD)) // by now this is the connection
	session, _ := unix.Getsid(0)
	fmt.Fprintln(conn, dir, out, stderr, Detached(), !strings.HasPrefix(third, "pipe"), session == os.Getpid())
	conn.Read(make([]byte, 1))
	return 0
}

// stderrFile is what the background copy takes for the caller's terminal.
func stderrFile(t *testing.T) (file *os.File, text func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file, func() string {
		content, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
}

func TestReadyDaemonHasLeftTheTerminal(t *testing.T) {
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	stderr, seen := stderrFile(t)
	if code, err := Start([]string{"ready", listener.Addr().String()}, stderr); code != 0 || err != nil {
		t.Fatalf("code %d, error %v, stderr %s", code, err, seen())
	}
	if err := listener.(*net.UnixListener).SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // ends it
	told, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	// Working directory, stdout, stderr; the mark, the pipe and the session.
	if want := "/ /dev/null /dev/null false true true\n"; told != want {
		t.Errorf("the daemon has %q, want %q", told, want)
	}
	if seen() != "starting\n" {
		t.Errorf("stderr %q, want what came before it was ready", seen())
	}
}

func TestCrashIsAnError(t *testing.T) {
	stderr, _ := stderrFile(t)
	if code, err := Start([]string{"crash"}, stderr); code != 1 || err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("code %d, error %v; want 1 and the signal", code, err)
	}
}

func TestEarlyEndIsTheCallersExitCode(t *testing.T) {
	for _, want := range []int{0, 2, 6} {
		stderr, seen := stderrFile(t)
		code, err := Start([]string{"end", strconv.Itoa(want)}, stderr)
		if code != want || err != nil || !strings.Contains(seen(), "starting") {
			t.Errorf("code %d, error %v, stderr %q; want code %d", code, err, seen(), want)
		}
	}
}
