package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var firewallKeywords = []globalKeyword{
	{Name: "nftables", Args: "[TABLE]", Priority: schema.P2, Doc: "Name of the nftables tables for no_accept and virtual MAC devices.",
		Without: "keepalived",
		Note:    "The tables, one for each family, are made when they are needed, removed at the end, and put back when another program removes them. Several daemons on a host need a name each. It cannot change at a reload.",
		Given:   func(g *global) bool { return g.Nftables != "" }, Set: setNftables},
	{Name: "nftables_priority", Args: "PRIORITY", Range: "-2147483648-2147483647", Default: "-1", Priority: schema.P2, Doc: "Priority of the nftables chains.",
		Set: schema.Int(schema.Between(-1<<31, 1<<31-1), func(g *global) *int32 { return &g.NftablesPriority })},
	{Name: "nftables_counters", Priority: schema.P3, Doc: "Counts packets in the nftables rules.",
		Set: schema.Flag(func(g *global) *bool { return &g.NftablesCounters })},
	{Name: "nftables_ifindex", Priority: schema.P3, Doc: "Uses interface numbers in the nftables rules for link-local addresses, with dont_track_primary too.",
		Set: schema.Flag(func(g *global) *bool { return &g.NftablesIndex })},
	{Name: "vrrp_iptables", Args: "[IN [OUT]]", Priority: schema.P2, Doc: "Drops packets for no_accept, through nftables in place of iptables.",
		Note:  "The chains are not used.",
		Given: func(g *global) bool { return g.iptablesGiven }, Set: setIptables},
	{Name: "vrrp_ipsets", Args: "[NAME …]", Priority: schema.P3, Doc: "Names sets of addresses, for which those of nftables stand in.",
		Set: func(c *schema.Context, g *global, s *syntax.Statement) {
			checkNames(c, s, 30)
			noteIptables(c, g, s)
		}},
	{Name: "vrrp_rx_bufs_policy", Args: "MTU|ADVERT|BYTES", Priority: schema.P3, Doc: "Size of the receive buffers, for each instance.",
		Without: "as the system has it",
		Note:    "MTU and ADVERT count vrrp_rx_bufs_multiplier times.",
		Set:     setBufferPolicy},
	{Name: "vrrp_rx_bufs_multiplier", Args: "COUNT", Priority: schema.P3, Doc: "How many adverts the receive buffers hold.", Default: "3",
		Set: func(c *schema.Context, g *global, s *syntax.Statement) {
			if len(s.Words) > 2 {
				c.Errorf(CodeBadArgument, s.Words[2].Span, "%s takes exactly one number; it is ignored", s.Keyword())
				return
			}
			schema.Int(schema.Between(1, 1<<32-1).Lenient(), func(g *global) *int { return &g.ReceiveBufferFactor })(c, g, s)
		}},
	receiveBuffer("vrrp_netlink_cmd_rcv_bufs"), forceBuffer("vrrp_netlink_cmd_rcv_bufs_force"),
	receiveBuffer("vrrp_netlink_monitor_rcv_bufs"), forceBuffer("vrrp_netlink_monitor_rcv_bufs_force"),
	receiveBuffer("process_monitor_rcv_bufs"), forceBuffer("process_monitor_rcv_bufs_force"),
}

// noEffect is the row of a keyword whose arguments are not looked at, because nothing comes of them.
func noEffect(name, args string, p schema.Priority, doc string) globalKeyword {
	return globalKeyword{Name: name, Args: args, Doc: doc, Priority: p, Effect: schema.None, Set: schema.Ignore[global]()}
}

func receiveBuffer(name string) globalKeyword {
	return globalKeyword{Name: name, Args: "BYTES", Priority: schema.P3, Effect: schema.Pointless,
		Doc: "Receive buffer of a kernel socket; it is always large enough.",
		Set: schema.IntFunc(schema.Between(0, 1<<32-1).Exactly().Lenient(), func(*global, int64) {})}
}

func forceBuffer(name string) globalKeyword {
	return globalKeyword{Name: name, Args: "[on|off]", Priority: schema.P3, Effect: schema.Pointless,
		Doc: "Lets that buffer pass the system's limit.", Set: schema.Switch(func(*global, bool) {})}
}

