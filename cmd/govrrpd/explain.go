package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/explain"
)

// explainCommand prints the article about a code, or the list of all.
func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE | WORD…]",
		Short: "Tell what a finding means: what it is, why it matters, wrong and right",
		Long: "Prints the article about a code that findings show in brackets, such as GV0101 (also as gv101 or 101).\n" +
			"Without a code it lists all codes with their titles. Words that are no code are searched for in titles and\n" +
			"texts: the codes are listed whose articles have all of them, and the exit code is 1.",
		Example: "  govrrpd explain GV0101\n" +
			"  govrrpd explain preempt",
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var codes []string
			for _, a := range explain.All() {
				codes = append(codes, cobra.CompletionWithDesc(a.Code.String(), a.Title))
			}
			return codes, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, codes []string) error {
			if len(codes) == 0 {
				listArticles(cmd.OutOrStdout(), explain.All())
				return nil
			}
			return printArticles(cmd.OutOrStdout(), cmd.ErrOrStderr(), codes)
		},
	}
}

func listArticles(out io.Writer, articles []explain.Article) {
	for _, a := range articles {
		fmt.Fprintf(out, "%s  %s\n", a.Code, a.Title)
	}
}

// printArticles takes what is no code for words to search for, and ends with 1 then: scripts that want to know
// whether a code exists go by that.
func printArticles(out, problems io.Writer, codes []string) error {
	var words []string
	var unknown error
	separate := ""
	for _, code := range codes {
		a, ok := explain.Find(code)
		switch {
		case ok:
			fmt.Fprint(out, separate, a.String())
			separate = "\n"
		case explain.LooksLikeCode(code):
			suggestCodes(problems, code)
			unknown = cli.Exit(1)
		default:
			words = append(words, code)
		}
	}
	if len(words) == 0 {
		return unknown
	}
	searchArticles(out, problems, words)
	return cli.Exit(1)
}

func suggestCodes(problems io.Writer, code string) {
	fmt.Fprintf(problems, "govrrpd: there is no code %q; nearest are\n", code)
	listArticles(problems, explain.Nearest(code))
}

func searchArticles(out, problems io.Writer, words []string) {
	found := explain.Search(words)
	query := strings.Join(words, " ")
	switch {
	case len(found) == 0:
		fmt.Fprintf(problems, "govrrpd: no code is %q, and no article has that; `govrrpd explain` lists all\n", query)
	default:
		fmt.Fprintf(problems, "govrrpd: no code is %q; these articles have that\n", query)
		listArticles(out, found)
	}
}
