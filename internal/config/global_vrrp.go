package config

import (
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// maxTimer is the longest time that keepalived's microsecond timers hold.
const maxTimer = 4294967295 * time.Microsecond

var vrrpDefaultKeywords = []globalKeyword{
	{Name: "vrrp_version", Args: "2|3", Default: "2", Priority: schema.P1, Doc: "VRRP version of IPv4 instances that name none.",
		Note: "IPv6 instances have 3.",
		Set:  schema.IntFunc(schema.Between(2, 3), func(g *global, n int64) { g.version = vrrp.Version(n) })},
	{Name: "vrrp_mcast_group4", Args: "ADDRESS", Default: "224.0.0.18", Priority: schema.P2, Doc: "Multicast group of IPv4 instances.", Set: setGroup(false)},
	{Name: "vrrp_mcast_group6", Args: "ADDRESS", Default: "ff02::12", Priority: schema.P2, Doc: "Multicast group of IPv6 instances.",
		Note: "It should be link-local (ff02::/16).",
		Set:  setGroup(true)},
	{Name: "vrrp_down_timer_adverts", Args: "1-100", Default: "3", Priority: schema.P2, Doc: "Default of down_timer_adverts.",
		Set: schema.Int(schema.Between(1, 100), func(g *global) *int { return &g.downTimerAdverts })},
	{Name: "vrrp_lower_prio_no_advert", Args: "[on|off]", Default: "off", Priority: schema.P2, Doc: "Default of lower_prio_no_advert.",
		Set: schema.Switch(func(g *global, on bool) { g.lowerNoAdvert = on })},
	{Name: "vrrp_higher_prio_send_advert", Args: "[on|off]", Default: "off", Priority: schema.P2, Doc: "Default of higher_prio_send_advert.",
		Set: schema.Switch(func(g *global, on bool) { g.higherSendAdvert = on })},
	{Name: "vrrp_owner_ignore_adverts", Args: "[on|off]", Default: "off", New: true, Priority: schema.P3, Doc: "Default of owner_ignore_adverts.",
		Set: schema.Switch(func(g *global, on bool) { g.ownerIgnore = on })},
	{Name: "v3_checksum_as_v2", New: true, Priority: schema.P2, Doc: "Default of v3_checksum_as_v2; any argument is ignored.",
		Set: schema.Flag(func(g *global) *bool { return &g.checksumAsV2 })},
	{Name: "vrrp_strict", Args: "[on|off]", Default: "off", Priority: schema.P1, Doc: "Default of strict_mode.",
		Set: schema.Switch(func(g *global, on bool) { g.strict = on })},
	{Name: "vrrp_skip_check_adv_addr", Args: "[on|off]", Default: "off", Priority: schema.P1, Doc: "Default of skip_check_adv_addr.",
		Set: schema.Switch(func(g *global, on bool) { g.skipCheck = on })},
	{Name: "vrrp_check_unicast_src", Priority: schema.P2, Doc: "Unicast adverts must come from a configured peer.",
		Set: schema.Flag(func(g *global) *bool { return &g.CheckUnicastSource })},
	{Name: "default_interface", Args: "INTERFACE", Default: "eth0", Priority: schema.P1, Doc: "Where static addresses go that name none.",
		Set: schema.Text(func(g *global) *string { return &g.DefaultInterface })},
	{Name: "dynamic_interfaces", Args: "[allow_if_changes]", Priority: schema.P1, Early: true,
		Doc:  "Interfaces may be missing at the start: their instances are in FAULT until they come.",
		Note: "With or without it, interfaces may be deleted, made again and renamed while the daemon runs; an instance goes by the name. allow_if_changes: a macvlan or ipvlan may come back on another interface than before; and of two instances with one VRID on the same interface the first is in FAULT, instead of the file being refused.",
		Set:  setDynamic},
	{Name: "vrrp_startup_delay", Args: "SECONDS", Range: "0.001-4294.967295", Unit: "seconds", Priority: schema.P2, Doc: "Neither sends adverts nor heeds them for this long after the start.",
		Without: "no delay",
		Set:     setStartup(func(g *global, delay time.Duration) { g.StartupDelay = delay })},
	{Name: "vrrp_delay_after_boot", Args: "SECONDS", Range: "0.001-4294.967295", Unit: "seconds", New: true, Priority: schema.P2, Doc: "Does not take part before the machine has been up this long.",
		Without: "no delay",
		Note:    "The longer of this and vrrp_startup_delay counts.",
		Set:     setStartup(func(g *global, delay time.Duration) { g.delayAfterBoot = max(delay-g.d.host.Uptime(), 0) })},
	{Name: "log_unknown_vrids", Priority: schema.P3, Doc: "Logs adverts of Virtual Routers that are not configured.",
		Set: schema.Flag(func(g *global) *bool { return &g.LogUnknownVRIDs })},
	{Name: "vmac_prefix", Args: "STRING", Default: "vrrp", Priority: schema.P3, Doc: "What the names of virtual MAC devices begin with.",
		Note:  "They are PREFIX.VRID, then PREFIX1.VRID and so on; for IPv6 PREFIX6.VRID comes second.",
		Given: func(g *global) bool { return g.vmacPrefixGiven },
		Set: func(c *schema.Context, g *global, s *syntax.Statement) {
			if word, ok := c.Word(s, 1); ok {
				g.VMACPrefix, g.vmacPrefixGiven = word.Text, true
			}
		}},
	{Name: "vmac_addr_prefix", Args: "STRING", Priority: schema.P3, Doc: "As vmac_prefix, for the devices that addresses have for themselves.",
		Without: "vmac_prefix",
		Given:   func(g *global) bool { return g.VMACAddressPrefix != "" },
		Set: func(c *schema.Context, g *global, s *syntax.Statement) {
			if word, ok := c.Word(s, 1); ok {
				g.VMACAddressPrefix = word.Text
			}
		}},
	{Name: "disable_local_igmp", Priority: schema.P3, Doc: "Sends no IGMP reports for the groups of 224.0.0.0/24, among them the VRRP group.",
		Set: schema.Flag(func(g *global) *bool { return &g.DisableLocalIGMP })},
}

func setGroup(ipv6 bool) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		addr, ok := plainAddress(word.Text)
		if !ok || addr.Is6() != ipv6 || !addr.IsMulticast() {
			c.Errorf(CodeNotMulticast, word.Span, "%s %s is not an %s multicast address; it is ignored", s.Keyword(), schema.Quote(word.Text), familyName(ipv6))
			return
		}
		if ipv6 {
			g.MulticastGroup6 = addr
			if !addr.IsLinkLocalMulticast() {
				c.Warnf(CodeWideGroup, word.Span, syntax.ClassWarning, "%s %s is not link-local (ff02::/16)", s.Keyword(), addr)
				c.Hint("write ff02::12, on all routers")
			}
			return
		}
		g.MulticastGroup4 = addr
	}
}

