package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/explain"
)

// explainCommand prints the article about a code, or the list of all.
func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE…]",
		Short: "Tell what a finding means: what it is, why it matters, wrong and right",
		Long: "Prints the article about a code that findings show in brackets, such as GV0101 (also as gv101 or 101).\n" +
			"Without a code it lists all codes with their titles.",
		Example: "  govrrpd explain GV0101",
		Args:    cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var codes []string
			for _, a := range explain.All() {
				codes = append(codes, cobra.CompletionWithDesc(a.Code.String(), a.Title))
			}
			return codes, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, codes []string) error {
			if len(codes) == 0 {
				listArticles(cmd.OutOrStdout())
				return nil
			}
			return printArticles(cmd.OutOrStdout(), cmd.ErrOrStderr(), codes)
		},
	}
}

func listArticles(out io.Writer) {
	for _, a := range explain.All() {
		fmt.Fprintf(out, "%s  %s\n", a.Code, a.Title)
	}
}

// printArticles goes on after a code that does not exist, and ends with 1 then.
func printArticles(out, problems io.Writer, codes []string) error {
	var unknown error
	for i, code := range codes {
		a, ok := explain.Find(code)
		if !ok {
			fmt.Fprintf(problems, "govrrpd: there is no code %q; `govrrpd explain` lists all\n", code)
			unknown = cli.Exit(1)
			continue
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprint(out, a.String())
	}
	return unknown
}
