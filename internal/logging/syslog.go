package logging

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	defaultSyslogPath = "/dev/log"
	// redialDelay is how long a missing syslog daemon is not asked for again.
	redialDelay = time.Second
	// syslogTimeout is how long a syslog daemon whose queue is full may take to make room.
	syslogTimeout = time.Second
	// shortMessage is where a message that is too long for the socket is cut, in bytes.
	shortMessage = 1024
)

// syslog sends datagrams to the local syslog daemon, in the form of RFC 3164 that it reads there.
type syslog struct {
	path     string
	facility Facility
	conn     net.Conn
	redialAt time.Time
	dialErr  error
}

func newSyslog(path string, facility Facility) *syslog {
	return &syslog{path: cmp.Or(path, defaultSyslogPath), facility: facility}
}

func (s *syslog) name() string { return "syslog" }

func (s *syslog) close() {
	if s.conn != nil {
		s.conn.Close() // a datagram socket: nothing is pending
		s.conn = nil
	}
}

// write sends one datagram. A daemon that was restarted has a new socket: one more try finds it.
func (s *syslog) write(r record) error {
	if s.conn != nil && s.send(r) == nil {
		return nil
	}
	s.close()
	if err := s.dial(); err != nil {
		return err
	}
	return s.send(r)
}

func (s *syslog) dial() error {
	if time.Now().Before(s.redialAt) {
		return s.dialErr
	}
	conn, err := net.Dial("unixgram", s.path)
	if err != nil {
		s.redialAt, s.dialErr = time.Now().Add(redialDelay), err
		return err
	}
	s.conn = conn
	return nil
}

func (s *syslog) send(r record) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(syslogTimeout)); err != nil {
		return err
	}
	_, err := s.conn.Write(s.datagram(r, r.message))
	if errors.Is(err, unix.EMSGSIZE) && len(r.message) > shortMessage {
		_, err = s.conn.Write(s.datagram(r, r.message[:shortMessage]))
	}
	return err
}

func (s *syslog) datagram(r record, message string) []byte {
	return fmt.Appendf(nil, "<%d>%s %s[%d]: %s", int(s.facility)<<3|severity(r.level),
		r.time.Format(time.Stamp), r.ident, os.Getpid(), message)
}

// severity is the code of RFC 5424, 6.2.1. Details are informational too: whoever asks for them with
// -D expects them where the rest is, and keepalived logs them so.
func severity(level slog.Level) int {
	switch {
	case level >= slog.LevelError:
		return 3
	case level >= slog.LevelWarn:
		return 4
	}
	return 6
}
