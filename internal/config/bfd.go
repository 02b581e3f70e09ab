package config

import (
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// bfdInstance is a bfd_instance: checked, and known to track_bfd, but not run by this version.
type bfdInstance struct {
	name             syntax.Word
	neighbor, source netip.Addr
	badNeighbor      bool
	ttl, maxHops     int
	weight           int
	reverse          bool
	vrrp, checker    bool
}

// bfdTable is the keywords of bfd_instance.
var bfdTable = schema.NewTable("bfd_instance", []schema.Keyword[bfdInstance]{
	{Name: "neighbor_ip", Args: "ADDRESS", Priority: schema.P2, Doc: "Address of the other end.",
		Note: "Needed.",
		Set:  setNeighbor},
	{Name: "neighbour_ip", Args: "ADDRESS", Priority: schema.P2, Doc: "Address of the other end.", Set: setNeighbor},
	{Name: "source_ip", Args: "ADDRESS", Priority: schema.P2, Doc: "Address of this end.",
		Set: func(c *schema.Context, b *bfdInstance, s *syntax.Statement) { b.source, _ = bfdAddress(c, s) }},
	{Name: "min_rx", Args: "1-4294967", Unit: "milliseconds", Default: "10", Priority: schema.P2, Doc: "Shortest interval of reception, in milliseconds.", Set: bfdMillis(1)},
	{Name: "min_tx", Args: "1-4294967", Unit: "milliseconds", Default: "10", Priority: schema.P2, Doc: "Shortest interval of sending, in milliseconds.", Set: bfdMillis(1)},
	{Name: "idle_tx", Args: "1000-4294967", Unit: "milliseconds", Default: "1000", Priority: schema.P2, Doc: "Interval of sending while the other end is down, in milliseconds.", Set: bfdMillis(1000)},
	{Name: "multiplier", Args: "1-255", Default: "5", Priority: schema.P2, Doc: "How many packets may be missing.",
		Set: schema.IntFunc(schema.Between(1, 255).Exactly(), func(*bfdInstance, int64) {})},
	{Name: "passive", Priority: schema.P2, Doc: "Waits for the other end.", Set: schema.Ignore[bfdInstance]()},
	{Name: "ttl", Args: "1-255", Priority: schema.P2, Doc: "TTL of its packets.",
		Without: "255 for IPv4, 64 for IPv6",
		Set:     schema.Int(schema.Between(1, 255).Exactly(), func(b *bfdInstance) *int { return &b.ttl })},
	{Name: "hoplimit", Args: "1-255", Priority: schema.P2, Doc: "Hop limit of its packets.",
		Without: "255 for IPv4, 64 for IPv6",
		Set:     schema.Int(schema.Between(1, 255).Exactly(), func(b *bfdInstance) *int { return &b.ttl })},
	{Name: "max_hops", Args: "-1-255", Default: "0", Priority: schema.P2, Doc: "How far away the other end may be.",
		Note: "-1 is any distance.",
		Set:  schema.Int(schema.Between(-1, 255).Exactly(), func(b *bfdInstance) *int { return &b.maxHops })},
	{Name: "multihop", Args: "[on|off]", Default: "off", Priority: schema.P2, Doc: "RFC 5883, on port 4784.", Set: schema.Switch(func(*bfdInstance, bool) {})},
	{Name: "weight", Args: "-253-253 [reverse]", Default: "0", Priority: schema.P2, Doc: "Default weight of track_bfd.",
		Set: func(c *schema.Context, b *bfdInstance, s *syntax.Statement) {
			readLimitedWeight(c, s, 253, &b.weight, &b.reverse)
		}},
	{Name: "vrrp", Priority: schema.P3, Doc: "Only instances are told.", Set: schema.Flag(func(b *bfdInstance) *bool { return &b.vrrp })},
	{Name: "checker", Priority: schema.P3, Doc: "Only virtual servers are told.", Set: schema.Flag(func(b *bfdInstance) *bool { return &b.checker })},
})

func setNeighbor(c *schema.Context, b *bfdInstance, s *syntax.Statement) {
	var ok bool
	b.neighbor, ok = bfdAddress(c, s)
	b.badNeighbor = b.badNeighbor || !ok
}

func bfdAddress(c *schema.Context, s *syntax.Statement) (netip.Addr, bool) {
	word, ok := c.Word(s, 1)
	if !ok {
		return netip.Addr{}, false
	}
	addr, ok := plainAddress(word.Text)
	if !ok {
		c.Errorf(CodeBadAddress, word.Span, "%s %s is no address; it is ignored", s.Keyword(), schema.Quote(word.Text))
	}
	return addr, ok
}

func bfdMillis(low int64) schema.Setter[bfdInstance] {
	return func(c *schema.Context, _ *bfdInstance, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		micros, fault := schema.ParseDecimal(word.Text, 3)
		switch {
		case fault != schema.Good || micros < low*1000 || micros > 4294967*1000:
			c.Errorf(schema.CodeOutOfRange, word.Span, "%s %s is not a number of milliseconds from %d to 4294967; it is ignored", s.Keyword(), schema.Quote(word.Text), low)
		case micros > 10_000_000:
			c.Notef(CodeVeryLong, word.Span, "%s is very long: %v", s.Keyword(), time.Duration(micros)*time.Microsecond)
		}
	}
}

func decodeBFD(_ *schema.Context, d *decoder, s *syntax.Statement) {
	if len(s.Words) < 2 {
		d.Errorf(CodeBadName, s.Words[0].Span, "bfd_instance must have a name; it is skipped")
		return
	}
	name := s.Words[1]
	if len(name.Text) > 31 {
		d.Errorf(CodeNameTooLong, name.Span, "BFD instance name %s is longer than 31 characters; it is skipped", schema.Quote(name.Text))
		return
	}
	if d.bfds[name.Text] != nil {
		d.Errorf(CodeDuplicateName, name.Span, "BFD instance %s already defined; this one is skipped", name.Text)
		return
	}
	b := &bfdInstance{name: name}
	defer d.About(name.Text)()
	bfdTable.Decode(&d.Context, s.Block, b)
	if d.Stopped() || b.checker && !b.vrrp {
		return
	}
	if !d.checkBFD(b) {
		d.remove("bfd_instance", name)
		return
	}
	d.bfds[name.Text] = b
}

// hopLimit is the TTL of the session's packets: the one given, or the default of its family.
func (b *bfdInstance) hopLimit() int {
	switch {
	case b.ttl > 0:
		return b.ttl
	case b.neighbor.Is6():
		return 64
	}
	return 255
}

// checkBFD reports whether the session could be run.
func (d *decoder) checkBFD(b *bfdInstance) bool {
	switch at := b.name.Span; {
	case !b.neighbor.IsValid():
		if !b.badNeighbor {
			d.Errorf(CodeBFDEnds, at, "BFD instance %s has no neighbor_ip; it is removed", b.name.Text)
			d.Hint("write: neighbor_ip ADDRESS")
		}
	case b.source.IsValid() && b.source.Is6() != b.neighbor.Is6():
		d.Errorf(CodeOtherFamily, at, "BFD instance %s: source_ip and neighbor_ip are of different families; it is removed", b.name.Text)
	default:
		for _, other := range d.bfds {
			if other.neighbor == b.neighbor && other.source == b.source {
				d.Errorf(CodeBFDEnds, at, "BFD instance %s has the ends of %s; it is removed", b.name.Text, other.name.Text)
				return false
			}
		}
		if ttl := b.hopLimit(); b.maxHops > ttl {
			d.Errorf(CodeBFDHops, at, "BFD instance %s: max_hops %d is more than its ttl %d; that is used", b.name.Text, b.maxHops, ttl)
		}
	}
	// Instances may name it all the same, as in keepalived, whose VRRP process does not look at the ends.
	return true
}
