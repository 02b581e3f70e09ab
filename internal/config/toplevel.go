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
		Doc: "One Virtual Router.",
		Example: `vrrp_instance web {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        192.0.2.1/24
    }
}`,
		Set: decodeInstance},
	{Name: "vrrp_sync_group", Args: "NAME", Priority: schema.P1, Body: schema.Section, Children: groupTable,
		Doc:  "Instances that change their state together.",
		Note: "When a member goes to FAULT, so do all; when one becomes Master or Backup, the others follow.",
		Example: `vrrp_sync_group router {
    group {
        inside outside
    }
}`,
		Set: decodeGroup},
	{Name: "vrrp_script", Args: "NAME", Priority: schema.P1, Body: schema.Section, Children: scriptTable,
		Doc:  "A script whose result changes priorities or puts instances into FAULT.",
		Note: "It runs only where a track_script names it.",
		Example: `vrrp_script web {
    script "/usr/local/bin/check_web --port 8080"
    interval 2
    fall 3
    rise 2
    weight -30
}`,
		Set: decodeScript},
	{Name: "track_file", Args: "NAME", Priority: schema.P2, Body: schema.Section, Children: trackFileTable,
		Doc:  "A file whose number changes priorities.",
		Note: "A file that others write: the number in it takes part in the election.",
		Example: `track_file drain {
    file /run/keepalived/drain
    weight -10
    init_file 0
}`,
		Set: decodeTrackFile},
	{Name: "vrrp_track_file", Args: "NAME", Priority: schema.P2, Body: schema.Section, Children: trackFileTable,
		Doc: "Old name of track_file.", Set: decodeTrackFile},
	{Name: "vrrp_track_process", Args: "NAME", Priority: schema.P2, Body: schema.Section, Children: trackProcessTable,
		Doc: "Processes that must be running.",
		Example: `vrrp_track_process proxy {
    process haproxy
    quorum 2
    terminate_delay 0.5
}`,
		Set: decodeTrackProcess},
	{Name: "bfd_instance", Args: "NAME", Priority: schema.P2, Body: schema.Section, Children: bfdTable,
		Doc: "A BFD session.",
		Example: `bfd_instance peer {
    neighbor_ip 192.0.2.12
    min_tx 50
}`,
		Set: decodeBFD},
	{Name: "static_ipaddress", Priority: schema.P1, Body: schema.List, Entry: staticEntry,
		Doc:  "Addresses that are always there, one in each line.",
		Note: "Set at the start, whatever the state of any instance.",
		Example: `static_ipaddress {
    192.0.2.11/24 dev eth0
}`,
		Set: decodeStaticAddresses},
	{Name: "static_routes", Priority: schema.P2, Body: schema.List, Entry: routeEntry,
		Doc: "Routes that are always there, one in each line.",
		Example: `static_routes {
    198.51.100.0/24 via 192.0.2.254 dev eth0
}`,
		Set: decodeStaticRoutes},
	{Name: "static_rules", Priority: schema.P2, Body: schema.List, Entry: ruleEntry,
		Doc: "Rules that are always there, one in each line.",
		Example: `static_rules {
    from 192.0.2.0/24 table 100 preference 1000
}`,
		Set: decodeStaticRules},
	{Name: "track_group", Args: "NAME", Priority: schema.P2, Body: schema.Section, Children: trackGroupTable,
		Doc:  "Instances that track the interfaces of static addresses, routes and rules that name this group.",
		Note: "A static route or rule that names one is restored when somebody removes it, as static addresses always are.",
		Example: `track_group routers {
    group {
        inside outside
    }
}`,
		Set: decodeTrackGroup},
	{Name: "garp_group", Priority: schema.P2, Body: schema.Section, Children: garpGroupTable,
		Doc:  "Interfaces that share the pace of their announcements.",
		Note: "It needs garp_interval or gna_interval.",
		Example: `garp_group {
    garp_interval 0.01
    interfaces {
        eth0 eth1
    }
}`,
		Set: decodeGARPGroup},
	{Name: "linkbeat_interfaces", Priority: schema.P3, Body: schema.List, Entry: &schema.Entry{Form: "INTERFACE [MII|ETHTOOL|IOCTL]"},
		Doc:  "Interfaces whose link is polled every second, and how, instead of heeding what the kernel reports.",
		Note: "MII reads a register of the transceiver, ETHTOOL asks the driver, IOCTL looks at the interface's flags. Without one of them, or where the interface does not have it, the first of them is used that it has.",
		Example: `linkbeat_interfaces {
    eth0 ETHTOOL
}`,
		Set: decodeLinkbeat},
	{Name: "interface_up_down_delays", Priority: schema.P2, Body: schema.List, Entry: &schema.Entry{Form: "INTERFACE DOWN [UP]"},
		Doc:  "How many seconds a link must be down, or up, before that counts.",
		Note: "The second number, for links that come up, is 0 where it is left out. Both are from 0 to 255.",
		Example: `interface_up_down_delays {
    eth0 1.5 0.5
}`,
		Set: decodeDelays},
}

var topScalars = []topKeyword{
	{Name: "linkbeat_use_polling", Priority: schema.P3, Early: true,
		Doc: "Polls the link state of the interfaces of all instances, as linkbeat_interfaces does.",
		Set: schema.Flag(func(d *decoder) *bool { return &d.cfg.LinkbeatAll })},
	{Name: "net_namespace", Args: "NAME", Priority: schema.P2, Early: true,
		Doc:   "Runs in this network namespace; not changed by a reload.",
		Note:  "The option -s goes before it. Pid files then have a directory of their own.",
		Given: func(d *decoder) bool { return d.cfg.Global.NetworkNamespace != "" },
		Set:   schema.Text(func(d *decoder) *string { return &d.cfg.Global.NetworkNamespace })},
	{Name: "net_namespace_ipvs", Args: "[NAME]", Priority: schema.P3, Effect: schema.LVS, Early: true,
		Doc: "Network namespace of IPVS.", Set: schema.Ignore[decoder]()},
	{Name: "namespace_with_ipsets", Priority: schema.P3, Effect: schema.Pointless, Early: true,
		Doc: "Allows ipsets in a namespace on kernels before 3.13.", Set: schema.Ignore[decoder]()},
	{Name: "instance", Args: "NAME", Priority: schema.P2, Early: true,
		Doc:   "Name of this process in the names of its files; not changed by a reload.",
		Note:  "Pid files then have a directory of their own.",
		Given: func(d *decoder) bool { return d.cfg.Global.InstanceName != "" },
		Set:   schema.Text(func(d *decoder) *string { return &d.cfg.Global.InstanceName })},
	{Name: "use_pid_dir", Priority: schema.P2, Early: true, Doc: "Keeps pid files in a directory of their own.",
		Set: schema.Flag(func(d *decoder) *bool { return &d.cfg.Global.UsePIDDir })},
	{Name: "child_wait_time", Args: "SECONDS", Range: "0-4294967295", Unit: "seconds", Default: "5", Priority: schema.P3, Effect: schema.Pointless, Early: true,
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
