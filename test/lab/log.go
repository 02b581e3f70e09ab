package lab

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Log collects a daemon's lines and lets others wait for them.
type Log struct {
	mu      sync.Mutex
	lines   []Line
	partial []byte
	size    int
	changed chan struct{} // closed and replaced with each new line
}

// Line is one line of a log.
type Line struct {
	At   time.Time
	Text string
}

// NewLog returns an empty log.
func NewLog() *Log { return &Log{changed: make(chan struct{})} }

// Write takes a piece of the daemon's output.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.size += len(p)
	l.partial = append(l.partial, p...)
	for {
		line, rest, complete := bytes.Cut(l.partial, []byte("\n"))
		if !complete {
			return len(p), nil
		}
		l.lines = append(l.lines, Line{At: now, Text: string(line)})
		l.partial = rest
		close(l.changed)
		l.changed = make(chan struct{})
	}
}

// Size is the number of bytes logged.
func (l *Log) Size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size
}

// Mark is a place in the log: the lines so far.
func (l *Log) Mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

// Count is the number of lines from a mark on that contain text.
func (l *Log) Count(mark int, text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.lines[mark:] {
		if strings.Contains(line.Text, text) {
			n++
		}
	}
	return n
}

// Wait returns the first line from a mark on that contains text, waiting for it if need be.
func (l *Log) Wait(ctx context.Context, mark int, text string) (Line, error) {
	for {
		l.mu.Lock()
		for i := mark; i < len(l.lines); i++ {
			if strings.Contains(l.lines[i].Text, text) {
				line := l.lines[i]
				l.mu.Unlock()
				return line, nil
			}
		}
		mark = max(mark, len(l.lines))
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return Line{}, fmt.Errorf("wait for log line %q: %w\n%s", text, ctx.Err(), l)
		}
	}
}

// String is the end of the log, as an error message shows it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	const shown = 60
	var b strings.Builder
	for _, line := range l.lines[max(0, len(l.lines)-shown):] {
		fmt.Fprintf(&b, "    %s %s\n", line.At.Format("15:04:05.000000"), line.Text)
	}
	return b.String()
}

// Lines returns a copy of all lines.
func (l *Log) Lines() []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}
