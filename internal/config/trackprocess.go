package config

import (
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// unlimited is the QuorumMax of a vrrp_track_process that names none.
const unlimited = -1

// trackProcessTable is the keywords of vrrp_track_process.
var trackProcessTable = schema.NewTable("vrrp_track_process", []schema.Keyword[TrackProcess]{
	{Name: "process", Args: "NAME [PARAMETER …]", Priority: schema.P1, Doc: "Name of the program, and its parameters if they matter.",
		Note:    "Needed. With parameters the whole command line must be the same, unless param_match says otherwise.",
		Example: "process haproxy",
		Given:   func(p *TrackProcess) bool { return p.Process != nil }, Set: setProcess},
	{Name: "param_match", Args: "[initial|partial]", Priority: schema.P2, Doc: "How the parameters must match.",
		Note: "initial: others may follow; partial: the last one need only begin like that, too. Alone it means exactly these, or none.",
		Set:  setParamMatch},
	{Name: "weight", Args: "-254-254 [reverse]", Default: "0", Priority: schema.P1, Doc: "What is added to the priority; 0 means that absence is a fault.",
		Note:  "A positive weight is added while enough processes run, a negative one while they do not.",
		Given: func(p *TrackProcess) bool { return p.Weight != 0 },
		Set: func(c *schema.Context, p *TrackProcess, s *syntax.Statement) {
			if _, ok := c.Arg(s, 1); ok {
				readLimitedWeight(c, s, 254, &p.Weight, &p.Reverse)
			}
		}},
	{Name: "quorum", Args: "1-65535", Default: "1", Priority: schema.P2, Doc: "How many processes must be running.", Set: setQuorum},
	{Name: "quorum_max", Args: "0-65535", Priority: schema.P2, Doc: "How many processes may be running.",
		Without: "any number",
		Note:    "0 means that none may run; then quorum must not be given.",
		Set:     setQuorumMax},
	{Name: "delay", Args: "SECONDS", Range: "0.000001-3600", Unit: "seconds", Priority: schema.P2, Doc: "How long a change must last.",
		Without: "none",
		Note:    "Sets fork_delay and terminate_delay.",
		Set:     processDelay(func(p *TrackProcess, delay time.Duration) { p.ForkDelay, p.TerminateDelay = delay, delay })},
	{Name: "fork_delay", Args: "SECONDS", Range: "0.000001-3600", Unit: "seconds", Priority: schema.P2, Doc: "How long a process must run before it counts.",
		Without: "none",
		Set:     processDelay(func(p *TrackProcess, delay time.Duration) { p.ForkDelay = delay })},
	{Name: "terminate_delay", Args: "SECONDS", Range: "0.000001-3600", Unit: "seconds", Priority: schema.P2, Doc: "How long a process must be gone before that counts.",
		Without: "none",
		Set:     processDelay(func(p *TrackProcess, delay time.Duration) { p.TerminateDelay = delay })},
	{Name: "full_command", Priority: schema.P2, Doc: "Matches the whole command line.",
		Set: schema.Flag(func(p *TrackProcess) *bool { return &p.FullCommand })},
})

func setProcess(c *schema.Context, p *TrackProcess, s *syntax.Statement) {
	if _, ok := c.Word(s, 1); !ok {
		return
	}
	for _, word := range s.Args() {
		p.Process = append(p.Process, word.Text)
	}
	if len(p.Process) > 1 {
		p.FullCommand = true
		if p.ParamMatch == "" {
			p.ParamMatch = "exact"
		}
	}
}

func setParamMatch(c *schema.Context, p *TrackProcess, s *syntax.Statement) {
	match := "exact"
	if len(s.Words) > 1 {
		match = s.Words[1].Text
		if match != "initial" && match != "partial" {
			c.Errorf(CodeBadChoice, s.Words[1].Span, "param_match knows no %s; it is ignored", schema.Quote(match))
			c.Hint("write: param_match [initial|partial]")
			return
		}
	}
	p.ParamMatch, p.FullCommand = match, true
}

func setQuorum(c *schema.Context, p *TrackProcess, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	n, ok := c.Int("quorum", word, schema.Between(1, 65535))
	if ok && p.QuorumMax != unlimited && int(n) > p.QuorumMax {
		c.Errorf(CodeQuorum, word.Span, "quorum %d is more than quorum_max %d; it is ignored", n, p.QuorumMax)
		return
	}
	if ok {
		p.Quorum = int(n)
	}
}

func setQuorumMax(c *schema.Context, p *TrackProcess, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	n, ok := c.Int("quorum_max", word, schema.Between(0, 65535))
	switch {
	case !ok:
	case n == 0 && p.Quorum <= 1:
		p.Quorum, p.QuorumMax = 0, 0
	case int(n) < p.Quorum:
		c.Errorf(CodeQuorum, word.Span, "quorum_max %d is less than quorum %d; it is ignored", n, p.Quorum)
	default:
		p.QuorumMax = int(n)
	}
}

func processDelay(set func(*TrackProcess, time.Duration)) schema.Setter[TrackProcess] {
	return func(c *schema.Context, p *TrackProcess, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		if delay, ok := c.Seconds(s.Keyword(), word, schema.Seconds{Low: time.Microsecond, High: time.Hour}); ok {
			set(p, delay)
		}
	}
}

func decodeTrackProcess(c *schema.Context, d *decoder, s *syntax.Statement) {
	name, ok := c.Word(s, 1)
	if !ok {
		return
	}
	p := &TrackProcess{Name: name.Text, Span: name.Span, Quorum: 1, QuorumMax: unlimited}
	defer d.About(name.Text)()
	trackProcessTable.Decode(c, s.Block, p)
	if d.Stopped() {
		return
	}
	if len(p.Process) == 0 {
		d.Errorf(CodeEmptyTracker, name.Span, "track process %s has no process; it is removed", name.Text)
		d.Hint("write: process NAME")
		d.remove("vrrp_track_process", name)
		return
	}
	d.cfg.TrackProcesses = append(d.cfg.TrackProcesses, p)
	if d.processes[name.Text] == nil {
		d.processes[name.Text] = p
	}
}
