package mail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

const limit = 20 * time.Second

// sink is a mail server that keeps what it gets, or refuses as its addresses ask for.
type sink struct{ mails chan received }

type received struct {
	helo, from string
	to         []string
	data       string
}

func (s sink) NewSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	return &session{sink: s, mail: received{helo: c.Hostname()}}, nil
}

type session struct {
	sink sink
	mail received
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	s.mail.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "nobody"):
		return &gosmtp.SMTPError{Code: 550, Message: "no such user"}
	case strings.HasPrefix(to, "later"):
		return &gosmtp.SMTPError{Code: 450, Message: "greylisted"}
	}
	s.mail.to = append(s.mail.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	s.mail.data = string(data)
	s.sink.mails <- s.mail
	return err
}

// listen starts the sink on a port of the loopback and returns a configuration for it.
func listen(t *testing.T) (Config, sink) {
	listener := tcp(t)
	s := sink{mails: make(chan received, 10)}
	srv := gosmtp.NewServer(s)
	srv.Domain = "sink"
	go srv.Serve(listener)
	t.Cleanup(func() { srv.Close() })
	return config(listener), s
}

func tcp(t *testing.T) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func config(listener net.Listener) Config {
	return Config{
		Server: "127.0.0.1", Port: uint16(listener.Addr().(*net.TCPAddr).Port), HELO: "router.example.org",
		From: "a@b.c", To: []string{"Ops <x@y.z>", "w@y.z"}, Timeout: limit,
	}
}

func debugLog(b *logBuffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestMailArrivesOverTheWire(t *testing.T) {
	cfg, sink := listen(t)
	log := &logBuffer{}
	s := New(cfg, debugLog(log))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	for range 2 {
		s.Send(Message{Subject: "[R] test", Body: "=> text <="})
		select {
		case got := <-sink.mails:
			header, body, _ := strings.Cut(got.data, "\r\n\r\n")
			if got.helo != "router.example.org" || got.from != "a@b.c" || strings.Join(got.to, " ") != "x@y.z w@y.z" ||
				!strings.Contains(header, "\r\nSubject: [R] test\r\n") || body != "=> text <=\r\n\r\n" {
				t.Errorf("%+v", got)
			}
		case <-time.After(limit):
			t.Fatalf("no mail came; log:\n%s", log)
		}
	}
	for deadline := time.Now().Add(limit); s.Waiting() > 0 && time.Now().Before(deadline); {
		<-time.After(time.Millisecond)
	}
	cancel()
	<-ended
	for _, line := range []string{"Remote SMTP server [127.0.0.1]:", " connected.", "SMTP alert successfully sent."} {
		if n := strings.Count(log.String(), line); n != 2 {
			t.Errorf("%q is logged %d times, want once per mail:\n%s", line, n, log)
		}
	}
}

func deliver(t *testing.T, cfg Config) error {
	return dialer{slog.New(slog.DiscardHandler)}.deliver(t.Context(), cfg, Message{}.render(cfg.From, cfg.To, time.Now()))
}

func TestRefusedRecipientDoesNotKeepTheMailFromOthers(t *testing.T) {
	cfg, sink := listen(t)
	cfg.To = []string{"nobody@y.z", "x@y.z"}
	if err := deliver(t, cfg); err != nil {
		t.Fatal(err)
	}
	if got := <-sink.mails; len(got.to) != 1 || got.to[0] != "x@y.z" {
		t.Errorf("%q", got.to)
	}
}

func TestAnswersAreToldFromOutages(t *testing.T) {
	cfg, _ := listen(t)
	for to, temporary := range map[string]bool{"nobody@y.z": false, "later@y.z": true} {
		cfg.To = []string{to}
		err := deliver(t, cfg)
		if refusal, ok := errors.AsType[*refused](err); !ok || refusal.temporary() != temporary {
			t.Errorf("%s: %v", to, err)
		}
	}
	closed := tcp(t)
	cfg = config(closed)
	closed.Close()
	err := deliver(t, cfg)
	if _, ok := errors.AsType[*refused](err); err == nil || ok {
		t.Errorf("nobody listens: %v", err)
	}
}

// mute accepts connections and says only what it is told to.
func mute(t *testing.T, says string) Config {
	listener := tcp(t)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, says)
			t.Cleanup(func() { conn.Close() })
		}
	}()
	return config(listener)
}

func TestSilentServerIsGivenUpAfterOneTimeout(t *testing.T) {
	for name, says := range map[string]string{"from the start": "", "after its greeting": "220 hello\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := mute(t, says)
			cfg.Timeout = time.Second
			begin := time.Now()
			err := deliver(t, cfg)
			took := time.Since(begin)
			if _, ok := errors.AsType[*refused](err); err == nil || ok {
				t.Errorf("%v", err)
			}
			if took < cfg.Timeout || took >= 2*cfg.Timeout {
				t.Errorf("given up after %v, want one timeout of %v", took, cfg.Timeout)
			}
		})
	}
}

func TestEndOfRunInterruptsASilentServer(t *testing.T) {
	cfg := mute(t, "")
	log := &logBuffer{}
	s := New(cfg, debugLog(log))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	s.Send(Message{Subject: "x"})
	for deadline := time.Now().Add(limit); !strings.Contains(log.String(), "connected.") && time.Now().Before(deadline); {
		<-time.After(time.Millisecond)
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(limit / 2):
		t.Fatal("Run waits for the server")
	}
	if !strings.Contains(log.String(), "not sent before the end") {
		t.Errorf("the lost mail is not told of:\n%s", log)
	}
}

func TestServerClosingDownIsAnOutage(t *testing.T) {
	cfg := mute(t, "220 hello\r\n250 ok\r\n421 closing\r\n")
	err := deliver(t, cfg)
	if _, ok := errors.AsType[*refused](err); err == nil || ok || !strings.Contains(err.Error(), "421") {
		t.Errorf("%v", err)
	}
}

// oldServer takes one mail as RFC 821 had it, which knew no EHLO, and tells the commands that it was given.
func oldServer(t *testing.T) (Config, <-chan []string) {
	listener := tcp(t)
	commands := make(chan []string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "220 old\r\n")
		var given []string
		defer func() { commands <- given }()
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			verb, _, _ := strings.Cut(lines.Text(), " ")
			given = append(given, lines.Text())
			switch verb {
			case "HELO", "MAIL", "RCPT", ".":
				fmt.Fprint(conn, "250 ok\r\n")
			case "DATA":
				fmt.Fprint(conn, "354 go on\r\n")
			case "QUIT":
				fmt.Fprint(conn, "221 bye\r\n")
				return
			case "EHLO":
				fmt.Fprint(conn, "502 unknown command\r\n")
			}
		}
	}()
	return config(listener), commands
}

func TestServerWithoutEHLOIsGreetedWithHELO(t *testing.T) {
	cfg, commands := oldServer(t)
	if err := deliver(t, cfg); err != nil {
		t.Fatal(err)
	}
	given := <-commands
	for i, want := range []string{"EHLO router.example.org", "HELO router.example.org", "MAIL FROM:<a@b.c>", "RCPT TO:<x@y.z>", "RCPT TO:<w@y.z>", "DATA"} {
		if i >= len(given) || given[i] != want {
			t.Fatalf("command %d is not %q: %q", i, want, given)
		}
	}
}
