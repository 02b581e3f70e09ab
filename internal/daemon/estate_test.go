package daemon

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
)

// recorder is a log at the level of -D, one message per line.
func recorder() (*slog.Logger, *bytes.Buffer) {
	var lines bytes.Buffer
	return slog.New(messages{&lines}), &lines
}

// messages writes the messages of records alone.
type messages struct{ to *bytes.Buffer }

func (m messages) Enabled(_ context.Context, level slog.Level) bool { return level >= logging.LevelDetail }
func (m messages) WithAttrs([]slog.Attr) slog.Handler               { return m }
func (m messages) WithGroup(string) slog.Handler                    { return m }
func (m messages) Handle(_ context.Context, r slog.Record) error {
	_, err := m.to.WriteString(r.Message + "\n")
	return err
}

// What is set up last is taken down first, but for the two kinds of addresses: keepalived's order.
func TestEstateLinesComeInKeepalivedsOrder(t *testing.T) {
	vi := &config.Instance{
		Name: "VI", VIPs: make([]*config.Address, 1), ExcludedVIPs: make([]*config.Address, 1),
		Routes: make([]*config.Route, 1), Rules: make([]*config.Rule, 1),
	}
	for verb, want := range map[string]string{
		setting:  "VIPs.|E-VIPs.|Virtual Routes|Virtual Rules",
		removing: "Virtual Rules|Virtual Routes|VIPs.|E-VIPs.",
	} {
		log, lines := recorder()
		(&journal{log: log}).estate(verb, vi)
		var expected strings.Builder
		for part := range strings.SplitSeq(want, "|") {
			expected.WriteString("(VI) " + verb + " " + part + "\n")
		}
		if lines.String() != expected.String() {
			t.Errorf("%s:\n%swant\n%s", verb, lines, &expected)
		}
	}
}

// Log watchers know the error texts of the C library.
func TestErrorTextsHaveACapital(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENETDOWN: "Network is down", syscall.EINVAL: "Invalid argument", syscall.ENODEV: "No such device",
	} {
		if got := errorText(errno); got != want {
			t.Errorf("%d is %q, want %q", int(errno), got, want)
		}
	}
}

func TestAddressIsShownAsInTheDumps(t *testing.T) {
	e := &estate{device: "vrrp.51", base: "eth0"}
	a := &config.Address{Prefix: netip.MustParsePrefix("10.0.0.9/24"), Interface: "eth0"}
	if got, want := shownAddress(e, a, true), "10.0.0.9/24 dev vrrp.51@eth0 scope global set"; got != want {
		t.Errorf("shown as %q, want %q", got, want)
	}
}

// Questions that come while one is waiting are answered together with it.
func TestDoubtsAreLookedIntoOnce(t *testing.T) {
	var q doubts
	if !q.add(doubt{}) || q.add(doubt{}) {
		t.Error("the first question is not the one that has somebody look, or the second is")
	}
	if n := len(q.take()); n != 2 {
		t.Errorf("%d questions were taken, want 2", n)
	}
	if !q.add(doubt{}) {
		t.Error("after an answer nobody looks again")
	}
}
