package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/lsp"
)

// typingPause is how long the keyboard must rest before the file is checked.
const typingPause = 150 * time.Millisecond

// lspCommand is what editors start; people do not.
func lspCommand() *cobra.Command {
	var configID string
	var stdio bool
	c := &cobra.Command{
		Use:   "lsp",
		Short: "Serve keepalived.conf to an editor (Language Server Protocol)",
		Long: `lsp speaks the Language Server Protocol on standard input and output: findings while you type, hover,
completion, formatting, go to definition, references, rename. Your editor starts it; docs/EDITORS.md
tells how. It reads files only, and asks nothing of this machine: findings are those of "govrrpd check".`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options := lsp.Options{ConfigID: configID, Debounce: typingPause, Version: cli.ReadBuild(version, date).Version}
			if !lsp.Serve(cmd.Context(), stdioStream{}, options) {
				return cli.Exit(1) // as the protocol wants it where the editor went without a word
			}
			return nil
		},
	}
	c.Flags().StringVarP(&configID, "config-id", "i", "", "the `ID` that @ID lines are compared with")
	_ = c.RegisterFlagCompletionFunc("config-id", cobra.NoFileCompletions)
	c.Flags().BoolVar(&stdio, "stdio", true, "speak on standard input and output; there is no other way")
	return c
}

// stdioStream is standard input and output as one stream.
type stdioStream struct{}

func (stdioStream) Read(b []byte) (int, error)  { return os.Stdin.Read(b) }
func (stdioStream) Write(b []byte) (int, error) { return os.Stdout.Write(b) }
func (stdioStream) Close() error                { return os.Stdin.Close() }
