package fifo

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/script"
)

const limit = 20 * time.Second

// lines hands log lines to the test as they come.
type lines chan string

func (l lines) Write(line []byte) (int, error) { l <- string(line); return len(line), nil }

func (l lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l lines) wait(t *testing.T, text string) {
	t.Helper()
	select {
	case line := <-l:
		if !strings.Contains(line, text) {
			t.Errorf("logged %q, want %q", line, text)
		}
	case <-time.After(limit):
		t.Fatalf("%q was not logged", text)
	}
}

func config(t *testing.T) Config {
	return Config{
		Name: "vrrp notify fifo", Path: filepath.Join(t.TempDir(), "fifo"),
		UID: uint32(os.Getuid()), GID: uint32(os.Getgid()),
	}
}

func open1(t *testing.T, cfg Config, log lines) *FIFO {
	t.Helper()
	spawner := &script.Spawner{}
	t.Cleanup(spawner.Close)
	f, err := Open(cfg, spawner, log.logger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close(0) })
	return f
}

// TestUmaskDecidesWhoMayRead, but nobody else may write.
func TestUmaskDecidesWhoMayRead(t *testing.T) {
	defer unix.Umask(unix.Umask(0))
	for umask, want := range map[int]os.FileMode{0: 0o644, 0o022: 0o644, 0o137: 0o640, 0o177: 0o600} {
		unix.Umask(umask)
		cfg := config(t)
		open1(t, cfg, make(lines, 10))
		if info, err := os.Stat(cfg.Path); err != nil || info.Mode() != os.ModeNamedPipe|want {
			t.Errorf("umask %#o: %v, %v, want %#o", umask, info.Mode(), err, want)
		}
	}
}

func TestPipeIsLeftInPlace(t *testing.T) {
	cfg := config(t)
	f := open1(t, cfg, make(lines, 10))
	if err := f.Close(0); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(cfg.Path)
	if err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Fatalf("after Close: %v, %v", info.Mode(), err)
	}
	f.Write("after Close\n")
	if f.Dropped() != 0 {
		t.Error("a line after Close counts as dropped")
	}
	open1(t, cfg, make(lines, 10)) // the next start takes it over
}

