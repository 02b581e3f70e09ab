package main

import (
	"fmt"
	"io"
	"os"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/daemon"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/netspace"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Exit codes of a configuration test beside those that follow from the findings.
const (
	exitNoLog   = 1 // the file for the findings cannot be written
	exitProblem = 5 // the command line has a wrong value: keepalived's class of general errors
)

// testConfig tests the configuration as this machine would run it, and touches nothing.
func testConfig(s *cli.Settings) int {
	out := io.Writer(os.Stderr)
	if s.CheckLog != "" {
		file, err := logging.OpenAppend(s.CheckLog)
		if err != nil {
			fmt.Fprintf(os.Stderr, "govrrpd: configuration test log: %v\n", err)
			return exitNoLog
		}
		defer file.Close()
		out = file
	}
	if _, err := enterPlace(s, netspace.ToLook); err != nil {
		// The file may be meant for another machine, or the namespace made later.
		fmt.Fprintf(out, "govrrpd: %v: checking against the interfaces of this one\n", err)
	}
	tell(out, s)
	cfg := daemon.Load(s.ConfigFile, s.ConfigID, s.AllConfig)
	syntax.Print(out, cfg.Diagnostics)
	if len(s.Problems) > 0 {
		return max(cfg.ExitCode(), exitProblem)
	}
	return cfg.ExitCode()
}

// tell prints what the command line itself gave rise to.
func tell(out io.Writer, s *cli.Settings) {
	for _, line := range s.Problems {
		fmt.Fprintln(out, line)
	}
	for _, line := range s.Remarks {
		fmt.Fprintln(out, line)
	}
}
