package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spf13/cobra"
)

func TestInstancesOfFilesAreOffered(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := write("one.conf", "vrrp_instance inside {\n}\n$V= \\\nvrrp_instance net$n { \\\n}\n~SEQ(n, 2) $V\n")
	two := write("two.conf", "vrrp_instance outside {\n")
	names, directive := completeInstances(nil, []string{one, two, filepath.Join(dir, "none.conf")}, "")
	if want := []string{"inside", "net1", "net2", "outside"}; !slices.Equal(names, want) || directive != cobra.ShellCompDirectiveNoFileComp {
		t.Errorf("got %v (%d), want %v", names, directive, want)
	}
}
