package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/manual"
)

var update = flag.Bool("update", false, "rewrite the generated documents")

// TestDocuments holds the manual page and the completions against options and commands.
func TestDocuments(t *testing.T) {
	for path, want := range map[string]string{
		"../../docs/govrrpd.8":           daemonPage(t),
		"../../completions/govrrpd.bash": completionFor(t, "bash"),
		"../../completions/_govrrpd":     completionFor(t, "zsh"),
		"../../completions/govrrpd.fish": completionFor(t, "fish"),
	} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%s is stale (%v): run make golden", path, err)
		}
	}
}

func completionFor(t *testing.T, shell string) string {
	t.Helper()
	var out, problems bytes.Buffer
	program := &cli.Program{Stdout: &out, Stderr: &problems, Commands: commands()}
	if code := program.Main([]string{"completion", shell}); code != 0 || problems.Len() > 0 {
		t.Fatalf("completion %s: exit code %d\n%s", shell, code, problems.String())
	}
	return out.String()
}

func daemonPage(t *testing.T) string {
	t.Helper()
	var d manual.Daemon
	for _, o := range cli.Options() {
		d.Options = append(d.Options, manual.Term{Name: optionName(o), Text: o.Help})
	}
	for name, does := range cli.Signals() {
		d.Signals = append(d.Signals, manual.Term{Name: name, Text: does})
	}
	for _, c := range commands() {
		d.Commands = append(d.Commands, commandPage(c))
	}
	var b bytes.Buffer
	if err := manual.Daemon8(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func optionName(o cli.Option) string {
	name := "--" + o.Long
	if o.Short != "" {
		name = "-" + o.Short + ", " + name
	}
	switch {
	case o.Optional:
		name += "[=" + o.Arg + "]"
	case o.Arg != "":
		name += "=" + o.Arg
	}
	if o.Idle {
		name += " *"
	}
	return name
}

func commandPage(c *cobra.Command) manual.Command {
	page := manual.Command{Use: c.Use, Long: c.Long, Example: c.Example}
	if page.Long == "" {
		page.Long = c.Short + "."
	}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, text := "--"+f.Name, f.Usage
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value, usage := pflag.UnquoteUsage(f); value != "" {
			name, text = name+"="+strings.ToUpper(value), usage
		}
		page.Options = append(page.Options, manual.Term{Name: name, Text: text})
	})
	return page
}

// TestEachCommandIsExplained looks at what the help and the manual page show.
func TestEachCommandIsExplained(t *testing.T) {
	for _, c := range commands() {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") || c.Name() == "" {
			t.Errorf("%s: %q", c.Use, c.Short)
		}
		if c.ValidArgsFunction == nil && strings.Contains(c.Use, " ") {
			t.Errorf("%s: nothing completes its arguments", c.Use)
		}
	}
}
