package netns

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/govrrpd/govrrpd/internal/nettest"
	"github.com/govrrpd/govrrpd/test/peers"
)

// TestMain lets all tests run side by side unless told otherwise: they wait for timers, not for a
// processor.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", "32"); err != nil {
			panic("netns: " + err.Error())
		}
	}
	nettest.Main(m)
}

// subject is the daemon under test: what $GOVRRPD_SUBJECT names (the path of a govrrpd, or
// "keepalived", with which the suite judges itself), else govrrpd built from this source.
var subject = sync.OnceValues(func() (peers.Program, error) {
	switch path := os.Getenv("GOVRRPD_SUBJECT"); path {
	case "":
		return buildSubject()
	case "keepalived":
		return peers.Program{}, nil
	default:
		path, err := filepath.Abs(path) // a daemon starts in a directory of its own
		return peers.Program{Path: path}, err
	}
})

func buildSubject() (peers.Program, error) {
	path, err := filepath.Abs("../../build/netns/govrrpd")
	if err != nil {
		return peers.Program{}, err
	}
	output, err := exec.Command("go", "build", "-o", path, "../../cmd/govrrpd").CombinedOutput()
	if err != nil {
		return peers.Program{}, fmt.Errorf("build govrrpd: %w\n%s", err, output)
	}
	return peers.Program{Path: path}, nil
}

// subjectProgram returns the daemon under test.
func subjectProgram(t *testing.T) peers.Program {
	t.Helper()
	program, err := subject()
	if err != nil {
		t.Fatal(err)
	}
	if program.Path == "" {
		return peers.Need(t, "keepalived")
	}
	return program
}
