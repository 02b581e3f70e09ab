package daemon

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
)

// A reload must not put a tracked number back that somebody has changed since the start.
func TestFilesAreInitialisedOnce(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) *config.TrackFile {
		return &config.TrackFile{Name: name, File: filepath.Join(dir, name), Init: new(7), Overwrite: true}
	}
	running := &config.Config{TrackFiles: []*config.TrackFile{file("old")}}
	if problems := initFiles(running, nil); len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := os.WriteFile(filepath.Join(dir, "old"), []byte("42\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	next := &config.Config{TrackFiles: []*config.TrackFile{file("old"), file("new")}}
	if problems := initFiles(next, running); len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, want := range map[string]string{"old": "42\n", "new": "7\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestLatenessOfADeadlineThatIsNone(t *testing.T) {
	now := time.Now()
	if late := missedBy(time.Time{}, now); late != 0 {
		t.Errorf("no deadline was missed by %v", late)
	}
	if late := missedBy(now.Add(-2*time.Second), now); late != 2*time.Second {
		t.Errorf("lateness %v, want 2s", late)
	}
}
