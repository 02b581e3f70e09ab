package config

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// bfdDraft is a bfd_instance while it is decoded.
type bfdDraft struct {
	BFD
	name        syntax.Word
	badNeighbor bool
	ttl         int // 0: not given
}

// bfdTable is the keywords of bfd_instance.
var bfdTable = schema.NewTable("bfd_instance", []schema.Keyword[bfdDraft]{
	{Name: "neighbor_ip", Args: "ADDRESS", Priority: schema.P2, Doc: "Address of the other end.",
		Note: "Needed.",
		Set:  setNeighbor},
	{Name: "neighbour_ip", Args: "ADDRESS", Priority: schema.P2, Doc: "Address of the other end.", Set: setNeighbor},
	{Name: "source_ip", Args: "ADDRESS", Priority: schema.P2, Doc: "Address of this end.",
		Set: func(c *schema.Context, b *bfdDraft, s *syntax.Statement) { b.Source, _ = bfdAddress(c, s) }},
	{Name: "min_rx", Args: "1-4294967", Unit: "milliseconds", Default: "10", Priority: schema.P2, Doc: "Shortest interval of reception, in milliseconds.",
		Note: "The neighbour sends no faster.",
		Set:  bfdMillis(1, func(b *bfdDraft) *time.Duration { return &b.MinRX })},
	{Name: "min_tx", Args: "1-4294967", Unit: "milliseconds", Default: "10", Priority: schema.P2, Doc: "Shortest interval of sending, in milliseconds.",
		Set: bfdMillis(1, func(b *bfdDraft) *time.Duration { return &b.MinTX })},
	{Name: "idle_tx", Args: "1000-4294967", Unit: "milliseconds", Default: "1000", Priority: schema.P2, Doc: "Interval of sending while the other end is down, in milliseconds.",
		Set: bfdMillis(1000, func(b *bfdDraft) *time.Duration { return &b.IdleTX })},
	{Name: "multiplier", Args: "1-255", Default: "5", Priority: schema.P2, Doc: "How many packets of ours may be missing before the neighbour takes us for down.",
		Set: schema.Int(schema.Between(1, 255).Exactly(), func(b *bfdDraft) *uint8 { return &b.Multiplier })},
	{Name: "passive", Priority: schema.P2, Doc: "Says nothing before the other end does.", Set: schema.Flag(func(b *bfdDraft) *bool { return &b.Passive })},
	{Name: "ttl", Args: "1-255", Priority: schema.P2, Doc: "TTL of its packets.",
		Without: "255",
		Set:     schema.Int(schema.Between(1, 255).Exactly(), func(b *bfdDraft) *int { return &b.ttl })},
	{Name: "hoplimit", Args: "1-255", Priority: schema.P2, Doc: "Hop limit of its packets.",
		Without: "255",
		Set:     schema.Int(schema.Between(1, 255).Exactly(), func(b *bfdDraft) *int { return &b.ttl })},
	{Name: "max_hops", Args: "-1-255", Default: "0", Priority: schema.P2, Doc: "By how much the TTL of received packets may be below our own.",
		Note: "-1 is any distance. Over IPv6 without hoplimit it counts from 64, which is what keepalived sends with.",
		Set:  schema.Int(schema.Between(-1, 255).Exactly(), func(b *bfdDraft) *int { return &b.MaxHops })},
	{Name: "multihop", Args: "[on|off]", Default: "off", Priority: schema.P2, Doc: "RFC 5883, on port 4784.",
		Set: schema.Switch(func(b *bfdDraft, on bool) { b.Multihop = on })},
	{Name: "weight", Args: "-253-253 [reverse]", Default: "0", Priority: schema.P2, Doc: "Default weight of track_bfd.",
		Set: func(c *schema.Context, b *bfdDraft, s *syntax.Statement) {
			readLimitedWeight(c, s, 253, &b.Weight, &b.Reverse)
		}},
	{Name: "vrrp", Priority: schema.P3, Doc: "Only instances are told.",
		Note: "Without vrrp and checker, everybody is.",
		Set:  schema.Flag(func(b *bfdDraft) *bool { return &b.ForVRRP })},
	{Name: "checker", Priority: schema.P3, Doc: "Only virtual servers are told.",
		Note: "Such a session is run for the neighbour's sake; track_bfd does not find it.",
		Set:  schema.Flag(func(b *bfdDraft) *bool { return &b.ForChecker })},
})

