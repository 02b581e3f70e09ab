package config

import (
	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

type topKeyword = schema.Keyword[decoder]

// topTable is what may stand outside of any block.
var topTable = schema.NewTable("", topBlocks, topScalars, topForeign)

var topBlocks = []topKeyword{
	{Name: "global_defs", Priority: schema.P1, Body: schema.Section, Early: true, Children: globalTable,
		Doc: "Settings of the whole daemon and defaults of the instances; may be repeated.",
		Set: func(_ *schema.Context, d *decoder, s *syntax.Statement) {
			d.globalBlocks = append(d.globalBlocks, s.Block)
		}},
	{Name: "vrrp_instance", Args: "NAME", Priority: schema.P1, Body: schema.Section, Children: instanceTable,
		Doc: "One Virtual Router.", Set: decodeInstance},
	{Name: "vrrp_sync_group", Args: "NAME", Priority: schema.P1, Body: schema.Section, Children: groupTable,
		Doc: "Instances that change their state together.", Set: decodeGroup},
	{Name: "vrrp_script", Args: "NAME", Priority: schema.P1, Body: schema.Section, Children: scriptTable,
		Doc: "A script whose result changes priorities or puts instances into FAULT.", Set: decodeScript},
	{Name: "track_file", Args: "NAME", Priority: schema.P2, Body: schema.Section, Children: trackFileTable,
		Doc: "A file whose number changes priorities.", Set: decodeTrackFile},
	{Name: "vrrp_track_file", Args: "NAME", Priority: schema.P2, Body: schema.Section, Children: trackFileTable,
		Doc: "Old name of track_file.", Set: decodeTrackFile},
	{Name: "vrrp_track_process", Args: "NAME", Priority: schema.P2, Body: schema.Section, Children: trackProcessTable,
		Doc: "Processes that must be running.", Set: decodeTrackProcess},
	{Name: "bfd_instance", Args: "NAME", Priority: schema.P2, Effect: schema.None, Body: schema.Section, Children: bfdTable,
		Doc: "A BFD session.", Set: decodeBFD},
	{Name: "static_ipaddress", Priority: schema.P1, Body: schema.List, Entry: staticEntry,
		Doc: "Addresses that are always there: ADDR[/LEN] dev IF [option …] in each line.", Set: decodeStaticAddresses},
	{Name: "static_routes", Priority: schema.P2, Body: schema.List, Entry: routeEntry,
		Doc: "Routes that are always there, one in each line.", Set: decodeStaticRoutes},
	{Name: "static_rules", Priority: schema.P2, Body: schema.List, Entry: ruleEntry,
		Doc: "Rules that are always there, one in each line.", Set: decodeStaticRules},
	{Name: "track_group", Args: "NAME", Priority: schema.P2, Effect: schema.None, Body: schema.Section, Children: trackGroupTable,
		Doc: "Instances that a static address, route or rule decides upon.", Set: decodeTrackGroup},
	{Name: "garp_group", Priority: schema.P2, Body: schema.Section, Children: garpGroupTable,
		Doc: "Interfaces that share the pace of their announcements.", Set: decodeGARPGroup},
	{Name: "linkbeat_interfaces", Priority: schema.P3, Effect: schema.None, Body: schema.List,
		Doc: "Interfaces whose link is polled: IF [MII|ETHTOOL|IOCTL] in each line.", Set: decodeLinkbeat},
	{Name: "interface_up_down_delays", Priority: schema.P2, Effect: schema.None, Body: schema.List,
		Doc: "How long a change of a link must last: IF DOWN [UP] in each line, in seconds.", Set: decodeDelays},
}

var topScalars = []topKeyword{
	{Name: "linkbeat_use_polling", Priority: schema.P3, Effect: schema.None, Early: true,
		Doc: "Polls the link state of the interfaces of all instances.", Set: schema.Ignore[decoder]()},
	{Name: "net_namespace", Args: "NAME", Priority: schema.P2, Early: true,
		Doc:   "Runs in this network namespace; not changed by a reload.",
		Given: func(d *decoder) bool { return d.cfg.Global.NetworkNamespace != "" },
		Set:   schema.Text(func(d *decoder) *string { return &d.cfg.Global.NetworkNamespace })},
	{Name: "net_namespace_ipvs", Args: "[NAME]", Priority: schema.P3, Effect: schema.LVS, Early: true,
		Doc: "Network namespace of IPVS.", Set: schema.Ignore[decoder]()},
	{Name: "namespace_with_ipsets", Priority: schema.P3, Effect: schema.None, Early: true,
		Doc: "Allows ipsets in a namespace on kernels before 3.13.", Set: schema.Ignore[decoder]()},
	{Name: "instance", Args: "NAME", Priority: schema.P2, Early: true,
		Doc:   "Name of this process in the names of its files; not changed by a reload.",
		Given: func(d *decoder) bool { return d.cfg.Global.InstanceName != "" },
		Set:   schema.Text(func(d *decoder) *string { return &d.cfg.Global.InstanceName })},
	{Name: "use_pid_dir", Priority: schema.P2, Early: true, Doc: "Keeps pid files in a directory of their own.",
		Set: schema.Flag(func(d *decoder) *bool { return &d.cfg.Global.UsePIDDir })},
	{Name: "child_wait_time", Args: "SECONDS", Priority: schema.P3, Effect: schema.Pointless, Early: true,
		Doc: "How long the parent waits for its children at the end.",
		Set: schema.IntFunc(schema.Between(0, 1<<32-1).Exactly(), func(*decoder, int64) {})},
}

var topForeign = []topKeyword{
	{Name: "virtual_server", Args: "IP [PORT] | fwmark N | group NAME", Priority: schema.P2, Body: schema.Foreign,
		Doc: "A virtual server of the LVS side; skipped.", Set: countServer},
	{Name: "virtual_server_group", Args: "NAME", Priority: schema.P2, Body: schema.Foreign,
		Doc: "A group of virtual servers of the LVS side; skipped.", Set: countServer},
	{Name: "SSL", Priority: schema.P2, Body: schema.Foreign,
		Doc: "Keys of the LVS side's checks; skipped.", Set: countServer},
}

func countServer(_ *schema.Context, d *decoder, s *syntax.Statement) {
	if d.cfg.VirtualServers == 0 {
		d.servers = s.Words[0].Span
	}
	d.cfg.VirtualServers++
}

// onlyName is the name of a block that takes exactly one word; without it the block is skipped.
func (d *decoder) onlyName(s *syntax.Statement) (syntax.Word, bool) {
	switch args := s.Args(); len(args) {
	case 1:
		return args[0], true
	case 0:
		d.Errorf(CodeBadName, s.Words[0].Span, "%s must have a name; it is skipped", s.Keyword())
	default:
		d.Errorf(CodeBadName, args[1].Span, "%s takes one name and then '{', but here is %s; it is skipped", s.Keyword(), schema.Quote(args[1].Text))
		d.Hint("a name with blanks needs quotes")
	}
	return syntax.Word{}, false
}
