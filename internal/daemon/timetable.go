package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"
)

// scheduleReloads begins, in place of an earlier one, the schedule that reload_time_file asks for.
func (d *Daemon) scheduleReloads() {
	if d.unschedule != nil {
		d.unschedule()
		d.unschedule = nil
	}
	g := &d.plan.cfg.Global
	if g.ReloadTimeFile == "" {
		return
	}
	t := &timetable{path: g.ReloadTimeFile, repeat: g.ReloadRepeat, log: d.log, reload: func() { d.inbox.post(d.reload) }}
	ctx, cancel := context.WithCancel(d.ctx)
	d.unschedule = cancel
	d.workers.Go(func() { t.run(ctx) })
}

// A timetable has the configuration reloaded at the time that stands in a file. Its goroutine alone uses it.
type timetable struct {
	path   string
	repeat bool // each day anew
	log    *slog.Logger
	reload func()

	text string    // of the file, when it was last read
	at   time.Time // of the next reload; zero: none
}

// timetablePeriod is how often the file is looked at.
const timetablePeriod = time.Second

// run serves the timetable until ctx ends.
func (t *timetable) run(ctx context.Context) {
	for {
		t.look(time.Now())
		wait := timetablePeriod
		if !t.at.IsZero() {
			wait = min(wait, time.Until(t.at))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if now := time.Now(); !t.at.IsZero() && !now.Before(t.at) {
			t.due(now)
		}
	}
}

// look reads the file, and takes in what has changed in it.
func (t *timetable) look(now time.Time) {
	content, err := os.ReadFile(t.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		content = []byte(err.Error()) // told as what cannot be read as a time
	}
	text := strings.TrimSpace(string(content))
	if text == t.text {
		return
	}
	t.text = text
	at, err := reloadTime(text, now, t.repeat)
	if text != "" && err != nil {
		t.log.Warn(fmt.Sprintf("Invalid reload time '%s' specified - ignoring: %v", text, err))
	}
	t.set(at)
}

// set changes the time of the next reload, and says so.
func (t *timetable) set(at time.Time) {
	before := t.at
	t.at = at
	switch {
	case before.Equal(at):
	case at.IsZero():
		t.log.Info("Cancelling reload scheduled for " + reloadTimeText(before))
	case before.IsZero():
		t.log.Info("Scheduling reload for " + reloadTimeText(at))
	default:
		t.log.Info(fmt.Sprintf("Reload time updated from %s to %s", reloadTimeText(before), reloadTimeText(at)))
	}
}

// due has the reload made. Without repetition the file is removed, so that a restart does not read it again.
func (t *timetable) due(now time.Time) {
	t.reload()
	at := t.at
	t.at = time.Time{}
	if t.repeat {
		t.set(nextDay(at, now))
		return
	}
	t.text = ""
	if err := os.Remove(t.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.log.Error(fmt.Sprintf("reload_time_file: %v", err))
	}
}

func reloadTimeText(at time.Time) string { return at.Local().Format(time.DateTime) }

// nextDay is the first time after now that is whole days after at.
func nextDay(at, now time.Time) time.Time {
	for !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

// reloadTime reads `[DATE[ |T]]HH:MM:SS[Z|±hh:mm]`. A time without a date is that of today, or else of tomorrow.
func reloadTime(text string, now time.Time, repeat bool) (time.Time, error) {
	text = strings.Replace(text, "T", " ", 1)
	for _, zone := range []string{"", "Z07:00", " Z07:00", "-0700", " -0700", "-07", " -07"} {
		if clock, err := time.ParseInLocation(time.TimeOnly+zone, text, time.Local); err == nil {
			today := now.In(clock.Location())
			at := time.Date(today.Year(), today.Month(), today.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, clock.Location())
			return nextDay(at, now), nil
		}
		for _, date := range []string{"2006-01-02 ", "06/01/02 "} {
			at, err := time.ParseInLocation(date+time.TimeOnly+zone, text, time.Local)
			switch {
			case err != nil:
			case repeat:
				return nextDay(at, now), nil
			case !at.After(now):
				return time.Time{}, errors.New("it has passed")
			default:
				return at, nil
			}
		}
	}
	return time.Time{}, errors.New("write HH:MM:SS or YYYY-MM-DD HH:MM:SS")
}
