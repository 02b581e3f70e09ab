package config

import (
	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// What keepalived does not do: defaults in global_defs, and the same words in each vrrp_instance.

var guardianDefaultKeywords = []globalKeyword{
	{Name: "vip_guardian", Args: "[on|off]", Default: "on", Own: true, Priority: schema.P2, Doc: "Default of vip_guardian.",
		Set: schema.Switch(func(g *global, on bool) { g.vipGuardian = on })},
	{Name: "split_brain_alarm", Args: "[on|off]", Default: "on", Own: true, Priority: schema.P2, Doc: "Default of split_brain_alarm.",
		Set: schema.Switch(func(g *global, on bool) { g.splitBrainAlarm = on })},
}

var guardianKeywords = []instanceKeyword{
	{Name: "vip_guardian", Args: "[on|off]", Default: "on", Own: true, Priority: schema.P2,
		Doc:  "A Master puts back at once what somebody else removes of its addresses, routes and rules.",
		Note: "It stays Master, and announces the addresses. After five times within a minute it does for a while what keepalived does: it steps back for a moment and sets everything anew; so it is always with off. vip_guardian in global_defs changes the default.",
		Set:  schema.Switch(func(v *draft, on bool) { v.vipGuardian = &on })},
	{Name: "split_brain_alarm", Args: "[on|off]", Default: "on", Own: true, Priority: schema.P2,
		Doc:  "A Master that finds another one, who does not yield, says so.",
		Note: "It looks at adverts that go on, or are refused, and at ARP and neighbour advertisements for its addresses. split_brain_alarm in global_defs changes the default.",
		Set:  schema.Switch(func(v *draft, on bool) { v.splitBrainAlarm = &on })},
	{Name: "notify_split_brain", Args: "[SCRIPT [USER [[:]GROUP]]]", Own: true, Priority: schema.P2,
		Doc:   "Tells notify FIFOs SPLIT_BRAIN when there are two Masters, and runs the script.",
		Note:  "Without it FIFOs are not told: their readers may not know the word. The script gets the words that are configured and no others.",
		Given: func(v *draft) bool { return v.NotifySplitBrainSet }, Set: setSplitBrain},
}

func (v *draft) completeGuardian() {
	v.VIPGuardian = chosen(v.vipGuardian, v.d.global.vipGuardian)
	v.SplitBrainAlarm = chosen(v.splitBrainAlarm, v.d.global.splitBrainAlarm)
}

func setSplitBrain(c *schema.Context, v *draft, s *syntax.Statement) {
	v.NotifySplitBrainSet = true
	if len(s.Words) > 1 {
		setCommand(func(v *draft) *decoder { return v.d }, func(v *draft) **Command { return &v.NotifySplitBrain })(c, v, s)
	}
}

// chosen is what an instance says, or else what global_defs says.
func chosen(said *bool, otherwise bool) bool {
	if said != nil {
		return *said
	}
	return otherwise
}
