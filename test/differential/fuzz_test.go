package differential

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/host"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/test/peers"
)

var (
	generated = flag.Int("generated", 100, "how many files of each kind TestGeneratedFiles makes")
	first     = flag.Uint64("first", 1, "number of the first of them: the same number is the same file")
)

// slow is how long a configuration test of ours may take: they take milliseconds, on a machine that is busy
// with nothing else.
const slow = 5 * time.Second

// A sample is a generated configuration: its files by name, the main one being mainFile.
type sample map[string]string

const mainFile = "keepalived.conf"

// TestGeneratedFiles holds the verdicts against each other on files that nobody wrote: mutations of
// files that look like those of users, and files made of the keyword rows. Where they differ, and no rule
// of intended_test.go says why, the file is made as small as it gets and shown.
func TestGeneratedFiles(t *testing.T) {
	known := differences(t)
	for _, i := range intended {
		if !strings.HasPrefix(i.reason, "2.4: ") && !known[i.reason] {
			t.Errorf("docs/DIFFERENCES.md has no row that begins with %q", i.reason)
		}
	}
	keepalived := peers.Need(t, "keepalived")
	seeds := readSeeds(t)
	kinds := []struct {
		name string
		make func(*rand.Rand) sample
	}{
		{"mutated", func(r *rand.Rand) sample { return mutate(r, seeds) }},
		{"grammar", fromRows},
		{"disguised", func(r *rand.Rand) sample {
			if r.IntN(2) == 0 {
				return disguise(r, fromRows(r)[mainFile])
			}
			return disguise(r, atHome(pick(r, seeds)))
		}},
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			newContest(t, keepalived, kind.make).run()
		})
	}
}

// A contest is one kind of files, judged by both.
type contest struct {
	t          *testing.T
	keepalived peers.Program
	make       func(*rand.Rand) sample

	mutex    sync.Mutex
	count    int            // of files on which keepalived has a verdict
	same     int            // exit codes
	sameRun  int            // would run, or refused
	intended map[string]int // differences, by reason
	shown    int
}

func newContest(t *testing.T, keepalived peers.Program, make func(*rand.Rand) sample) *contest {
	return &contest{t: t, keepalived: keepalived, make: make, intended: map[string]int{}}
}