func setNftables(c *schema.Context, g *global, s *syntax.Statement) {
	g.Nftables = "keepalived"
	if len(s.Words) < 2 {
		return
	}
	if name := s.Words[1].Text; name != "" && len(name) <= 30 {
		g.Nftables = name
		return
	}
	g.Nftables = ""
	c.Errorf(CodeBadArgument, s.Words[1].Span, "nftables table name must have 1 to 30 characters; it is ignored")
}

// setIptables checks the names of the chains. One chain for both directions is none, as in keepalived.
func setIptables(c *schema.Context, g *global, s *syntax.Statement) {
	g.iptablesGiven = true
	noteIptables(c, g, s)
	if args := s.Args(); len(args) > 1 && args[0].Text == args[1].Text {
		c.Notef(CodeBadArgument, args[1].Span, "vrrp_iptables: one chain cannot serve both directions; neither is used")
		return
	}
	checkNames(c, s, 27)
}

// noteIptables says, once, what stands in for iptables.
func noteIptables(c *schema.Context, g *global, s *syntax.Statement) {
	if !g.Iptables {
		c.Notef(CodeIptables, s.Words[0].Span, "%s: nftables stands in for iptables and ipsets, in a table of its own", s.Keyword())
		c.Hint("write nftables instead")
	}
	g.Iptables = true
}

func checkNames(c *schema.Context, s *syntax.Statement, longest int) {
	seen := map[string]bool{}
	for _, word := range s.Args() {
		if len(word.Text) > longest || seen[word.Text] {
			c.Errorf(CodeBadArgument, word.Span, "%s: %s is used twice or is longer than %d characters", s.Keyword(), schema.Quote(word.Text), longest)
		}
		seen[word.Text] = true
	}
}

// setBufferPolicy reads a policy or a number. Of several a number counts more than MTU, and that more than
// ADVERT, in whatever order they are given.
func setBufferPolicy(c *schema.Context, g *global, s *syntax.Statement) {
	if _, ok := c.Arg(s, 1); !ok {
		return
	}
	for _, word := range s.Args() {
		policy := strings.ToUpper(word.Text)
		if policy != "MTU" && policy != "ADVERT" {
			n, ok := c.Int("vrrp_rx_bufs_policy", word, schema.Between(0, 1<<32-1).Exactly())
			if !ok {
				c.Hint("write MTU, ADVERT or a number of bytes")
				return
			}
			policy = strconv.FormatInt(n, 10)
		}
		before := g.ReceiveBufferPolicy
		if before == "" || policyRank(before) <= policyRank(policy) {
			g.ReceiveBufferPolicy = policy
		}
		if before != "" && policyRank(before) != policyRank(policy) {
			c.Errorf(CodeBadArgument, word.Span, "vrrp_rx_bufs_policy is both %s and %s; %s is used", before, policy, g.ReceiveBufferPolicy)
		}
	}
}

// policyRank says which of two policies counts.
func policyRank(policy string) int {
	switch policy {
	case "ADVERT":
		return 0
	case "MTU":
		return 1
	}
	return 2
}

