package config

import (
	"net/netip"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// defaultRulePriority is the preference of the first rule of a family that names none; each further one
// gets the number below.
const defaultRulePriority = 16384

// The kernel's FR_ACT_* numbers.
const (
	actionTable       = 1
	actionGoto        = 2
	actionNop         = 3
	actionBlackhole   = 6
	actionUnreachable = 7
	actionProhibit    = 8
)

var ruleActions = map[string]uint8{
	"nop": actionNop, "blackhole": actionBlackhole, "unreachable": actionUnreachable, "prohibit": actionProhibit,
}

// ruleLine is a rule while it is read.
type ruleLine struct {
	*Rule
	line

	fromAny, toAny bool // any or default was written
	actions        int  // that were given
	priorityGiven  bool
	protocolGiven  bool
}

// readRule reads one line; nil means that the rule is dropped, and reported.
func (d *decoder) readRule(s *syntax.Statement, static bool) *Rule {
	r := &ruleLine{
		Rule: &Rule{Protocol: protocolKeepalived, Action: actionTable, Span: s.Words[0].Span},
		line: line{d: d, kind: "rule", static: static, s: s},
	}
	for r.more() {
		word := s.Words[r.next]
		r.next++
		if row := ruleOptions.Find(word.Text); row != nil {
			row.Read(r, word)
		} else {
			r.readUnknown(word)
		}
	}
	if r.dropped || d.Stopped() {
		return nil
	}
	return r.finish()
}

// ruleOptions are the options of a rule line. Exactly one of them is an action: table, goto, nop,
// blackhole, unreachable, prohibit or l3mdev.
var ruleOptions = schema.NewOptions([]schema.Option[ruleLine]{
	{Name: "from", Args: "PREFIX|any", Priority: schema.P1, Doc: "Only packets from there; default and all mean any.",
		Read: func(r *ruleLine, _ syntax.Word) { r.readEnd(&r.From, &r.fromAny) }},
	{Name: "to", Args: "PREFIX|any", Priority: schema.P1, Doc: "Only packets to there; default and all mean any.",
		Read: func(r *ruleLine, _ syntax.Word) { r.readEnd(&r.To, &r.toAny) }},
	{Name: "inet", Priority: schema.P2, Doc: "The rule is for IPv4.",
		Read: (*ruleLine).readFamily},
	{Name: "inet6", Priority: schema.P2, Doc: "The rule is for IPv6.",
		Read: (*ruleLine).readFamily},
	{Name: "table", Args: "TABLE", Range: "1-4294967295", Priority: schema.P1, Doc: "Looks the route up in that table: a number, or a name from iproute2's rt_tables.",
		Read: (*ruleLine).readTable},
	{Name: "lookup", Args: "TABLE", Range: "1-4294967295", Priority: schema.P1, Doc: "Another name of table.",
		Read: (*ruleLine).readTable},
	{Name: "preference", Args: "0-4294967295", Note: "Without it: 16384 and downwards, in the order of the file, which turns the order round.", Priority: schema.P1, Doc: "Rules are asked in the order of this number; give it always.",
		Read: (*ruleLine).readPriority},
	{Name: "order", Args: "0-4294967295", Priority: schema.P1, Doc: "Another name of preference.",
		Read: (*ruleLine).readPriority},
	{Name: "priority", Args: "0-4294967295", Priority: schema.P1, Doc: "Another name of preference.",
		Read: (*ruleLine).readPriority},
	{Name: "not", Priority: schema.P2, Doc: "Turns the conditions round.",
		Read: func(r *ruleLine, _ syntax.Word) { r.Not = true }},
	{Name: "iif", Args: "INTERFACE", Priority: schema.P1, Doc: "Only packets that came in there.",
		Read: func(r *ruleLine, _ syntax.Word) { r.IIF, _ = r.device() }},
	{Name: "dev", Args: "INTERFACE", Priority: schema.P1, Doc: "Another name of iif.",
		Read: func(r *ruleLine, _ syntax.Word) { r.IIF, _ = r.device() }},
	{Name: "oif", Args: "INTERFACE", Priority: schema.P1, Doc: "Only packets of sockets that are bound to this interface.",
		Read: func(r *ruleLine, _ syntax.Word) { r.OIF, _ = r.device() }},
	{Name: "fwmark", Args: "MARK[/MASK]", Priority: schema.P2, Doc: "Only packets with this mark.",
		Read: (*ruleLine).readMark},
	{Name: "tos", Args: "TOS", Range: "0-255", Priority: schema.P2, Doc: "Only packets of that type of service; a name from iproute2's rt_dsfield will do.",
		Read: (*ruleLine).readTOS},
	{Name: "dsfield", Args: "TOS", Range: "0-255", Priority: schema.P2, Doc: "Another name of tos.",
		Read: (*ruleLine).readTOS},
	{Name: "realms", Args: "[FROM/]TO", Priority: schema.P3, Doc: "Gives packets these realms, as numbers or names from iproute2's rt_realms; IPv4 only, with table.",
		Read: func(r *ruleLine, _ syntax.Word) { r.Realms = r.realms() }},
	{Name: "tunnel-id", Args: "NUMBER", Priority: schema.P3, Doc: "Only packets out of that tunnel.",
		Read: (*ruleLine).readTunnel},
	{Name: "uidrange", Args: "FROM-TO", Priority: schema.P3, Doc: "Only packets of processes of these users.",
		Read: (*ruleLine).readUsers},
	{Name: "ipproto", Args: "PROTOCOL", Range: "0-127", Priority: schema.P3, Doc: "Only packets of that protocol: tcp, udp, icmp …, or a number.",
		Read: (*ruleLine).readIPProto},
	{Name: "sport", Args: "FROM-TO", Priority: schema.P3, Doc: "Only packets from these ports; one port is written 80-80.",
		Read: func(r *ruleLine, at syntax.Word) { r.readPorts(at, &r.SourcePorts) }},
	{Name: "dport", Args: "FROM-TO", Priority: schema.P3, Doc: "Only packets to these ports.",
		Read: func(r *ruleLine, at syntax.Word) { r.readPorts(at, &r.DestinationPorts) }},
	{Name: "protocol", Args: "0-255", Default: "18", Priority: schema.P3, Doc: "Who set the rule; anything but 18 (keepalived) needs no_track.",
		Read: (*ruleLine).readProtocol},
	{Name: "l3mdev", Priority: schema.P3, Doc: "Looks the route up in the table of the VRF of the interface.",
		Read: func(r *ruleLine, _ syntax.Word) { r.L3MDev, r.actions = true, r.actions+1 }},
	{Name: "goto", Args: "NUMBER", Range: "1-4294967295", Priority: schema.P1, Doc: "Goes on with the rule of that preference, which must be larger.",
		Read: (*ruleLine).readGoto},
	{Name: "type", Args: "nop|blackhole|unreachable|prohibit", Priority: schema.P1, Doc: "May stand before these.",
		Read: (*ruleLine).readType},
	{Name: "nop", Priority: schema.P1, Doc: "Does nothing.",
		Read: (*ruleLine).readAction},
	{Name: "blackhole", Priority: schema.P1, Doc: "Drops packets without a word.",
		Read: (*ruleLine).readAction},
	{Name: "unreachable", Priority: schema.P1, Doc: "Refuses packets: network unreachable.",
		Read: (*ruleLine).readAction},
	{Name: "prohibit", Priority: schema.P1, Doc: "Refuses packets: prohibited by the administrator.",
		Read: (*ruleLine).readAction},
	{Name: "suppress_prefixlength", Args: "NUMBER", Range: "0-2147483647", Priority: schema.P3, Doc: "Ignores routes of the table whose prefix is not longer than this; with table.",
		Read: (*ruleLine).readSuppressLength},
	{Name: "sup_pl", Args: "NUMBER", Range: "0-2147483647", Priority: schema.P3, Doc: "Short for suppress_prefixlength.",
		Read: (*ruleLine).readSuppressLength},
	{Name: "suppress_ifgroup", Args: "GROUP", Range: "0-2147483647", Priority: schema.P3, Doc: "Ignores routes of the table that leave by an interface of this group; with table.",
		Read: (*ruleLine).readSuppressGroup},
	{Name: "sup_group", Args: "GROUP", Range: "0-2147483647", Priority: schema.P3, Doc: "Short for suppress_ifgroup.",
		Read: (*ruleLine).readSuppressGroup},
	{Name: "no_track", Priority: schema.P1, Doc: "The loss of the rule, or of its interface, does not matter to the instance.",
		Read: func(r *ruleLine, _ syntax.Word) { r.NoTrack = true }},
	{Name: "track_group", Args: "NAME", Priority: schema.P2, Doc: "The instances of this track_group track iif of a static rule.",
		Read: func(r *ruleLine, at syntax.Word) { r.readTrackGroup(at, &r.TrackGroup) }},
})

// ruleEntry describes the lines of virtual_rules and static_rules.
var ruleEntry = &schema.Entry{Form: "[from PREFIX] [to PREFIX] [OPTION …] ACTION", Options: ruleOptions}

func (r *ruleLine) readFamily(at syntax.Word) { r.setFamily(at) }

// readType reads the action behind the word that may announce it.
func (r *ruleLine) readType(syntax.Word) {
	if word, ok := r.value(); ok {
		r.readAction(word)
	}
}

func (r *ruleLine) readUnknown(word syntax.Word) {
	if _, ok := schema.ParseAnyBase(word.Text, 255); ok { // the kernel's number of an action
		r.readAction(word)
		return
	}
	r.drop(CodeRuleOption, word, "Unknown rule option %s", schema.Quote(word.Text))
	if r.d.Full() {
		return
	}
	switch near := schema.Nearest(word.Text, ruleOptions.Names()); {
	case word.Text == "pref":
		r.d.Hint("write preference")
	case word.Text == "ip_proto":
		r.d.Hint("write ipproto")
	case near != "":
		r.d.Hint("did you mean " + schema.Quote(near) + "?")
	}
}

// readEnd reads where packets come from or go to.
func (r *ruleLine) readEnd(field *netip.Prefix, anything *bool) {
	word, ok := r.value()
	if !ok {
		return
	}
	switch word.Text {
	case "any", "default", "all":
		*anything = true
		return
	}
	prefix, _, ok := r.d.prefix(word)
	if !ok {
		r.drop(CodeBadAddress, word, "%s is no address", schema.Quote(word.Text))
		return
	}
	if r.takeFamily(word, prefix.Addr().Is6()) {
		*field = prefix
	}
}

func (r *ruleLine) readTable(at syntax.Word) {
	n, ok := r.name(tableRoutes, "table")
	if ok && n == 0 {
		r.drop(CodeBadLineValue, at, "Table 0 is not valid")
	}
	r.Table = n
	r.actions++
}

func (r *ruleLine) readPriority(at syntax.Word) {
	word, ok := r.value()
	if !ok {
		return
	}
	n, ok := anyBaseOrZero(word.Text)
	if !ok {
		r.drop(CodeBadLineValue, word, "%s %s is not a number from 0 to 4294967295", at.Text, schema.Quote(word.Text))
		return
	}
	r.Priority, r.priorityGiven = uint32(n), true
}

func (r *ruleLine) readTOS(syntax.Word) {
	n, _ := r.name(tableDSField, "tos")
	r.TOS = uint8(n)
}

func (r *ruleLine) readProtocol(syntax.Word) {
	if n, ok := r.number("protocol", 255); ok {
		r.Protocol, r.protocolGiven = uint8(n), true
	}
}

func (r *ruleLine) readGoto(syntax.Word) {
	if n, ok := r.number("goto", 1<<32-1); ok {
		r.Goto, r.Action = n, actionGoto
		r.actions++
	}
}

func (r *ruleLine) readAction(word syntax.Word) {
	action, known := ruleActions[word.Text]
	if n, ok := schema.ParseAnyBase(word.Text, 255); ok {
		action, known = uint8(n), n >= actionBlackhole && n <= actionProhibit
	}
	if !known {
		r.drop(CodeRuleAction, word, "Invalid rule action %s", schema.Quote(word.Text))
		return
	}
	r.Action = action
	r.actions++
}

func (r *ruleLine) readSuppressLength(at syntax.Word) {
	if n, ok := r.number(at.Text, 1<<31-1); ok {
		r.SuppressPrefixLength = new(int(n))
	}
}

func (r *ruleLine) readSuppressGroup(syntax.Word) {
	if n, ok := r.name(tableGroups, "interface group"); ok {
		r.SuppressGroup = new(int(n))
	}
}

// finish works out what depends on several options.
func (r *ruleLine) finish() *Rule {
	r.IPv6 = r.ipv6
	first := r.s.Words[0]
	switch {
	case r.actions == 0:
		r.drop(CodeRuleAction, first, "no action is given for the rule")
		r.d.Hint("write one of: table TABLE, goto N, nop, blackhole, unreachable, prohibit, l3mdev")
		return nil
	case r.actions > 1:
		r.drop(CodeRuleAction, first, "cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable/l3mdev for a rule")
		return nil
	case r.Table == 0 && (r.Realms != 0 || r.SuppressPrefixLength != nil || r.SuppressGroup != nil):
		r.drop(CodeLineMismatch, first, "realms, suppress_prefixlength and suppress_ifgroup need a table")
		return nil
	case r.Realms != 0 && r.IPv6:
		r.drop(CodeLineMismatch, first, "realms are for IPv4 only")
		return nil
	}
	r.choosePriority()
	if r.Action == actionGoto && r.Priority >= r.Goto {
		r.drop(CodeRuleGoto, first, "goto target %d is not larger than the rule's own preference, %d", r.Goto, r.Priority)
		r.d.Hint("write a larger number behind goto, or a smaller preference")
		return nil
	}
	if r.Protocol != protocolKeepalived && !r.NoTrack {
		r.d.Errorf(CodeLineProtocol, first.Span, "a rule can be tracked only with protocol %d, which is used", protocolKeepalived)
		r.d.Hint("write no_track")
		r.Protocol = protocolKeepalived
	}
	if r.TrackGroup != "" && r.IIF == "" {
		r.d.Errorf(CodeTrackGroup, first.Span, "track_group needs iif; it is ignored")
		r.TrackGroup = ""
	}
	r.Text = r.text()
	return r.Rule
}

// choosePriority counts down for rules that name no preference, so that their order in the file is kept
// turned round, as in keepalived.
func (r *ruleLine) choosePriority() {
	if r.priorityGiven {
		return
	}
	next := &r.d.priorities[0]
	if r.IPv6 {
		next = &r.d.priorities[1]
	}
	r.Priority = *next
	*next--
	r.d.Errorf(CodeRulePreference, r.Span, "Rule has no preference specified - setting to %d. This is probably not what you want.", r.Priority)
	r.d.Hint("write preference NUMBER")
}
