package fleet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// A trait is something that all routers of a Virtual Router must have alike.
type trait struct {
	code     syntax.Code
	severity syntax.Severity
	what     string // as the file calls it
	why      string // what happens otherwise
	value    func(*member) string
	// concerns limits the comparison to members for which it means something; nil means all.
	concerns func(*member) bool
	at       func(*member) syntax.Span
	secret   bool // the values are not for the screen
}

func traits(v *virtualRouter) []trait {
	interval := trait{
		code: CodeIntervalDiffers, what: "advert_int", at: at("advert_int"),
		value: func(m *member) string { return seconds(m.vi.AdvertInterval) },
		why:   "VRRP version 2 drops adverts of another interval, so each becomes Master",
	}
	if slices.ContainsFunc(v.members, func(m *member) bool { return !version2(m) }) {
		interval.severity = syntax.Warning
		interval.why = "a Backup learns the Master's, but how long an outage lasts then depends on who was Master"
	}
	return []trait{
		{
			code: CodeVRIDDiffers, what: "virtual_router_id", at: at("virtual_router_id"),
			value: func(m *member) string { return fmt.Sprint(m.vi.VRID) },
			why:   "they do not hear each other, so each becomes Master of the same addresses",
		},
		{
			code: CodeVersionDiffers, what: "VRRP version", at: at("version", "native_ipv6"),
			value: func(m *member) string { return fmt.Sprint(m.vi.Version) },
			why:   "adverts of another version are dropped, so each becomes Master",
		},
		interval,
		{
			code: CodeAuthDiffers, what: "auth_type", at: inAuthentication("auth_type"),
			value: authType, concerns: version2,
			why: "adverts with other authentication are dropped, so each becomes Master",
		},
		{
			code: CodePasswordDiffers, what: "auth_pass", at: inAuthentication("auth_pass"), secret: true,
			value: password, concerns: func(m *member) bool { return version2(m) && authType(m) != noAuth },
			why: "adverts with another password are dropped, so each becomes Master",
		},
		{
			code: CodeCastDiffers, what: "kind of adverts", at: at("unicast_peer", "unicast_src_ip", "interface"),
			value: cast, why: "neither hears the other, so each becomes Master",
		},
		{
			code: CodeDestinationDiffers, what: "mcast_dst_ip", at: at("mcast_dst_ip"),
			value: func(m *member) string { return m.vi.MulticastGroup.String() }, concerns: multicast,
			why: "neither hears the other, so each becomes Master",
		},
		{
			code: CodeAcceptDiffers, severity: syntax.Warning, what: "accept mode", at: at("accept", "no_accept", "strict_mode"),
			value: accepting, concerns: func(m *member) bool { return m.vi.Priority != vrrp.PriorityOwner },
			why: "whether the addresses answer changes with the Master",
		},
	}
}

// checkAgreement compares what must be alike.
func (c *checker) checkAgreement(v *virtualRouter) {
	for _, t := range traits(v) {
		c.compare(v, t)
	}
	c.checkChecksums(v)
	c.checkKeys(v)
}

// compare reports each member that has another value than most, at the place where it is written.
func (c *checker) compare(v *virtualRouter, t trait) {
	members := v.members
	if t.concerns != nil {
		members = slices.DeleteFunc(slices.Clone(members), func(m *member) bool { return !t.concerns(m) })
	}
	usual := mostCommon(members, t.value)
	others := whoHave(members, func(m *member) bool { return t.value(m) == usual })
	for _, m := range members {
		value := t.value(m)
		switch {
		case value == usual:
		case t.secret:
			c.report(m.node, t.severity, t.code, t.at(m), "write the same everywhere", "%s: %s is not that of %s: %s",
				m.vi.Name, t.what, listed(others), t.why)
		default:
			c.report(m.node, t.severity, t.code, t.at(m), "write the same everywhere", "%s: %s is %s, but %s on %s: %s",
				m.vi.Name, t.what, value, usual, listed(others), t.why)
		}
	}
}

// whoHave names the nodes of the members that have something.
func whoHave(members []*member, has func(*member) bool) []string {
	var names []string
	for _, m := range members {
		if has(m) {
			names = append(names, m.Name)
		}
	}
	return names
}

func at(keywords ...string) func(*member) syntax.Span {
	return func(m *member) syntax.Span {
		for _, keyword := range keywords {
			if s := m.at.statement(keyword); s != nil && s.Block != nil {
				return s.Words[0].Span
			} else if s != nil {
				return s.Span
			}
		}
		return m.at.name
	}
}

func inAuthentication(keyword string) func(*member) syntax.Span {
	return func(m *member) syntax.Span { return m.at.inner("authentication", keyword) }
}

