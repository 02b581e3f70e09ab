package track

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govrrpd/govrrpd/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

func TestProcessMatching(t *testing.T) {
	line := func(words ...string) []byte { return []byte(strings.Join(words, "\x00") + "\x00") }
	web := line("/usr/sbin/web", "-c", "/etc/web.conf")
	for _, c := range []struct {
		name    string
		cfg     ProcessConfig
		comm    string
		cmdline []byte
		want    bool
	}{
		{"name", ProcessConfig{Command: "web"}, "web", web, true},
		{"other name", ProcessConfig{Command: "web"}, "webd", web, false},
		{"15 bytes count", ProcessConfig{Command: "a-very-long-daemon-name"}, "a-very-long-dae", nil, true},
		{"path is no name", ProcessConfig{Command: "/usr/sbin/web"}, "web", web, false},
		{"full command", ProcessConfig{Command: "/usr/sbin/web", FullCommand: true}, "x", web, true},
		{"full command is the whole word", ProcessConfig{Command: "/usr/sbin/we", FullCommand: true}, "x", web, false},
		{"kernel thread", ProcessConfig{FullCommand: true}, "kthreadd", nil, false},
		{"exact", ProcessConfig{Command: "/usr/sbin/web", Params: []string{"-c", "/etc/web.conf"}, ParamMatch: ParamsExact}, "", web, true},
		{"exact, more", ProcessConfig{Command: "/usr/sbin/web", Params: []string{"-c"}, ParamMatch: ParamsExact}, "", web, false},
		{"exact, none", ProcessConfig{Command: "/usr/sbin/web", ParamMatch: ParamsExact}, "", web, false},
		{"exact, none", ProcessConfig{Command: "web", ParamMatch: ParamsExact}, "", line("web"), true},
		{"initial", ProcessConfig{Command: "/usr/sbin/web", Params: []string{"-c"}, ParamMatch: ParamsInitial}, "", web, true},
		{"initial is whole words", ProcessConfig{Command: "/usr/sbin/web", Params: []string{"-c", "/etc"}, ParamMatch: ParamsInitial}, "", web, false},
		{"partial", ProcessConfig{Command: "/usr/sbin/web", Params: []string{"-c", "/etc"}, ParamMatch: ParamsPartial}, "", web, true},
		{"partial, other", ProcessConfig{Command: "/usr/sbin/web", Params: []string{"-c", "/opt"}, ParamMatch: ParamsPartial}, "", web, false},
	} {
		if got := c.cfg.matches(c.comm, c.cmdline); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestQuorum(t *testing.T) {
	for _, c := range []struct {
		quorum, max, count int
		want               bool
	}{
		{1, -1, 0, false}, {1, -1, 1, true}, {1, -1, 9, true}, {2, 3, 1, false}, {2, 3, 3, true}, {2, 3, 4, false},
		{0, 0, 0, true}, {0, 0, 1, false},
	} {
		cfg := ProcessConfig{Quorum: c.quorum, QuorumMax: c.max}
		if got := cfg.quorate(c.count); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestParseStat(t *testing.T) {
	for _, c := range []struct {
		stat, comm string
		ended      bool
	}{
		{"12 (sleep) S 1 2", "sleep", false}, {"1 (a) b) (c) R 0", "a) b) (c", false}, {"1 (x) Z 0", "x", true},
		{"1 (x) X", "x", true}, {"", "", true}, {"1 )x( S", "", true}, {"1 (x)", "x", true},
	} {
		if comm, ended := parseStat(c.stat); comm != c.comm || ended != c.ended {
			t.Errorf("%q: %q %v", c.stat, comm, ended)
		}
	}
}

// fakeProc is a proc file system of a test's own.
type fakeProc string

func (root fakeProc) start(t *testing.T, pid int, comm string) {
	t.Helper()
	dir := filepath.Join(string(root), strconv.Itoa(pid))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	stat := fmt.Sprintf("%d (%s) S 1", pid, comm)
	if err := os.WriteFile(filepath.Join(dir, "stat"), []byte(stat), 0o644); err != nil {
		t.Fatal(err)
	}
}

// denied is what somebody without CAP_NET_ADMIN gets.
func denied() (*os.File, error) { return nil, fmt.Errorf("listen: %w", syscall.EPERM) }

func (root fakeProc) end(pid int) { os.RemoveAll(filepath.Join(string(root), strconv.Itoa(pid))) }

func TestDelaysAndQuorumWhenPolling(t *testing.T) {
	proc := fakeProc(t.TempDir())
	proc.start(t, 10, "web")
	os.Mkdir(filepath.Join(string(proc), "sys"), 0o755)
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		p := newProcesses(string(proc), denied, []ProcessConfig{
			{Name: "now", Command: "web", Quorum: 2, QuorumMax: -1},
			{Name: "slow", Command: "web", Quorum: 1, QuorumMax: 1, ForkDelay: 300 * time.Millisecond, TerminateDelay: 2500 * time.Millisecond},
		}, j.report, j.logger())
		if got, want := p.States(), []ProcessState{{"now", 1, false}, {"slow", 1, true}}; !slices.Equal(got, want) {
			t.Errorf("at the start %+v", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { p.poll(ctx) })
		after(1500 * time.Millisecond)
		proc.start(t, 11, "web") // seen at 2 s
		after(time.Second)
		j.expect(t, "2s Quorum gained for tracked process now", "2s process now good=true value=2")
		proc.end(11) // seen at 3 s: back before the delay is over
		after(4 * time.Second)
		j.expect(t, "3s Quorum lost for tracked process now", "3s process now good=false value=1")
		proc.end(10) // seen at 7 s
		after(5 * time.Second)
		j.expect(t, "9.5s Quorum lost for tracked process slow", "9.5s process slow good=false value=0")
		proc.start(t, 12, "web") // seen at 12 s
		after(time.Second)
		j.expect(t, "12.3s Quorum gained for tracked process slow", "12.3s process slow good=true value=1")
		cancel()
		running.Wait()
	})
}

// event is a datagram as the kernel's connector sends it.
func event(what uint32, ids ...uint32) []byte {
	native := binary.NativeEndian
	m := make([]byte, eventData, eventData+16)
	native.PutUint32(m[16:], connectorProc)
	native.PutUint32(m[20:], connectorProc)
	native.PutUint32(m[eventOffset:], what)
	for _, id := range ids {
		m = native.AppendUint32(m, id)
	}
	return m
}

func TestKernelEventsChangeTheCount(t *testing.T) {
	proc := fakeProc(t.TempDir())
	proc.start(t, 10, "web")
	p := newProcesses(string(proc), denied, []ProcessConfig{{Name: "P", Command: "web", Quorum: 1, QuorumMax: -1}}, nil, newJournal().logger())
	for _, step := range []struct {
		what  string
		event []byte
		count int
	}{
		{"a fork of the process", event(processFork, 10, 10, 20, 20), 2},
		{"the same fork again", event(processFork, 10, 10, 20, 20), 2},
		{"a thread of the process", event(processFork, 10, 10, 21, 20), 2},
		{"a fork of another", event(processFork, 1, 1, 30, 30), 2},
		{"the thread's end", event(processExit, 21, 20), 2},
		{"the child executes something else", event(processExec, 20, 20), 1},
		{"the other is renamed", func() []byte { proc.start(t, 30, "web"); return event(processComm, 30, 30) }(), 2},
		{"the first one's end", event(processExit, 10, 10), 1},
		{"its end again", event(processExit, 10, 10), 1},
		{"a short event", event(processExit, 30), 1},
		{"another connector", func() []byte { m := event(processExit, 30, 30); m[16] = 7; return m }(), 1},
		{"the last one's end", event(processExit, 30, 30), 0},
	} {
		p.handle(step.event)
		if got := p.States()[0].Count; got != step.count {
			t.Errorf("%s: %d processes, want %d", step.what, got, step.count)
		}
	}
}

func FuzzProcessEvent(f *testing.F) {
	f.Add(event(processFork, 1, 1, 2, 2))
	f.Add(event(processExit, 1))
	p := newProcesses(f.TempDir(), denied, []ProcessConfig{{Name: "P", Command: "web"}}, nil, newJournal().logger())
	f.Fuzz(func(t *testing.T, datagram []byte) {
		p.handle(datagram)
		if n := p.States()[0].Count; n != 0 {
			t.Errorf("%d processes out of nothing", n)
		}
	})
}

// TestRealProcessIsCounted, although the kernel's events are denied.
func TestRealProcessIsCounted(t *testing.T) {
	program := filepath.Join(t.TempDir(), fmt.Sprintf("govr%d", os.Getpid()))
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sleep, program); err != nil {
		t.Fatal(err)
	}
	j, results := newJournal(), make(chan Result, 10)
	p := newProcesses("/proc", denied, []ProcessConfig{
		{Name: "comm", Command: filepath.Base(program), Quorum: 1, QuorumMax: -1},
		{Name: "full", Command: program, Params: []string{"1000"}, ParamMatch: ParamsExact, Quorum: 1, QuorumMax: -1},
	}, func(r Result) { results <- r }, j.logger())
	go p.Run(t.Context())
	cmd := exec.Command(program, "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	expectBoth(t, results, true)
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	expectBoth(t, results, false)
	if log := strings.Join(j.take(), "\n"); !strings.Contains(log, "searching /proc once a second instead") {
		t.Errorf("log:\n%s", log)
	}
}

// TestNothingIsCountedInANetworkNamespace, where the kernel has no process events for anybody.
func TestNothingIsCountedInANetworkNamespace(t *testing.T) {
	j := newJournal()
	var p *Processes
	nettest.New(t).Do(t, func() {
		p = NewProcesses([]ProcessConfig{
			{Name: "own", Command: filepath.Base(os.Args[0]), Quorum: 1, QuorumMax: -1},
			{Name: "none", Command: filepath.Base(os.Args[0]), Quorum: 0, QuorumMax: 0},
		}, func(r Result) { t.Errorf("reported %+v", r) }, j.logger())
	})
	if got, want := p.States(), []ProcessState{{"own", 0, false}, {"none", 0, true}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond) // longer than a search would take to come
	defer cancel()
	p.Run(ctx)
	if log := strings.Join(j.take(), "\n"); !strings.Contains(log, "Failed to set process event listen - errno 111 - Connection refused") {
		t.Errorf("log:\n%s", log)
	}
}

func expectBoth(t *testing.T, results chan Result, good bool) {
	t.Helper()
	for range 2 {
		select {
		case r := <-results:
			if r.Good != good || r.Kind != Process {
				t.Errorf("%+v, want good=%v", r, good)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("good=%v was not reported", good)
		}
	}
}

func TestAckIsAwaitedAndJudged(t *testing.T) {
	for name, c := range map[string]struct {
		datagrams [][]byte
		want      error
	}{
		"granted": {[][]byte{event(processExit, 1, 1), event(processNone, 0)}, nil},
		"refused": {[][]byte{event(processNone, uint32(syscall.EPERM))}, syscall.EPERM},
		"silence": {nil, errNoAck},
	} {
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		file := os.NewFile(uintptr(pair[0]), name)
		for _, datagram := range c.datagrams {
			if _, err := syscall.Write(pair[1], datagram); err != nil {
				t.Fatal(err)
			}
		}
		if err := awaitAck(t.Context(), file, make([]byte, 4096)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		file.Close()
		syscall.Close(pair[1])
	}
}

func TestListenRequestIsWhatTheKernelExpects(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Fatal("the expected bytes are those of a little-endian machine")
	}
	want := []byte{
		40, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // nlmsghdr
		1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, // cn_msg
		1, 0, 0, 0, // PROC_CN_MCAST_LISTEN
	}
	if got := listenRequest(); !bytes.Equal(got, want) {
		t.Errorf("% x", got)
	}
}