func setDynamic(c *schema.Context, g *global, s *syntax.Statement) {
	g.DynamicInterfaces = true
	if len(s.Words) < 2 {
		return
	}
	if s.Words[1].Text != "allow_if_changes" {
		c.Errorf(CodeBadChoice, s.Words[1].Span, "dynamic_interfaces knows no %s; it is ignored", schema.Quote(s.Words[1].Text))
		c.Hint("write: dynamic_interfaces [allow_if_changes]")
		return
	}
	g.AllowIfChanges = true
}

func setStartup(set func(*global, time.Duration)) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		delay, ok := c.Seconds(s.Keyword(), word, schema.Seconds{Low: time.Millisecond, High: maxTimer})
		if !ok {
			return
		}
		if delay >= time.Minute {
			c.Notef(CodeVeryLong, word.Span, "%s is very long: %v", s.Keyword(), delay)
		}
		set(g, delay)
	}
}

var garpDefaultKeywords = []globalKeyword{
	{Name: "vrrp_garp_master_delay", Args: "SECONDS", Range: "0-4294", Unit: "seconds", Default: "5", Priority: schema.P1, Doc: "Default of garp_master_delay.",
		Set: wholeSeconds(schema.Between(0, 4294), func(g *global) *time.Duration { return &g.garp.MasterDelay })},
	{Name: "vrrp_garp_master_repeat", Args: "COUNT", Range: "1-4294967295", Default: "5", Priority: schema.P1, Doc: "Default of garp_master_repeat.",
		Set: atLeastOne(func(g *global) *int { return &g.garp.MasterRepeat })},
	{Name: "vrrp_garp_master_refresh", Args: "SECONDS", Range: "0-4294967295", Unit: "seconds", Default: "0", Priority: schema.P1, Doc: "Default of garp_master_refresh.",
		Set: wholeSeconds(schema.Between(0, 1<<32-1).Or(0), func(g *global) *time.Duration { return &g.garp.MasterRefresh })},
	{Name: "vrrp_garp_master_refresh_repeat", Args: "COUNT", Range: "1-4294967295", Default: "1", Priority: schema.P1, Doc: "Default of garp_master_refresh_repeat.",
		Set: atLeastOne(func(g *global) *int { return &g.garp.MasterRefreshRepeat })},
	{Name: "vrrp_garp_lower_prio_delay", Args: "SECONDS", Range: "0-4294", Unit: "seconds", Priority: schema.P2, Doc: "Default of garp_lower_prio_delay.",
		Without: "vrrp_garp_master_delay",
		Set:     schema.IntFunc(schema.Between(0, 4294), func(g *global, n int64) { g.lowerPrioDelay = new(time.Duration(n) * time.Second) })},
	{Name: "vrrp_garp_lower_prio_repeat", Args: "COUNT", Range: "0-2147483647", Priority: schema.P2, Doc: "Default of garp_lower_prio_repeat.",
		Without: "vrrp_garp_master_repeat",
		Set:     schema.IntFunc(schema.Between(0, 1<<31-1), func(g *global, n int64) { g.lowerPrioRepeat = new(int(n)) })},
	{Name: "vrrp_garp_interval", Args: "SECONDS", Range: "0.000001-4294.967295", Unit: "seconds", Priority: schema.P2, Doc: "Time between two gratuitous ARPs on an interface.",
		Without: "no pause",
		Set:     setPace(func(g *global) *time.Duration { return &g.garp.Interval })},
	{Name: "vrrp_gna_interval", Args: "SECONDS", Range: "0.000001-4294.967295", Unit: "seconds", Priority: schema.P2, Doc: "Time between two unsolicited neighbour advertisements on an interface.",
		Without: "no pause",
		Set:     setPace(func(g *global) *time.Duration { return &g.garp.NAInterval })},
	{Name: "vrrp_min_garp", Args: "[on|off]", Default: "off", Priority: schema.P2, Doc: "One announcement only, unless set otherwise before.",
		Note: "It acts on what still has its default where it stands: garp_master_repeat becomes 1, garp_master_refresh_repeat and garp_master_delay 0.",
		Set:  schema.Switch(func(g *global, on bool) { g.minimiseGARP(on) })},
	{Name: "vrrp_garp_extra_if", Args: "[all] 1-86400", Unit: "seconds", Priority: schema.P2, Doc: "Default of garp_extra_if.",
		Without: "none",
		Set:     setExtraGlobal(false)},
	{Name: "vrrp_vmac_garp_intvl", Args: "[all] 1-86400", Unit: "seconds", Priority: schema.P2, Doc: "Old name of vrrp_garp_extra_if.", Set: setExtraGlobal(true)},
}

