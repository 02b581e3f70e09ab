package config

import (
	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var fileKeywords = []globalKeyword{
	{Name: "include_check", Args: "[+|-]read|match|wildcard_match|brace_match …", Priority: schema.P2,
		Doc:     "Which trouble with included files is an error; it acts while the file is read.",
		Note:    "Alone it means all of them; + and - change what holds.",
		Example: "include_check +wildcard_match -read",
		Set:     schema.Ignore[global]()},
	{Name: "random_seed", Args: "NUMBER", Range: "0-4294967295", Priority: schema.P3, Doc: "Seed of ${_RANDOM}; it acts while the file is read.",
		Without: "the time",
		Set:     schema.IntFunc(schema.Between(0, 1<<32-1).Exactly(), func(*global, int64) {})},
	{Name: "reload_check_config", Args: "[LOGFILE]", Priority: schema.P2, Doc: "Tests a new configuration before it replaces the old one.",
		Note: "govrrpd always does, but lives with findings that the running configuration has too; with this keyword any is refused. The findings go into LOGFILE, which is empty if there are none.",
		Set: func(_ *schema.Context, g *global, s *syntax.Statement) {
			g.ReloadCheckConfig = true
			if len(s.Words) > 1 {
				g.ReloadCheckLog = s.Words[1].Text
			}
		}},
	{Name: "reload_time_file", Args: "PATH", Priority: schema.P3, Doc: "File with the time of the next reload.",
		Note: "It holds HH:MM:SS or YYYY-MM-DD HH:MM:SS (also with T between the two), local time unless Z or an offset such as +01:00 follows. It is read anew when it changes, and removed when its time has come.",
		Set: func(c *schema.Context, g *global, s *syntax.Statement) {
			word, ok := c.Arg(s, 1)
			switch {
			case !ok:
			case len(s.Words) > 2:
				c.Errorf(CodeBadArgument, s.Words[2].Span, "%s takes exactly one path; it is ignored", s.Keyword())
			default:
				g.ReloadTimeFile = word.Text
			}
		}},
	{Name: "reload_repeat", Priority: schema.P3, Doc: "Repeats the reload of reload_time_file each day, and keeps the file.",
		Set: schema.Flag(func(g *global) *bool { return &g.ReloadRepeat })},
	{Name: "reload_file", Args: "[PATH]", Priority: schema.P3, Doc: "File that is there while a reload goes on.",
		Note: "Without a path it is keepalived.reload, beside the pid files.",
		Set: func(_ *schema.Context, g *global, s *syntax.Statement) {
			g.ReloadFile = ReloadFileDefault
			if len(s.Words) > 1 {
				g.ReloadFile = s.Words[1].Text
			}
		}},
	{Name: "config_save_dir", Args: "DIRECTORY", Priority: schema.P3, Doc: "A directory in which the configuration is kept at the start and at each reload.",
		Note: "It is made when it is missing. keepalived.conf.PID.0 is what the daemon started with, and each reload adds keepalived.conf.PID.N, with keepalived_vrrp.PID.N.pre and .post: keepalived.data before and after it. Nothing is ever removed.",
		Set: func(c *schema.Context, g *global, s *syntax.Statement) {
			word, ok := c.Word(s, 1)
			if ok && word.Text == "" {
				c.Errorf(CodeBadArgument, word.Span, "%s has an empty path; it is ignored", s.Keyword())
			}
			g.SaveDir = word.Text
		}},
	{Name: "tmp_config_directory", Args: "DIRECTORY", Priority: schema.P3, Effect: schema.Pointless, Doc: "Where keepalived keeps a copy of its configuration.",
		Given: func(g *global) bool { return g.tmpDirectoryGiven },
		Set: func(c *schema.Context, g *global, s *syntax.Statement) {
			var word syntax.Word
			word, g.tmpDirectoryGiven = c.Arg(s, 1)
			g.TmpDirectory = word.Text
		}},
	{Name: "data_use_instance", Args: "[on|off]", Default: "off", Priority: schema.P3, Doc: "Puts the instance name into the names of dump files.",
		Set: schema.Switch(func(g *global, on bool) { g.DataUseInstance = on })},
	{Name: "state_dump_file", Args: "PATH", New: true, Priority: schema.P2, Doc: "Where SIGUSR1 writes.",
		Without: "/tmp/keepalived.data",
		Note:    "A path that ends in / is a directory.",
		Set:     onePath(func(g *global) *string { return &g.StateDumpFile })},
	{Name: "stats_dump_file", Args: "PATH", New: true, Priority: schema.P2, Doc: "Where SIGUSR2 writes too.",
		Note: "A path that ends in / is a directory. /tmp/keepalived.stats is written all the same.",
		Set:  onePath(func(g *global) *string { return &g.StatsDumpFile })},
	{Name: "json_dump_file", Args: "PATH", New: true, Priority: schema.P2, Doc: "Where the JSON signal writes too.",
		Note: "A path that ends in / is a directory. /tmp/keepalived.json is written all the same.",
		Set:  onePath(func(g *global) *string { return &g.JSONDumpFile })},
	{Name: "state_file_location", Args: "PATH", Priority: schema.P2, Doc: "Another name of state_dump_file.", Set: onePath(func(g *global) *string { return &g.StateDumpFile })},
	{Name: "stats_file_location", Args: "PATH", Priority: schema.P2, Doc: "Another name of stats_dump_file.", Set: onePath(func(g *global) *string { return &g.StatsDumpFile })},
	{Name: "json_file_location", Args: "PATH", Priority: schema.P2, Doc: "Another name of json_dump_file.", Set: onePath(func(g *global) *string { return &g.JSONDumpFile })},
	{Name: "json_version", Args: "1|2", Default: "1", New: true, Priority: schema.P2, Doc: "Form of the JSON dump.",
		Set: schema.Int(schema.Between(1, 2).Lenient(), func(g *global) *int { return &g.JSONVersion })},
	{Name: "iproute_usr_dir", Args: "DIRECTORY", New: true, Priority: schema.P3, Early: true, Doc: "Where iproute2 keeps its name tables.",
		Without: "/usr/share/iproute2",
		Set:     onePath(func(g *global) *string { return &g.iprouteUsr })},
	{Name: "iproute_etc_dir", Args: "DIRECTORY", New: true, Priority: schema.P3, Early: true, Doc: "Where the administrator keeps name tables.",
		Without: "/etc/iproute2",
		Set:     onePath(func(g *global) *string { return &g.iprouteEtc })},
}

// onePath reads exactly one word that is not empty.
func onePath(field func(*global) *string) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		word, ok := c.Arg(s, 1)
		if !ok {
			return
		}
		if word.Text == "" || len(s.Words) > 2 {
			c.Errorf(CodeBadArgument, word.Span, "%s takes exactly one path; it is ignored", s.Keyword())
			return
		}
		*field(g) = word.Text
	}
}