func TestReaderGetsWholeLines(t *testing.T) {
	cfg := config(t)
	f := open1(t, cfg, make(lines, 10))
	f.Write("INSTANCE \"V\" BACKUP 100\n") // before anybody reads
	reader, err := os.Open(cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	f.Write("INSTANCE \"V\" MASTER 100\n")
	f.Close(0)
	got, err := io.ReadAll(reader)
	if want := "INSTANCE \"V\" BACKUP 100\nINSTANCE \"V\" MASTER 100\n"; string(got) != want || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestFullPipeDropsWithoutBlockingAndSaysSoOnce(t *testing.T) {
	log := make(lines, 10)
	cfg := config(t)
	f := open1(t, cfg, log)
	line := strings.Repeat("x", 1023) + "\n"
	for range 80 { // a pipe holds 64 KiB
		f.Write(line)
	}
	if got := f.Dropped(); got < 16 || got == 80 {
		t.Errorf("%d of 80 lines dropped", got)
	}
	log.wait(t, "takes no more")
	reader, err := os.Open(cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	buffered := bufio.NewReader(reader)
	for range 80 - int(f.Dropped()) {
		if got, err := buffered.ReadString('\n'); got != line || err != nil {
			t.Fatalf("a torn line of %d bytes, %v", len(got), err)
		}
	}
	before := f.Dropped()
	f.Write("again\n")
	if got, err := buffered.ReadString('\n'); got != "again\n" || err != nil || f.Dropped() != before {
		t.Errorf("after the outage: %q, %v, %d dropped", got, err, f.Dropped())
	}
	if len(log) != 0 {
		t.Errorf("logged more than once: %q", <-log)
	}
}

func TestForeignFileIsRefused(t *testing.T) {
	for name, make1 := range map[string]func(path string) error{
		"regular":   func(path string) error { return os.WriteFile(path, nil, 0o644) },
		"directory": func(path string) error { return os.Mkdir(path, 0o755) },
		"symlink": func(path string) error {
			if err := unix.Mkfifo(path+".target", 0o600); err != nil {
				return err
			}
			return os.Symlink(path+".target", path)
		},
	} {
		cfg := config(t)
		if err := make1(cfg.Path); err != nil {
			t.Fatal(err)
		}
		_, err := Open(cfg, nil, make(lines, 10).logger())
		if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), cfg.Path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg := config(t)
	cfg.Path = filepath.Join(cfg.Path, "missing", "fifo")
	if _, err := Open(cfg, nil, make(lines, 10).logger()); !errors.Is(err, unix.ENOENT) {
		t.Errorf("missing directory: %v", err)
	}
}

func TestOwnerDecidesAboutAnExistingPipe(t *testing.T) {
	stat := unix.Stat_t{Mode: unix.S_IFIFO | 0o644, Uid: 4242}
	if err := (Config{UID: 4242}).acceptable(&stat); err != nil {
		t.Errorf("script_user's own pipe: %v", err)
	}
	if err := (Config{UID: 4243}).acceptable(&stat); !errors.Is(err, ErrForeign) {
		t.Errorf("somebody else's pipe: %v", err)
	}
	stat.Uid = uint32(os.Geteuid())
	if err := (Config{UID: 4243}).acceptable(&stat); err != nil {
		t.Errorf("the daemon's own pipe: %v", err)
	}
}

func TestReaderScriptGetsThePathAndEndsWithThePipe(t *testing.T) {
	cfg := config(t)
	out := cfg.Path + ".out"
	cfg.Reader = script.Command{
		Args: []string{"/bin/sh", "-c", `cat "$1" >` + out, "reader"}, UID: cfg.UID, GID: cfg.GID,
	}
	log := make(lines, 10)
	f := open1(t, cfg, log)
	f.Write("GROUP \"G\" STOP 0\n")
	// The reader may still be on its way to opening the pipe: give it something to read until it has.
	wait(t, func() bool { text, _ := os.ReadFile(out); return len(text) > 0 })
	f.Close(limit)
	select {
	case <-f.reader.Done():
	case <-time.After(limit):
		t.Fatal("the reader did not end with the pipe")
	}
	if got, err := os.ReadFile(out); string(got) != "GROUP \"G\" STOP 0\n" || err != nil || !f.reader.Exit().OK() {
		t.Errorf("the reader wrote %q (%v) and %v", got, err, f.reader.Exit())
	}
	if len(log) != 0 {
		t.Errorf("logged %q", <-log)
	}
}

func TestReaderThatStaysIsTerminated(t *testing.T) {
	cfg := config(t)
	cfg.Reader = script.Command{Args: []string{"/bin/sh", "-c", "exec sleep 1000"}, UID: cfg.UID, GID: cfg.GID}
	f := open1(t, cfg, make(lines, 10))
	f.Close(10 * time.Millisecond)
	select {
	case <-f.reader.Done():
	case <-time.After(limit):
		t.Fatal("the reader was left behind")
	}
}

func TestReadersEndIsLoggedAndItsAbsenceTolerated(t *testing.T) {
	cfg := config(t)
	cfg.Reader = script.Command{Args: []string{"/bin/sh", "-c", "exit 3"}, UID: cfg.UID, GID: cfg.GID}
	log := make(lines, 10)
	open1(t, cfg, log)
	log.wait(t, `msg="vrrp notify fifo script terminated"`+"\n")

	cfg.Reader.Args = []string{"/nonexistent/reader"}
	f := open1(t, cfg, log)
	log.wait(t, "Unable to start vrrp notify fifo script")
	f.Write("still\n")
	if f.Dropped() != 0 {
		t.Error("the pipe does not work without its reader")
	}
}

// wait polls for something that no event tells of.
func wait(t *testing.T, done func() bool) {
	t.Helper()
	deadline, tick := time.After(limit), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("nothing happened")
		}
	}
}
