package config

import "github.com/govrrpd/govrrpd/internal/schema"

// stallKeywords are about a process or a machine that stood still. keepalived does not have them.
var stallKeywords = []globalKeyword{
	{Name: "stall_guard", Args: "[on|off]", Default: "on", New: true, Priority: schema.P3,
		Doc:  "A Master that stood still for longer than its Master_Down_Interval looks who has taken over before it speaks again.",
		Note: "If somebody has, it is a Backup; if nobody has, it announces its addresses anew. keepalived does not know this keyword; with off, govrrpd goes on advertising as keepalived does.",
		Set:  schema.Switch(func(g *global, on bool) { g.StallGuard = on })},
}
