package config

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// global is global_defs while it is decoded: what ends in Global, and the defaults of the instances.
type global struct {
	*Global
	d *decoder

	smtpAlert, smtpAlertVRRP *bool
	supplementaryGroups      bool
	symlinkPaths             bool
	scriptUser               *User
	scriptUserBroken         bool
	notifyPriority           bool
	fifoScript, vrrpFIFO     *commandText // notify_fifo_script, vrrp_notify_fifo_script
	startup, shutdown        *commandText
	delayAfterBoot           time.Duration
	vmacPrefixGiven          bool
	snmpSocketGiven          bool
	iptablesGiven            bool
	iprouteEtc, iprouteUsr   string
	tmpDirectoryGiven        bool
	parentName               string // process_name
	bfdPriority, bfdRealtime int
	bfdNoSwap                bool

	version          vrrp.Version
	garp             GARP
	lowerPrioDelay   *time.Duration
	lowerPrioRepeat  *int
	downTimerAdverts int
	lowerNoAdvert    bool
	higherSendAdvert bool
	ownerIgnore      bool
	checksumAsV2     bool
	strict           bool
	skipCheck        bool
	vipGuardian      bool
	splitBrainAlarm  bool
}

func (g *global) defaults() Defaults {
	return Defaults{
		Version: g.version, DownTimerAdverts: g.downTimerAdverts,
		LowerPrioNoAdvert: g.lowerNoAdvert, HigherPrioSendAdvert: g.higherSendAdvert,
		SkipCheckAdvAddr: g.skipCheck, Strict: g.strict, NotifyPriorityChanges: g.notifyPriority,
	}
}

type globalKeyword = schema.Keyword[global]

// globalTable is the keywords of global_defs.
var globalTable = schema.NewTable("global_defs",
	identityKeywords, scriptKeywords, vrrpDefaultKeywords, garpDefaultKeywords, guardianDefaultKeywords,
	firewallKeywords, processKeywords, stallKeywords, fileKeywords, outsideKeywords, lvsKeywords)

func newGlobal(d *decoder) *global {
	d.cfg.Global = Global{
		SMTPPort: 25, SMTPTimeout: 30 * time.Second,
		StartupTimeout: 10 * time.Second, ShutdownTimeout: 10 * time.Second,
		DefaultInterface: "eth0",
		MulticastGroup4:  netip.AddrFrom4([4]byte{224, 0, 0, 18}),
		MulticastGroup6:  netip.MustParseAddr("ff02::12"),
		JSONVersion:      1,
		NftablesPriority: -1,
		VMACPrefix:       "vrrp", RealtimeLimit: 10000, ReceiveBufferFactor: 3, AutoPriorityDelay: time.Second, StallGuard: true,
	}
	return &global{
		Global: &d.cfg.Global, d: d, version: vrrp.Version2, downTimerAdverts: 3, vipGuardian: true, splitBrainAlarm: true,
		garp: GARP{MasterDelay: 5 * time.Second, MasterRepeat: 5, MasterRefreshRepeat: 1},
	}
}

