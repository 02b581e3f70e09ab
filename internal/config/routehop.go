package config

import (
	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// readNexthop reads one next hop; nothing but further ones may follow.
func (r *routeLine) readNexthop(at syntax.Word) {
	if r.deprecatedOr.IsValid() {
		r.drop(CodeNexthop, at, "nexthop does not go with or")
		return
	}
	hop := Nexthop{}
	for r.more() && r.s.Words[r.next].Text != "nexthop" {
		word := r.s.Words[r.next]
		r.next++
		if !r.readHopOption(&hop, word) {
			r.d.Errorf(CodeNexthop, word.Span, "trailing nonsense %s behind nexthop; this hop is ignored", schema.Quote(word.Text))
			r.next = len(r.s.Words)
			return
		}
	}
	r.Nexthops = append(r.Nexthops, hop)
}

func (r *routeLine) readHopOption(hop *Nexthop, word syntax.Word) bool {
	switch word.Text {
	case "via":
		hop.Via = r.gateway()
	case "dev", "oif":
		hop.Dev, _ = r.device()
	case "weight":
		if n, ok := r.number("weight", 256); ok {
			hop.Weight = int(n)
			if n == 0 {
				r.drop(CodeNexthop, word, "weight of a nexthop is 1 to 256")
			}
		}
	case "onlink":
		hop.OnLink = true
	case "realms":
		hop.Realms = r.realms()
		r.d.noteOnce(word.Span, "realms of a nexthop")
	case "encap":
		r.skipEncap(word)
	case "as":
		r.drop(CodeNexthop, word, "as is not supported in routes")
	default:
		return false
	}
	return true
}

// encapWords are the options of `encap ip` and `encap ip6`, each with a value.
var encapWords = map[string]bool{
	"id": true, "dst": true, "src": true, "tos": true, "tc": true, "ttl": true, "hoplimit": true, "flags": true,
}

// skipEncap reads over an encapsulation, which this version does not set.
func (r *routeLine) skipEncap(at syntax.Word) {
	kind, ok := r.value()
	if !ok {
		return
	}
	switch kind.Text {
	case "mpls", "ila":
		r.value()
	case "ip", "ip6":
		complete := false
		for word, ok := r.peek(); ok && encapWords[word.Text]; word, ok = r.peek() {
			r.next++
			complete = complete || word.Text == "id" || word.Text == "dst"
			r.value()
		}
		if !complete {
			r.d.Errorf(CodeEncap, kind.Span, "encap %s needs dst or id; it is ignored", kind.Text)
		}
	default:
		r.d.Errorf(CodeEncap, kind.Span, "unknown encapsulation %s; it is ignored", schema.Quote(kind.Text))
		return
	}
	r.d.noteOnce(at.Span, "encap")
}
