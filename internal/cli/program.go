package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Program is the command line with what its words set in motion.
type Program struct {
	Build          Build
	Stdout, Stderr io.Writer
	// Run starts the daemon and returns the exit code.
	Run func(*Settings) int
	// Check tests the configuration and returns the exit code.
	Check func(*Settings) int
}

// Main reads args (without the program's name), does what they say and returns the exit code.
func (p *Program) Main(args []string) int {
	settings := newSettings()
	code := 0
	root := &cobra.Command{
		Use:           "govrrpd",
		Args:          cobra.ArbitraryArgs, // surplus words are reported, not refused
		SilenceErrors: true,
		SilenceUsage:  true,
		Run: func(cmd *cobra.Command, words []string) {
			settings.finish(words)
			code = p.act(cmd.Flags(), settings)
		},
	}
	root.SetOut(p.Stderr)
	root.SetErr(p.Stderr)
	root.SetHelpFunc(func(*cobra.Command, []string) { p.printHelp() })
	root.CompletionOptions.DisableDefaultCmd = true
	root.InitDefaultHelpFlag()
	addOptions(root.Flags(), settings)
	args, err := canonical(root.Flags(), args)
	if err == nil {
		root.SetArgs(args)
		err = root.Execute()
	}
	if err != nil {
		return p.refuse(err)
	}
	return code
}

// refuse says what is wrong with the command line.
func (p *Program) refuse(err error) int {
	fmt.Fprintln(p.Stderr, err)
	if wrong := usageError(""); errors.As(err, &wrong) {
		fmt.Fprintln(p.Stderr, "Try 'govrrpd --help' for the options.")
	}
	return 1
}

// act does what the options ask for. Those that print something and end come first.
func (p *Program) act(flags *pflag.FlagSet, settings *Settings) int {
	switch {
	case flags.Changed("version"):
		p.Build.Print(p.Stderr)
		return 0
	case flags.Changed("signum"):
		return p.printSignal(flags.Lookup("signum").Value.String())
	case flags.Changed("genhash"):
		fmt.Fprintln(p.Stderr, "genhash is a tool of its own and not part of govrrpd")
		return 1
	case settings.CheckOnly:
		return p.Check(settings)
	}
	return p.Run(settings)
}

func (p *Program) printSignal(name string) int {
	number, ok := signalNumber(name)
	if !ok {
		fmt.Fprintf(p.Stderr, "Unknown sigfunc %s\n", name)
		return 1
	}
	fmt.Fprintln(p.Stdout, int(number))
	return 0
}
