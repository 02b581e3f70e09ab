// Package differential holds govrrpd's verdicts against those of Debian's keepalived (2.2.7): every
// keyword right, wrong and missing its word, in many small configurations. Both get the same file, in the
// same place, and what is compared is the exit code of the configuration test.
//
// The files of testdata are tables of such configurations, to be read by people (table_test.go tells
// their form). Where the two are meant to differ the table says what each of them says, and why: since
// keepalived 2.4 judges otherwise than 2.2.7, or because of a row of docs/DIFFERENCES.md. A difference that
// is not in a table is a failure, and so is one in a table that no longer happens.
//
// The tests run in namespaces of their own, with the interfaces, users and scripts of place_test.go. The
// texts of findings are the business of the packages that make them.
package differential

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/govrrpd/govrrpd/test/peers"
)

var show = flag.String("show", "", "print what both say of the cases that match this regular expression")

// workers is how many copies of keepalived run at a time.
const workers = 2

func TestVerdicts(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	known := differences(t)
	keepalived := peers.Need(t, "keepalived")
	wanted, err := regexp.Compile(*show)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			cases := readTable(t, name)
			theirs := judgeAll(t, keepalived, cases)
			for i, c := range cases {
				var said bytes.Buffer
				ours := judge(&said, c.path)
				about := fmt.Sprintf("%s:%d: %s\n", name, c.line, c.text)
				both := fmt.Sprintf("govrrpd says:\n%skeepalived says:\n%s", said.Bytes(), theirs[i].said)
				c.check(t, known, about, both, ours, theirs[i])
				if *show != "" && wanted.MatchString(c.text) {
					t.Logf("%s%sgovrrpd ends with %d, keepalived with %v", about, both, ours, theirs[i])
				}
			}
		})
	}
}

// check compares the two verdicts with the table's.
func (c *testCase) check(t *testing.T, known map[string]bool, about, both string, ours int, theirs verdict) {
	if ours != c.ours || theirs.String() != c.theirs {
		t.Errorf("%sgovrrpd ends with %d (the table has %d), keepalived with %v (%s)\n%s", about, ours, c.ours, theirs, c.theirs, both)
	}
	differs := strconv.Itoa(c.ours) != c.theirs
	switch {
	case differs && c.reason == "":
		t.Errorf("%sthe table has a difference without a reason", about)
	case differs && c.row && !known[c.reason]:
		t.Errorf("%sdocs/DIFFERENCES.md has no row that begins with %q", about, c.reason)
	}
}

// judgeAll asks keepalived for its verdict on all cases, a few at a time.
func judgeAll(t *testing.T, keepalived peers.Program, cases []*testCase) []verdict {
	verdicts := make([]verdict, len(cases))
	errs := make([]error, len(cases))
	next := make(chan int)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := range next {
				verdicts[i], errs[i] = ask(t.Context(), keepalived, cases[i].path)
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("%s: %v", cases[i].text, err)
		}
	}
	return verdicts
}

// differences are the first cells of the rows of docs/DIFFERENCES.md, and its list entries.
func differences(t *testing.T) map[string]bool {
	text, err := os.ReadFile("../../docs/DIFFERENCES.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^(?:\| (.+?) \||- (.+)$)`).FindAllSubmatch(text, -1) {
		known[string(row[1])+string(row[2])] = true
	}
	return known
}
