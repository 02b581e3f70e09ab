package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// logBuffer collects log lines from any goroutine.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// server is a mail server of virtual time: answer decides about each attempt, the subjects are noted.
type server struct {
	mu     sync.Mutex
	began  time.Time
	seen   []string
	answer func(now time.Duration, subject string) error
}

func (s *server) deliver(_ context.Context, _ Config, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, rest, _ := strings.Cut(text, "Subject: ")
	subject, _, _ := strings.Cut(rest, "\r\n")
	now := time.Since(s.began)
	err := s.answer(now, subject)
	mark := ""
	if err != nil {
		mark = "!"
	}
	s.seen = append(s.seen, fmt.Sprintf("%v %s%s", now, subject, mark))
	return err
}

func (s *server) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

func bubble(t *testing.T, answer func(time.Duration, string) error, story func(*testing.T, *Sender, *server, *logBuffer)) {
	synctest.Test(t, func(t *testing.T) {
		log := &logBuffer{}
		sink := &server{began: time.Now(), answer: answer}
		s := New(Config{Server: "mx"}, slog.New(slog.NewTextHandler(log, nil)))
		s.deliver = sink.deliver
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { s.Run(ctx) })
		story(t, s, sink, log)
		cancel()
		running.Wait()
	})
}

func after(d time.Duration) {
	time.Sleep(d) // of the bubble's clock
	synctest.Wait()
}

func expect(t *testing.T, sink *server, want ...string) {
	t.Helper()
	if got := sink.take(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func reply(code int) error { return &refused{&textproto.Error{Code: code, Msg: "no"}} }

func TestMailsLeaveInOrderAtOnce(t *testing.T) {
	bubble(t, func(time.Duration, string) error { return nil }, func(t *testing.T, s *Sender, sink *server, _ *logBuffer) {
		for _, subject := range []string{"a", "b", "c"} {
			s.Send(Message{Subject: subject})
		}
		after(time.Second)
		expect(t, sink, "0s a", "0s b", "0s c")
		if n := s.Waiting(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

func TestOutageIsRetriedWithOneProbeAndLoggedOnce(t *testing.T) {
	back := 100 * time.Second
	answer := func(now time.Duration, _ string) error {
		if now < back {
			return errors.New("connection refused")
		}
		return nil
	}
	bubble(t, answer, func(t *testing.T, s *Sender, sink *server, log *logBuffer) {
		s.Send(Message{Subject: "a"})
		after(time.Second)
		s.Send(Message{Subject: "b"})
		after(2 * time.Minute)
		expect(t, sink, "0s a!", "10s a!", "40s a!", "1m40s a", "1m40s b")
		if got := log.String(); strings.Count(got, "cannot be used") != 1 || strings.Count(got, "answers again") != 1 {
			t.Errorf("log:\n%s", got)
		}
		s.Send(Message{Subject: "c"})
		synctest.Wait()
		expect(t, sink, "2m1s c")
	})
}

func TestOldMailsAreDroppedInALongOutage(t *testing.T) {
	down := func(time.Duration, string) error { return errors.New("no route to host") }
	bubble(t, down, func(t *testing.T, s *Sender, sink *server, log *logBuffer) {
		s.Send(Message{Subject: "a"})
		after(maxAge + time.Minute)
		seen := sink.take()
		if len(seen) != 15 || seen[4] != "6m40s a!" || seen[5] != "11m40s a!" || s.Waiting() != 0 {
			t.Errorf("%d attempts, %d waiting: %q", len(seen), s.Waiting(), seen)
		}
		if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "dropped=1") {
			t.Errorf("log:\n%s", got)
		}
	})
}

func TestRefusedMailIsDroppedAndDeferredMailStandsInNobodysWay(t *testing.T) {
	later := 1
	answer := func(_ time.Duration, subject string) error {
		switch {
		case subject == "bad":
			return reply(550)
		case subject == "grey" && later > 0:
			later--
			return reply(451)
		}
		return nil
	}
	bubble(t, answer, func(t *testing.T, s *Sender, sink *server, log *logBuffer) {
		for _, subject := range []string{"bad", "grey", "good"} {
			s.Send(Message{Subject: subject})
		}
		after(time.Minute)
		expect(t, sink, "0s bad!", "0s grey!", "0s good", "10s grey")
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "refused a mail") || !strings.Contains(got, "subject=bad") {
			t.Errorf("log:\n%s", got)
		}
	})
}

func TestFullQueueDropsTheOldestWithOneLine(t *testing.T) {
	down := func(time.Duration, string) error { return errors.New("down") }
	bubble(t, down, func(t *testing.T, s *Sender, sink *server, log *logBuffer) {
		for i := range maxQueue + 3 {
			s.Send(Message{Subject: fmt.Sprint(i)})
			after(0)
		}
		if got := strings.Count(log.String(), "dropping the oldest"); got != 1 || s.Waiting() != maxQueue {
			t.Errorf("%d waiting, %d lines", s.Waiting(), got)
		}
		sink.take()
		after(10 * time.Second)
		expect(t, sink, "10s 3!")
	})
}

func TestConfigureHoldsForWaitingMails(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *Sender, sink *server, _ *logBuffer) {
		var mu sync.Mutex
		var used []string
		s.deliver = func(_ context.Context, cfg Config, _ string) error {
			mu.Lock()
			defer mu.Unlock()
			used = append(used, cfg.Server)
			if cfg.Server == "mx" {
				return errors.New("down")
			}
			return nil
		}
		s.Send(Message{Subject: "a"})
		after(time.Second)
		s.Configure(Config{Server: "other"})
		after(10 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(used, []string{"mx", "other"}) {
			t.Errorf("servers %q", used)
		}
	})
}

func TestDefaultsOfTheConfiguration(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	got := Config{Server: "mx", To: []string{"x"}}.complete()
	if got.Port != 25 || got.Timeout != 30*time.Second || got.HELO != host {
		t.Errorf("%+v", got)
	}
	if name, at, _ := strings.Cut(got.From, "@"); name == "" || at != host {
		t.Errorf("from %q", got.From)
	}
	set := Config{Server: "mx", Port: 2525, HELO: "h", From: "f@g", To: []string{"x"}, Timeout: time.Second}
	if got := set.complete(); fmt.Sprint(got) != fmt.Sprint(set) {
		t.Errorf("%+v became %+v", set, got)
	}
}
