package mail

import (
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/notify"
)

// Message is what a mail says.
type Message struct {
	Subject string
	Body    string // one line, without its end
}

// Text returns the mail for an event, and false for events that are never mailed: a stop (keepalived
// has words for it but has ended before it sends them) and changes of priority.
func Text(routerID string, event notify.Event) (Message, bool) {
	body, kind := instanceBody(event.State), "Instance"
	if event.Group {
		body, kind = groupBody(event.State), "Group"
	}
	if body == "" {
		return Message{}, false
	}
	entering := "Entering " + event.State + " state"
	if event.State == notify.Deleted {
		entering = "Deleted"
	}
	return Message{
		Subject: fmt.Sprintf("[%s] VRRP %s %s - %s", routerID, kind, event.Name, entering),
		Body:    body,
	}, true
}

func instanceBody(state string) string {
	switch state {
	case notify.Master:
		return "=> VRRP Instance is now owning VRRP VIPs <="
	case notify.Backup, notify.Fault:
		return "=> VRRP Instance is no longer owning VRRP VIPs <="
	case notify.Deleted:
		return "=> VRRP Deleted at reload <="
	}
	return ""
}

func groupBody(state string) string {
	switch state {
	case notify.Master, notify.Backup, notify.Fault:
		return "=> All VRRP group instances are now in " + state + " state <="
	case notify.Deleted:
		return "=> VRRP Deleted at reload <="
	}
	return ""
}

// render writes the mail as it goes over the wire: keepalived's headers in keepalived's order, so that
// filters written for it keep working.
func (m Message) render(from string, to []string, at time.Time) string {
	addresses := make([]string, len(to))
	for i, address := range to {
		addresses[i] = oneLine(address)
	}
	headers := []string{
		"Date: " + at.Format(time.RFC1123Z),
		"From: " + oneLine(from),
		"Subject: " + mime.QEncoding.Encode("utf-8", oneLine(m.Subject)),
		"X-Mailer: Keepalived",
		"To: " + strings.Join(addresses, ",\r\n "),
	}
	return strings.Join(headers, "\r\n") + "\r\n\r\n" + m.Body + "\r\n\r\n"
}

// oneLine keeps configured text from becoming headers of its own.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
}

// envelope is the bare address in angle brackets: `"Ops" <a@b.c>` is <a@b.c> to the server. What is no
// address by the RFC's rules (a local user, say) is the server's to judge.
func envelope(address string) string {
	if parsed, err := mail.ParseAddress(address); err == nil {
		return "<" + parsed.Address + ">"
	}
	if i, j := strings.LastIndexByte(address, '<'), strings.LastIndexByte(address, '>'); i >= 0 && i < j {
		address = address[i+1 : j]
	}
	return "<" + strings.TrimSpace(address) + ">"
}
