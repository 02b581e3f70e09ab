package track

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestParseValueIsCs(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "5": 5, "5\n": 5, " \t\n7": 7, "-3": -3, "+4": 4, "12abc": 12, "x9": 0, "abc": 0, "1 2": 1,
		"0x10 zz": 16, "0XfF": 255, "0x": 0, "0xg": 0, "010": 8, "08": 0, " 08": 0, "-0x2": -2, "--1": 0, "- 1": 0,
		"2147483647": 2147483647, "-2147483648": -2147483648, "1.9": 1,
	} {
		if got, ok := ParseValue([]byte(text)); got != want || !ok {
			t.Errorf("%q is %d %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"2147483648", "-2147483649", "99999999999", "0x100000000", strings.Repeat("9", 200)} {
		if got, ok := ParseValue([]byte(text)); ok {
			t.Errorf("%q is %d, want no number", text, got)
		}
	}
}

func FuzzParseValue(f *testing.F) {
	f.Add([]byte("-0x7f"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if v, ok := ParseValue(text); ok && (v > 1<<31-1 || v < -1<<31) {
			t.Errorf("%q is %d", text, v)
		}
	})
}

// watched runs Files over a directory of the test's own until the test ends.
type watched struct {
	*Files
	dir     string
	journal *journal
	results chan Result
}

func watchFiles(t *testing.T, dir string, names ...string) *watched {
	w := &watched{dir: dir, journal: newJournal(), results: make(chan Result, 100)}
	var configs []FileConfig
	for _, name := range names {
		configs = append(configs, FileConfig{Name: strings.ToUpper(filepath.Base(name)), Path: filepath.Join(dir, name)})
	}
	var err error
	w.Files, err = OpenFiles(configs, func(r Result) { w.results <- r }, w.journal.logger())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Run does not end with its context")
		}
	})
	return w
}

func (w *watched) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (w *watched) expect(t *testing.T, name string, value int) {
	t.Helper()
	select {
	case got := <-w.results:
		if want := (Result{Kind: File, Name: name, Good: true, Value: value}); got != want {
			t.Fatalf("reported %+v, want %+v", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s = %d was not reported; log %q", name, value, w.journal.take())
	}
}

func TestFileIsFollowedThroughItsLife(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "a"), []byte("3\n"), 0o644)
	w := watchFiles(t, dir, "a", "b")
	if got := w.States(); len(got) != 2 || got[0] != (FileState{"A", filepath.Join(dir, "a"), 3}) || got[1].Value != 0 {
		t.Errorf("at the start: %+v", got)
	}
	w.write(t, "a", "4")
	w.expect(t, "A", 4)
	w.write(t, "other", "1")
	w.write(t, "a", "4 # the same")
	w.write(t, "b", "-9")
	w.expect(t, "B", -9)
	if err := os.Rename(filepath.Join(dir, "b"), filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for range 2 {
		r := <-w.results
		got[r.Name] = r.Value
	}
	if got["A"] != -9 || got["B"] != 0 {
		t.Errorf("after the move: %v", got)
	}
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "A", 0)
}

// TestFileIsReadWhenItsWriterHasFinished: an empty or half-written file would be another number for a moment.
func TestFileIsReadWhenItsWriterHasFinished(t *testing.T) {
	w := watchFiles(t, t.TempDir(), "a", "b")
	w.write(t, "a", "7")
	w.expect(t, "A", 7)
	writer, err := os.Create(filepath.Join(w.dir, "a")) // empty
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, "b", "1")
	w.expect(t, "B", 1) // events come in order
	writer.WriteString("1")
	w.write(t, "b", "2")
	w.expect(t, "B", 2)
	writer.WriteString("2")
	writer.Close()
	w.expect(t, "A", 12)
}

