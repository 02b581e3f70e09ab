package transcript

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/govrrpd/govrrpd/internal/nettest"
	"github.com/govrrpd/govrrpd/test/peers"
)

// TestMain lets the scenarios run side by side unless told otherwise: they wait for timers, not for a
// processor.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", "20"); err != nil {
			panic("transcript: " + err.Error())
		}
	}
	nettest.Main(m)
}

// subject is govrrpd, built from this source or what $GOVRRPD_SUBJECT names: the path of a program, or
// "keepalived", with which the suite judges itself.
var subject = sync.OnceValues(func() (peers.Program, error) {
	if path := os.Getenv("GOVRRPD_SUBJECT"); path != "" {
		return peers.Program{Path: path}, nil
	}
	path, err := filepath.Abs("../../build/transcript/govrrpd")
	if err != nil {
		return peers.Program{}, err
	}
	output, err := exec.Command("go", "build", "-o", path, "../../cmd/govrrpd").CombinedOutput()
	if err != nil {
		return peers.Program{}, fmt.Errorf("build govrrpd: %w\n%s", err, output)
	}
	return peers.Program{Path: path}, nil
})

// programs returns the oracle and the subject.
func programs(t *testing.T) (oracle, ours peers.Program) {
	t.Helper()
	oracle = peers.Need(t, "keepalived")
	ours, err := subject()
	if err != nil {
		t.Fatal(err)
	}
	if ours.Path == "keepalived" {
		ours = oracle
	}
	return oracle, ours
}

// tries is how often a scenario is played before what differs counts: daemons that run beside each other are seldom
// all in time on a busy machine. A difference in what they do is there each time.
const tries = 3

// TestTranscripts plays every scenario with keepalived alone, with govrrpd as its first host, and, where there
// are two, with govrrpd alone.
func TestTranscripts(t *testing.T) {
	oracle, ours := programs(t)
	for _, s := range loadScenarios(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			casts := []cast{{"keepalived", oracle, oracle, oracle.Path}, {"govrrpd with keepalived", ours, oracle, oracle.Path}}
			if len(s.hosts()) > 1 {
				casts = append(casts, cast{"govrrpd alone", ours, ours, oracle.Path})
			}
			for n := 1; ; n++ {
				problems := try(t, s, casts)
				if len(problems) == 0 {
					return
				}
				if n == tries {
					t.Fatal(strings.Join(problems, "\n"))
				}
				t.Logf("try %d: %s", n, strings.Join(problems, "\n"))
			}
		})
	}
}

// try plays a scenario once and tells what is wrong.
func try(t *testing.T, s *scenario, casts []cast) (problems []string) {
	t.Helper()
	results, problems := playAll(t, s, casts)
	if len(problems) > 0 {
		return problems
	}
	for _, e := range s.differs {
		e.used = false
	}
	for i, result := range results[1:] {
		problems = append(problems, compare(s, casts[i+1], results[0], result)...)
	}
	if len(problems) > 0 {
		return problems
	}
	for _, e := range s.differs {
		if !e.used && !strings.HasPrefix(e.reason, "perhaps") {
			problems = append(problems, fmt.Sprintf("the exception %q (%s) is no longer needed", e.line, e.reason))
		}
	}
	return problems
}

// cast says who plays host a and host b.
type cast struct {
	name string
	a, b peers.Program

	oracle string // keepalived's path
}

// playAll plays a scenario with each cast at the same time.
func playAll(t *testing.T, s *scenario, casts []cast) (results []transcript, problems []string) {
	t.Helper()
	results = make([]transcript, len(casts))
	failures := make([]error, len(casts))
	var running sync.WaitGroup
	for i, c := range casts {
		dir := t.TempDir()
		running.Go(func() { results[i], failures[i] = play(t.Context(), s, c, dir) })
	}
	running.Wait()
	for i, err := range failures {
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", casts[i].name, err))
		}
	}
	return results, problems
}
