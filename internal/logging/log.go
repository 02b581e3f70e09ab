package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Levels below slog.LevelInfo. A daemon without -D logs from Info on.
const (
	LevelDetail = slog.LevelDebug     // -D
	LevelExtra  = slog.LevelDebug - 4 // -DD
)

// Config says where records go. The zero value sends nothing anywhere.
type Config struct {
	Syslog     bool
	Facility   Facility
	SyslogPath string    // "" means /dev/log
	Console    io.Writer // nil means none
	File       string    // "" means none
	Detail     int       // 0, 1 for -D, 2 for -DD
	// QueueLength bounds the records that wait for one output; 0 means 8192: thousands of Virtual
	// Routers may change state at once, and each has several lines.
	QueueLength int
}

// Log is a set of outputs. Its methods may be called from any goroutine.
type Log struct {
	outputs []*output
	level   slog.Level
}

// Open starts the outputs. Neither a missing syslog daemon nor a log file that cannot be opened is an
// error: each is reported once to the other outputs, and tried again with later records.
func Open(cfg Config) *Log {
	log := &Log{level: slog.LevelInfo}
	switch {
	case cfg.Detail == 1:
		log.level = LevelDetail
	case cfg.Detail > 1:
		log.level = LevelExtra
	}
	if cfg.Syslog {
		log.add(newSyslog(cfg.SyslogPath, cfg.Facility), cfg.QueueLength)
	}
	if cfg.Console != nil {
		log.add(newConsole(cfg.Console), cfg.QueueLength)
	}
	if cfg.File != "" {
		log.add(newFile(cfg.File), cfg.QueueLength)
	}
	for _, out := range log.outputs {
		go out.run()
	}
	return log
}

func (l *Log) add(w writer, queueLength int) {
	out := newOutput(w, queueLength)
	out.complain = func(message string) {
		for _, other := range l.outputs {
			if other != out {
				other.put(record{time: time.Now(), level: slog.LevelWarn, ident: "Keepalived", message: message})
			}
		}
	}
	l.outputs = append(l.outputs, out)
}

// Logger returns a logger whose records carry ident (`Keepalived`, `Keepalived_vrrp`) in syslog.
func (l *Log) Logger(ident string) *slog.Logger {
	return slog.New(&handler{log: l, ident: ident})
}

// Flush waits until everything logged so far has been written, or until timeout has passed. It tells
// whether all was written.
func (l *Log) Flush(timeout time.Duration) bool {
	limit := time.NewTimer(timeout)
	defer limit.Stop()
	for _, out := range l.outputs {
		select {
		case <-out.flushed():
		case <-limit.C:
			return false
		}
	}
	return true
}

// Close flushes, then ends the outputs. Later records are dropped. An output that hangs in a write is
// left to the end of the process.
func (l *Log) Close(timeout time.Duration) {
	l.Flush(timeout)
	for _, out := range l.outputs {
		out.stop()
	}
}

// handler is the slog.Handler of one ident.
type handler struct {
	log   *Log
	ident string
}

func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.log.level }

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	message := r.Message
	if r.NumAttrs() > 0 {
		message += attributes(r)
	}
	for _, out := range h.log.outputs {
		out.put(record{time: r.Time, level: r.Level, ident: h.ident, message: message})
	}
	return nil
}

// attributes are the record's attributes as text behind its message: ` (error: …, script: …)`. Lines
// that people grep have none.
func attributes(r slog.Record) string {
	var b strings.Builder
	separator := " ("
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&b, "%s%s: %v", separator, a.Key, a.Value)
		separator = ", "
		return true
	})
	b.WriteString(")")
	return b.String()
}

// WithAttrs and WithGroup change nothing: lines carry the attributes of their own record only.
func (h *handler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h *handler) WithGroup(string) slog.Handler      { return h }
