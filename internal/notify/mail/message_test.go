package mail

import (
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/notify"
)

func TestTextIsKeepalivedsOwn(t *testing.T) {
	owning, lost := "=> VRRP Instance is now owning VRRP VIPs <=", "=> VRRP Instance is no longer owning VRRP VIPs <="
	for _, c := range []struct {
		event         notify.Event
		subject, body string
	}{
		{notify.Event{Name: "V4", State: notify.Master}, "[R1] VRRP Instance V4 - Entering MASTER state", owning},
		{notify.Event{Name: "V4", State: notify.Backup}, "[R1] VRRP Instance V4 - Entering BACKUP state", lost},
		{notify.Event{Name: "V4", State: notify.Fault}, "[R1] VRRP Instance V4 - Entering FAULT state", lost},
		{notify.Event{Name: "V4", State: notify.Deleted}, "[R1] VRRP Instance V4 - Deleted", "=> VRRP Deleted at reload <="},
		{notify.Event{Group: true, Name: "G", State: notify.Master}, "[R1] VRRP Group G - Entering MASTER state", "=> All VRRP group instances are now in MASTER state <="},
		{notify.Event{Group: true, Name: "G", State: notify.Backup}, "[R1] VRRP Group G - Entering BACKUP state", "=> All VRRP group instances are now in BACKUP state <="},
		{notify.Event{Group: true, Name: "G", State: notify.Fault}, "[R1] VRRP Group G - Entering FAULT state", "=> All VRRP group instances are now in FAULT state <="},
		{notify.Event{Group: true, Name: "G", State: notify.Deleted}, "[R1] VRRP Group G - Deleted", "=> VRRP Deleted at reload <="},
	} {
		got, ok := Text("R1", c.event)
		if want := (Message{c.subject, c.body}); got != want || !ok {
			t.Errorf("%+v: %+v %v", c.event, got, ok)
		}
	}
}

func TestStopAndPrioritiesAreNotMailed(t *testing.T) {
	for _, state := range []string{notify.Stop, notify.MasterPriority, notify.BackupPriority, notify.MasterRxLowerPri} {
		for _, group := range []bool{false, true} {
			if m, ok := Text("R1", notify.Event{Group: group, Name: "V", State: state}); ok {
				t.Errorf("%s is mailed: %+v", state, m)
			}
		}
	}
}

func TestMailLooksLikeKeepaliveds(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 28, 21, 0, time.UTC)
	m := Message{"[R1] VRRP Instance V4 - Entering BACKUP state", "=> VRRP Instance is no longer owning VRRP VIPs <="}
	want := "Date: Sun, 22 Nov 2026 10:28:21 +0000\r\n" +
		"From: a@b.c\r\n" +
		"Subject: [R1] VRRP Instance V4 - Entering BACKUP state\r\n" +
		"X-Mailer: Keepalived\r\n" +
		"To: x@y.z,\r\n w@y.z\r\n" +
		"\r\n=> VRRP Instance is no longer owning VRRP VIPs <=\r\n\r\n"
	if got := m.render("a@b.c", []string{"x@y.z", "w@y.z"}, at); got != want {
		t.Errorf("%q", got)
	}
	m.Subject = "[R\r\nBcc: all@y.z] Zürich"
	want = "Date: Sun, 22 Nov 2026 10:28:21 +0000\r\nFrom: a@b.c  X: y\r\n" +
		"Subject: =?utf-8?q?[R__Bcc:_all@y.z]_Z=C3=BCrich?=\r\nX-Mailer: Keepalived\r\nTo: x@y.z\r\n\r\n" + m.Body + "\r\n\r\n"
	if got := m.render("a@b.c\r\nX: y", []string{"x@y.z"}, at); got != want {
		t.Errorf("%q", got)
	}
}

func TestEnvelopeHoldsTheBareAddress(t *testing.T) {
	for address, want := range map[string]string{
		"a@b.c": "<a@b.c>", "Ops <a@b.c>": "<a@b.c>", `"Ops, all" <a@b.c>`: "<a@b.c>", "root": "<root>",
		"Dr. X <root>": "<root>", " a@b ": "<a@b>",
	} {
		if got := envelope(address); got != want {
			t.Errorf("%q becomes %s, want %s", address, got, want)
		}
	}
}
