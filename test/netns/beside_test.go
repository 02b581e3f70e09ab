package netns

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// stage is one of the two places on which a story is played: with govrrpd, and with keepalived beside it.
type stage struct {
	*router
	dir   string
	mail  *lab.MailSink
	fifos []*os.File
}

// heard is what others were told in a story.
type heard struct {
	calls []string // of scripts, in the order in which they were started, with their words
	fifo  []string // lines
	mails []string // sorted, because keepalived sends them at the same time
}

// beside plays a story on two stages of two links and a mail server each, and compares what was heard.
func beside(t *testing.T, story func(*stage)) {
	t.Helper()
	var said [2]heard
	for i, program := range []peers.Program{subjectProgram(t), peers.Need(t, "keepalived")} {
		st := newStage(t, program)
		story(st)
		said[i] = st.heard()
	}
	for _, kind := range []struct {
		name         string
		ours, theirs []string
	}{
		{"calls of scripts", said[0].calls, said[1].calls},
		{"lines of FIFOs", said[0].fifo, said[1].fifo},
		{"mails", said[0].mails, said[1].mails},
	} {
		if !slices.Equal(kind.ours, kind.theirs) {
			t.Errorf("%s\n\t%s\nkeepalived's\n\t%s", kind.name, strings.Join(kind.ours, "\n\t"), strings.Join(kind.theirs, "\n\t"))
		}
	}
	if len(said[1].calls) == 0 {
		t.Error("the story has no calls")
	}
}

// newStage is a router with two links, and a mail server beside it.
func newStage(t *testing.T, program peers.Program) *stage {
	t.Helper()
	s := newSite(t, "subject", "mail")
	st := &stage{router: s.router(0, program), dir: t.TempDir()}
	check(t, lab.Cable(st.host, "eth1", s.lan.Switch, "second"))
	check(t, st.host.AddAddress("eth1", netip.MustParsePrefix("10.9.1.1/24")))
	var err error
	st.mail, err = s.lan.Hosts[1].ServeMail("10.9.0.2:25")
	check(t, err)
	t.Cleanup(st.mail.Close)
	return st
}

// begin starts the daemon with FIFOs, mails and the instances, and opens the FIFOs as a reader would.
func (st *stage) begin(global, rest string) {
	st.t.Helper()
	st.start(st.configuration(global, rest))
	st.openFIFOs()
}

func (st *stage) openFIFOs() {
	st.t.Helper()
	for _, name := range []string{"notify_fifo", "vrrp_notify_fifo"} {
		path := filepath.Join(st.dir, name)
		waitUntil(st.t, func() bool { _, err := os.Stat(path); return err == nil }, func() string { return "no " + path })
		fifo, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
		check(st.t, err)
		st.t.Cleanup(func() { fifo.Close() })
		st.fifos = append(st.fifos, fifo)
	}
}

func (st *stage) configuration(global, rest string) string {
	return fmt.Sprintf("global_defs {\n script_user root\n enable_script_security\n router_id R1\n smtp_server 10.9.0.2\n"+
		" notification_email {\n  x@y.z\n  w@y.z\n }\n notification_email_from a@b.c\n"+
		" notify_fifo %[1]s/notify_fifo\n vrrp_notify_fifo %[1]s/vrrp_notify_fifo\n %[2]s\n}\n", st.dir, global) + rest
}

// told is a configured script that writes down its call: its own word and all others. It stands where only root
// can write.
func (st *stage) told(word string) string {
	st.t.Helper()
	const dir = "/var/local/told"
	check(st.t, st.host.Do(func() error {
		if _, err := os.Stat(dir); err == nil {
			return nil
		}
		if err := unix.Mount("tmpfs", "/var/local", "tmpfs", 0, "mode=755"); err != nil {
			return err
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(dir+"/told", []byte("#!/bin/sh\necho $$ \"$@\" >> "+st.dir+"/calls\n"), 0o755)
	}))
	return `"` + dir + "/told " + word + `"`
}

// notifyAll are all scripts that an instance or a group may have.
func (st *stage) notifyAll(name string, more ...string) string {
	text := " smtp_alert\n"
	for _, kind := range append([]string{"master", "backup", "fault", "stop"}, more...) {
		text += " notify_" + kind + " " + st.told(name+"-"+kind) + "\n"
	}
	return text + " notify " + st.told(name+"-any")
}

func (st *stage) heard() (h heard) {
	h.calls = st.calls()
	for _, fifo := range st.fifos {
		text, err := io.ReadAll(fifo)
		check(st.t, err)
		for line := range strings.Lines(string(text)) {
			h.fifo = append(h.fifo, filepath.Base(fifo.Name())+": "+strings.TrimSpace(line))
		}
	}
	slices.SortStableFunc(h.fifo, func(a, b string) int { return strings.Compare(a[:2], b[:2]) }) // by FIFO
	for _, m := range st.mail.Mails() {
		_, data, _ := strings.Cut(m.Data, "\r\n")           // without the date
		data = strings.ReplaceAll(data, ",\r\n w@", ", w@") // 2.2.7 does not fold
		h.mails = append(h.mails, fmt.Sprintf("from %s to %q: %q", m.From, m.To, data))
	}
	slices.Sort(h.mails)
	return h
}

// calls are those so far, by the numbers of the processes: those that start together may write in any order. Those
// of each subject stand together, because subjects do not wait for each other.
func (st *stage) calls() (calls []string) {
	lines := recordLines(filepath.Join(st.dir, "calls"))
	number := func(line string) int {
		word, _, _ := strings.Cut(line, " ")
		n, _ := strconv.Atoi(word)
		return n
	}
	slices.SortStableFunc(lines, func(a, b string) int { return number(a) - number(b) })
	for _, line := range lines {
		_, words, _ := strings.Cut(line, " ")
		calls = append(calls, words)
	}
	slices.SortStableFunc(calls, func(a, b string) int { return strings.Compare(subjectOf(a), subjectOf(b)) })
	return calls
}

// subjectOf is what stands before the hyphen in the word of a call.
func subjectOf(call string) string {
	subject, _, _ := strings.Cut(call, "-")
	return subject
}

// wait waits for a call and, if there is one, for the mail that goes with it.
func (st *stage) wait(call, subject string) {
	st.t.Helper()
	waitUntil(st.t, func() bool { return slices.Contains(st.calls(), call) },
		func() string {
			return fmt.Sprintf("no call %q:\n%s\n%s", call, strings.Join(st.calls(), "\n"), st.daemon.Log)
		})
	if subject == "" {
		return
	}
	ctx, cancel := deadline(st.t)
	defer cancel()
	_, err := st.mail.Wait(ctx, func(m lab.Mail) bool { return strings.HasSuffix(m.Header("Subject"), subject) })
	check(st.t, err)
}