var processKeywords = []globalKeyword{
	{Name: "process_names", Priority: schema.P3, Doc: "Calls the process keepalived_vrrp.",
		Set: func(_ *schema.Context, g *global, _ *syntax.Statement) { g.ProcessName = "keepalived_vrrp" }},
	{Name: "process_name", Args: "NAME", Priority: schema.P3, Doc: "Name of the process, unless vrrp_process_name or process_names gives one.",
		Set: setProcessName(func(g *global) *string { return &g.parentName })},
	{Name: "vrrp_process_name", Args: "NAME", Priority: schema.P3, Doc: "Name of the process, at most 15 characters.",
		Note: "Longer names are cut, and reported.",
		Set:  setProcessName(func(g *global) *string { return &g.ProcessName })},
	{Name: "bfd_process_name", Args: "NAME", Priority: schema.P3, Effect: schema.Pointless, Doc: "Name of keepalived's BFD process.",
		Set: setProcessName(func(*global) *string { return new(string) })},
	{Name: "umask", Args: "NUMBER|BIT[|BIT …]", Range: "0-0777", Priority: schema.P3, Doc: "File creation mask.",
		Without: "0177",
		Note:    "A number as in C, where a leading 0 means octal, or the bits to take away: IRUSR, IWUSR, IXUSR, IRWXU, the same for GRP and G, OTH and O. The option -u goes before it.",
		Example: "umask IXUSR|IRWXG|IRWXO",
		Set:     setUmask},
	{Name: "vrrp_priority", Args: "-20-19", Default: "0", Priority: schema.P3, Doc: "Nice value of the process.",
		Set: schema.Int(schema.Between(-20, 19).Or(0).Exactly().Lenient(), func(g *global) *int { return &g.Priority })},
	{Name: "vrrp_rt_priority", Args: "1-99", Priority: schema.P3, Doc: "Real-time priority of the process.",
		Without: "none",
		Set:     setRealtime(func(g *global) *int { return &g.RealtimePriority })},
	{Name: "vrrp_rlimit_rttime", Args: "MICROSECONDS", Range: "1-4294967295", Unit: "microseconds", Priority: schema.P3, Effect: schema.Pointless, Doc: "Longest run without a wait, at real-time priority.",
		Set: setRealtimeLimit(func(g *global) *uint32 { return &g.RealtimeLimit })},
	{Name: "vrrp_rlimit_rtime", Args: "MICROSECONDS", Priority: schema.P3, Effect: schema.Pointless, Doc: "Old name of vrrp_rlimit_rttime.",
		Set: setRealtimeLimit(func(g *global) *uint32 { return &g.RealtimeLimit })},
	{Name: "vrrp_no_swap", Priority: schema.P3, Doc: "Locks the memory of the process.",
		Set: schema.Flag(func(g *global) *bool { return &g.NoSwap })},
	{Name: "vrrp_cpu_affinity", Args: "CPU …", Range: "0-1023", Priority: schema.P3, Doc: "Processors that the process may use.",
		Without: "all",
		Example: "vrrp_cpu_affinity 0 1",
		Set:     setAffinity(func(g *global) *[]int { return &g.CPUAffinity })},
	{Name: "bfd_priority", Args: "-20-19", Default: "0", Priority: schema.P3, Doc: "Nice value of the process, where there are sessions of BFD.",
		Note: "BFD and VRRP are one process, which gets the more urgent of what is asked for each.",
		Set:  schema.Int(schema.Between(-20, 19).Or(0).Exactly().Lenient(), func(g *global) *int { return &g.bfdPriority })},
	{Name: "bfd_rt_priority", Args: "1-99", Priority: schema.P3, Doc: "Real-time priority of the process, where there are sessions of BFD.",
		Note:    "BFD and VRRP are one process, which gets the more urgent of what is asked for each.",
		Without: "none",
		Set:     setRealtime(func(g *global) *int { return &g.bfdRealtime })},
	{Name: "bfd_rlimit_rttime", Args: "MICROSECONDS", Range: "1-4294967295", Unit: "microseconds", Priority: schema.P3, Effect: schema.Pointless, Doc: "Longest run of keepalived's BFD process.",
		Set: setRealtimeLimit(func(*global) *uint32 { return new(uint32) })},
	{Name: "bfd_rlimit_rtime", Args: "MICROSECONDS", Priority: schema.P3, Effect: schema.Pointless, Doc: "Old name of bfd_rlimit_rttime.",
		Set: setRealtimeLimit(func(*global) *uint32 { return new(uint32) })},
	{Name: "bfd_no_swap", Priority: schema.P3, Doc: "Locks the memory of the process, where there are sessions of BFD.",
		Set: schema.Flag(func(g *global) *bool { return &g.bfdNoSwap })},
	{Name: "bfd_cpu_affinity", Args: "CPU …", Priority: schema.P3, Effect: schema.Pointless, Doc: "Processors of keepalived's BFD process.",
		Set: setAffinity(func(*global) *[]int { return new([]int) })},
	{Name: "max_auto_priority", Args: "[-1-99]", Default: "0", Priority: schema.P3, Doc: "Real-time priority to which the process may rise by itself when its timers are late.",
		Note: "Without a number it is 99; -1 turns it off too.",
		Set: func(c *schema.Context, g *global, s *syntax.Statement) {
			if len(s.Words) == 1 {
				g.MaxAutoPriority = 99
			} else if n, ok := c.Int("max_auto_priority", s.Words[1], schema.Between(-1, 99)); ok {
				g.MaxAutoPriority = int(n)
			}
		}},
	{Name: "min_auto_priority_delay", Args: "1-10000000", Unit: "microseconds", Default: "1000000", Priority: schema.P3, Doc: "How late a timer must be for that, and for a line in the log.",
		Set: schema.IntFunc(schema.Between(1, 10000000).Lenient(), func(g *global, n int64) { g.AutoPriorityDelay = time.Duration(n) * time.Microsecond })},
}

