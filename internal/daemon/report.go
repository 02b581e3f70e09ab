package daemon

import (
	"fmt"
	"log/slog"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// report logs what is wrong with a configuration, a line for each finding.
func report(log *slog.Logger, cfg *config.Config) {
	for i := range cfg.Diagnostics {
		diagnostic := &cfg.Diagnostics[i]
		level := slog.LevelInfo
		if diagnostic.Severity == syntax.Error {
			level = slog.LevelWarn
		}
		log.Log(noContext, level, findingLine(diagnostic))
	}
}

// findingLine is a finding as keepalived logs it: `(FILE: Line N) message`.
func findingLine(d *syntax.Diagnostic) string {
	text := d.Message
	if d.Hint != "" {
		text += " (" + d.Hint + ")"
	}
	switch {
	case d.Span.Source == nil:
		return text
	case d.Span.Source.Text == "": // about the file as a whole
		return fmt.Sprintf("(%s) %s", d.Span.Source.Name, text)
	}
	return fmt.Sprintf("(%s: Line %d) %s", d.Span.Source.Name, d.Span.Line(), text)
}

// includeFailed tells whether the file, or one that it includes, could not be had.
func includeFailed(cfg *config.Config) bool {
	for i := range cfg.Diagnostics {
		if c := cfg.Diagnostics[i].Class; c == syntax.ClassInclude || c == syntax.ClassFileNotFound {
			return true
		}
	}
	return false
}
