package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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
	// Commands are what `govrrpd NAME …` does beside that: tools around the configuration language.
	// They are cobra's own commands, with long options in two dashes and nothing of getopt.
	Commands []*cobra.Command
}

// Exit is the error with which a command ends the program with that code, and says nothing more.
type Exit int

func (e Exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

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
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if cmd == root {
			p.printHelp()
			return
		}
		help(cmd, args)
	})
	root.InitDefaultHelpFlag()
	addOptions(root.Flags(), settings)
	err := p.execute(root, args)
	if exit := Exit(0); errors.As(err, &exit) {
		return int(exit)
	}
	if err != nil {
		return p.refuse(err)
	}
	return code
}

// execute runs the command that the first word names. Everything else is keepalived's command line, in
// which a word that is no option means nothing.
func (p *Program) execute(root *cobra.Command, args []string) error {
	if len(args) > 0 && p.isCommand(args[0]) {
		root.SetOut(p.Stdout)
		if err := addCompletion(root); err != nil {
			return err
		}
		if !completesOptions(args) {
			root.AddCommand(p.Commands...)
		}
		root.SetArgs(args)
		return p.executeCommand(root)
	}
	if near := p.nearestCommand(args); near != "" {
		return usageError(fmt.Sprintf("There is no command %s; did you mean %s?", args[0], near))
	}
	root.CompletionOptions.DisableDefaultCmd = true
	args, err := canonical(root.Flags(), args)
	if err != nil {
		return err
	}
	root.SetArgs(args)
	return root.Execute()
}

// wrongCommand is the exit code of a command that could not do its work, be it for its command line.
const wrongCommand = 2

// executeCommand runs a command, and says which one it was that went wrong.
func (p *Program) executeCommand(root *cobra.Command) error {
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w\nTry '%s --help'", err, cmd.CommandPath())
	})
	cmd, err := root.ExecuteC()
	if exit := Exit(0); err == nil || errors.As(err, &exit) {
		return err
	}
	fmt.Fprintf(p.Stderr, "%s: %v\n", cmd.CommandPath(), err)
	return Exit(wrongCommand)
}

// nearestCommand is what was meant by a first word that is all but a command; "" if it is not. keepalived
// would start the daemon, and nobody who misspells "check" wants that.
func (p *Program) nearestCommand(args []string) string {
	if len(args) == 0 || args[0] == "" || strings.HasPrefix(args[0], "-") {
		return ""
	}
	tools := &cobra.Command{SuggestionsMinimumDistance: 2}
	tools.AddCommand(p.Commands...)
	if near := tools.SuggestionsFor(args[0]); len(near) > 0 {
		return near[0]
	}
	return ""
}

// completesOptions tells whether the shell asks about a line that begins with an option of the daemon. No
// command can follow there.
func completesOptions(args []string) bool {
	return isCompletion(args[0]) && len(args) > 2 && strings.HasPrefix(args[1], "-")
}

func (p *Program) isCommand(word string) bool {
	if word == "help" || word == "completion" || isCompletion(word) {
		return len(p.Commands) > 0
	}
	return slices.ContainsFunc(p.Commands, func(c *cobra.Command) bool { return c.Name() == word })
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
