package config

import (
	"math"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// scriptDraft is a vrrp_script while it is decoded.
type scriptDraft struct {
	*Script
	d       *decoder
	text    *commandText
	user    []syntax.Word
	badUser string
}

// scriptTable is the keywords of vrrp_script.
var scriptTable = schema.NewTable("vrrp_script", []schema.Keyword[scriptDraft]{
	{Name: "script", Args: "COMMAND", Priority: schema.P1, Doc: "What runs; with arguments it needs quotes. </PATH only opens the file.",
		Note:    "Needed. Exit status 0 is success. The program is found in $PATH if it has no path.",
		Example: "script \"/usr/local/bin/check_web --port 8080\"",
		Set: func(c *schema.Context, v *scriptDraft, s *syntax.Statement) {
			if text, ok := readCommand(c, s, false); ok {
				v.text = text
			}
		}},
	{Name: "interval", Args: "0.001-4294", Unit: "seconds", Default: "1", Priority: schema.P1, Doc: "Seconds from one start to the next.",
		Set: schema.Duration(scriptSeconds(), func(v *scriptDraft) *time.Duration { return &v.Interval })},
	{Name: "timeout", Args: "0.001-4294", Unit: "seconds", Priority: schema.P1, Doc: "Seconds after which a script has failed.",
		Without: "the interval",
		Set:     schema.Duration(scriptSeconds(), func(v *scriptDraft) *time.Duration { return &v.Timeout })},
	{Name: "weight", Args: "-253-253 [reverse]", Default: "0", Priority: schema.P1, Doc: "What the result adds to the priority; 0 means that a failure is a fault.",
		Note: "A positive weight is added while the script succeeds, a negative one while it fails; reverse turns that round. Sync groups need sync_group_tracking_weight for it.",
		Set: func(c *schema.Context, v *scriptDraft, s *syntax.Statement) {
			readWeight(c, s, 253, &v.Weight, &v.Reverse)
		}},
	{Name: "rise", Args: "COUNT", Range: "1-2147483647", Default: "1", Priority: schema.P1, Doc: "Successes in a row that end a failure.",
		Set: schema.Int(schema.Between(1, math.MaxInt32).Or(1), func(v *scriptDraft) *int { return &v.Rise })},
	{Name: "fall", Args: "COUNT", Range: "1-2147483647", Default: "1", Priority: schema.P1, Doc: "Failures in a row that are a failure.",
		Set: schema.Int(schema.Between(1, math.MaxInt32).Or(1), func(v *scriptDraft) *int { return &v.Fall })},
	{Name: "user", Args: "USER [[:]GROUP]", Priority: schema.P1, Doc: "Whom the script runs as.",
		Without: "script_user of global_defs",
		Set:     setTrackUser},
	{Name: "init_fail", Priority: schema.P1, Doc: "The script counts as failed until it has run.",
		Set: schema.Flag(func(v *scriptDraft) *bool { return &v.InitFail })},
})

func scriptSeconds() schema.Seconds {
	return schema.Seconds{Low: time.Millisecond, High: 4294 * time.Second, Millis: true, ZeroElse: new(time.Second)}
}

// readWeight reads `WEIGHT [reverse]`.
func readWeight(c *schema.Context, s *syntax.Statement, limit int64, weight *int, reverse *bool) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	r := schema.Between(-limit, limit)
	if n, fault := schema.ParseInt(word.Text, math.MinInt32, math.MaxInt32); fault == schema.Good {
		r = r.Or(n) // a weight out of range still says that the tracker weighs much; priorities are limited
	}
	if n, ok := c.Int("weight", word, r); ok {
		*weight = int(n)
	}
	readReverse(c, s, reverse)
}

// readLimitedWeight is readWeight for trackers that take no weight out of range.
func readLimitedWeight(c *schema.Context, s *syntax.Statement, limit int64, weight *int, reverse *bool) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	if n, ok := c.Int("weight", word, schema.Between(-limit, limit)); ok {
		*weight = int(n)
	}
	readReverse(c, s, reverse)
}

func readReverse(c *schema.Context, s *syntax.Statement, reverse *bool) {
	if len(s.Words) < 3 {
		return
	}
	if s.Words[2].Text != "reverse" {
		c.Errorf(CodeTrackOption, s.Words[2].Span, "weight: unknown option %s; it is ignored", schema.Quote(s.Words[2].Text))
		c.Hint("write: weight NUMBER [reverse]")
		return
	}
	*reverse = true
}

func setTrackUser(c *schema.Context, v *scriptDraft, s *syntax.Statement) {
	if _, ok := c.Word(s, 1); !ok {
		return
	}
	v.user = s.Words[1:]
	if _, v.badUser = v.d.findUser(v.user); v.badUser != "" {
		c.Errorf(CodeUnknownUser, s.Words[1].Span, "user: %s; the vrrp script is removed, unless another user line follows", v.badUser)
	}
}

