package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/format"
)

// Exit codes of fmt: those of gofmt, and one for --check.
const (
	exitUnformatted = 1 // --check found a file that is not formatted
	exitNotFormed   = 2 // a file cannot be read, formatted or written
)

// A formatting is a call of `govrrpd fmt`.
type formatting struct {
	write, diff, list, check bool

	in       io.Reader
	out      io.Writer
	problems io.Writer
	changed  bool // some file is not formatted
	failed   bool
}

// fmtCommand lays configuration files out as everybody's should be.
func fmtCommand() *cobra.Command {
	var f formatting
	cmd := &cobra.Command{
		Use:   "fmt [-w] [-d] [-l] [--check] [FILE…]",
		Short: "Format configuration files, without changing what they mean",
		Long: "Prints the formatted text of the files, or of standard input: four blanks for each block, one statement a\n" +
			"line, comments behind lines in one column. Comments, order and meaning stay. Included files are not followed:\n" +
			"each file is formatted by itself. One whose braces do not match keeps its lines and its indentation.\n\n" +
			"It ends with 0, with 1 if --check finds a file that is not formatted, with 2 if something cannot be read,\n" +
			"formatted or written.",
		Example: "  govrrpd fmt -w /etc/keepalived/*.conf   # rewrite in place\n" +
			"  govrrpd fmt -d --check site.conf        # for CI: show what is to do, and fail\n" +
			"  govrrpd fmt < site.conf                 # for editors",
		ValidArgsFunction: cli.ConfigFiles,
		RunE: func(cmd *cobra.Command, files []string) error {
			f.in, f.out, f.problems = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			return f.run(files)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.write, "write", "w", false, "rewrite the files instead of printing their text")
	flags.BoolVarP(&f.diff, "diff", "d", false, "print what changes, as a unified diff")
	flags.BoolVarP(&f.list, "list", "l", false, "print the names of the files that change")
	flags.BoolVar(&f.check, "check", false, "write nothing, and end with 1 if a file is not formatted; names it unless -d is given")
	cmd.MarkFlagsMutuallyExclusive("write", "check")
	return cmd
}

const standardInput = "-"

// run formats all files, those behind one with a problem too.
func (f *formatting) run(files []string) error {
	if len(files) == 0 {
		files = []string{standardInput}
	}
	for _, name := range files {
		if err := f.file(name); err != nil {
			fmt.Fprintf(f.problems, "govrrpd: %v\n", err)
			f.failed = true
		}
	}
	switch {
	case f.failed:
		return cli.Exit(exitNotFormed)
	case f.check && f.changed:
		return cli.Exit(exitUnformatted)
	}
	return nil
}

func (f *formatting) file(name string) error {
	shown := name
	if name == standardInput {
		if f.write {
			return errors.New("-w rewrites files: standard input is none")
		}
		shown = "standard input"
	}
	text, err := f.read(name)
	if err != nil {
		return err
	}
	hooks := format.Options{BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock}
	formatted, err := format.Text(string(text), hooks)
	if err != nil {
		return fmt.Errorf("format %s: %w", shown, err)
	}
	if !format.Balanced(formatted, hooks) {
		fmt.Fprintf(f.problems, "%s: its braces do not match (govrrpd check tells where), so its lines keep their indentation\n", shown)
	}
	return f.deliver(name, shown, text, []byte(formatted))
}

// deliver does with the formatted text what the options ask for.
func (f *formatting) deliver(name, shown string, text, formatted []byte) error {
	changes := !bytes.Equal(text, formatted)
	f.changed = f.changed || changes
	if changes && (f.list || f.check && !f.diff) {
		fmt.Fprintln(f.out, shown)
	}
	if changes && f.diff {
		before, after := diffName(shown+".orig"), diffName(shown)
		if _, err := f.out.Write(diff.Diff(before, text, after, formatted)); err != nil {
			return err
		}
	}
	if changes && f.write {
		if err := rewrite(name, formatted); err != nil {
			return fmt.Errorf("rewrite %s: %w", name, err)
		}
	}
	if f.list || f.check || f.diff || f.write {
		return nil
	}
	_, err := f.out.Write(formatted)
	return err
}

// diffName is a name as patch(1) reads it: up to a tab where it has blanks, as git writes it.
func diffName(name string) string {
	if strings.Contains(name, " ") {
		return name + "\t"
	}
	return name
}

func (f *formatting) read(name string) ([]byte, error) {
	if name == standardInput {
		text, err := io.ReadAll(f.in)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return text, nil
	}
	return os.ReadFile(name)
}
