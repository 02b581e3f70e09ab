package lsp

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/jsonrpc2"
)

// wantCode fails unless err is an answer with that code.
func wantCode(t *testing.T, err error, code int64) {
	t.Helper()
	var answer *jsonrpc2.Error
	if !errors.As(err, &answer) || answer.Code != code {
		t.Errorf("got %v, want an error with code %d", err, code)
	}
}

func (s *session) awaitEnd() (proper bool) {
	s.t.Helper()
	select {
	case proper = <-s.ended:
		return proper
	case <-time.After(patience):
		s.t.Fatal("the server has not ended")
		return false
	}
}

func TestShutdownThenExitIsProper(t *testing.T) {
	s := begin(t, nil)
	s.call("shutdown", nil, nil)
	wantCode(t, s.try("textDocument/hover", at(mainURI, position{}), nil), codeInvalidRequest)
	s.notify("exit", nil)
	if !s.awaitEnd() {
		t.Error("the end counts as improper")
	}
}

func TestEndWithoutShutdownIsNotProper(t *testing.T) {
	s := begin(t, nil)
	s.notify("exit", nil)
	if s.awaitEnd() {
		t.Error("exit without shutdown counts as proper")
	}
	s = begin(t, nil)
	s.conn.Close()
	if s.awaitEnd() {
		t.Error("an editor that is gone counts as proper")
	}
}

func TestUnknownRequestsAreRefusedAndUnknownNotificationsAreNot(t *testing.T) {
	s := begin(t, nil)
	s.notify("$/setTrace", map[string]string{"value": "off"})
	wantCode(t, s.try("textDocument/foldingRange", documentParams{}, nil), jsonrpc2.CodeMethodNotFound)
	wantCode(t, s.try("textDocument/hover", []int{1}, nil), jsonrpc2.CodeInvalidParams)
}

func TestRequestsAboutFilesThatAreNotOpenHaveNoAnswer(t *testing.T) {
	s := begin(t, nil)
	for _, method := range []string{"hover", "completion", "definition", "references", "documentHighlight", "rename", "prepareRename",
		"documentSymbol", "codeAction", "formatting"} {
		var result any
		s.call("textDocument/"+method, at(mainURI, position{}), &result)
		if result != nil {
			t.Errorf("%s gave %v", method, result)
		}
	}
}

func TestOddParametersDoNotKeepAnEditorOut(t *testing.T) {
	s := begin(t, nil)
	for _, odd := range []string{
		`{"capabilities": [], "initializationOptions": []}`,
		`{"capabilities": {"textDocument": {"completion": {"completionItem": {"snippetSupport": "yes"}}}, "general": {"positionEncodings": ["utf-8"]}}}`,
		`{"initializationOptions": "x", "capabilities": {"general": {"positionEncodings": ["utf-8"]}}}`,
		`[]`,
	} {
		var result initializeResult
		s.call("initialize", json.RawMessage(odd), &result)
		if want := string(utf8Encoding); strings.Contains(odd, want) && result.Capabilities.PositionEncoding != want {
			t.Errorf("%s: positions are in %s", odd, result.Capabilities.PositionEncoding)
		}
	}
}
