package logging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const patience = 10 * time.Second

// buffer is a console that tests read.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func flush(t *testing.T, log *Log) {
	t.Helper()
	if !log.Flush(patience) {
		t.Fatal("the log is not written")
	}
}

// syslogServer is a syslog daemon at a socket of its own.
func syslogServer(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func receive(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	datagram := make([]byte, 1<<16)
	n, err := conn.Read(datagram)
	if err != nil {
		t.Fatal(err)
	}
	return string(datagram[:n])
}

func TestConsoleLineIsTimeMessageAndAttributes(t *testing.T) {
	var console buffer
	log := Open(Config{Console: &console})
	logger := log.Logger("Keepalived_vrrp").With("instance", "VI_1").WithGroup("g")
	record := slog.NewRecord(time.Date(2026, 11, 2, 10, 21, 39, 0, time.Local), slog.LevelInfo, "(VI_1) Entering MASTER STATE", 0)
	record.Add("vrid", 61, "error", errors.New("no room"))
	if err := logger.Handler().Handle(context.Background(), record); err != nil {
		t.Fatal(err)
	}
	flush(t, log)
	if got, want := console.String(), "Mon Nov  2 10:21:39 2026: (VI_1) Entering MASTER STATE (vrid: 61, error: no room)\n"; got != want {
		t.Errorf("console %q, want %q", got, want)
	}
}

func TestDetailFollowsTheOption(t *testing.T) {
	for detail, want := range []string{"warning info ", "warning info detail ", "warning info detail extra "} {
		var console buffer
		log := Open(Config{Console: &console, Detail: detail})
		logger := log.Logger("Keepalived")
		logger.Warn("warning")
		logger.Info("info")
		logger.Log(t.Context(), LevelDetail, "detail")
		logger.Log(t.Context(), LevelExtra, "extra")
		flush(t, log)
		got := regexp.MustCompile(`(?m)^.*: (\w+)\n`).ReplaceAllString(console.String(), "$1 ")
		if got != want {
			t.Errorf("detail %d: %q, want %q", detail, got, want)
		}
	}
}

func TestSyslogDatagram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	server := syslogServer(t, path)
	log := Open(Config{Syslog: true, SyslogPath: path, Facility: FacilityLocal0 + 1, Detail: 1})
	for level, priority := range map[slog.Level]int{
		slog.LevelError: 17<<3 | 3, slog.LevelWarn: 17<<3 | 4, slog.LevelInfo: 17<<3 | 6, LevelDetail: 17<<3 | 6,
	} {
		log.Logger("Keepalived_vrrp").Log(t.Context(), level, "Startup complete")
		want := fmt.Sprintf(`^<%d>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d Keepalived_vrrp\[%d\]: Startup complete$`, priority, os.Getpid())
		if got := receive(t, server); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("datagram %q does not match %s", got, want)
		}
	}
}

func TestRestartedSyslogLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	server := syslogServer(t, path)
	log := Open(Config{Syslog: true, SyslogPath: path})
	logger := log.Logger("Keepalived")
	logger.Info("before")
	receive(t, server)
	server.Close()
	os.Remove(path)
	server = syslogServer(t, path)
	logger.Info("after")
	if got := receive(t, server); !strings.HasSuffix(got, "]: after") {
		t.Errorf("after the restart: %q", got)
	}
}

func TestMissingSyslogIsReportedOnceAndCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var console buffer
	log := Open(Config{Syslog: true, SyslogPath: path, Console: &console})
	logger := log.Logger("Keepalived")
	for range 3 {
		logger.Info("lost")
	}
	flush(t, log)
	flush(t, log) // what syslog's failure put on the console
	if got := strings.Count(console.String(), "log to syslog:"); got != 1 {
		t.Errorf("the missing syslog is reported %d times, want once:\n%s", got, console.String())
	}
	server := syslogServer(t, path)
	deadline := time.Now().Add(patience)
	for { // the daemon is asked for again once a second
		logger.Info("found")
		server.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		datagram := make([]byte, 1024)
		n, err := server.Read(datagram)
		if err == nil {
			if got := string(datagram[:n]); !regexp.MustCompile(`\]: \d+ log messages could not be written to syslog and are lost$`).MatchString(got) {
				t.Errorf("first datagram %q, want the number of lost ones", got)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing arrives at the syslog daemon that came late")
		}
	}
}

func TestLongMessageIsCutForSyslog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	server := syslogServer(t, path)
	log := Open(Config{Syslog: true, SyslogPath: path})
	log.Logger("Keepalived").Info(strings.Repeat("x", 1<<20))
	if got := strings.Count(receive(t, server), "x"); got != shortMessage {
		t.Errorf("%d bytes of the message arrive, want %d", got, shortMessage)
	}
}

