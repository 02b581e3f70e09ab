package cli

import (
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/govrrpd/govrrpd/internal/logging"
)

// ConfigFiles offers the shell files that end in .conf, and directories.
func ConfigFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"conf"}, cobra.ShellCompDirectiveFilterFileExt
}

// someFile leaves it to the shell to offer files.
func someFile(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func facilityNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return logging.FacilityNames(), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

func signalNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := make([]string, len(signals))
	for i, s := range signals {
		names[i] = s.name
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// namespaceNames are the network namespaces that have a name, as `ip netns` shows them.
func namespaceNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	entries, _ := os.ReadDir("/run/netns") // there are none where it does not exist
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// addCompletion tells the shell what the options take. Without a word of an option's own there is
// nothing to offer.
func addCompletion(root *cobra.Command) error {
	root.ValidArgsFunction = cobra.NoFileCompletions
	for i := range options {
		o := &options[i]
		if o.arg == "" {
			continue
		}
		complete := o.complete
		if complete == nil {
			complete = cobra.NoFileCompletions
		}
		if err := root.RegisterFlagCompletionFunc(o.long, complete); err != nil {
			return err
		}
	}
	return nil
}

// isCompletion tells whether a shell asks what may follow.
func isCompletion(word string) bool {
	return slices.Contains([]string{cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, word)
}
