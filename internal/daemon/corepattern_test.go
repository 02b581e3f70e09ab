package daemon

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCorePatternIsGivenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "core_pattern")
	read := func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if err := os.WriteFile(path, []byte("|/usr/lib/collector %p\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var l lent
	if err := l.giveBack(); err != nil || read() != "|/usr/lib/collector %p\n" {
		t.Fatalf("what was never borrowed was given back: %v %q", err, read())
	}
	if err := l.borrow(path, "core"); err != nil || read() != "core" {
		t.Fatalf("borrowed: %v %q", err, read())
	}
	if err := l.giveBack(); err != nil || read() != "|/usr/lib/collector %p\n" {
		t.Errorf("given back: %v %q", err, read())
	}
	if err := l.borrow(path+"x/y", "core"); err == nil {
		t.Error("a file that is not there was borrowed")
	}
}
