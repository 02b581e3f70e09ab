package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"strconv"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// refused is a server's answer to one mail, in contrast to a server that cannot be used at all.
type refused struct{ err error }

func (r *refused) Error() string { return r.err.Error() }
func (r *refused) Unwrap() error { return r.err }

// temporary says whether another attempt makes sense (RFC 5321, 4.2.1: codes 400 to 499).
func (r *refused) temporary() bool {
	answer, ok := errors.AsType[*textproto.Error](r.err)
	return ok && answer.Code < 500
}

// dialer delivers mails over real connections.
type dialer struct{ log *slog.Logger }

// deliver sends one mail over a new connection. The error is a *refused if the server was there but did
// not take this mail.
func (d dialer) deliver(ctx context.Context, cfg Config, text string) error {
	client, err := d.connect(ctx, cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	err = classify(d.converse(client, cfg, text))
	if err == nil {
		d.log.Debug("SMTP alert successfully sent.")
	}
	if _, answers := errors.AsType[*refused](err); answers || err == nil {
		_ = client.Quit() // the mail's fate is decided, whatever the server says to this
	}
	return err
}

func (d dialer) connect(ctx context.Context, cfg Config) (*smtp.Client, error) {
	address := net.JoinHostPort(cfg.Server, strconv.Itoa(int(cfg.Port)))
	raw, err := (&net.Dialer{Timeout: cfg.Timeout}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	conn := &impatient{Conn: raw, timeout: cfg.Timeout}
	stop := context.AfterFunc(ctx, func() { conn.Conn.Close() })
	conn.released = stop
	remote := raw.RemoteAddr().(*net.TCPAddr)
	d.log.Debug(fmt.Sprintf("Remote SMTP server [%v]:%d connected.", remote.IP, remote.Port))
	client, err := smtp.NewClient(conn, cfg.Server)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("greeting of %s: %w", address, err)
	}
	client.SkipSMTPUTF8(true)
	if err := client.Hello(cfg.HELO); err != nil {
		client.Close()
		return nil, fmt.Errorf("HELO to %s: %w", address, err)
	}
	return client, nil
}

// converse hands the mail over. Recipients that the server does not want do not keep it from the others.
func (d dialer) converse(client *smtp.Client, cfg Config, text string) error {
	if err := client.Mail(envelope(cfg.From)); err != nil {
		return fmt.Errorf("MAIL FROM:%s: %w", envelope(cfg.From), err)
	}
	var refusals []error
	for _, to := range cfg.To {
		err := client.Rcpt(envelope(to))
		if err == nil {
			continue
		}
		err = fmt.Errorf("RCPT TO:%s: %w", envelope(to), err)
		if _, answered := errors.AsType[*textproto.Error](err); !answered {
			return err
		}
		refusals = append(refusals, err)
	}
	if len(refusals) == len(cfg.To) {
		return errors.Join(refusals...)
	}
	for _, err := range refusals {
		d.log.Warn("SMTP server refused a recipient", "server", cfg.Server, "error", err)
	}
	body, err := client.Data()
	if err != nil {
		return fmt.Errorf("DATA: %w", err)
	}
	_, err = io.WriteString(body, text)
	if closeErr := body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("mail data: %w", err)
	}
	return nil
}

// classify tells an answer about this mail from a connection that broke; 421 is the server closing down.
func classify(err error) error {
	if answer, ok := errors.AsType[*textproto.Error](err); ok && answer.Code != 421 {
		return &refused{err}
	}
	return err
}

// impatient gives up when one read or write takes longer than timeout, and for good: the SMTP client
// would otherwise try HELO after an EHLO that nobody answers.
type impatient struct {
	net.Conn
	timeout  time.Duration
	released func() bool
	broken   error
}

func (c *impatient) Read(b []byte) (int, error) {
	return c.limited(b, c.Conn.SetReadDeadline, c.Conn.Read)
}

func (c *impatient) Write(b []byte) (int, error) {
	return c.limited(b, c.Conn.SetWriteDeadline, c.Conn.Write)
}

func (c *impatient) limited(b []byte, limit func(time.Time) error, operate func([]byte) (int, error)) (int, error) {
	if c.broken != nil {
		return 0, c.broken
	}
	if c.broken = limit(time.Now().Add(c.timeout)); c.broken != nil {
		return 0, c.broken
	}
	n, err := operate(b)
	c.broken = err
	return n, err
}

func (c *impatient) Close() error {
	c.released()
	return c.Conn.Close()
}