// decodeGlobals reads all global_defs and completes them: wherever they stand, they hold for the
// whole file. Within them, what scripts need to know comes first.
func (d *decoder) decodeGlobals() {
	for _, block := range d.globalBlocks {
		globalTable.DecodeEarly(&d.Context, block, d.global)
	}
	d.moveTables()
	for _, block := range d.globalBlocks {
		globalTable.DecodeLate(&d.Context, block, d.global)
	}
	g := d.global
	if g.RouterID == "" {
		g.RouterID = d.host.Hostname()
	}
	if g.SMTPHelo == "" {
		g.SMTPHelo = d.host.Hostname()
	}
	if g.EmailFrom == "" {
		g.EmailFrom = d.defaultSender()
	}
	if g.ProcessName == "" {
		g.ProcessName = g.parentName // there is one process only
	}
	if g.NetworkNamespace != "" || g.InstanceName != "" {
		g.UsePIDDir = true
	}
	g.ScriptUser, _ = d.defaultScriptUser()
	g.SMTPAlert, g.SMTPAlertVRRP = g.smtpAlert, g.smtpAlertVRRP
	g.StartupDelay = max(g.StartupDelay, g.delayAfterBoot)
	d.globalCommand(g.startup, &g.StartupScript)
	d.globalCommand(g.shutdown, &g.ShutdownScript)
	d.finishFIFOs()
	g.garp.LowerPrioDelay, g.garp.LowerPrioRepeat = g.garp.MasterDelay, g.garp.MasterRepeat
	if g.lowerPrioDelay != nil {
		g.garp.LowerPrioDelay = *g.lowerPrioDelay
	}
	if g.lowerPrioRepeat != nil {
		g.garp.LowerPrioRepeat = *g.lowerPrioRepeat
	}
	g.GARP = g.garp
}

// defaultSender is the sender of mails when none is configured: the user that runs the daemon.
func (d *decoder) defaultSender() string {
	name := "govrrpd"
	if uid, _ := d.host.DefaultUser(); uid == 0 {
		name = "root"
	}
	return name + "@" + d.host.Hostname()
}

var identityKeywords = []globalKeyword{
	{Name: "router_id", Args: "STRING", Priority: schema.P1, Doc: "Name of this router in the subjects of mails.",
		Without: "the host's name",
		Set:     schema.Text(func(g *global) *string { return &g.RouterID })},
	{Name: "notification_email", Args: "{ ADDRESS … }", Priority: schema.P2, Body: schema.List, Entry: &schema.Entry{Form: "ADDRESS …"},
		Doc:  "Who gets the mails.",
		Note: "Mails are sent only where smtp_alert is on.",
		Example: `notification_email {
    ops@example.net
    "On call <oncall@example.net>"
}`,
		Set: setRecipients},
	{Name: "notification_email_from", Args: "ADDRESS", Priority: schema.P2, Doc: "Sender of the mails.",
		Without: "root@ and the host's name",
		Set:     setSender},
	{Name: "smtp_server", Args: "HOST [PORT]", Priority: schema.P2,
		Doc:     "Mail server; its name is resolved when a mail is sent.",
		Without: "no mail is sent",
		Note:    "The port is 25 unless given, and from 1 to 65535.",
		Example: "smtp_server mail.example.net 25",
		Set:     setMailServer},
	{Name: "smtp_helo_name", Args: "NAME", Priority: schema.P2, Doc: "Name with which the mail server is greeted.",
		Without: "the host's name",
		Set: func(_ *schema.Context, g *global, s *syntax.Statement) {
			if len(s.Words) > 1 {
				g.SMTPHelo = s.Words[1].Text
			}
		}},
	{Name: "smtp_connect_timeout", Args: "SECONDS", Range: "1-4294", Unit: "seconds", Default: "30", Priority: schema.P2, Doc: "How long each answer of the mail server may take.",
		Set: setMailTimeout},
	{Name: "smtp_alert", Args: "[on|off]", Priority: schema.P2, Doc: "Default of smtp_alert, for all kinds of alerts.",
		Without: "off",
		Set:     schema.Switch(func(g *global, on bool) { g.smtpAlert = &on })},
	{Name: "smtp_alert_vrrp", Args: "[on|off]", Priority: schema.P2, Doc: "Default of the smtp_alert of instances and groups.",
		Without: "smtp_alert",
		Set:     schema.Switch(func(g *global, on bool) { g.smtpAlertVRRP = &on })},
	{Name: "smtp_alert_checker", Args: "[on|off]", Priority: schema.P2, Effect: schema.LVS,
		Doc: "Default of the alerts of real servers.", Set: schema.Ignore[global]()},
	{Name: "no_email_faults", Priority: schema.P2, Doc: "Sends no mail when an instance goes to FAULT.",
		Set: schema.Flag(func(g *global) *bool { return &g.NoEmailFaults })},
}

