package config

import (
	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var routingKeywords = []instanceKeyword{
	{Name: "virtual_routes", Args: "{ [TYPE] DEST [via ADDR] [dev IF] [src ADDR] [table T] … }", Priority: schema.P1, Body: schema.List, Entry: routeEntry,
		Doc:  "Routes of the Master.",
		Note: "Options stand in any order; nexthop comes last.",
		Example: `virtual_routes {
    198.51.100.0/24 via 192.0.2.254 dev eth0 metric 10
    default via 192.0.2.254 table 100
    blackhole 203.0.113.0/24
}`,
		Set: func(_ *schema.Context, v *draft, s *syntax.Statement) { v.d.readRoutes(s, false, &v.Routes) }},
	{Name: "virtual_rules", Args: "{ [from PREFIX] [to PREFIX] … ACTION }", Priority: schema.P1, Body: schema.List, Entry: ruleEntry,
		Doc:  "Routing rules of the Master.",
		Note: "Options stand in any order. Each rule has one action, and should have a preference.",
		Example: `virtual_rules {
    from 192.0.2.0/24 table 100 preference 1000
    to 203.0.113.0/24 unreachable preference 1001
}`,
		Set: func(_ *schema.Context, v *draft, s *syntax.Statement) { v.d.readRules(s, false, &v.Rules) }},
}

func (d *decoder) readRoutes(s *syntax.Statement, static bool, to *[]*Route) {
	for _, line := range s.Block.Statements {
		if r := d.readRoute(line, static); r != nil {
			*to = append(*to, r)
		}
		if d.Stopped() {
			return
		}
	}
}

func (d *decoder) readRules(s *syntax.Statement, static bool, to *[]*Rule) {
	for _, line := range s.Block.Statements {
		if r := d.readRule(line, static); r != nil {
			*to = append(*to, r)
		}
		if d.Stopped() {
			return
		}
	}
}

func decodeStaticRoutes(_ *schema.Context, d *decoder, s *syntax.Statement) {
	d.readRoutes(s, true, &d.cfg.StaticRoutes)
}

func decodeStaticRules(_ *schema.Context, d *decoder, s *syntax.Statement) {
	d.readRules(s, true, &d.cfg.StaticRules)
}
