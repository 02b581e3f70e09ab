package lsp

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// talk gives the program messages and returns what it answers, and its exit code.
func talk(t *testing.T, messages ...string) (answers string, code int) {
	t.Helper()
	var input, output bytes.Buffer
	for _, m := range messages {
		fmt.Fprintf(&input, "Content-Length: %d\r\n\r\n%s", len(m), m)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "govrrpd"), "lsp", "--stdio")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &input, &output, &output
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return output.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return output.String(), 0
}

const (
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}`
	shutdown   = `{"jsonrpc":"2.0","id":2,"method":"shutdown"}`
	exit       = `{"jsonrpc":"2.0","method":"exit"}`
)

func TestProgramEndsAsTheProtocolWants(t *testing.T) {
	answers, code := talk(t, initialize, shutdown, exit)
	if code != 0 {
		t.Errorf("after shutdown and exit it ends with %d: %s", code, answers)
	}
	for _, want := range []string{"Content-Length: ", `"positionEncoding":"utf-16"`, `{"id":2,"result":null,"jsonrpc":"2.0"}`} {
		if !strings.Contains(answers, want) {
			t.Errorf("%q is not in the answers: %s", want, answers)
		}
	}
	if answers, code = talk(t, initialize, exit); code != 1 {
		t.Errorf("after exit alone it ends with %d: %s", code, answers)
	}
	if answers, code = talk(t, initialize); code != 1 {
		t.Errorf("when its editor is gone it ends with %d: %s", code, answers)
	}
}

// TestDaemonDoesNotPayForTheServer: what starts every day on every router does nothing for editors.
func TestDaemonDoesNotPayForTheServer(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "govrrpd"), "-v")
	cmd.Env = append(cmd.Environ(), "GODEBUG=inittrace=1")
	trace, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(trace, []byte("internal/config @")) {
		t.Fatalf("no trace of the start: %v\n%s", err, trace)
	}
	for _, pkg := range []string{"internal/lsp", "jsonrpc2"} {
		if bytes.Contains(trace, []byte(pkg+" @")) {
			t.Errorf("%s does something at the start:\n%s", pkg, trace)
		}
	}
}
