package track

import (
	"bytes"
	"time"
)

// commLength is how much of a program's name the kernel keeps.
const commLength = 15

// ParamMatch says how a process's parameters must agree with the configured ones.
type ParamMatch uint8

// The ways to match parameters.
const (
	ParamsIgnored ParamMatch = iota // any parameters
	ParamsExact                     // these and no others
	ParamsInitial                   // these, then any others
	ParamsPartial                   // like ParamsInitial, and the last one need only begin like that
)

// ProcessConfig is one vrrp_track_process.
type ProcessConfig struct {
	Name string
	// Command is the name to look for: the kernel's name of the process, of which 15 bytes count, or
	// with FullCommand the first word of its command line.
	Command     string
	FullCommand bool
	Params      []string
	ParamMatch  ParamMatch // other than ParamsIgnored implies FullCommand
	// Good is when at least Quorum and at most QuorumMax processes match; QuorumMax -1 is no limit.
	Quorum, QuorumMax int
	// How long a gained or a lost quorum must hold before it counts.
	ForkDelay, TerminateDelay time.Duration
}

func (cfg *ProcessConfig) full() bool { return cfg.FullCommand || cfg.ParamMatch != ParamsIgnored }

func (cfg *ProcessConfig) quorate(count int) bool {
	return count >= cfg.Quorum && (cfg.QuorumMax < 0 || count <= cfg.QuorumMax)
}

// matches judges one process by its name and by its command line, whose words each end with a NUL.
func (cfg *ProcessConfig) matches(comm string, cmdline []byte) bool {
	if !cfg.full() {
		return comm == cfg.Command[:min(len(cfg.Command), commLength)]
	}
	command, params, _ := bytes.Cut(cmdline, []byte{0})
	if string(command) != cfg.Command || len(cmdline) == 0 {
		return false
	}
	var want []byte
	for _, param := range cfg.Params {
		want = append(append(want, param...), 0)
	}
	switch cfg.ParamMatch {
	case ParamsExact:
		return bytes.Equal(params, want)
	case ParamsInitial:
		return bytes.HasPrefix(params, want)
	case ParamsPartial:
		return bytes.HasPrefix(params, bytes.TrimSuffix(want, []byte{0}))
	}
	return true
}