func setNeighbor(c *schema.Context, b *bfdDraft, s *syntax.Statement) {
	var ok bool
	b.Neighbor, ok = bfdAddress(c, s)
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

// bfdMillis reads milliseconds with up to three decimals.
func bfdMillis(low int64, field func(*bfdDraft) *time.Duration) schema.Setter[bfdDraft] {
	return func(c *schema.Context, b *bfdDraft, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		micros, fault := schema.ParseDecimal(word.Text, 3)
		switch {
		case fault != schema.Good || micros < low*1000 || micros > 4294967*1000:
			c.Errorf(schema.CodeOutOfRange, word.Span, "%s %s is not a number of milliseconds from %d to 4294967; it is ignored", s.Keyword(), schema.Quote(word.Text), low)
			return
		case micros > 10_000_000:
			c.Notef(CodeVeryLong, word.Span, "%s is very long: %v", s.Keyword(), time.Duration(micros)*time.Microsecond)
		}
		*field(b) = time.Duration(micros) * time.Microsecond
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
	if d.bfds[name.Text] != nil || slices.ContainsFunc(d.cfg.BFDs, func(b *BFD) bool { return b.Name == name.Text }) {
		d.Errorf(CodeDuplicateName, name.Span, "BFD instance %s already defined; this one is skipped", name.Text)
		return
	}
	b := &bfdDraft{name: name, BFD: BFD{
		Name: name.Text, MinRX: 10 * time.Millisecond, MinTX: 10 * time.Millisecond, IdleTX: time.Second, Multiplier: 5,
	}}
	defer d.About(name.Text)()
	bfdTable.Decode(&d.Context, s.Block, b)
	if d.Stopped() {
		return
	}
	runs, ok := d.checkBFD(b)
	if !ok {
		d.remove("bfd_instance", name)
		return
	}
	// Instances may name one that cannot be run all the same, as in keepalived, whose VRRP process does not look at
	// the ends. One that only virtual servers are told of is run and cannot be tracked.
	if b.ForVRRP || !b.ForChecker {
		d.bfds[name.Text] = b
	}
	if runs {
		d.cfg.BFDs = append(d.cfg.BFDs, &b.BFD)
	}
}

// shareProcess gives the one process what VRRP or BFD needs, whichever is more.
func (d *decoder) shareProcess() {
	g := d.global
	if len(d.cfg.BFDs) == 0 {
		return
	}
	g.Priority = min(g.Priority, g.bfdPriority)
	g.RealtimePriority = max(g.RealtimePriority, g.bfdRealtime)
	g.NoSwap = g.NoSwap || g.bfdNoSwap
}

// expectedTTL is what max_hops counts down from: the TTL given, or what keepalived sends with over the family.
func (b *bfdDraft) expectedTTL() int {
	switch {
	case b.ttl > 0:
		return b.ttl
	case b.Neighbor.Is6():
		return 64
	}
	return 255
}

// checkBFD reports whether the session can be run, and whether it is one at all.
func (d *decoder) checkBFD(b *bfdDraft) (runs, ok bool) {
	switch at := b.name.Span; {
	case !b.Neighbor.IsValid():
		if !b.badNeighbor {
			d.Errorf(CodeBFDEnds, at, "BFD instance %s has no neighbor_ip; it is removed", b.name.Text)
			d.Hint("write: neighbor_ip ADDRESS")
		}
		return false, true
	case b.Source.IsValid() && b.Source.Is6() != b.Neighbor.Is6():
		d.Errorf(CodeOtherFamily, at, "BFD instance %s: source_ip and neighbor_ip are of different families; it is removed", b.name.Text)
		return false, true
	}
	for _, other := range d.cfg.BFDs {
		if other.Neighbor == b.Neighbor && other.Source == b.Source {
			d.Errorf(CodeBFDEnds, b.name.Span, "BFD instance %s has the ends of %s; it is removed", b.name.Text, other.Name)
			return false, false
		}
	}
	expected := b.expectedTTL()
	if b.MaxHops > expected {
		d.Errorf(CodeBFDHops, b.name.Span, "BFD instance %s: max_hops %d is more than its ttl %d; that is used", b.name.Text, b.MaxHops, expected)
	}
	if b.MaxHops >= 0 {
		b.MinTTL = max(0, expected-b.MaxHops)
	}
	// RFC 5881, 5: neighbours that follow it take nothing else from their own link, over IPv6 neither.
	b.TTL = cmp.Or(b.ttl, 255)
	return true, true
}
