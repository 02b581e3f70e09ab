package main

import (
	"github.com/spf13/cobra"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/daemon"
)

// completeInstances offers the instances of the files that the line names so far, or else of the file
// that the daemon reads by default. Nothing is asked of this machine, and what is wrong does not matter.
func completeInstances(_ *cobra.Command, files []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(files) == 0 {
		files = []string{cli.DefaultConfigFile}
	}
	var names []string
	for _, file := range files {
		tree := daemon.Parse(file, "", false)
		for _, instance := range config.Decode(tree, config.Offline{}).Instances {
			names = append(names, instance.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
