package report

import (
	"encoding/json"
	"io"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// jsonVersion changes when a field is taken away or means something else, which should never happen.
const jsonVersion = 1

type jsonReport struct {
	Version int        `json:"version"`
	Files   []jsonFile `json:"files"`
	Fleet   Printer    `json:"fleet,omitempty"`
}

type jsonFile struct {
	Name     string        `json:"name"`
	Errors   int           `json:"errors"`
	Warnings int           `json:"warnings"`
	Notices  int           `json:"notices"`
	Findings []jsonFinding `json:"findings"`
}

type jsonFinding struct {
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"endLine,omitempty"`
	EndColumn int    `json:"endColumn,omitempty"`
	Severity  string `json:"severity"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty"`
	Class     string `json:"class,omitempty"`
	Refused   bool   `json:"refused,omitempty"`
}

// JSON writes one object for all files. Columns count bytes.
func JSON(out io.Writer, files []File, o Options) error {
	report := jsonReport{Version: jsonVersion, Files: []jsonFile{}, Fleet: o.Fleet}
	for _, f := range files {
		sum := Count(f.Findings)
		entry := jsonFile{Name: f.Name, Errors: sum.Errors, Warnings: sum.Warnings, Notices: sum.Notices, Findings: []jsonFinding{}}
		for i := range f.Findings {
			entry.Findings = append(entry.Findings, findingOf(&f.Findings[i], o))
		}
		report.Files = append(report.Files, entry)
	}
	return encode(out, report)
}

func encode(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func findingOf(d *syntax.Diagnostic, o Options) jsonFinding {
	p := placeOf(d, byteCount)
	return jsonFinding{
		File: o.fileName(p.file), Line: p.line, Column: p.column, EndLine: p.endLine, EndColumn: p.endColumn,
		Severity: d.Severity.String(), Code: d.Code.String(), Message: d.Message, Hint: d.Hint,
		Class: classNames[d.Class], Refused: d.Refuse,
	}
}

// classNames are keepalived's classes, from which the exit code of -t follows.
var classNames = map[syntax.Class]string{
	syntax.ClassFileNotFound: "file-not-found", syntax.ClassBadInterface: "bad-interface", syntax.ClassFatal: "fatal",
	syntax.ClassMultipleFiles: "multiple-files", syntax.ClassUnknownKeyword: "unknown-keyword",
	syntax.ClassUnexpectedOpen: "unexpected-open", syntax.ClassMissingOpen: "missing-open",
	syntax.ClassUnexpectedClose: "unexpected-close", syntax.ClassMissingClose: "missing-close",
	syntax.ClassUnmatchedQuote: "unmatched-quote", syntax.ClassMissingParameter: "missing-parameter",
	syntax.ClassInvalidNumber: "invalid-number", syntax.ClassGeneral: "general", syntax.ClassWarning: "warning",
	syntax.ClassDeprecated: "deprecated", syntax.ClassSecurity: "security", syntax.ClassInclude: "include",
	syntax.ClassAbort: "abort",
}