func decodeScript(c *schema.Context, d *decoder, s *syntax.Statement) {
	name, ok := c.Word(s, 1)
	if !ok {
		return
	}
	v := &scriptDraft{d: d, Script: &Script{Name: name.Text, Span: name.Span, Interval: time.Second, Rise: 1, Fall: 1}}
	defer d.About(name.Text)()
	scriptTable.Decode(c, s.Block, v)
	if d.Stopped() {
		return
	}
	if !v.finish() {
		d.remove("vrrp_script", name)
		return
	}
	d.cfg.Scripts = append(d.cfg.Scripts, v.Script)
	if d.scripts[name.Text] == nil {
		d.scripts[name.Text] = v.Script
	}
}

// finish completes a vrrp_script and reports whether it stays.
func (v *scriptDraft) finish() bool {
	switch {
	case v.text == nil:
		v.d.Errorf(CodeNoScript, v.Span, "no script set for vrrp script %s - removing", v.Name)
		v.d.Hint("write: script COMMAND")
		return false
	case v.badUser != "": // it has been said
		return false
	}
	if path, isTest := strings.CutPrefix(strings.TrimSpace(v.text.line), "<"); isTest {
		v.FileTest = strings.TrimSpace(path)
		return true
	}
	v.text.user = v.user
	command := v.d.buildCommand(v.text, erring)
	if command == nil {
		return false
	}
	v.Command = *command
	v.d.commands = append(v.d.commands, commandUse{text: v.text, script: v.Script, loud: erring})
	return true
}

// trackFileTable is the keywords of track_file.
var trackFileTable = schema.NewTable("track_file", []schema.Keyword[trackFileDraft]{
	{Name: "file", Args: "PATH", Priority: schema.P1, Doc: "The file; its number times the weight is added to the priority.",
		Note:    "Needed. Its directory must exist; the file may come later. It holds one whole number.",
		Example: "file /run/keepalived/drain",
		Given:   func(f *trackFileDraft) bool { return f.File != "" },
		Set:     schema.Text(func(f *trackFileDraft) *string { return &f.File })},
	{Name: "weight", Args: "-254-254 [reverse]", Default: "1", Priority: schema.P1, Doc: "What the number is multiplied with.",
		Note: "0 means that any number but 0 is a FAULT. A second weight is an error, unless the first is 1.",
		Set:  setFileWeight},
	{Name: "init_file", Args: "[VALUE] [overwrite]", Range: "-254-254", Priority: schema.P2, Doc: "Makes the file at the start.",
		Without: "the file is left as it is, and 0 if there is none",
		Note:    "With this number, else with 0, where there is no file; with overwrite in any case.",
		Example: "init_file 0 overwrite",
		Set:     setInitFile},
})

type trackFileDraft struct{ *TrackFile }

func setFileWeight(c *schema.Context, f *trackFileDraft, s *syntax.Statement) {
	word, ok := c.Arg(s, 1)
	if !ok {
		return
	}
	if f.Weight != 1 {
		c.Errorf(schema.CodeGivenAlready, s.Words[0].Span, "weight is given already; this one is ignored")
		return
	}
	n, _ := c.Int("weight", word, schema.Between(-254, 254).Or(1))
	f.Weight = int(n)
	readReverse(c, s, &f.Reverse)
}

func setInitFile(c *schema.Context, f *trackFileDraft, s *syntax.Statement) {
	f.Init = new(0)
	for _, word := range s.Args() {
		if word.Text == "overwrite" {
			f.Overwrite = true
			continue
		}
		n, fault := schema.ParseInt(word.Text, math.MinInt32, math.MaxInt32)
		if fault != schema.Good {
			c.Errorf(CodeBadChoice, word.Span, "init_file knows no %s; it is ignored", schema.Quote(word.Text))
			c.Hint("write: init_file [VALUE] [overwrite]")
			continue
		}
		if n < -254 || n > 254 {
			c.Warnf(schema.CodeOutOfRange, word.Span, syntax.ClassGeneral, "init_file %d is outside -254 to 254", n)
		}
		*f.Init = int(n)
	}
}

// remove remembers that the tracker of a block is not used, for whoever tracks it.
func (d *decoder) remove(block string, name syntax.Word) {
	d.removed[block+" "+name.Text] = name.Span.Line()
}

func decodeTrackFile(c *schema.Context, d *decoder, s *syntax.Statement) {
	name, ok := c.Word(s, 1)
	if !ok {
		return
	}
	if s.Keyword() == "vrrp_track_file" {
		c.Notef(CodeOldName, s.Words[0].Span, "vrrp_track_file is an old name")
		c.Hint("write track_file")
	}
	f := &trackFileDraft{TrackFile: &TrackFile{Name: name.Text, Span: name.Span, Weight: 1}}
	defer d.About(name.Text)()
	trackFileTable.Decode(c, s.Block, f)
	switch problem := ""; {
	case d.Stopped():
		return
	case f.File == "":
		d.Errorf(CodeEmptyTracker, name.Span, "track file %s has no file; it is removed", name.Text)
		d.Hint("write: file PATH")
		d.remove("track_file", name)
		return
	default:
		if problem = d.host.DirectoryProblem(f.File); problem != "" {
			d.Errorf(CodeTrackFilePlace, name.Span, "track file %s: %s; it is removed", name.Text, problem)
			d.remove("track_file", name)
			return
		}
	}
	d.cfg.TrackFiles = append(d.cfg.TrackFiles, f.TrackFile)
	if d.files[name.Text] == nil {
		d.files[name.Text] = f.TrackFile
	}
}