var outsideKeywords = []globalKeyword{
	noEffect("enable_dbus", "", schema.P3, "Offers the instances on DBus."),
	dbusName("dbus_service_name", "Name on DBus, org.keepalived.Vrrp1 otherwise."),
	dbusName("dbus_no_interface_name", "Name on DBus of the interface of instances that have none."),
	{Name: "snmp_socket", Args: "ADDRESS", Priority: schema.P3, Effect: schema.None, Doc: "Where the SNMP master agent listens.",
		Without: "unix:/var/agentx/master",
		Given:   func(g *global) bool { return g.snmpSocketGiven },
		Set: func(c *schema.Context, g *global, s *syntax.Statement) {
			if len(s.Words) != 2 {
				c.Errorf(CodeBadArgument, s.Words[0].Span, "snmp_socket takes exactly one address; it is ignored")
				return
			}
			g.snmpSocketGiven = true
		}},
	noEffect("enable_snmp_vrrp", "", schema.P3, "Offers keepalived's MIB for VRRP."),
	noEffect("enable_snmp_keepalived", "", schema.P3, "Old name of enable_snmp_vrrp."),
	noEffect("enable_snmp_rfc", "", schema.P3, "Offers the MIBs of RFC 2787 and RFC 6527."),
	noEffect("enable_snmp_rfcv2", "", schema.P3, "Offers the MIB of RFC 2787."),
	noEffect("enable_snmp_rfcv3", "", schema.P3, "Offers the MIB of RFC 6527."),
	noEffect("enable_traps", "", schema.P3, "Sends SNMP traps."),
}

