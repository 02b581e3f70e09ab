package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/check"
	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/explain"
	"github.com/govrrpd/govrrpd/internal/host"
	"github.com/govrrpd/govrrpd/internal/report"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Exit codes of govrrpd check.
const (
	exitFound  = 1 // findings that count
	exitNoFile = 2 // the command line is wrong, or a file cannot be read
)

const checkHelp = `Judges configuration files and explains what is wrong, doubtful or worth knowing in them. Each FILE is judged
by itself, with what it includes; "-" is the standard input. Without a FILE it is ` + cli.DefaultConfigFile + `.

The check asks nothing of this machine, so that it says the same everywhere: interfaces, users and scripts that
a file names count as there, environment variables as empty. With --host it asks this machine.

With --fleet the files are those of all routers of a LAN: what does not fit between them is found, and who is Master
is worked out, when all is well and as routers and trackers fail. One file with lines for several hosts (@ID) is
a fleet as well: name them, as in --fleet -i lb1 -i lb2 keepalived.conf.

With --instance only that is told which is about one vrrp_instance: its block, its sync group, its trackers, and
what keeps the daemon from starting. With --fleet it is that Virtual Router, whatever the other files call it.

A comment "govrrpd:ignore GV0521 why" on a line, or on a line of its own above it, takes a finding out.
"govrrpd explain GV0521" tells what a code means.

Exit codes:
  0  nothing that counts: no error, and with --strict no warning either
  1  something that counts
  2  the command line is wrong, or a file cannot be read`

// A checkRun is one `govrrpd check`.
type checkRun struct {
	strict, host, fleet, allConfig bool
	format                         string
	ids, instances                 []string

	stdin io.Reader
	out   io.Writer
}

func checkCommand() *cobra.Command {
	c := &checkRun{}
	command := &cobra.Command{
		Use:   "check [FILE…]",
		Short: "Judge configuration files more thoroughly than -t",
		Long:  checkHelp,
		Example: "  govrrpd check --strict keepalived.conf\n" +
			"  govrrpd check --format github configs/*.conf\n" +
			"  govrrpd check --fleet lb1.conf lb2.conf",
		ValidArgsFunction: cli.ConfigFiles,
		RunE: func(cmd *cobra.Command, files []string) error {
			c.stdin, c.out = cmd.InOrStdin(), cmd.OutOrStdout()
			return c.run(files)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&c.strict, "strict", false, "let warnings count, too")
	flags.StringVar(&c.format, "format", report.Formats()[0], "the `FORMAT` in which findings are printed: "+strings.Join(report.Formats(), ", "))
	flags.BoolVar(&c.host, "host", false, "check against this machine, too: interfaces, users, scripts, tables, environment")
	flags.BoolVar(&c.fleet, "fleet", false, "check the files of all routers of a LAN together, and tell who is Master when")
	flags.StringArrayVarP(&c.ids, "config-id", "i", nil, "the `ID` of the host in whose place @ID lines are read; several: once for each")
	flags.BoolVar(&c.allConfig, "all-config", false, "let an include that finds nothing be an error")
	flags.StringArrayVar(&c.instances, "instance", nil, "tell only what is about the vrrp_instance `NAME` and the blocks that it needs; several are possible")
	_ = command.RegisterFlagCompletionFunc("instance", completeInstances)
	_ = command.RegisterFlagCompletionFunc("config-id", cobra.NoFileCompletions)
	_ = command.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.Formats(), cobra.ShellCompDirectiveNoFileComp))
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return wrongUsage(err) })
	return command
}

// wrongUsage says what is wrong with the command line, and ends with the code for that.
func wrongUsage(err error) error {
	fmt.Fprintf(os.Stderr, "govrrpd check: %v\nTry 'govrrpd check --help'.\n", err)
	return cli.Exit(exitNoFile)
}

func (c *checkRun) run(files []string) error {
	format, ok := report.ByName(c.format)
	if !ok {
		return wrongUsage(fmt.Errorf("there is no format %q: choose %s", c.format, strings.Join(report.Formats(), ", ")))
	}
	if len(files) == 0 {
		files = []string{cli.DefaultConfigFile}
	}
	options := c.reportOptions()
	var judged []report.File
	var err error
	if c.fleet {
		judged, options.Fleet, err = c.judgeFleet(files)
	} else {
		judged, err = c.judge(files)
	}
	if err != nil {
		return wrongUsage(err)
	}
	if err := format(c.out, judged, options); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	if code := c.exitCode(judged); code != 0 {
		return cli.Exit(code)
	}
	return nil
}

// judge checks each file, once for each of the hosts that it is for.
func (c *checkRun) judge(files []string) ([]report.File, error) {
	var results []*check.Result
	var judged []report.File
	for _, name := range files {
		for _, o := range c.options() {
			r, err := c.file(name, o)
			if err != nil {
				return nil, err
			}
			results = append(results, r)
			judged = append(judged, report.File{Name: c.title(r.Name, o), Path: r.Name})
		}
	}
	if err := c.knowInstances(results); err != nil {
		return nil, err
	}
	for i, r := range results {
		judged[i].Findings = r.Findings
		if len(c.instances) > 0 {
			judged[i].Findings = r.About(c.instances)
		}
	}
	return judged, nil
}

// title is what a file is called that is judged for one of several hosts.
func (c *checkRun) title(name string, o check.Options) string {
	if len(c.ids) > 1 {
		return name + " for " + o.ConfigID
	}
	return name
}

func (c *checkRun) file(name string, o check.Options) (*check.Result, error) {
	if name != "-" {
		return check.File(name, o), nil
	}
	text, err := io.ReadAll(c.stdin)
	if err != nil {
		return nil, fmt.Errorf("read the standard input: %w", err)
	}
	c.stdin = strings.NewReader(string(text)) // for the next host
	return check.Text("stdin", string(text), o), nil
}

// options are one for each host whose lines are to be read.
func (c *checkRun) options() []check.Options {
	o := check.Options{FS: syntax.OSFS(), AllConfig: c.allConfig}
	if c.host {
		machine := host.New()
		o.Host, o.Env = machine, os.LookupEnv
		o.ConfigID, _, _ = strings.Cut(machine.Hostname(), ".")
	}
	if len(c.ids) == 0 {
		return []check.Options{o}
	}
	all := make([]check.Options, len(c.ids))
	for i, id := range c.ids {
		all[i] = o
		all[i].ConfigID = id
	}
	return all
}

func (c *checkRun) reportOptions() report.Options {
	dir, _ := os.Getwd() // without it names stay as they are
	return report.Options{
		Dir:     dir,
		Version: cli.ReadBuild(version, date).Version,
		Colour:  c.colour(),
		Title:   func(code syntax.Code) string { return article(code).Title },
		Article: func(code syntax.Code) string { return article(code).Text },
	}
}

func article(code syntax.Code) explain.Article {
	a, _ := explain.Find(code.String())
	return a
}

// colour is for terminals, and for those who have not asked to be spared (no-color.org).
func (c *checkRun) colour() bool {
	file, ok := c.out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

// exitCode follows from the worst finding: a file that could not be read outweighs what was read.
func (c *checkRun) exitCode(judged []report.File) int {
	code := 0
	for _, f := range judged {
		for _, d := range f.Findings {
			switch {
			case d.Code == syntax.CodeMainFile:
				return exitNoFile
			case d.Severity == syntax.Error, c.strict && d.Severity == syntax.Warning:
				code = exitFound
			}
		}
	}
	return code
}
