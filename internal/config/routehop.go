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
		if word.Text == "encap" {
			encap, readable := r.readEncap(word, "this hop is ignored")
			if !readable {
				r.next = len(r.s.Words)
				return
			}
			hop.Encap = encap
			continue
		}
		if !r.readHopOption(&hop, word) {
			r.d.Errorf(CodeNexthop, word.Span, "trailing nonsense %s behind nexthop; this hop is ignored", schema.Quote(word.Text))
			r.d.Hint("what concerns the whole route stands before the first nexthop")
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
	case "as":
		r.drop(CodeNexthop, word, "as is not supported in routes")
	default:
		return false
	}
	return true
}