func setRecipients(c *schema.Context, g *global, s *syntax.Statement) {
	before := len(g.NotificationEmails)
	for _, line := range s.Block.Statements {
		for _, word := range line.Words {
			g.NotificationEmails = append(g.NotificationEmails, quoteDisplayName(word.Text))
		}
	}
	if len(g.NotificationEmails) == before {
		c.Warnf(CodeEmptyList, s.Words[0].Span, syntax.ClassGeneral, "notification_email is empty")
		c.Hint("write an address into it, or leave the block out")
	}
}

// quoteDisplayName puts the name of `Name <address>` in quotes where RFC 5322, 3.2.3 asks for them.
func quoteDisplayName(address string) string {
	name, rest, found := strings.Cut(address, "<")
	name = strings.TrimSpace(name)
	if !found || name == "" || strings.HasPrefix(name, `"`) || !strings.ContainsAny(name, `()<>[]:;@\,."`) {
		return address
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" <` + rest
}

func setSender(c *schema.Context, g *global, s *syntax.Statement) {
	word, ok := c.Arg(s, 1)
	if !ok {
		return
	}
	g.EmailFrom = word.Text
	if len(s.Words) > 2 {
		c.Errorf(CodeBadArgument, s.Words[2].Span, "extra word %s behind the address is ignored", schema.Quote(s.Words[2].Text))
		c.Hint(`a name and an address need quotes around both: "Name <address>"`)
	}
}

func setMailServer(c *schema.Context, g *global, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	if word.Text == "" || strings.Contains(word.Text, "/") {
		c.Errorf(CodeBadArgument, word.Span, "smtp_server %s is neither a name nor an address; it is ignored", schema.Quote(word.Text))
		return
	}
	port := int64(25)
	if len(s.Words) > 2 {
		if port, ok = c.Int("port", s.Words[2], schema.Between(1, 65535)); !ok {
			return
		}
	}
	g.SMTPServer, g.SMTPPort = word.Text, uint16(port)
	if addr, isAddr := plainAddress(word.Text); isAddr {
		g.SMTPServer = addr.String()
	}
}

func setMailTimeout(c *schema.Context, g *global, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	n, ok := c.Int(s.Keyword(), word, schema.Between(0, 4294))
	if !ok {
		return
	}
	if n == 0 {
		c.Errorf(schema.CodeOutOfRange, word.Span, "%s must be at least 1; 1 is used", s.Keyword())
	}
	g.SMTPTimeout = time.Duration(max(n, 1)) * time.Second
}

var scriptKeywords = []globalKeyword{
	{Name: "startup_script", Args: "SCRIPT [USER [[:]GROUP]]", Priority: schema.P2, Doc: "Runs once before anything else.",
		Given: func(g *global) bool { return g.startup != nil },
		Set:   setMainScript(func(g *global) **commandText { return &g.startup })},
	{Name: "shutdown_script", Args: "SCRIPT [USER [[:]GROUP]]", Priority: schema.P2, Doc: "Runs once after everything else.",
		Given: func(g *global) bool { return g.shutdown != nil },
		Set:   setMainScript(func(g *global) **commandText { return &g.shutdown })},
	{Name: "startup_script_timeout", Args: "1-1000", Unit: "seconds", Default: "10", Priority: schema.P2, Doc: "Seconds that the startup script may take.",
		Set: schema.IntFunc(schema.Between(1, 1000).Lenient(), func(g *global, n int64) { g.StartupTimeout = time.Duration(n) * time.Second })},
	{Name: "shutdown_script_timeout", Args: "1-1000", Unit: "seconds", Default: "10", Priority: schema.P2, Doc: "Seconds that the shutdown script may take.",
		Set: schema.IntFunc(schema.Between(1, 1000).Lenient(), func(g *global, n int64) { g.ShutdownTimeout = time.Duration(n) * time.Second })},
	{Name: "script_user", Args: "USER [[:]GROUP]", Priority: schema.P1, Early: true,
		Doc:     "Whom scripts run as that name no user of their own.",
		Without: "keepalived_script if there is such a user, else the daemon's own; with enable_script_security no script runs then",
		Note:    "':' before the group adds the supplementary groups of the user.",
		Example: "script_user nobody",
		Set:     setScriptUser},
	{Name: "enable_script_security", Priority: schema.P1, Early: true,
		Doc:  "Runs no script as root that others than root could change.",
		Note: "Without it a configuration with scripts counts as insecure. It takes no argument: off does not turn it off.",
		Set:  schema.Flag(func(g *global) *bool { return &g.ScriptSecurity })},
	{Name: "set_supplementary_groups", Args: "[on|off]", Default: "off", New: true, Priority: schema.P3, Early: true,
		Doc: "Scripts get the supplementary groups of their user.",
		Set: schema.Switch(func(g *global, on bool) { g.supplementaryGroups = on })},
	{Name: "use_symlink_paths", Args: "[on|off]", Default: "off", New: true, Priority: schema.P3, Effect: schema.Pointless, Early: true,
		Doc: "Keeps symbolic links in the paths of scripts; they always stay, and what they point to is checked.",
		Set: schema.Switch(func(g *global, on bool) { g.symlinkPaths = on })},
	{Name: "notify_fifo", Args: "PATH [USER [GROUP]]", Priority: schema.P1, Doc: "Pipe that gets a line for each change.",
		Note:    "Made if it does not exist, for USER, else for script_user, whom alone the default umask lets read it. A line is: INSTANCE or GROUP, the name in quotes, the state, the priority.",
		Example: "notify_fifo /run/keepalived.fifo nobody",
		Given:   func(g *global) bool { return g.NotifyFIFO != nil },
		Set:     setFIFO(func(g *global) **FIFO { return &g.NotifyFIFO })},
	{Name: "vrrp_notify_fifo", Args: "PATH [USER [GROUP]]", Priority: schema.P1, Doc: "Pipe that gets a line for each change of VRRP.",
		Given: func(g *global) bool { return g.VRRPNotifyFIFO != nil },
		Set:   setFIFO(func(g *global) **FIFO { return &g.VRRPNotifyFIFO })},
	{Name: "notify_fifo_script", Args: "SCRIPT [USER [[:]GROUP]]", Priority: schema.P2, Doc: "Reads notify_fifo; the path is its last argument.",
		Given: func(g *global) bool { return g.fifoScript != nil },
		Set:   setCommandText(func(g *global) **commandText { return &g.fifoScript })},
	{Name: "vrrp_notify_fifo_script", Args: "SCRIPT [USER [[:]GROUP]]", Priority: schema.P2, Doc: "Reads vrrp_notify_fifo; the path is its last argument.",
		Given: func(g *global) bool { return g.vrrpFIFO != nil },
		Set:   setCommandText(func(g *global) **commandText { return &g.vrrpFIFO })},
	{Name: "notify_timeout", Args: "0-86400", Unit: "seconds", Own: true, Priority: schema.P2,
		Doc:     "Seconds that notify scripts may take before they are terminated; 0 is any time.",
		Without: "a script is terminated when a newer state has waited for it for 30 seconds",
		Note:    "SIGTERM goes to its process group, and SIGKILL two seconds later.",
		Set:     setNotifyTimeout(func(g *global) **time.Duration { return &g.NotifyTimeout })},
	{Name: "orderly_notify", Args: "[on|off]", Default: "on", Own: true, Priority: schema.P2,
		Doc:  "Notify scripts wait for those of the state before, and read the event as JSON on their standard input.",
		Note: "off is keepalived's way: all are started at once, run as long as they like and have nothing to read.",
		Set:  schema.Switch(func(g *global, on bool) { g.NotifyAtOnce = !on })},
	{Name: "vrrp_notify_priority_changes", Args: "[on|off]", Default: "off", Priority: schema.P2, Doc: "Default of notify_priority_changes.",
		Set: schema.Switch(func(g *global, on bool) { g.notifyPriority = on })},
	{Name: "fifo_write_vrrp_states_on_reload", Priority: schema.P2, Doc: "Writes all states to the FIFOs after a reload.",
		Set: schema.Flag(func(g *global) *bool { return &g.FIFOStatesOnReload })},
}

// setMainScript is setCommandText for startup_script and shutdown_script: an empty command is an error there.
func setMainScript(field func(*global) **commandText) schema.Setter[global] {
	set := setCommandText(field)
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		if len(s.Words) > 1 && s.Words[1].Text == "" {
			c.Errorf(CodeNoScript, s.Words[1].Span, "%s: the command is empty; it is ignored", s.Keyword())
			return
		}
		set(c, g, s)
	}
}

