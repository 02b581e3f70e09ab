package transcript

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// dumpSignals are the signals that ask for a state file.
var dumpSignals = map[string]syscall.Signal{"data": unix.SIGUSR1, "stats": unix.SIGUSR2, "json": syscall.Signal(36)}

func (n *node) dump(ctx context.Context, kind string) error {
	file := filepath.Join(n.dir, "keepalived."+kind)
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		return err
	}
	mark := n.daemon.Log.Mark()
	if err := n.daemon.Signal(dumpSignals[kind]); err != nil {
		return err
	}
	var text []byte
	err := until(ctx, file, func() bool {
		var err error
		text, err = os.ReadFile(file)
		return err == nil && len(text) > 0 && text[len(text)-1] == '\n'
	})
	if err == nil {
		_, err = n.daemon.Log.Wait(ctx, mark, "Printing VRRP")
	}
	if err != nil {
		return err
	}
	written := string(text)
	if kind == "json" {
		if written, err = jsonLines(text); err != nil {
			return err
		}
	}
	interesting := kind != "data"
	for line := range strings.SplitSeq(strings.TrimRight(written, "\n"), "\n") {
		// Of keepalived.data only what monitoring reads: the rest is about keepalived's insides.
		if kind == "data" && strings.HasPrefix(line, "------<") {
			interesting = slices.ContainsFunc(monitored, func(section string) bool { return strings.Contains(line, section) })
		}
		if interesting {
			n.note("dump-"+kind, line)
		}
	}
	return os.Remove(file)
}

// monitored are the sections of keepalived.data that are compared.
var monitored = []string{"Static Addresses", "Static Routes", "Static Rules", "VRRP Topology", "VRRP Sync groups", "VRRP Scripts", "VRRP Track files"}

// jsonLines lays out keepalived.json with one key on a line, in the order of the file.
func jsonLines(text []byte) (string, error) {
	var b bytes.Buffer
	err := json.Indent(&b, text, "", " ")
	return strings.ReplaceAll(b.String(), `\/`, "/"), err
}
