package config

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// TestCorpusVerdicts compares the exit codes for real configurations with those of keepalived 2.4. They
// are in the folder that GOVRRPD_CORPUS names, with their verdicts in verdicts.tsv: file, exit code, …
// and the first messages. Without the folder, the archives of testdata are all there is to judge.
func TestCorpusVerdicts(t *testing.T) {
	folder, set := os.LookupEnv("GOVRRPD_CORPUS")
	if !set {
		return
	}
	verdicts, err := os.Open(filepath.Join(folder, "verdicts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer verdicts.Close()
	r := csv.NewReader(verdicts)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("verdicts: %d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		want, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatalf("%s: %v", row[0], err)
		}
		c := Decode(syntax.Parse(filepath.Join(folder, row[0]), options()), fakeHost{})
		got := c.ExitCode()
		if got != want && !meantDifference(got, row[len(row)-1], c) {
			t.Errorf("%s: exit %d, keepalived's is %d (%s)\n%s", row[0], got, want, row[len(row)-1], printed(c))
		}
	}
}

// meantDifference reports whether another exit code than keepalived's has a reason that
// docs/DIFFERENCES.md gives: all that keepalived complains about is in a part that is judged otherwise.
func meantDifference(got int, messages string, c *Config) bool {
	excused := func(message string) bool {
		switch {
		case strings.Contains(message, "due to insecure"): // symbolic links in paths of scripts
			return true
		case c.VirtualServers == 0:
			return false
		}
		return slices.ContainsFunc([]string{"nat_mask", "persistence_timeout", "Quorum", "nb_get_retry", "outside range"},
			func(part string) bool { return strings.Contains(message, part) })
	}
	for message := range strings.SplitSeq(messages, " | ") {
		if !excused(message) {
			return false
		}
	}
	return got == 0
}
