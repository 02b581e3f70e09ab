package main

import "github.com/spf13/cobra"

// commands are the tools around the configuration language, in the order of the help.
func commands() []*cobra.Command {
	return []*cobra.Command{
		checkCommand(),
		keywordsCommand(),
		fmtCommand(),
		explainCommand(),
		lspCommand(),
	}
}
