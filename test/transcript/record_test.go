package transcript

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/test/lab"
)

// transcript is all that was seen of a run: lines by host and stream.
type transcript map[string][]string

// transcript puts together what was recorded until now.
func (st *stage) transcript() transcript {
	all := transcript{}
	for _, name := range []string{"a", "b"} {
		n := st.nodes[name]
		if n.daemon != nil {
			n.keepLog()
		}
		for stream, lines := range n.streams {
			all[name+" "+stream] = lines
		}
		for stream, frames := range packetStreams(st.sniffer.Frames(0, func(f *lab.Frame) bool { return f.Port == name })) {
			all[name+" "+stream] = packetLines(frames)
		}
		for _, call := range n.calls() {
			all[name+" calls"] = append(all[name+" calls"], n.clean(call))
		}
		for path := range n.fifos {
			all[name+" "+path] = n.lines(path)
		}
	}
	defer func() {
		for stream, lines := range all { // each goes by a connection of its own
			if strings.HasSuffix(stream, " mails") || strings.HasSuffix(stream, " log smtp") || strings.HasSuffix(stream, " log announcements") {
				slices.Sort(lines)
			}
		}
	}()
	for _, mail := range st.mail.Mails() {
		sender, _, _ := strings.Cut(strings.Trim(mail.From, "<>"), "@")
		all[sender+" mails"] = append(all[sender+" mails"], mailLine(mail))
	}
	return all
}

// pidMax is how many process numbers there are.
var pidMax = func() int {
	text, err := os.ReadFile("/proc/sys/kernel/pid_max")
	if err != nil {
		panic("transcript: " + err.Error())
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		panic("transcript: " + err.Error())
	}
	return number
}()

// calls are the script calls so far in the order of their start.
func (n *node) calls() []string {
	text, _ := os.ReadFile(filepath.Join(n.dir, "calls")) // not there before the first call
	type call struct {
		pid  int
		args string
	}
	var calls []call
	for line := range strings.SplitSeq(string(text), "\n") {
		if pid, args, found := strings.Cut(line, " "); found {
			number, _ := strconv.Atoi(pid)
			// The numbers begin again when they have reached the kernel's largest.
			const far = 10_000
			if n := len(calls); n > 0 {
				for ; number < calls[n-1].pid-far; number += pidMax {
				}
			}
			calls = append(calls, call{number, args})
		}
	}
	slices.SortStableFunc(calls, func(a, b call) int { return cmp.Compare(a.pid, b.pid) })
	var lines []string
	for _, c := range calls {
		lines = append(lines, c.args)
	}
	return lines
}

var mailDate = regexp.MustCompile(`Date: [^\r]*\r\n`)

func mailLine(m lab.Mail) string {
	data := mailDate.ReplaceAllString(m.Data, "Date: …\r\n")
	return m.From + " to " + strings.Join(m.To, ",") + ": " + strconv.Quote(data)
}

// keepLog sorts the lines of the daemon's log into streams: one per instance or group, and one for the rest.
func (n *node) keepLog() {
	for _, line := range n.daemon.Log.Lines()[n.kept:] {
		n.kept++
		text := cleanLine(line.Text)
		n.note("log "+subjectOf(text), text)
	}
}

// timePrefix is what keepalived writes before each line on a console: "Sun Nov 22 10:21:39 2026: ".
var timePrefix = regexp.MustCompile(`^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}: `)

func cleanLine(text string) string { return timePrefix.ReplaceAllString(text, "") }

var subjectForms = []*regexp.Regexp{
	regexp.MustCompile(`^\((\w+)\)`), regexp.MustCompile(`^VRRP_(?:Group|Script)\((\w+)\)`), regexp.MustCompile("^Script `(\\w+)`"),
}

// workerLines are those that workers of govrrpd write, whose order among those of the loop is chance, and those
// about sockets, which may come and go at another time than keepalived's.
var workerLines = []struct {
	stream string
	form   *regexp.Regexp
}{
	{"smtp", regexp.MustCompile(`^(SMTP alert|Remote SMTP)`)},
	{"announcements", regexp.MustCompile(`^Sending (gratuitous|unsolicited)`)},
	{"sockets", regexp.MustCompile(`^VRRP sockpool`)},
	{"addresses", regexp.MustCompile(`^(Assigned|Deassigned) address`)},
	{"removals", regexp.MustCompile(`^(Removing route|ip rule)`)},
}

// findingForm is a finding about the configuration.
var findingForm = regexp.MustCompile(`^\(\S+: Line \d+\) `)

// subjectOf is the instance, group or script that a line is about.
func subjectOf(line string) string {
	if isParentLine(line) {
		return "parent"
	}
	if findingForm.MatchString(line) {
		return "config"
	}
	for _, form := range subjectForms {
		if m := form.FindStringSubmatch(line); m != nil {
			return m[1]
		}
	}
	for _, kind := range workerLines {
		if kind.form.MatchString(line) {
			return kind.stream
		}
	}
	return "rest"
}