// stuck is an output that blocks until it is released.
type stuck struct {
	entered, release chan struct{}
	console          buffer
}

func (s *stuck) Write(p []byte) (int, error) {
	s.entered <- struct{}{}
	<-s.release
	return s.console.Write(p)
}

func TestBlockedOutputDelaysNobody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file.log")
	terminal := &stuck{entered: make(chan struct{}, 100), release: make(chan struct{})}
	log := Open(Config{Console: terminal, File: file, QueueLength: 4})
	logger := log.Logger("Keepalived")
	logger.Info("first")
	<-terminal.entered
	if log.Flush(time.Millisecond) {
		t.Error("Flush claims that a line is shown which the terminal has not taken")
	}
	for i := range 10 { // 4 wait, 6 are dropped
		logger.Info(fmt.Sprint("more ", i))
		written(t, log.outputs[1])
	}
	if got := lines(t, file); len(got) != 11 {
		t.Errorf("the file has %d lines, want all 11: %q", len(got), got)
	}
	if log.Flush(time.Millisecond) {
		t.Error("Flush claims that a blocked terminal shows everything")
	}
	close(terminal.release)
	flush(t, log)
	if got := terminal.console.String(); strings.Count(got, "\n") != 6 || !strings.Contains(got, ": 6 log messages could not be written to the console and are lost\n") {
		t.Errorf("after the terminal came back it shows\n%s", got)
	}
}

func written(t *testing.T, out *output) {
	t.Helper()
	select {
	case <-out.flushed():
	case <-time.After(patience):
		t.Fatal("an output hangs")
	}
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
}

func TestFullDiskIsReportedOnce(t *testing.T) {
	var console buffer
	log := &Log{}
	full := newFile("/dev/full")
	var err error
	if full.f, err = os.OpenFile("/dev/full", os.O_WRONLY, 0); err != nil {
		t.Fatal(err)
	}
	log.add(full, 0)
	log.add(newConsole(&console), 0)
	for _, out := range log.outputs {
		go out.run()
	}
	for range 5 {
		log.Logger("Keepalived").Info("message")
	}
	flush(t, log)
	flush(t, log)
	got := console.String()
	if strings.Count(got, ": message\n") != 5 || strings.Count(got, "log to /dev/full: write /dev/full: no space left on device; trying again") != 1 {
		t.Errorf("console:\n%s\nwant 5 messages and one report", got)
	}
}

// moody is a writer that fails when it is told to.
type moody struct {
	console buffer
	err     error
}

func (m *moody) Write(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	return m.console.Write(p)
}

func TestEachFailureIsReported(t *testing.T) {
	terminal := &moody{}
	file := filepath.Join(t.TempDir(), "file.log")
	log := Open(Config{Console: terminal, File: file})
	for _, terminal.err = range []error{io.ErrShortWrite, nil, io.ErrShortWrite, nil} {
		for range 3 {
			log.Logger("Keepalived").Info("message")
		}
		flush(t, log)
	}
	flush(t, log)
	content := strings.Join(lines(t, file), "\n")
	if got := strings.Count(content, "log to the console: short write"); got != 2 {
		t.Errorf("two failures are reported %d times:\n%s", got, content)
	}
	if got := strings.Count(terminal.console.String(), ": 3 log messages could not be written"); got != 2 {
		t.Errorf("the terminal tells %d times of three lost lines, want 2:\n%s", got, terminal.console.String())
	}
}

func TestLogFileIsNoSymlinkAndNoDevice(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, os.DevNull, dir} {
		if f, err := OpenAppend(path); err == nil {
			f.Close()
			t.Errorf("%s was opened as a log file", path)
		}
	}
	f, err := OpenAppend(filepath.Join(dir, "plain"))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestCloseWritesWhatIsLeft(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file.log")
	log := Open(Config{File: file})
	for range 100 {
		log.Logger("Keepalived").Info("message")
	}
	log.Close(patience)
	if got := len(lines(t, file)); got != 100 {
		t.Errorf("%d lines, want 100", got)
	}
	log.Logger("Keepalived").Info("too late") // dropped, no panic
}

func BenchmarkLog(b *testing.B) {
	log := Open(Config{Console: io.Discard})
	logger := log.Logger("Keepalived")
	b.ReportAllocs()
	for b.Loop() {
		logger.Info("(VI_1) Entering MASTER STATE")
	}
}

func TestRefusedLevelsCostNoAllocation(t *testing.T) {
	logger := Open(Config{Console: io.Discard}).Logger("Keepalived")
	if n := testing.AllocsPerRun(100, func() { logger.LogAttrs(t.Context(), LevelDetail, "detail") }); n != 0 {
		t.Errorf("%v allocations for a record that is not wanted", n)
	}
}
