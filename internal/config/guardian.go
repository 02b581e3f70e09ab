package config

import "github.com/govrrpd/govrrpd/internal/schema"

// What keepalived does not do: defaults in global_defs, and the same words in each vrrp_instance.

var guardianDefaultKeywords = []globalKeyword{
	{Name: "vip_guardian", Args: "[on|off]", Default: "on", Own: true, Priority: schema.P2, Doc: "Default of vip_guardian.",
		Set: schema.Switch(func(g *global, on bool) { g.vipGuardian = on })},
}

var guardianKeywords = []instanceKeyword{
	{Name: "vip_guardian", Args: "[on|off]", Default: "on", Own: true, Priority: schema.P2,
		Doc:  "A Master puts back at once what somebody else removes of its addresses, routes and rules.",
		Note: "It stays Master, and announces the addresses. After five times within a minute it does for a while what keepalived does: it steps back for a moment and sets everything anew; so it is always with off. vip_guardian in global_defs changes the default.",
		Set:  schema.Switch(func(v *draft, on bool) { v.vipGuardian = &on })},
}

func (v *draft) completeGuardian() {
	v.VIPGuardian = chosen(v.vipGuardian, v.d.global.vipGuardian)
}

// chosen is what an instance says, or else what global_defs says.
func chosen(said *bool, otherwise bool) bool {
	if said != nil {
		return *said
	}
	return otherwise
}
