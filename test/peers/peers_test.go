package peers

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestKeepalivedRunsWithoutBeingInstalled(t *testing.T) {
	program := Need(t, "keepalived")
	cmd := exec.Command(program.Path, "-v")
	cmd.Env = append(os.Environ(), program.Env...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s -v: %v\n%s", program.Path, err, text)
	}
	if !strings.HasPrefix(string(text), "Keepalived v") {
		t.Errorf("%s -v begins with %q", program.Path, text[:min(len(text), 60)])
	}
}

func TestFetchingUnpacksAProgramWithItsLibraries(t *testing.T) {
	t.Setenv("GOVRRPD_PEERS", t.TempDir())
	program, err := fetch(t.Context(), "tcpdump", "tcpdump")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program.Path, "--version")
	cmd.Env = append(os.Environ(), program.Env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s --version: %v\n%s", program.Path, err, text)
	}
	again, err := fetch(t.Context(), "tcpdump", "no such package")
	if err == nil || again.Path != "" {
		t.Errorf("fetching a package that does not exist gave %q, error %v", again.Path, err)
	}
}

func TestUnknownProgramIsAnError(t *testing.T) {
	if program, err := Find(t.Context(), "no-such-program"); err == nil {
		t.Errorf("found %q", program.Path)
	}
}

func TestDependencyNamesTakesTheFirstAlternative(t *testing.T) {
	got := dependencyNames("iproute2, libc6 (>= 2.34), libssl3:amd64 | libssl1.1, default-mta | mail-transport-agent\n")
	want := []string{"iproute2", "libc6", "libssl3", "default-mta"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBFDDRunsWithoutBeingInstalled(t *testing.T) {
	program := Need(t, "bfdd")
	cmd := exec.Command(program.Path, "--version")
	cmd.Env = append(os.Environ(), program.Env...)
	text, err := cmd.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(text), "bfdd version") {
		t.Errorf("%s --version: %v\n%s", program.Path, err, text)
	}
}
