package cli

import (
	"cmp"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// option is one row of the table below: everything that is known of an option.
type option struct {
	long, short string
	arg         string // the argument's name; "" means that it takes none
	optional    bool   // the argument may be left out, and counts only when attached
	help        string // "" keeps it out of the help
	set         func(s *Settings, value string)
	idle        bool // accepted, without effect

	complete cobra.CompletionFunc // what the shell offers for the argument; nil: nothing
}

// options are keepalived's options in the order of its help, then those of development builds.
var options = []option{
	{long: "use-file", short: "f", arg: "FILE", complete: ConfigFiles, help: "configuration file (default " + DefaultConfigFile + ")",
		set: func(s *Settings, v string) { s.ConfigFile = v }},
	{long: "vrrp", short: "P", help: "run VRRP only, as govrrpd always does",
		set: func(s *Settings, _ string) { s.VRRP = true }},
	{long: "check", short: "C", help: "run health checking only: nothing to do for govrrpd",
		set: func(s *Settings, _ string) { s.Checker = true }},
	{long: "no_bfd", short: "B", help: "run no session of BFD", set: func(s *Settings, _ string) { s.NoBFD = true }},
	{long: "all", idle: true, help: "run all parts, even those without configuration"},
	{long: "log-console", short: "l", help: "log to stderr too (with -n)",
		set: func(s *Settings, _ string) { s.LogConsole = true }},
	{long: "log-detail", short: "D", help: "log details; twice: even more",
		set: func(s *Settings, _ string) { s.LogDetail++ }},
	{long: "log-facility", short: "S", arg: "FACILITY", complete: facilityNames, help: "0-7, local0-local7, user or daemon (default)",
		set: func(s *Settings, v string) { s.setFacility(v) }},
	{long: "log-file", short: "g", arg: "FILE", complete: someFile, optional: true, help: "log to FILE too (default keepalived.log in $TMPDIR or /tmp)",
		set: func(s *Settings, v string) { s.LogFile = cmp.Or(v, defaultLogFile()) }},
	{long: "flush-log-file", set: always, help: "write every line at once, as govrrpd always does"},
	{long: "no-syslog", short: "G", help: "no syslog",
		set: func(s *Settings, _ string) { s.NoSyslog = true }},
	{long: "umask", short: "u", arg: "MASK", help: "file creation mask, as a C number (default 0177)",
		set: func(s *Settings, v string) { s.setUmask(v) }},
	{long: "release-vips", short: "X", help: "at a reload remove addresses of instances that are new, whoever set them",
		set: func(s *Settings, _ string) { s.ReleaseVIPs = true }},
	{long: "dont-release-vrrp", short: "V", help: "stop without priority 0 and leave the addresses",
		set: func(s *Settings, _ string) { s.DontReleaseVRRP = true }},
	{long: "dont-release-ipvs", short: "I", idle: true, help: "(LVS)"},
	{long: "dont-respawn", short: "R", set: always, help: "end when a part fails, as govrrpd always does"},
	{long: "dont-fork", short: "n", help: "stay in the foreground",
		set: func(s *Settings, _ string) { s.DontFork = true }},
	{long: "dump-conf", short: "d", help: "log the configuration at start",
		set: func(s *Settings, _ string) { s.DumpConf = true }},
	{long: "pid", short: "p", arg: "FILE", complete: someFile, help: "pid file (default /run/keepalived.pid)",
		set: func(s *Settings, v string) { s.PIDFile = v }},
	{long: "vrrp_pid", short: "r", arg: "FILE", complete: someFile, help: "second pid file (default /run/keepalived_vrrp.pid)",
		set: func(s *Settings, v string) { s.VRRPPID = v }},
	{long: "checkers_pid", short: "c", arg: "FILE", complete: someFile, idle: true, help: "(health checker)"},
	{long: "bfd_pid", short: "b", arg: "FILE", complete: someFile, help: "pid file where there are sessions of BFD (default /run/keepalived_bfd.pid)",
		set: func(s *Settings, v string) { s.BFDPID = v }},
	{long: "address-monitoring", short: "a", help: "log every address that comes or goes",
		set: func(s *Settings, _ string) { s.AddressMonitoring = true }},
	{long: "snmp", short: "x", idle: true, help: "SNMP"},
	{long: "snmp-agent-socket", short: "A", arg: "SOCKET", complete: someFile, idle: true, help: "AgentX socket"},
	{long: "namespace", short: "s", arg: "NAME", complete: namespaceNames, help: "run in that network namespace",
		set: func(s *Settings, v string) { s.Namespace = v }},
	{long: "config-id", short: "i", arg: "ID", help: "for lines that start with @ID (default: the host's name)",
		set: func(s *Settings, v string) { s.ConfigID = v }},
	{long: "all-config", short: "e", help: "an include that finds nothing is an error",
		set: func(s *Settings, _ string) { s.AllConfig = true }},
	{long: "config-test", short: "t", arg: "FILE", complete: someFile, optional: true, help: "test the configuration, report to stderr or FILE, and end",
		set: setCheck},
	{long: "check-config", arg: "FILE", complete: someFile, optional: true, help: "the same", set: setCheck},
	{long: "core-dump", short: "m", help: "lift the limit for core files",
		set: func(s *Settings, _ string) { s.CoreDump = true }},
	{long: "core-dump-pattern", short: "M", arg: "PATTERN", optional: true, help: "the same, and have the machine name them PATTERN (default core) until the end",
		set: func(s *Settings, v string) { s.CoreDump, s.CorePattern = true, cmp.Or(v, "core") }},
	{long: "signum", arg: "NAME", complete: signalNames, help: "print the number of the signal for NAME and end:\nSTOP RELOAD DATA STATS STATS_CLEAR JSON"},
	{long: "version", short: "v", help: "print the version and end"},
	{long: "help", short: "h", help: "print this and end"},

	{long: "genhash", short: "T"},
	{long: "ignore-sigint", set: func(s *Settings, _ string) { s.IgnoreInterrupt = true }},
	{long: "config-fd", arg: "N", idle: true},
	{long: "perf", arg: "WHEN", optional: true, idle: true},
	{long: "debug", arg: "WHAT", optional: true, idle: true},
	{long: "no-mem-check", idle: true},
	{long: "mem-check-log", short: "L", idle: true},
	{long: "openssl-mem-check", idle: true},
}

// always is for an option that asks for what is always so.
func always(*Settings, string) {}

// An Option is an option as the manual page shows it.
type Option struct {
	Long, Short string
	Arg         string // the argument's name; "" means that it takes none
	Optional    bool   // the argument may be left out
	Help        string
	Idle        bool // accepted, without effect
}

// Options are those of the help, in its order.
func Options() []Option {
	var shown []Option
	for _, o := range options {
		if o.help != "" {
			shown = append(shown, Option{o.long, o.short, o.arg, o.optional, o.help, o.idle})
		}
	}
	return shown
}

func setCheck(s *Settings, file string) { s.CheckOnly, s.CheckLog = true, file }

// defaultLogFile is where -g without a name logs to.
func defaultLogFile() string {
	dir := os.Getenv("TMPDIR")
	if info, err := os.Stat(dir); !filepath.IsAbs(dir) || err != nil || !info.IsDir() {
		dir = "/tmp"
	}
	return filepath.Join(dir, "keepalived.log")
}

// absent is an optional argument that was left out. pflag wants a text that is not empty for that.
const absent = "\x00"

// flagValue is an option as pflag sees it.
type flagValue struct {
	option   *option
	settings *Settings
	given    bool
	value    string
}

func (f *flagValue) String() string { return f.value }
func (f *flagValue) Type() string   { return f.option.arg }

func (f *flagValue) Set(value string) error {
	if value == absent {
		value = ""
	}
	if f.option.idle && !f.given {
		f.settings.idle = append(f.settings.idle, "--"+f.option.long)
	}
	f.given, f.value = true, value
	if f.option.set != nil {
		f.option.set(f.settings, value)
	}
	return nil
}

// addOptions puts the whole table into a flag set that fills settings.
func addOptions(flags *pflag.FlagSet, settings *Settings) {
	flags.SortFlags = false
	for i := range options {
		o := &options[i]
		if o.long == "help" {
			continue // cobra brings its own
		}
		flag := flags.VarPF(&flagValue{option: o, settings: settings}, o.long, o.short, o.help)
		if o.arg == "" || o.optional {
			flag.NoOptDefVal = absent
		}
		flag.Hidden = o.help == ""
	}
}
