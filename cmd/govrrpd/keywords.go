package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/manual"
	"github.com/govrrpd/govrrpd/internal/schema"
)

const keywordsHelp = `Shows what may stand in keepalived.conf: all of it, or the blocks, keywords and options of lines that are
named. It is what the parser itself knows.

The JSON has the keywords outside of blocks in "keywords"; those of a block are in its own "keywords", the
options of its lines in "line". Further fields may be added; none is changed or taken away.`

// keywordsCommand is `govrrpd keywords`.
func keywordsCommand() *cobra.Command {
	var form struct{ markdown, json, man bool }
	cmd := &cobra.Command{
		Use:   "keywords [NAME…]",
		Short: "Show what may stand in keepalived.conf",
		Long:  keywordsHelp,
		Example: `  govrrpd keywords                   everything
  govrrpd keywords vrrp_instance     a block with its keywords
  govrrpd keywords advert_int weight a keyword, at each place where it may stand
  govrrpd keywords --json            for other programs`,
		RunE: func(cmd *cobra.Command, names []string) error {
			out := cmd.OutOrStdout()
			switch rows := config.Keywords(); {
			case form.markdown:
				return whole(names, func() error { return manual.Markdown(out, rows) })
			case form.man:
				return whole(names, func() error { return manual.Conf5(out, rows) })
			default:
				return showKeywords(out, cmd.ErrOrStderr(), rows, names, form.json)
			}
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return keywordNames(config.Keywords()), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&form.markdown, "markdown", false, "all of it as Markdown (docs/keywords.md)")
	cmd.Flags().BoolVar(&form.json, "json", false, "as JSON")
	cmd.Flags().BoolVar(&form.man, "man", false, "all of it as the manual page govrrpd.conf(5)")
	cmd.MarkFlagsMutuallyExclusive("markdown", "json", "man")
	return cmd
}

// whole refuses names where only everything can be printed.
func whole(names []string, write func() error) error {
	if len(names) > 0 {
		return fmt.Errorf("--markdown and --man show everything: leave out %s, or the option", names[0])
	}
	return write()
}

func showKeywords(out, problems io.Writer, rows []schema.Row, names []string, asJSON bool) error {
	if len(names) == 0 {
		if asJSON {
			return manual.JSON(out, rows)
		}
		return manual.Text(out, rows)
	}
	var found []manual.Entry
	for _, name := range names {
		entries := manual.Find(rows, name)
		if len(entries) == 0 {
			tellUnknown(problems, rows, name)
			return cli.Exit(1)
		}
		found = append(found, entries...)
	}
	if asJSON {
		return manual.JSONOf(out, found)
	}
	return manual.TextOf(out, found)
}

func tellUnknown(out io.Writer, rows []schema.Row, name string) {
	fmt.Fprintf(out, "govrrpd keywords: there is no keyword %s", schema.Quote(name))
	if near := schema.Nearest(name, manual.Names(rows)); near != "" {
		fmt.Fprintf(out, "; did you mean %s?", schema.Quote(near))
	}
	fmt.Fprintln(out)
}

// keywordNames are all names with what they mean, for the shell.
func keywordNames(rows []schema.Row) []string {
	var names []string
	for name, doc := range manual.Summaries(rows) {
		names = append(names, cobra.CompletionWithDesc(name, doc))
	}
	return names
}
