// Package check judges a configuration as `govrrpd check` does: the findings of form and meaning, as -t
// has them, and beside them what is doubtful though keepalived says nothing of it.
//
// It promises that a judgement can be repeated: what the machine, the environment and the clock would say
// comes in through Options and nowhere else, and the zero Options ask nothing of any machine. It leaves
// reading options, printing and the exit code to its callers, among which are the command, the language
// server and the tests of package explain.
package check

import (
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/lint"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Options say what a configuration is judged against.
type Options struct {
	FS       syntax.FS                        // where the files are; nil: the machine's
	ConfigID string                           // what @ID lines are compared with
	Host     config.Host                      // nil: a machine that has whatever a file names
	Env      func(name string) (string, bool) // what ${_ENV NAME} reads; nil: nothing is set
	Seed     int64                            // of ${_RANDOM}

	AllConfig bool // an include that finds nothing is an error
}

// A Result is one configuration with all that was found.
type Result struct {
	Name     string
	Tree     *syntax.Tree
	Config   *config.Config
	Findings []syntax.Diagnostic // sorted by place
}

// File judges the configuration that begins with the named file.
func File(name string, o Options) *Result {
	r := load(name, o)
	r.Findings = ignore(r.Findings, o.scope(), r.Tree)
	return r
}

func load(name string, o Options) *Result {
	env := &environment{read: o.Env}
	return judge(name, syntax.Parse(name, o.syntax(env)), env, o)
}

// Text judges a configuration that stands in no file; messages call it by name.
func Text(name, text string, o Options) *Result {
	env := &environment{read: o.Env}
	r := judge(name, syntax.ParseString(name, text, o.syntax(env)), env, o)
	r.Findings = ignore(r.Findings, o.scope(), r.Tree)
	return r
}

func (o Options) syntax(env *environment) syntax.Options {
	return syntax.Options{
		FS: o.FS, ConfigID: o.ConfigID, Env: env.lookup, Seed: o.Seed, AllConfig: o.AllConfig,
		BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock,
	}
}

func judge(name string, tree *syntax.Tree, env *environment, o Options) *Result {
	host := o.Host
	if host == nil {
		host = config.Offline{}
	}
	cfg := config.Decode(tree, host)
	findings := slices.Concat(cfg.Diagnostics, lint.Check(cfg, tree), env.findings(tree))
	if known, ok := host.(lint.Host); ok { // Offline has no addresses
		findings = append(findings, lint.CheckHost(cfg, tree, known)...)
	}
	if o.ConfigID == "" {
		findings = append(findings, noConfigID(tree)...)
	}
	r := &Result{Name: name, Tree: tree, Config: cfg}
	if m, ok := o.Host.(Machine); ok {
		findings = append(findings, machineFindings(m, r)...)
	}
	r.Findings = sumUp(syntax.Sort(findings))
	return r
}
