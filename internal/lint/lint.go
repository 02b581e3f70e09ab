package lint

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// Check returns what is doubtful in a configuration, sorted by place. The tree is the one that the
// configuration was decoded from. A configuration of which the rest was not read has no findings: what it
// would mean is not known.
func Check(cfg *config.Config, tree *syntax.Tree) []syntax.Diagnostic {
	if unread(cfg) {
		return nil
	}
	l := newLinter(cfg, tree)
	for _, vi := range cfg.Instances {
		l.checkInstance(vi)
	}
	l.checkGroups()
	l.checkTrackers()
	l.checkCommands()
	l.checkMirror()
	l.checkAddresses()
	l.checkStatic()
	l.checkVRIDs()
	l.checkVersions()
	l.checkPeerLists()
	l.checkLoad()
	return l.findings()
}

// unread reports whether a part of the configuration was not read at all.
func unread(cfg *config.Config) bool {
	return slices.ContainsFunc(cfg.Diagnostics, func(d syntax.Diagnostic) bool {
		return d.Class == syntax.ClassAbort || d.Class == syntax.ClassInclude || d.Class == syntax.ClassFileNotFound
	})
}

// linter is one run of Check.
type linter struct {
	cfg       *config.Config
	tree      *syntax.Tree
	blocks    map[string]*syntax.Block // of instances, by name
	groups    map[string]*config.SyncGroup
	instances map[string]*config.Instance
	found     []syntax.Diagnostic
	vips      map[netip.Addr]bool
	said      map[topic]int // what was said where, as an index into found
	repeated  map[topic]int // how often it would have been said again
}

// A topic is a finding's kind and place. One line of an iterator stands for many instances, and what is wrong
// with it is said once.
type topic struct {
	code syntax.Code
	span syntax.Span
}

func newLinter(cfg *config.Config, tree *syntax.Tree) *linter {
	l := &linter{
		cfg: cfg, tree: tree,
		blocks:    make(map[string]*syntax.Block, len(cfg.Instances)),
		groups:    make(map[string]*config.SyncGroup, len(cfg.SyncGroups)),
		instances: make(map[string]*config.Instance, len(cfg.Instances)),
		said:      map[topic]int{}, repeated: map[topic]int{},
	}
	for _, s := range tree.Root.Statements {
		if s.Keyword() == "vrrp_instance" && len(s.Words) > 1 && s.Block != nil && l.blocks[s.Words[1].Text] == nil {
			l.blocks[s.Words[1].Text] = s.Block
		}
	}
	for _, vi := range cfg.Instances {
		l.instances[vi.Name] = vi
	}
	for _, g := range cfg.SyncGroups {
		l.groups[g.Name] = g
	}
	return l
}

func (l *linter) checkInstance(vi *config.Instance) {
	l.checkWeights(vi)
	l.checkPreemption(vi)
	l.checkState(vi)
	l.checkTransport(vi)
	l.checkOwnAddresses(vi)
	l.checkGateways(vi)
	l.checkDevices(vi)
	l.checkPace(vi)
	l.checkMail(vi)
}

func (l *linter) warn(code syntax.Code, at syntax.Span, hint, format string, args ...any) {
	l.report(syntax.Diagnostic{Code: code, Span: at, Severity: syntax.Warning, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (l *linter) note(code syntax.Code, at syntax.Span, hint, format string, args ...any) {
	l.report(syntax.Diagnostic{Code: code, Span: at, Severity: syntax.Notice, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (l *linter) report(d syntax.Diagnostic) {
	t := topic{d.Code, d.Span}
	if i, said := l.said[t]; said {
		if l.found[i].Message != d.Message {
			l.repeated[t]++
		}
		return
	}
	l.said[t] = len(l.found)
	l.found = append(l.found, d)
}

func (l *linter) findings() []syntax.Diagnostic {
	for t, count := range l.repeated {
		l.found[l.said[t]].Message += fmt.Sprintf(" (and %d more like this)", count)
	}
	return syntax.Sort(l.found)
}

// statement is the last use of a keyword in an instance, or nil.
func (l *linter) statement(vi *config.Instance, keyword string) *syntax.Statement {
	block := l.blocks[vi.Name]
	if block == nil {
		return nil
	}
	for _, s := range slices.Backward(block.Statements) {
		if s.Keyword() == keyword {
			return s
		}
	}
	return nil
}

// at is where the first of these keywords has its value, or stands if it has none; else the instance's name.
func (l *linter) at(vi *config.Instance, keywords ...string) syntax.Span {
	for _, keyword := range keywords {
		switch s := l.statement(vi, keyword); {
		case s == nil:
		case len(s.Words) > 1:
			return s.Words[1].Span
		default:
			return s.Words[0].Span
		}
	}
	return vi.Span
}

// owner reports whether the instance has the priority that nothing changes.
func owner(vi *config.Instance) bool { return vi.Priority == vrrp.PriorityOwner }
