package config

import (
	"path/filepath"
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// TestExamplesAreAccepted checks the files in configs/ on a machine that has what they name.
func TestExamplesAreAccepted(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.conf")
	if err != nil || len(files) < 8 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		c := Decode(syntax.Parse(file, options()), fakeHost{})
		if len(c.Diagnostics) != 0 || len(c.Instances) == 0 {
			t.Errorf("%s: %d instances, exit %d\n%s", file, len(c.Instances), c.ExitCode(), printed(c))
		}
	}
}
