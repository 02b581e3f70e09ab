package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// MailSink is a host's mail server: it takes every mail and keeps it.
type MailSink struct {
	server *smtp.Server

	mu      sync.Mutex
	mails   []Mail
	changed chan struct{}
}

// Mail is one mail as it arrived.
type Mail struct {
	From string
	To   []string
	Data string // header and body, with CRLF
}

// Header returns a field of the mail's header, unfolded.
func (m Mail) Header(name string) string {
	header, _, _ := strings.Cut(m.Data, "\r\n\r\n")
	header = strings.ReplaceAll(header, "\r\n ", " ")
	for line := range strings.SplitSeq(header, "\r\n") {
		if key, value, found := strings.Cut(line, ":"); found && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Body returns what follows the header, without the space around it.
func (m Mail) Body() string {
	_, body, _ := strings.Cut(m.Data, "\r\n\r\n")
	return strings.TrimSpace(body)
}

// ServeMail starts a mail server on the host, at an address such as 10.9.0.3:25.
func (h *Host) ServeMail(address string) (*MailSink, error) {
	listener, err := h.Listen(address)
	if err != nil {
		return nil, err
	}
	sink := &MailSink{changed: make(chan struct{})}
	sink.server = smtp.NewServer(sink)
	sink.server.Domain = h.Name
	go sink.server.Serve(listener) // ends with Close
	return sink, nil
}

// Listen opens a TCP listener on the host. One that nobody accepts from is a silent server.
func (h *Host) Listen(address string) (net.Listener, error) {
	var listener net.Listener
	err := h.Do(func() (err error) {
		listener, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", h.Name, err)
	}
	return listener, nil
}

// Mails returns the mails so far.
func (s *MailSink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Wait returns the first mail that matches, waiting for it if need be.
func (s *MailSink) Wait(ctx context.Context, match func(Mail) bool) (Mail, error) {
	for {
		s.mu.Lock()
		i, changed := slices.IndexFunc(s.mails, match), s.changed
		if i >= 0 {
			defer s.mu.Unlock()
			return s.mails[i], nil
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return Mail{}, fmt.Errorf("wait for a mail: %w", ctx.Err())
		}
	}
}

// Close ends the mail server.
func (s *MailSink) Close() { s.server.Close() }

// NewSession serves one connection, as the server asks.
func (s *MailSink) NewSession(*smtp.Conn) (smtp.Session, error) { return &mailSession{sink: s}, nil }

type mailSession struct {
	sink *MailSink
	mail Mail
}

func (m *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	m.mail.From = from
	return nil
}

func (m *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	m.mail.To = append(m.mail.To, to)
	return nil
}

func (m *mailSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	m.mail.Data = string(data)
	m.sink.mu.Lock()
	defer m.sink.mu.Unlock()
	m.sink.mails = append(m.sink.mails, m.mail)
	close(m.sink.changed)
	m.sink.changed = make(chan struct{})
	return nil
}

func (m *mailSession) Reset() { m.mail = Mail{} }

func (m *mailSession) Logout() error { return nil }