func TestNumberOutOfRangeIsIgnored(t *testing.T) {
	w := watchFiles(t, t.TempDir(), "a", "b")
	w.write(t, "a", "7")
	w.expect(t, "A", 7)
	w.write(t, "a.new", "99999999999 x\n") // moved, so that it is not seen empty in between
	os.Rename(filepath.Join(w.dir, "a.new"), filepath.Join(w.dir, "a"))
	w.write(t, "b", "1")
	w.expect(t, "B", 1) // events come in order
	if got := w.States()[0].Value; got != 7 {
		t.Errorf("value %d, want the old one", got)
	}
	if got, want := strings.Join(w.journal.take(), "\n"), "Invalid number 99999999999 read from "+filepath.Join(w.dir, "a")+" - ignoring"; !strings.Contains(got, want) {
		t.Errorf("log %q, want %q", got, want)
	}
}

func TestDirectoryMayComeAndGo(t *testing.T) {
	dir := t.TempDir()
	w := watchFiles(t, dir, "sub/a")
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.write(t, "sub/a", "1")
	w.expect(t, "A", 1)
	if err := os.Rename(filepath.Join(dir, "sub"), filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "A", 0)
	w.write(t, "gone/a", "5")
	if err := os.Rename(filepath.Join(dir, "gone"), filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "A", 5)
	if err := os.RemoveAll(filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "A", 0)
}

func TestTwoNamesOfOneDirectoryAreBothWatched(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "real"), 0o755)
	os.Symlink("real", filepath.Join(dir, "link"))
	w := watchFiles(t, dir, "real/a", "link/b")
	w.write(t, "link/a", "1")
	w.expect(t, "A", 1)
	w.write(t, "real/b", "2")
	w.expect(t, "B", 2)
}

func TestWhatCannotBeReadIsZero(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(filepath.Join(dir, "fifo"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	writer.WriteString("5\n") // meant for whoever reads the FIFO, which is not us
	os.Mkdir(filepath.Join(dir, "d"), 0o755)
	w := watchFiles(t, dir, "fifo", "d")
	for _, state := range w.States() {
		if state.Value != 0 {
			t.Errorf("%+v", state)
		}
	}
}

func TestEventQueueOverflowReadsEverything(t *testing.T) {
	dir := t.TempDir()
	var results []Result
	f, err := OpenFiles([]FileConfig{{"A", filepath.Join(dir, "a")}}, func(r Result) { results = append(results, r) }, newJournal().logger())
	if err != nil {
		t.Fatal(err)
	}
	defer f.inotify.Close()
	os.WriteFile(filepath.Join(dir, "a"), []byte("6"), 0o644)
	f.event(-1, unix.IN_Q_OVERFLOW, "")
	if len(results) != 1 || results[0].Value != 6 {
		t.Errorf("%+v", results)
	}
}

func TestInitFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	expect := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(path); string(got) != want || err != nil {
			t.Errorf("file holds %q, %v, want %q", got, err, want)
		}
	}
	for _, step := range []struct {
		value     int
		overwrite bool
		want      string
	}{{5, false, "5\n"}, {6, false, "5\n"}, {-7, true, "-7\n"}} {
		if err := InitFile(path, step.value, step.overwrite); err != nil {
			t.Fatal(err)
		}
		expect(step.want)
	}
	link := filepath.Join(dir, "link")
	os.Symlink("f", link)
	if err := InitFile(link, 1, true); err == nil || !strings.Contains(err.Error(), link) {
		t.Errorf("a link was overwritten: %v", err)
	}
	if err := InitFile(filepath.Join(dir, "no", "f"), 1, false); err == nil {
		t.Error("written to a missing directory")
	}
	expect("-7\n")
}

func TestWatchable(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]error{
		filepath.Join(dir, "f"):       nil,
		"/proc/uptime":                ErrNoEvents,
		"/proc/self/net/dev":          ErrNoEvents,
		filepath.Join(dir, "no", "f"): unix.ENOENT,
	} {
		if err := Watchable(path); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	for kind, want := range map[int64]bool{
		unix.NFS_SUPER_MAGIC: true, unix.FUSE_SUPER_MAGIC: true, unix.SYSFS_MAGIC: true, int64(int32(-0x00acb2be)): true,
		unix.TMPFS_MAGIC: false, unix.EXT4_SUPER_MAGIC: false, unix.OVERLAYFS_SUPER_MAGIC: false,
	} {
		if got := eventless(kind); got != want {
			t.Errorf("%#x: %v", kind, got)
		}
	}
}