func setProcessName(field func(*global) *string) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		name := word.Text
		if len(name) > 15 {
			name = name[:15]
			c.Errorf(CodeNameTooLong, word.Span, "%s %s is longer than 15 characters; %s is used", s.Keyword(), schema.Quote(word.Text), schema.Quote(name))
		}
		*field(g) = name
	}
}

// setRealtime clamps: a priority that is out of range still says that a high one is wanted.
func setRealtime(field func(*global) *int) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		word, ok := c.Arg(s, 1)
		if !ok {
			return
		}
		r := schema.Between(1, 99).Exactly()
		if n, fault := schema.ParseInt(word.Text, -1<<31, 1<<31-1); fault == schema.Good {
			r = r.Or(min(max(n, 1), 99))
		}
		if n, ok := c.Int(s.Keyword(), word, r); ok {
			*field(g) = int(n)
		}
	}
}

func setRealtimeLimit(field func(*global) *uint32) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		if n, ok := c.Int(s.Keyword(), word, schema.Between(1, 1<<32-1).Or(0)); ok {
			if n == 1 {
				n = 2 // the kernel takes 1 for "at once"
			}
			*field(g) = uint32(n)
		}
	}
}

func setAffinity(field func(*global) *[]int) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		if _, ok := c.Arg(s, 1); !ok {
			return
		}
		var processors []int
		for _, word := range s.Args() {
			n, ok := c.Int("processor", word, schema.Between(0, maxProcessors-1).Exactly())
			if !ok {
				*field(g) = nil
				return
			}
			processors = append(processors, int(n))
		}
		*field(g) = processors
	}
}

// maxProcessors is the size of the kernel's processor sets as the C library has it. Whether a
// processor exists is seen when the set is applied: a file may be checked on another machine.
const maxProcessors = 1024

// umaskBits are the names that a umask may be put together from.
var umaskBits = map[string]uint32{
	"IRUSR": 0o400, "IWUSR": 0o200, "IXUSR": 0o100, "IRWXU": 0o700,
	"IRGRP": 0o040, "IWGRP": 0o020, "IXGRP": 0o010, "IRWXG": 0o070,
	"IROTH": 0o004, "IWOTH": 0o002, "IXOTH": 0o001, "IRWXO": 0o007,
}

func setUmask(c *schema.Context, g *global, s *syntax.Statement) {
	first, ok := c.Word(s, 1)
	if !ok {
		return
	}
	mask, problem := uint64(0), ""
	if first.Text != "" && first.Text[0] >= '0' && first.Text[0] <= '9' {
		if mask, ok = schema.ParseAnyBase(first.Text, 0o777); !ok {
			problem = "is not a number from 0 to 0777"
		} else if len(s.Words) > 2 {
			problem = "has extra words behind it"
		}
	} else {
		mask, problem = readUmaskBits(s.Args())
	}
	if problem != "" {
		c.Errorf(CodeBadArgument, first.Span, "umask %s %s; it is ignored", schema.Quote(first.Text), problem)
		c.Hint("write a number, or names such as IXUSR|IRWXG|IRWXO")
		return
	}
	g.Umask = new(uint32(mask))
}

// readUmaskBits reads BIT|BIT…, with or without blanks around the '|'.
func readUmaskBits(words []syntax.Word) (mask uint64, problem string) {
	wanted := true // a name, not a '|'
	for _, word := range words {
		for i, name := range strings.Split(word.Text, "|") {
			if i > 0 && wanted {
				return 0, "has a '|' without a name before it"
			}
			wanted = wanted || i > 0
			if name == "" {
				continue
			}
			bit, known := umaskBits[name]
			switch {
			case !known:
				return 0, "knows no " + schema.Quote(name)
			case !wanted:
				return 0, "has no '|' before " + schema.Quote(name)
			}
			mask |= uint64(bit)
			wanted = false
		}
	}
	if wanted {
		return 0, "lacks a name"
	}
	return mask, ""
}
