package report

import (
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// The parts of SARIF 2.1.0 that findings need, named as there.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string     `json:"id"`
		ShortDescription *sarifText `json:"shortDescription,omitempty"`
		FullDescription  *sarifText `json:"fullDescription,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	homepage    = "https://github.com/govrrpd/govrrpd"
)

// SARIF writes the OASIS format 2.1.0 that code scanning reads. Its rules are the codes that were found,
// with their articles.
func SARIF(out io.Writer, files []File, o Options) error {
	rules := rulesOf(files)
	driver := sarifDriver{Name: "govrrpd", Version: o.Version, InformationURI: homepage, Rules: []sarifRule{}}
	for _, code := range rules {
		driver.Rules = append(driver.Rules, sarifRule{ID: code.String(), ShortDescription: describe(o.Title, code), FullDescription: describe(o.Article, code)})
	}
	run := sarifRun{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	for _, f := range files {
		for i := range f.Findings {
			d := &f.Findings[i]
			index, _ := slices.BinarySearch(rules, d.Code)
			run.Results = append(run.Results, sarifResult{
				RuleID: d.Code.String(), RuleIndex: index, Level: sarifLevel(d.Severity),
				Message: sarifText{withHint(d)}, Locations: []sarifLocation{{locate(o.placeOf(d, &f, codePoints))}},
			})
		}
	}
	return encode(out, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// rulesOf are the codes that were found, in order.
func rulesOf(files []File) []syntax.Code {
	var codes []syntax.Code
	for _, f := range files {
		for i := range f.Findings {
			codes = append(codes, f.Findings[i].Code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func describe(text func(syntax.Code) string, code syntax.Code) *sarifText {
	if text == nil || text(code) == "" {
		return nil
	}
	return &sarifText{text(code)}
}

func sarifLevel(s syntax.Severity) string {
	if s == syntax.Notice {
		return "note"
	}
	return s.String()
}

func locate(p place) sarifPhysical {
	location := sarifPhysical{Artifact: sarifArtifact{uri(p.file)}}
	if p.line > 0 {
		location.Region = &sarifRegion{StartLine: p.line, StartColumn: p.column, EndLine: p.endLine, EndColumn: p.endColumn}
	}
	return location
}

// uri is a file's name as a URI reference: relative names stay relative, to the top of the repository in
// which the check runs.
func uri(name string) string {
	u := url.URL{Path: path.Clean(name)}
	if strings.HasPrefix(name, "/") {
		u.Scheme = "file"
	}
	return u.String()
}

func codePoints(text string) int { return utf8.RuneCountInString(text) }
