package config

import (
	"slices"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// commandText is a command line that waits for its user to be known.
type commandText struct {
	line    string        // the command, with its arguments
	user    []syntax.Word // USER [[:]GROUP], or none
	span    syntax.Span   // of the command
	keyword string
	subject string // "(VI_1) "
}

// loudness is how a script that cannot be run is reported.
type loudness uint8

const (
	logged loudness = iota // as a remark, like keepalived's "log only" messages
	erring                 // as an error of the configuration
)

// quoteHint is what to do about a command that cannot be split into words.
const quoteHint = `close the quote; a quote or backslash that is meant as such needs a backslash before it`

// readCommand splits the line of a keyword that names a script.
func readCommand(c *schema.Context, s *syntax.Statement, hasUser bool) (*commandText, bool) {
	if len(s.Words) < 2 {
		c.Notef(CodeNoScript, s.Words[0].Span, "%s lacks its script; it is ignored", s.Keyword())
		return nil, false
	}
	words, err := syntax.SplitCommand(s.Raw)
	if err != nil || len(words) < 2 {
		c.Report(syntax.Diagnostic{Code: CodeScriptQuote, Span: s.Words[1].Span, Class: syntax.ClassUnmatchedQuote,
			Message: s.Keyword() + ": missing terminating quote; the script is not set", Hint: quoteHint})
		return nil, false
	}
	text := &commandText{line: words[1], span: s.Words[1].Span, keyword: s.Keyword()}
	if hasUser {
		for _, word := range words[2:] {
			text.user = append(text.user, syntax.Word{Text: word, Span: s.Words[min(2, len(s.Words)-1)].Span})
		}
	}
	if strings.TrimSpace(text.line) == "" {
		c.Notef(CodeNoScript, text.span, "%s: the command is empty; it is ignored", s.Keyword())
		return nil, false
	}
	return text, true
}

func setCommandText(field func(*global) **commandText) schema.Setter[global] {
	return func(c *schema.Context, g *global, s *syntax.Statement) {
		if _, ok := c.Arg(s, 1); !ok {
			return
		}
		if text, ok := readCommand(c, s, true); ok {
			*field(g) = text
		}
	}
}

// globalCommand completes a startup or shutdown script.
func (d *decoder) globalCommand(text *commandText, field **Command) {
	if text == nil {
		return
	}
	if *field = d.buildCommand(text, erring); *field == nil {
		return
	}
	if d.checkCommand(commandUse{text: text, field: field, loud: logged}) && !d.cfg.Global.ScriptSecurity {
		d.insecure(text.span, "SECURITY VIOLATION - start/shutdown scripts are being executed but script_security not enabled.")
	}
}

// insecure reports that scripts run without the check of enable_script_security.
func (d *decoder) insecure(at syntax.Span, message string) {
	d.Report(syntax.Diagnostic{Code: CodeNoScriptSecurity, Span: at, Severity: syntax.Warning, Class: syntax.ClassSecurity, Message: message,
		Hint: "write enable_script_security, and script_user USER, in global_defs"})
}

// setCommand is the Set of the notify keywords of instances and groups.
func setCommand[T any](of func(*T) *decoder, field func(*T) **Command) schema.Setter[T] {
	return func(c *schema.Context, into *T, s *syntax.Statement) {
		d := of(into)
		text, ok := readCommand(c, s, true)
		if !ok {
			return
		}
		if command := d.buildCommand(text, logged); command != nil {
			*field(into) = command
			d.use(text, field(into), logged)
		}
	}
}

// setNotifyTimeout is the Set of notify_timeout.
func setNotifyTimeout[T any](field func(*T) **time.Duration) schema.Setter[T] {
	return schema.IntFunc(schema.Between(0, 86400), func(into *T, n int64) { *field(into) = new(time.Duration(n) * time.Second) })
}

// buildCommand gives a command line its arguments and its user.
func (d *decoder) buildCommand(text *commandText, loud loudness) *Command {
	args, err := syntax.SplitArgs(text.line)
	if err != nil {
		d.Report(syntax.Diagnostic{Code: CodeScriptQuote, Span: text.span, Class: syntax.ClassUnmatchedQuote,
			Message: text.keyword + ": " + err.Error() + "; the script is not set", Hint: quoteHint})
		return nil
	}
	if len(args) == 0 || args[0] == "" {
		d.Notef(CodeNoScript, text.span, "%s: the command is empty; it is ignored", text.keyword)
		return nil
	}
	command := &Command{Args: args, Span: text.span}
	if len(text.user) == 0 {
		var problem string
		if command.User, problem = d.defaultScriptUser(); problem != "" {
			d.Errorf(CodeUnknownUser, text.span, "%s %s: %s; it is not used", text.keyword, schema.Quote(args[0]), problem)
			d.Hint(d.scriptUserHint())
			return nil
		}
		return command
	}
	user, problem := d.findUser(text.user)
	if problem != "" {
		d.say(CodeUnknownUser, loud, text.user[0].Span, text.keyword+": "+problem+"; the script is not used")
		d.Hint("a command with arguments needs quotes; behind it stand user and group")
		return nil
	}
	command.User = user
	return command
}

func (d *decoder) say(code syntax.Code, loud loudness, at syntax.Span, message string) {
	switch loud {
	case erring:
		d.Errorf(code, at, "%s", message)
	case logged:
		d.Notef(code, at, "%s", message)
	}
}

type foundUser struct {
	user    User
	problem string
}

// findUser resolves `USER [[:]GROUP]`; problem says what is wrong.
func (d *decoder) findUser(words []syntax.Word) (user User, problem string) {
	key := words[0].Text
	if len(words) > 1 {
		key += "\x00" + words[1].Text
	}
	if found, known := d.users[key]; known {
		return found.user, found.problem
	}
	user, problem = d.lookUpUser(words)
	d.users[key] = foundUser{user, problem}
	return user, problem
}

func (d *decoder) lookUpUser(words []syntax.Word) (user User, problem string) {
	name := words[0].Text
	uid, gid, ok := d.host.User(name)
	if !ok {
		return User{}, "user " + schema.Quote(name) + " does not exist"
	}
	user = User{UID: uid, GID: gid}
	supplementary := d.global.supplementaryGroups
	if len(words) > 1 {
		group, colon := strings.CutPrefix(words[1].Text, ":")
		supplementary = supplementary || colon
		if group != "" {
			if user.GID, ok = d.host.Group(group); !ok {
				return User{}, "group " + schema.Quote(group) + " does not exist"
			}
		}
	}
	if supplementary {
		user.Groups = d.host.UserGroups(name)
	}
	return user, ""
}

// scriptUserName is whom scripts run as when the account exists and nothing else is configured.
const scriptUserName = "keepalived_script"

func (d *decoder) defaultScriptUser() (user User, problem string) {
	switch g := d.global; {
	case g.scriptUserBroken:
		return User{}, "the user of script_user does not exist"
	case g.scriptUser != nil:
		return *g.scriptUser, ""
	}
	if user, problem = d.findUser([]syntax.Word{{Text: scriptUserName}}); problem == "" {
		return user, ""
	}
	if d.cfg.Global.ScriptSecurity {
		return User{}, "no user to run it: there is no script_user, and no account " + scriptUserName
	}
	user = User{}
	user.UID, user.GID = d.host.DefaultUser()
	return user, ""
}

func (d *decoder) scriptUserHint() string {
	if d.global.scriptUserBroken {
		return "mend script_user in global_defs, or write a user behind the script"
	}
	return "write script_user USER in global_defs"
}

// commandUse is a place that holds a command, so that a script that may not be run can be taken out.
type commandUse struct {
	text   *commandText
	field  **Command
	script *Script // instead of field, for a vrrp_script
	loud   loudness
}

func (d *decoder) use(text *commandText, field **Command, loud loudness) {
	text.subject = d.Subject()
	d.commands = append(d.commands, commandUse{text: text, field: field, loud: loud})
}

type scriptKey struct {
	path     string
	uid, gid uint32
	groups   string
}

type scriptCheck struct {
	resolved string
	problem  ScriptProblem
	detail   string
}

// examine asks the host about a program, once for each program and user.
func (d *decoder) examine(c *Command) scriptCheck {
	key := scriptKey{path: c.Args[0], uid: c.User.UID, gid: c.User.GID}
	if len(c.User.Groups) > 0 {
		var b []byte
		for _, gid := range c.User.Groups {
			b = append(b, byte(gid), byte(gid>>8), byte(gid>>16), byte(gid>>24))
		}
		key.groups = string(b)
	}
	check, known := d.checks[key]
	if !known {
		check.resolved, check.problem, check.detail = d.host.CheckScript(c.Args[0], c.User)
		d.checks[key] = check
	}
	return check
}

// checkScripts is the script security check: scripts that may not be run are taken out. Whatever is
// left makes the configuration insecure when enable_script_security is missing.
func (d *decoder) checkScripts() {
	var first *commandUse
	for i := range d.commands {
		if use := &d.commands[i]; d.checkCommand(*use) && first == nil {
			first = use
		}
	}
	// With an interface missing keepalived does not come to this check, so that its exit code is 5.
	if first != nil && !d.cfg.Global.ScriptSecurity && len(d.drafts) > 0 && !d.deviceMissing {
		d.insecure(first.text.span, "SECURITY VIOLATION - scripts are being executed but script_security not enabled.")
	}
}

// checkCommand checks one script, takes it out where it may not be run, and reports whether it counts as a
// script that runs: one that is there but not executable does too, as in keepalived.
func (d *decoder) checkCommand(use commandUse) bool {
	command := &Command{}
	if use.script != nil {
		command = &use.script.Command
	} else {
		command = *use.field
	}
	check := d.examine(command)
	if !strings.Contains(command.Args[0], "/") && check.problem != ScriptNotFound {
		d.reportPath(use.text.span, command.Args[0], check.resolved)
		command.Args[0] = check.resolved
	}
	if check.problem == ScriptOK || check.problem == ScriptInsecure && !d.cfg.Global.ScriptSecurity {
		return true
	}
	d.drop(use, command.Args[0], check)
	return check.problem != ScriptNotFound
}

// reportPath reports a program without a path, and where it was found, if anybody has looked.
func (d *decoder) reportPath(at syntax.Span, name, resolved string) {
	if resolved == name {
		d.Notef(CodeScriptPath, at, "%s has no path: it is looked for in the $PATH of the daemon", schema.Quote(name))
		d.Hint("write the whole path, as `command -v " + name + "` shows it")
		return
	}
	d.Notef(CodeScriptPath, at, "%s has no path: found as %s", schema.Quote(name), resolved)
	d.Hint("write " + resolved)
}

func (d *decoder) drop(use commandUse, path string, check scriptCheck) {
	insecure := check.problem == ScriptInsecure
	if use.script == nil {
		code, loud, reason := CodeScriptUnusable, use.loud, check.detail
		switch {
		case insecure:
			code, loud, reason = CodeScriptInsecure, erring, "insecure"+detail(check.detail)
		case reason == "":
			reason = "not found or not accessible"
		}
		d.say(code, loud, use.text.span, use.text.subject+use.text.keyword+" "+path+" is not used: "+reason)
		*use.field = nil
		return
	}
	code, reason := CodeScriptUnusable, "since not found/accessible"
	if insecure {
		code, reason = CodeScriptInsecure, "due to insecure"
	}
	d.Errorf(code, use.text.span, "Disabling track script %s %s%s", use.script.Name, reason, detail(check.detail))
	d.removeScript(use.script)
}

// removeScript takes a vrrp_script out of the configuration and of all that track it.
func (d *decoder) removeScript(script *Script) {
	d.cfg.Scripts = slices.DeleteFunc(d.cfg.Scripts, func(s *Script) bool { return s == script })
	if d.scripts[script.Name] != script {
		return
	}
	other := func(t Track) bool { return t.Name == script.Name }
	for _, v := range d.drafts {
		v.TrackScripts = slices.DeleteFunc(v.TrackScripts, other)
	}
	for _, g := range d.groups {
		g.TrackScripts = slices.DeleteFunc(g.TrackScripts, other)
	}
}

func detail(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}