// wholeSeconds reads seconds without decimals.
func wholeSeconds[T any](r schema.Range, field func(*T) *time.Duration) schema.Setter[T] {
	return schema.IntFunc(r, func(into *T, n int64) { *field(into) = time.Duration(n) * time.Second })
}

// atLeastOne reads a count for which 0 is an error that means 1.
func atLeastOne[T any](field func(*T) *int) schema.Setter[T] {
	return func(c *schema.Context, into *T, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		if n, ok := c.Int(s.Keyword(), word, schema.Between(0, 1<<32-1)); ok {
			if n == 0 {
				c.Errorf(schema.CodeOutOfRange, word.Span, "%s must be at least 1; 1 is used", s.Keyword())
			}
			*field(into) = int(max(n, 1))
		}
	}
}

func setPace(field func(*global) *time.Duration) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		pace, ok := c.Seconds(s.Keyword(), word, schema.Seconds{Low: time.Microsecond, High: maxTimer})
		if !ok {
			if word.Text == "0" {
				c.Hint("0 is the default: leave the line out")
			}
			return
		}
		if pace >= time.Second {
			c.Notef(CodeVeryLong, word.Span, "%s is very long: %v", s.Keyword(), pace)
		}
		*field(g) = pace
	}
}

// minimiseGARP reduces the announcements to one, where the values are still the built-in defaults.
func (g *global) minimiseGARP(on bool) {
	if !on {
		return
	}
	if g.garp.MasterRepeat == 5 {
		g.garp.MasterRepeat = 1
	}
	if g.garp.MasterRefreshRepeat == 1 {
		g.garp.MasterRefreshRepeat = 0
	}
	if g.garp.MasterDelay == 5*time.Second {
		g.garp.MasterDelay = 0
	}
}

func setExtraGlobal(old bool) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) { readExtra(c, s, &g.garp, 1, old) }
}

// readExtra reads `[all] SECONDS`, in any order. The old name works, with a remark.
func readExtra(c *schema.Context, s *syntax.Statement, garp *GARP, low int64, old bool) {
	if old {
		c.Warnf(CodeOldName, s.Words[0].Span, syntax.ClassDeprecated, "%s is an old name", s.Keyword())
		c.Hint("write garp_extra_if, or vrrp_garp_extra_if in global_defs")
	}
	all, given := false, false
	for _, word := range s.Args() {
		if word.Text == "all" {
			all = true
			continue
		}
		n, ok := c.Int(s.Keyword(), word, schema.Between(low, 86400))
		if !ok {
			return
		}
		garp.ExtraInterval, given = time.Duration(n)*time.Second, true
	}
	if !given {
		c.Errorf(schema.CodeMissingValue, s.Words[0].Span, "%s lacks its number of seconds; it is ignored", s.Keyword())
		return
	}
	garp.ExtraAll = all
}