func setScriptUser(c *schema.Context, g *global, s *syntax.Statement) {
	if _, ok := c.Arg(s, 1); !ok {
		return
	}
	user, problem := g.d.findUser(s.Words[1:])
	if problem != "" {
		c.Errorf(CodeUnknownUser, s.Words[1].Span, "script_user: %s; scripts without a user of their own are not run", problem)
		c.Hint("create it, or name another one")
	}
	g.scriptUser, g.scriptUserBroken = &user, problem != ""
}

func setFIFO(field func(*global) **FIFO) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		path, ok := c.Arg(s, 1)
		if !ok {
			return
		}
		fifo := &FIFO{Path: path.Text}
		if len(s.Words) == 2 {
			fifo.User = g.d.fifoUser()
			*field(g) = fifo
			return
		}
		user, problem := g.d.findUser(s.Words[2:])
		if problem != "" {
			c.Notef(CodeUnknownUser, s.Words[2].Span, "%s: %s; the FIFO is not used", s.Keyword(), problem)
			return
		}
		fifo.User = user
		*field(g) = fifo
	}
}

// fifoUser owns a FIFO whose line names nobody: whoever runs scripts, else the daemon's own user.
func (d *decoder) fifoUser() (user User) {
	user, problem := d.defaultScriptUser()
	if problem != "" {
		user.UID, user.GID = d.host.DefaultUser()
	}
	return user
}

