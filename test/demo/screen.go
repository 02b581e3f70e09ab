package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// screen shows events as lines that stay, and below them, on a terminal, the status of everybody,
// drawn anew ten times a second. Without a terminal it prints the status after each change of state.
type screen struct {
	out      *os.File
	status   func() []string
	terminal bool
	start    time.Time
	done     chan struct{}
	running  sync.WaitGroup

	mu    sync.Mutex
	drawn int // lines of the status on the terminal
	shown []string
}

func newScreen(out *os.File, status func() []string) *screen {
	_, err := unix.IoctlGetTermios(int(out.Fd()), unix.TCGETS)
	s := &screen{out: out, status: status, terminal: err == nil, start: time.Now(), done: make(chan struct{})}
	s.running.Go(s.refresh)
	return s
}

// say prints an event.
func (s *screen) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	fmt.Fprintf(s.out, "%s%5.2f s  %s%s\n", s.style("\x1b[1m"), time.Since(s.start).Seconds(), text, s.style("\x1b[0m"))
	s.draw()
}

func (s *screen) refresh() {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-ticker.C:
			s.mu.Lock()
			s.erase()
			s.draw()
			s.mu.Unlock()
		}
	}
}

// erase removes the status from the terminal.
func (s *screen) erase() {
	if s.drawn > 0 {
		fmt.Fprintf(s.out, "\x1b[%dA\x1b[J", s.drawn)
		s.drawn = 0
	}
}

// draw writes the status: on a terminal always, elsewhere only the routers' and only when changed.
func (s *screen) draw() {
	lines := s.status()
	if s.terminal {
		for _, line := range lines {
			fmt.Fprintf(s.out, "         %s\n", s.colour(line))
		}
		s.drawn = len(lines)
		return
	}
	routers := lines[:len(lines)-1]
	if !slices.Equal(routers, s.shown) {
		s.shown = slices.Clone(routers)
		for _, line := range routers {
			fmt.Fprintf(s.out, "           %s\n", strings.TrimRight(line, " "))
		}
	}
}

// colour marks the words that matter.
func (s *screen) colour(line string) string {
	return strings.NewReplacer(
		"MASTER", "\x1b[1;32mMASTER\x1b[0m",
		"BACKUP", "\x1b[33mBACKUP\x1b[0m",
		"OFF", "\x1b[31mOFF\x1b[0m",
		"FAULT", "\x1b[31mFAULT\x1b[0m",
	).Replace(line)
}

// style is an escape sequence where there is a terminal to obey it.
func (s *screen) style(sequence string) string {
	if s.terminal {
		return sequence
	}
	return ""
}

func (s *screen) close() {
	close(s.done)
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.draw()
}