func (c *contest) run() {
	numbers := make(chan uint64)
	var wait sync.WaitGroup
	for worker := range workers {
		dir := filepath.Join("/run/generated", c.t.Name(), fmt.Sprint(worker))
		wait.Go(func() {
			for number := range numbers {
				c.hold(number, dir)
			}
		})
	}
	for i := range *generated {
		numbers <- *first + uint64(i)
	}
	close(numbers)
	wait.Wait()
	c.t.Logf("%d files: the same exit code for %d (%.2f %%), the same refusals for %d (%.2f %%)",
		c.count, c.same, percent(c.same, c.count), c.sameRun, percent(c.sameRun, c.count))
	for _, reason := range slices.Sorted(maps.Keys(c.intended)) {
		c.t.Logf("%6d meant: %s", c.intended[reason], reason)
	}
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

// mostShown bounds the differences that are made small and printed.
const mostShown = 40

// hold makes the file of that number and compares what is said of it.
func (c *contest) hold(number uint64, dir string) {
	s := c.make(rand.New(rand.NewPCG(number, 0)))
	v := c.judge(s, dir)
	reason := ""
	if v.differ() {
		reason = intendedReason(s, v)
	}
	c.mutex.Lock()
	if v.theirs.instead == "" {
		c.count++
	}
	if v.sameCode() {
		c.same++
	}
	if v.sameRun() {
		c.sameRun++
	}
	if reason != "" {
		c.intended[reason]++
		if !v.sameCode() {
			c.intended[reason+" (exit code)"]++
		}
	}
	show := v.differ() && reason == ""
	if show {
		c.shown++
		show = c.shown <= mostShown
		c.t.Fail()
	}
	c.mutex.Unlock()
	if v.ours.took > slow {
		c.t.Errorf("file %d: took %v", number, v.ours.took)
	}
	if show {
		small := c.shrink(s, v, dir)
		c.t.Errorf("file %d: %s\n%s", number, small.outcome(), small)
	}
}

// opinion is our verdict.
type opinion struct {
	code    int
	refused bool
	said    []byte
	took    time.Duration
}

// verdicts are both verdicts on a sample.
type verdicts struct {
	sample sample
	ours   opinion
	theirs verdict
}

func (v *verdicts) sameCode() bool { return v.theirs.instead == "" && v.ours.code == v.theirs.code }

func (v *verdicts) sameRun() bool {
	return v.theirs.instead == "" && v.ours.refused == v.theirs.refused()
}

// differ reports whether there are two verdicts, and they are not the same. That keepalived crashes or
// hangs is its own affair.
func (v *verdicts) differ() bool {
	return v.theirs.instead == "" && !(v.sameCode() && v.sameRun())
}

func (v *verdicts) outcome() string {
	return fmt.Sprintf("govrrpd ends with %d (refused %t), keepalived with %v (refused %t)",
		v.ours.code, v.ours.refused, v.theirs, v.theirs.refused())
}

func (v *verdicts) String() string {
	var out strings.Builder
	for name, text := range v.sample {
		fmt.Fprintf(&out, "-- %s --\n%s", name, visible(text))
	}
	fmt.Fprintf(&out, "govrrpd says:\n%skeepalived says:\n%s", v.ours.said, v.theirs.said)
	return out.String()
}

// visible shows the characters that make a difference unseen.
func visible(text string) string {
	return strings.NewReplacer("\t", "⇥", "\r", "␍", "\x00", "␀", "\f", "␌", "\v", "␋", " \n", "␠\n").Replace(strings.TrimRight(text, "\n")) + "\n"
}

// judge writes the sample into dir and asks both.
func (c *contest) judge(s sample, dir string) *verdicts {
	if err := os.RemoveAll(dir); err != nil {
		c.t.Error(err)
	}
	for name, text := range s {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			c.t.Error(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			c.t.Error(err)
		}
	}
	path := filepath.Join(dir, mainFile)
	theirs, err := ask(context.Background(), c.keepalived, path)
	if err != nil {
		c.t.Error(err)
	}
	return &verdicts{sample: s, ours: opine(path), theirs: theirs}
}

// opine is judge with all there is to compare.
func opine(path string) opinion {
	start := time.Now()
	tree := syntax.Parse(path, syntax.Options{
		ConfigID: configID, Env: os.LookupEnv, Seed: 1,
		BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock,
	})
	cfg := config.Decode(tree, host.New())
	took := time.Since(start)
	var said bytes.Buffer
	syntax.Print(&said, cfg.Diagnostics)
	return opinion{code: cfg.ExitCode(), refused: cfg.Refused(), said: said.Bytes(), took: took}
}

var (
	missingClose = []byte("missing '}'s")
	extraClose   = []byte("Extra '}'")
	extraOpen    = []byte("Unexpected '{'")
)

// shape is what is wrong with the braces: leaving out one of them would make another file of it.
func (v *verdicts) shape() [3]bool {
	return [3]bool{bytes.Contains(v.theirs.said, missingClose), bytes.Contains(v.theirs.said, extraClose), bytes.Contains(v.theirs.said, extraOpen)}
}

// shrink makes a sample with the same difference that is as small as leaving out lines makes it.
func (c *contest) shrink(s sample, v *verdicts, dir string) *verdicts {
	dir += "-small"
	want, shape := v.outcome(), v.shape()
	for name := range s {
		lines := strings.SplitAfter(s[name], "\n")
		for size := max(len(lines)/2, 1); size > 0; size /= 2 {
			for at := 0; at < len(lines); {
				fewer := append(append([]string{}, lines[:at]...), lines[min(at+size, len(lines)):]...)
				smaller := sample{}
				for other, text := range v.sample {
					smaller[other] = text
				}
				smaller[name] = strings.Join(fewer, "")
				if got := c.judge(smaller, dir); got.outcome() == want && got.shape() == shape && intendedReason(smaller, got) == "" {
					v, lines = got, fewer
				} else {
					at += size
				}
			}
		}
	}
	return v
}