// finishFIFOs gives each FIFO its reader, and drops the second of two with one path: every line would
// be in it twice.
func (d *decoder) finishFIFOs() {
	g := d.global
	if g.NotifyFIFO != nil && g.VRRPNotifyFIFO != nil && g.NotifyFIFO.Path == g.VRRPNotifyFIFO.Path {
		d.Notef(CodeSameFIFO, d.globalSpan("vrrp_notify_fifo"), "notify_fifo and vrrp_notify_fifo are the same; vrrp_notify_fifo is not used")
		g.VRRPNotifyFIFO, g.vrrpFIFO = nil, nil
	}
	for _, pair := range []struct {
		fifo *FIFO
		text *commandText
	}{{g.NotifyFIFO, g.fifoScript}, {g.VRRPNotifyFIFO, g.vrrpFIFO}} {
		if pair.text == nil {
			continue
		}
		if pair.fifo == nil { // without its FIFO it is not run, but judged all the same
			pair.fifo = &FIFO{}
		}
		pair.fifo.Script = d.buildCommand(pair.text, logged)
		if pair.fifo.Script != nil {
			d.use(pair.text, &pair.fifo.Script, logged)
		}
	}
}

// globalSpan is where a keyword of global_defs was given last.
func (d *decoder) globalSpan(keyword string) syntax.Span {
	for _, block := range slices.Backward(d.globalBlocks) {
		if block == nil {
			continue
		}
		for _, s := range slices.Backward(block.Statements) {
			if s.Keyword() == keyword {
				return s.Words[0].Span
			}
		}
	}
	return syntax.Span{}
}