func dbusName(name, doc string) globalKeyword {
	return globalKeyword{Name: name, Args: "NAME", Doc: doc, Priority: schema.P3, Effect: schema.None,
		Set: func(c *schema.Context, _ *global, s *syntax.Statement) { c.Arg(s, 1) }}
}

// lvsKeywords are those of keepalived's other half: they are accepted, not acted on.
var lvsKeywords = []globalKeyword{
	lvs("lvs_sync_daemon", "INTERFACE [NAME] [id N] [maxlen N] [port N] [ttl N] [group IP]", "Synchronises connections."),
	lvs("lvs_timeouts", "[tcp S] [tcpfin S] [udp S]", "Timeouts of connections."),
	lvs("lvs_flush", "", "Removes all virtual servers at the start."),
	lvs("lvs_flush_on_stop", "[VS]", "Removes all virtual servers at the end."),
	lvs("lvs_flush_onstop", "[VS]", "Old name of lvs_flush_on_stop."),
	lvs("lvs_notify_fifo", "PATH [USER [GROUP]]", "Pipe for changes of real servers."),
	lvs("lvs_notify_fifo_script", "SCRIPT [USER [[:]GROUP]]", "Reads lvs_notify_fifo."),
	lvs("lvs_process_name", "NAME", "Old name of checker_process_name."),
	lvs("lvs_netlink_cmd_rcv_bufs", "BYTES", "Receive buffer."),
	lvs("lvs_netlink_cmd_rcv_bufs_force", "[on|off]", "Passes the system's limit."),
	lvs("lvs_netlink_monitor_rcv_bufs", "BYTES", "Receive buffer."),
	lvs("lvs_netlink_monitor_rcv_bufs_force", "[on|off]", "Passes the system's limit."),
	lvs("checker_process_name", "NAME", "Name of the checker process."),
	lvs("checker_priority", "-20-19", "Nice value of the checker process."),
	lvs("checker_no_swap", "", "Locks the memory of the checker process."),
	lvs("checker_rt_priority", "1-99", "Real-time priority of the checker process."),
	lvs("checker_cpu_affinity", "CPU …", "Processors of the checker process."),
	lvs("checker_rlimit_rttime", "MICROSECONDS", "Longest run of the checker process."),
	lvs("checker_rlimit_rtime", "MICROSECONDS", "Old name of checker_rlimit_rttime."),
	lvs("checker_log_all_failures", "", "Logs each failure of a check."),
	lvs("rs_init_notifies", "", "Notifies the first state of real servers."),
	lvs("no_checker_emails", "", "Sends no mail about real servers."),
	lvs("nftables_ipvs", "[TABLE]", "Table for virtual servers."),
	lvs("nftables_ipvs_priority", "PRIORITY", "Priority of its chains."),
	lvs("nftables_ipvs_start_fwmark", "MARK", "First mark that it uses."),
	lvs("enable_snmp_checker", "", "Offers the MIB of the checkers."),
	lvsPeriod("snmp_vs_stats_update_interval"), lvsPeriod("snmp_rs_stats_update_interval"),
}

func lvs(name, args, doc string) globalKeyword {
	return globalKeyword{Name: name, Args: args, Doc: doc, Priority: schema.P2, Effect: schema.LVS, Set: schema.Ignore[global]()}
}

func lvsPeriod(name string) globalKeyword {
	return globalKeyword{Name: name, Args: "0.001-30", Doc: "Age of statistics in SNMP.", Priority: schema.P3, Effect: schema.LVS,
		Set: schema.Ignore[global]()}
}
