package config

import (
	"net/netip"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// line is one line of routes or rules while it is read, word by word.
type line struct {
	d       *decoder
	kind    string // "route" or "rule", for messages
	static  bool
	s       *syntax.Statement
	next    int // of the words that have not been read
	dropped bool

	familyKnown bool
	ipv6        bool
}

// more reports whether there is another word, and the line is still wanted.
func (l *line) more() bool { return l.next < len(l.s.Words) && !l.dropped && !l.d.Stopped() }

// peek is the next word, if there is one.
func (l *line) peek() (syntax.Word, bool) {
	if l.next < len(l.s.Words) {
		return l.s.Words[l.next], true
	}
	return syntax.Word{}, false
}

// value takes the word behind an option. Its absence stops everything.
func (l *line) value() (syntax.Word, bool) {
	word, ok := l.d.Word(l.s, l.next)
	l.next++
	return word, ok
}

func (l *line) drop(code syntax.Code, at syntax.Word, format string, args ...any) {
	l.d.Errorf(code, at.Span, format+"; the "+l.kind+" is dropped", args...)
	l.dropped = true
}

// takeFamily fixes the family with the first address, and says whether a later one fits.
func (l *line) takeFamily(at syntax.Word, ipv6 bool) bool {
	if !l.familyKnown {
		l.familyKnown, l.ipv6 = true, ipv6
	}
	if l.ipv6 != ipv6 {
		l.drop(CodeOtherFamily, at, "%s is %s, but the %s is %s", schema.Quote(at.Text), familyName(ipv6), l.kind, familyName(l.ipv6))
		return false
	}
	return true
}

// setFamily is `inet` or `inet6`.
func (l *line) setFamily(at syntax.Word) { l.takeFamily(at, at.Text == "inet6") }

// address takes an address of the right family.
func (l *line) address() (netip.Addr, bool) {
	word, ok := l.value()
	if !ok {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(word.Text)
	if err != nil || addr.Zone() != "" {
		l.drop(CodeBadAddress, word, "%s is no address", schema.Quote(word.Text))
		return netip.Addr{}, false
	}
	return addr, l.takeFamily(word, addr.Is6())
}

// device takes the name of an interface that exists.
func (l *line) device() (string, bool) {
	word, ok := l.value()
	if !ok {
		return "", false
	}
	if _, ok := l.d.wantDevice(word, " of a "+l.kind); !ok {
		l.dropped = true
		return "", false
	}
	return word.Text, true
}

// name takes a name or number of an iproute2 table.
func (l *line) name(file, what string) (uint32, bool) {
	word, ok := l.value()
	if !ok {
		return 0, false
	}
	n, known := l.d.named(file, word.Text)
	if !known {
		l.drop(CodeBadLineValue, word, "unknown %s %s", what, schema.Quote(word.Text))
	}
	return n, known
}

// number takes a decimal number.
func (l *line) number(what string, high int64) (uint32, bool) {
	word, ok := l.value()
	if !ok {
		return 0, false
	}
	n, fault := schema.ParseInt(word.Text, 0, high)
	if fault != schema.Good {
		l.drop(CodeBadLineValue, word, "%s %s is not a number from 0 to %d", what, schema.Quote(word.Text), high)
		return 0, false
	}
	return uint32(n), true
}

// realms takes `[FROM/]TO`.
func (l *line) realms() uint32 {
	word, ok := l.value()
	if !ok {
		return 0
	}
	value := uint32(0)
	for i, part := range strings.Split(word.Text, "/") {
		n, known := l.d.named(tableRealms, part)
		if !known || i > 1 {
			l.drop(CodeBadLineValue, word, "realms %s is not [FROM/]TO, with numbers up to 255 or names from iproute2's rt_realms", schema.Quote(word.Text))
			return 0
		}
		value = value<<16 | n
	}
	return value
}

// gateway takes `[inet|inet6] ADDRESS`.
func (l *line) gateway() netip.Addr {
	if word, ok := l.peek(); ok && (word.Text == "inet" || word.Text == "inet6") {
		l.next++
		l.setFamily(word)
		if l.dropped {
			return netip.Addr{}
		}
	}
	addr, _ := l.address()
	return addr
}

// readTrackGroup is track_group of a route or rule.
func (l *line) readTrackGroup(at syntax.Word, field *string) {
	if !l.static {
		l.d.Errorf(CodeTrackGroup, at.Span, "track_group is for static %ss only; it is ignored", l.kind)
		l.next++
		return
	}
	if word, ok := l.value(); ok && !l.d.wantTrackGroup(word, field) {
		l.next = len(l.s.Words)
	}
}
