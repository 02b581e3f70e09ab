package daemon

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestReloadTimes: what may stand in the file. It is noon.
func TestReloadTimes(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	utc := now.UTC()
	for _, test := range []struct {
		text   string
		repeat bool
		want   time.Time
	}{
		{"12:00:01", false, now.Add(time.Second)},
		{"11:59:59", false, now.AddDate(0, 0, 1).Add(-time.Second)},
		{"2026-11-23 12:00:00", false, now.AddDate(0, 0, 1)},
		{"2026-11-23T12:00:00", false, now.AddDate(0, 0, 1)},
		{"26/11/23 12:00:00", false, now.AddDate(0, 0, 1)},
		{utc.Add(time.Hour).Format("2006-01-02T15:04:05Z"), false, now.Add(time.Hour)},
		{utc.Add(3*time.Hour).Format(time.DateTime) + "+02:00", false, now.Add(time.Hour)},
		{"2026-11-20 12:00:01", true, now.Add(time.Second)},
		{"2026-11-20 12:00:01", false, time.Time{}},
		{"soon", false, time.Time{}},
		{"25:00:00", false, time.Time{}},
	} {
		got, err := reloadTime(test.text, now, test.repeat)
		if !got.Equal(test.want) || test.want.IsZero() != (err != nil) {
			t.Errorf("%s (repeat %t): %v, %v; want %v", test.text, test.repeat, got, err, test.want)
		}
	}
}

// TestTimetableReloadsAndRemovesTheFile follows keepalived's lines through changes of the file.
func TestTimetableReloadsAndRemovesTheFile(t *testing.T) {
	for _, repeat := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "when")
		synctest.Test(t, func(t *testing.T) {
			var lines strings.Builder
			reloads := make(chan time.Time, 10)
			table := &timetable{path: path, repeat: repeat, log: slog.New(slog.NewTextHandler(&lines, nil)), reload: func() { reloads <- time.Now() }}
			go table.run(t.Context())
			write := func(text string) {
				if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * timetablePeriod) // of the bubble's clock
			}
			start := time.Now()
			write(start.Add(2 * time.Hour).Format(time.DateTime))
			write("garbage")
			want := start.Add(time.Hour)
			write(want.Format(time.TimeOnly))
			if got := <-reloads; !got.Equal(want) {
				t.Errorf("reloaded at %v, want %v", got, want)
			}
			time.Sleep(23 * time.Hour) // of the bubble's clock
			if len(reloads) != 0 {
				t.Error("reloaded within a day")
			}
			time.Sleep(2 * time.Hour) // of the bubble's clock
			_, err := os.Stat(path)
			if again := len(reloads) == 1; again != repeat || os.IsNotExist(err) == repeat {
				t.Errorf("repeat %t: reloaded again: %t, file: %v", repeat, again, err)
			}
			for _, line := range []string{"Scheduling reload for ", "Cancelling reload scheduled for ", "Invalid reload time 'garbage' specified - ignoring"} {
				if !strings.Contains(lines.String(), line) {
					t.Errorf("no line %q in\n%s", line, &lines)
				}
			}
		})
	}
}
