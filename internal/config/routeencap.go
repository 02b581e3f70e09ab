package config

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// readEncap reads an encapsulation. It reports whether the words of it could be read; keepalived takes those that it
// cannot for further options of the route or next hop, which costs that whole: loss says it in the message. Where
// only the encapsulation is lost it is nil.
func (r *routeLine) readEncap(at syntax.Word, loss string) (encap *Encap, readable bool) {
	kind, ok := r.peek()
	if !ok {
		r.d.Errorf(CodeEncap, at.Span, "encap lacks its type; it is ignored")
		r.d.Hint("write encap ip, ip6, mpls or ila")
		return nil, true
	}
	r.next++
	encap = &Encap{Kind: EncapKind(kind.Text)}
	complete := false
	switch encap.Kind {
	case EncapMPLS:
		complete = r.encapValue(kind, encap.readLabels, "label from 0 to 1048575 (or two, with '/' between)")
	case EncapILA:
		complete = r.encapValue(kind, encap.readLocator, "locator of the form XXXX:XXXX:XXXX:XXXX")
	case EncapIP, EncapIP6:
		if complete, readable = r.readTunnelOptions(encap, kind, loss); !readable {
			return nil, false
		}
	default:
		r.d.Errorf(CodeEncap, kind.Span, "unknown encapsulation %s; it is ignored", schema.Quote(kind.Text))
	}
	if !complete {
		return nil, true
	}
	return encap, true
}

// encapValue takes the one value of an encapsulation.
func (r *routeLine) encapValue(kind syntax.Word, read func(string) bool, what string) bool {
	word, ok := r.peek()
	if !ok {
		r.d.Errorf(CodeEncap, kind.Span, "encap %s lacks its %s; it is ignored", kind.Text, what)
		return false
	}
	r.next++
	if !read(word.Text) {
		r.d.Errorf(CodeEncap, word.Span, "encap %s: %s is no %s; it is ignored", kind.Text, schema.Quote(word.Text), what)
		return false
	}
	return true
}

const (
	maxLabels = 2
	maxLabel  = 1<<20 - 1
)

func (e *Encap) readLabels(text string) bool {
	labels := strings.Split(text, "/")
	for _, label := range labels {
		n, ok := schema.ParseAnyBase(label, maxLabel)
		if !ok || n > maxLabel {
			return false
		}
		e.Labels = append(e.Labels, uint32(n))
	}
	return len(labels) <= maxLabels
}

func (e *Encap) readLocator(text string) bool {
	groups := strings.Split(text, ":")
	for _, group := range groups {
		n, err := strconv.ParseUint(group, 16, 16)
		if err != nil {
			return false
		}
		e.Locator = e.Locator<<16 | n
	}
	return len(groups) == 4
}

// readTunnelOptions reads the options of `encap ip` and `encap ip6`, each with a value.
func (r *routeLine) readTunnelOptions(encap *Encap, kind syntax.Word, loss string) (complete, readable bool) {
	for option, ok := r.peek(); ok; option, ok = r.peek() {
		read := r.tunnelOption(encap, option.Text)
		if read == nil {
			break
		}
		r.next++
		value, given := r.tunnelValue(option, loss)
		if !given {
			return false, false
		}
		if !read(value.Text) {
			r.d.Errorf(CodeEncap, value.Span, "encap %s: %s %s cannot be used; %s", kind.Text, option.Text, schema.Quote(value.Text), loss)
			return false, false
		}
		complete = complete || option.Text == "id" || option.Text == "dst"
	}
	if !complete {
		r.d.Errorf(CodeEncap, kind.Span, "encap %s needs dst or id; it is ignored", kind.Text)
	}
	return complete, true
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

// tunnelOption reads an option's value; nil for what is no option of that encapsulation.
func (r *routeLine) tunnelOption(e *Encap, name string) func(string) bool {
	ipv6 := e.Kind == EncapIP6
	switch name {
	case "id":
		return readUnsigned(&e.ID, 64)
	case "dst":
		return readEnd(&e.Destination, ipv6)
	case "src":
		return readEnd(&e.Source, ipv6)
	case "flags":
		return readUnsigned(&e.Flags, 16)
	case "tos", "tc":
		if ipv6 == (name == "tc") {
			return func(text string) bool {
				n, ok := r.d.named(tableDSField, text)
				e.TOS = uint8(n)
				return ok
			}
		}
	case "ttl", "hoplimit":
		if ipv6 == (name == "hoplimit") {
			return readUnsigned(&e.TTL, 8)
		}
	}
	return nil
}

// readEnd reads the address of an end of a tunnel.
func readEnd(field *netip.Addr, ipv6 bool) func(string) bool {
	return func(text string) bool {
		addr, err := netip.ParseAddr(text)
		*field = addr
		return err == nil && addr.Zone() == "" && addr.Is6() == ipv6
	}
}

// readUnsigned reads an unsigned decimal number of so many bits.
func readUnsigned[T uint8 | uint16 | uint64](field *T, bits int) func(string) bool {
	return func(text string) bool {
		n, ok := parseUnsigned(text, bits)
		*field = T(n)
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