func version2(m *member) bool  { return m.vi.Version == vrrp.Version2 }
func multicast(m *member) bool { return !m.vi.Unicast }

func cast(m *member) string {
	if m.vi.Unicast {
		return "unicast"
	}
	return "multicast"
}

func accepting(m *member) string {
	if m.vi.Accept {
		return "accept"
	}
	return "no_accept"
}

const noAuth = "none"

// authType is what goes on the wire.
func authType(m *member) string {
	switch m.vi.AuthType {
	case vrrp.AuthPass:
		return "PASS"
	case vrrp.AuthAH:
		return "AH"
	}
	return noAuth
}

func password(m *member) string { return m.vi.AuthData }

// checkChecksums finds routers that send what others refuse: version 3 over IPv4 can be read both ways
// (RFC 5798, 5.2.8), and a router that sends without pseudo header is heard only by those who do too.
func (c *checker) checkChecksums(v *virtualRouter) {
	for _, m := range v.members {
		deaf := whoHave(v.members, func(o *member) bool { return o != m && o.vi.Version == m.vi.Version && !checksumAccepted(m.vi, o.vi) })
		if len(deaf) > 0 {
			c.report(m.node, syntax.Error, CodeChecksumDiffers, at("v3_checksum_as_v2", "old_unicast_checksum")(m), "write the same everywhere",
				"%s: %s %s the checksum of its adverts, so there are two Masters", m.vi.Name, listed(deaf), verb(deaf, "refuses", "refuse"))
		}
	}
}

// checksumAccepted reports whether to takes the checksums that from sends.
func checksumAccepted(from, to *config.Instance) bool {
	if from.Version != vrrp.Version3 || from.IPv6 || to.ChecksumAsV2 {
		return true
	}
	if from.ChecksumAsV2 {
		return false
	}
	if !from.Unicast || !to.Unicast {
		return true
	}
	sendsOld, wantsOld := from.OldUnicastChecksum == config.OldChecksumAlways, to.OldUnicastChecksum == config.OldChecksumAlways
	return sendsOld == wantsOld || sendsOld && to.OldUnicastChecksum == config.OldChecksumAuto || wantsOld && from.OldUnicastChecksum == config.OldChecksumAuto
}

// checkKeys compares auth_hmac, which is read from the file: what is sent here must be known there.
func (c *checker) checkKeys(v *virtualRouter) {
	for _, m := range v.members {
		from := hmacOf(m)
		deaf := whoHave(v.members, func(o *member) bool { return o != m && !from.heardBy(hmacOf(o)) })
		if len(deaf) > 0 {
			c.report(m.node, syntax.Error, CodeKeysDiffer, m.at.keyword("auth_hmac"), "give all routers the same keys, then the same active_key",
				"%s: %s %s adverts with what auth_hmac says here, so there are two Masters", m.vi.Name, listed(deaf), verb(deaf, "refuses", "refuse"))
		}
	}
}

// hmac is what an auth_hmac block says; the zero value is that of an instance without.
type hmac struct {
	there  bool
	sends  bool
	active string            // key that is sent
	keys   map[string]string // by number
	wants  bool              // drops adverts without
}

func hmacOf(m *member) hmac {
	s := m.at.statement("auth_hmac")
	if s == nil || s.Block == nil {
		return hmac{}
	}
	h := hmac{there: true, sends: true, wants: true, keys: map[string]string{}}
	for _, line := range s.Block.Statements {
		words := line.Words
		switch {
		case len(words) > 2 && line.Keyword() == "key":
			h.keys[words[1].Text] = words[2].Text
		case len(words) > 1 && line.Keyword() == "active_key":
			h.active = words[1].Text
		case len(words) > 1 && line.Keyword() == "mode" && !m.vi.Strict:
			h.sends = words[1].Text != "receive-only"
			h.wants = words[1].Text == "enforce"
		}
	}
	if h.keys[h.active] == "" {
		return hmac{} // without an active key the whole extension is off
	}
	return h
}

// heardBy reports whether to accepts adverts of h. A key in a file of its own may be the same under another name.
func (h hmac) heardBy(to hmac) bool {
	if !h.there || !h.sends {
		return !to.wants
	}
	if !to.there {
		return false // the packet is too long
	}
	mine, theirs := h.keys[h.active], to.keys[h.active]
	inFile := strings.HasPrefix(mine, "file:") || strings.HasPrefix(theirs, "file:")
	return theirs != "" && (mine == theirs || inFile)
}

func seconds(d time.Duration) string { return fmt.Sprint(d.Seconds()) }
