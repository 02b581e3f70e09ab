package config

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// readEncap checks an encapsulation, which this version does not set. It reports whether the words of it
// could be read; keepalived takes those that it cannot for further options of the route or next hop, which
// costs that whole: loss says it in the message.
func (r *routeLine) readEncap(at syntax.Word, loss string) bool {
	kind, ok := r.peek()
	if !ok {
		r.d.Errorf(CodeEncap, at.Span, "encap lacks its type; it is ignored")
		r.d.Hint("write encap ip, ip6, mpls or ila")
		return true
	}
	r.next++
	readable := true
	switch kind.Text {
	case "mpls":
		r.checkEncapValue(kind, validLabels, "label from 0 to 1048575 (or two, with '/' between)")
	case "ila":
		r.checkEncapValue(kind, validLocator, "locator of the form XXXX:XXXX:XXXX:XXXX")
	case "ip", "ip6":
		readable = r.readTunnelOptions(kind, loss)
	default:
		r.d.Errorf(CodeEncap, kind.Span, "unknown encapsulation %s; it is ignored", schema.Quote(kind.Text))
		return true
	}
	r.d.noteOnce(at.Span, "encap")
	return readable
}

// checkEncapValue takes the one value of an encapsulation.
func (r *routeLine) checkEncapValue(kind syntax.Word, valid func(string) bool, what string) {
	word, ok := r.peek()
	if !ok {
		r.d.Errorf(CodeEncap, kind.Span, "encap %s lacks its %s; it is ignored", kind.Text, what)
		return
	}
	r.next++
	if !valid(word.Text) {
		r.d.Errorf(CodeEncap, word.Span, "encap %s: %s is no %s; it is ignored", kind.Text, schema.Quote(word.Text), what)
	}
}

const (
	maxLabels = 2
	maxLabel  = 1<<20 - 1
)

func validLabels(text string) bool {
	labels := strings.Split(text, "/")
	for _, label := range labels {
		if n, ok := schema.ParseAnyBase(label, maxLabel); !ok || n > maxLabel {
			return false
		}
	}
	return len(labels) <= maxLabels
}

func validLocator(text string) bool {
	groups := strings.Split(text, ":")
	for _, group := range groups {
		if _, err := strconv.ParseUint(group, 16, 16); err != nil {
			return false
		}
	}
	return len(groups) == 4
}

// readTunnelOptions reads the options of `encap ip` and `encap ip6`, each with a value.
func (r *routeLine) readTunnelOptions(kind syntax.Word, loss string) bool {
	ipv6 := kind.Text == "ip6"
	complete := false
	for option, ok := r.peek(); ok; option, ok = r.peek() {
		valid := r.tunnelOption(option.Text, ipv6)
		if valid == nil {
			break
		}
		r.next++
		value, given := r.tunnelValue(option, loss)
		if !given {
			return false
		}
		if !valid(value.Text) {
			r.d.Errorf(CodeEncap, value.Span, "encap %s: %s %s cannot be used; %s", kind.Text, option.Text, schema.Quote(value.Text), loss)
			return false
		}
		complete = complete || option.Text == "id" || option.Text == "dst"
	}
	if !complete {
		r.d.Errorf(CodeEncap, kind.Span, "encap %s needs dst or id; it is ignored", kind.Text)
	}
	return true
}

// tunnelValue takes the word behind an option. Those options that a route has too stop everything
// without it, as they do there.
func (r *routeLine) tunnelValue(option syntax.Word, loss string) (syntax.Word, bool) {
	if _, ok := r.peek(); ok || slices.Contains([]string{"src", "tos", "hoplimit"}, option.Text) {
		return r.value()
	}
	r.d.Errorf(CodeEncap, option.Span, "encap: %s lacks its value; %s", option.Text, loss)
	return syntax.Word{}, false
}

// tunnelOption is the check of an option's value; nil for what is no option of that encapsulation.
func (r *routeLine) tunnelOption(name string, ipv6 bool) func(string) bool {
	switch name {
	case "id":
		return validNumber(64)
	case "dst", "src":
		return func(text string) bool {
			addr, err := netip.ParseAddr(text)
			return err == nil && addr.Zone() == "" && addr.Is6() == ipv6
		}
	case "flags":
		return validNumber(16)
	case "tos", "tc":
		if ipv6 == (name == "tc") {
			return func(text string) bool { _, ok := r.d.named(tableDSField, text); return ok }
		}
	case "ttl", "hoplimit":
		if ipv6 == (name == "hoplimit") {
			return validNumber(8)
		}
	}
	return nil
}

// validNumber is the check of an unsigned decimal number of so many bits.
func validNumber(bits int) func(string) bool {
	return func(text string) bool {
		_, ok := parseUnsigned(text, bits)
		return ok
	}
}

// parseUnsigned is schema.ParseInt for numbers that an int64 does not hold.
func parseUnsigned(text string, bits int) (uint64, bool) {
	digits := strings.TrimLeft(text, " \t\n\v\f\r")
	if digits == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(digits, "+"), 10, bits)
	return n, err == nil
}
