package mail

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/user"
	"slices"
	"sync"
	"time"
)

const (
	// maxQueue bounds the mails that wait for a server; the newest say most about the present.
	maxQueue = 256
	// maxAge is when an alert is no news any more.
	maxAge = time.Hour

	defaultTimeout = 30 * time.Second
	defaultPort    = 25
)

// retryAfter is how long to wait after the first, second, … attempt; the last one repeats.
var retryAfter = [...]time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute}

// Config is the mail part of global_defs.
type Config struct {
	Server  string // name or address
	Port    uint16 // 0 means 25
	HELO    string // how we introduce ourselves; "" means the host's name
	From    string // "" means the user's name at the host's
	To      []string
	Timeout time.Duration // for the connection and for each answer; 0 means 30 s
}

// Sender sends mails in the background. Its methods may be called from any goroutine.
type Sender struct {
	log     *slog.Logger
	deliver func(context.Context, Config, string) error // replaced by tests of the queue
	wake    chan struct{}

	mu       sync.Mutex // guards what follows
	cfg      Config
	queue    []*item
	outages  int  // failures to reach the server since it was last reached
	dropping bool // since a mail was dropped none has been sent
}

// item is one mail on its way.
type item struct {
	message Message
	at      time.Time // when the event was
	due     time.Time // not before
	tries   int
}

// New returns a Sender; nothing is sent before Run.
func New(cfg Config, log *slog.Logger) *Sender {
	return &Sender{log: log, cfg: cfg, wake: make(chan struct{}, 1), deliver: dialer{log}.deliver}
}

// Configure changes the server and the addresses, also for mails that are waiting.
func (s *Sender) Configure(cfg Config) {
	s.mu.Lock()
	s.cfg = cfg
	s.mu.Unlock()
}

// Send queues a mail, dated now. It never waits. Beyond 256 waiting mails the oldest is dropped.
func (s *Sender) Send(m Message) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == maxQueue {
		if !s.dropping {
			s.log.Warn("Too many mails are waiting for the SMTP server, dropping the oldest", "waiting", maxQueue)
		}
		s.dropping = true
		s.queue = append(s.queue[:0], s.queue[1:]...)
	}
	s.queue = append(s.queue, &item{message: m, at: now, due: s.reachableAt(now)})
	s.nudge()
}

// reachableAt is when a new mail may go: while the server cannot be reached, not before the next attempt
// of those that wait.
func (s *Sender) reachableAt(now time.Time) time.Time {
	if s.outages == 0 || len(s.queue) == 0 {
		return now
	}
	return s.earliest().due
}

func (s *Sender) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Waiting is how many mails have not been sent yet.
func (s *Sender) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

// Run sends mails until ctx ends; what is waiting then is lost.
func (s *Sender) Run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		it, cfg, wait := s.next(time.Now())
		if it != nil {
			s.settle(ctx, it, s.deliver(ctx, cfg, it.message.render(cfg.From, cfg.To, it.at)))
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		}
	}
	if n := s.Waiting(); n > 0 {
		s.log.Warn("Mails were not sent before the end", "waiting", n)
	}
}

// next returns the mail to send now, or how long there is nothing to do.
func (s *Sender) next(now time.Time) (*item, Config, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := s.earliest()
	if it == nil {
		return nil, Config{}, time.Hour
	}
	if wait := it.due.Sub(now); wait > 0 {
		return nil, Config{}, wait
	}
	return it, s.cfg.complete(), 0
}

// complete fills in the defaults. The host's name is asked for each time: it may change while we run.
func (cfg Config) complete() Config {
	cfg.Port = cmp.Or(cfg.Port, defaultPort)
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	cfg.HELO = cmp.Or(cfg.HELO, host)
	if cfg.From == "" {
		name := "root"
		if account, err := user.Current(); err == nil {
			name = account.Username
		}
		cfg.From = name + "@" + host
	}
	return cfg
}

// earliest is the mail that is due first, of equals the oldest.
func (s *Sender) earliest() *item {
	var first *item
	for _, it := range s.queue {
		if first == nil || it.due.Before(first.due) {
			first = it
		}
	}
	return first
}

// settle takes the result of one attempt.
func (s *Sender) settle(ctx context.Context, it *item, err error) {
	if ctx.Err() != nil && err != nil {
		return // interrupted, not refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var refusal *refused
	switch {
	case err == nil:
		s.remove(it)
		s.dropping = false
		s.reached()
	case errors.As(err, &refusal):
		s.reached()
		s.refuse(it, refusal, now)
	default:
		s.unreachable(err, now)
	}
}

func (s *Sender) remove(it *item) {
	s.queue = slices.DeleteFunc(s.queue, func(other *item) bool { return other == it })
}

// reached ends an outage. What has been waiting for the server is due like the mail that got through.
func (s *Sender) reached() {
	if s.outages == 0 {
		return
	}
	s.log.Info("SMTP server answers again", "server", s.cfg.Server, "waiting", len(s.queue))
	s.outages = 0
}

// refuse handles a server that does not take this one mail.
func (s *Sender) refuse(it *item, refusal *refused, now time.Time) {
	it.tries++
	it.due = now.Add(pause(it.tries))
	if refusal.temporary() && it.due.Sub(it.at) < maxAge {
		s.log.Debug("SMTP server asks to come back later", "subject", it.message.Subject, "error", refusal)
		return
	}
	s.remove(it)
	s.log.Warn("SMTP server refused a mail", "server", s.cfg.Server, "subject", it.message.Subject, "error", refusal)
}

// unreachable puts all mails off: one attempt tells as much as many.
func (s *Sender) unreachable(err error, now time.Time) {
	s.outages++
	if s.outages == 1 {
		s.log.Warn("SMTP server cannot be used, will try again", "server", s.cfg.Server, "error", err)
	} else {
		s.log.Debug("SMTP server still cannot be used", "server", s.cfg.Server, "error", err)
	}
	due := now.Add(pause(s.outages))
	before := len(s.queue)
	s.queue = slices.DeleteFunc(s.queue, func(it *item) bool { return due.Sub(it.at) > maxAge })
	if n := before - len(s.queue); n > 0 {
		s.log.Warn("Mails were dropped after waiting too long for the SMTP server", "dropped", n, "waited", maxAge)
	}
	for _, it := range s.queue {
		it.due = due
	}
}

func pause(failures int) time.Duration { return retryAfter[min(failures, len(retryAfter))-1] }
