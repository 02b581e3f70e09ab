package lsp

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// FuzzRequests asks everything about any place of any text: nothing may panic, and an error is one for
// the person who asked.
func FuzzRequests(f *testing.F) {
	for i := range len(site) {
		if i%20 == 0 {
			f.Add(site, i)
		}
	}
	f.Add("~SEQ(i, 1, 3) vrrp_instance V_${i} { track_script { $i", 40)
	f.Add("include ../*/{a,b}\n@a include x\n$A=1 \\\n b\\\n\n$A \xff\xfe é𝄞 { \"", 12)
	f.Fuzz(func(t *testing.T, text string, offset int) {
		s := newServer(Options{FS: syntax.IOFS(fstest.MapFS{})}, nil)
		if _, err := s.initialize(initializeParams{}); err != nil {
			t.Fatal(err)
		}
		var open didOpenParams
		open.TextDocument.URI, open.TextDocument.Text = mainURI, text
		if _, err := s.didOpen(open); err != nil {
			t.Fatal(err)
		}
		lines := newLineText(text)
		where := lines.position(offset, s.encoding)
		params := map[string]any{
			"textDocument": textDocument{mainURI}, "position": where, "newName": "x", "range": textRange{where, where},
		}
		raw := json.RawMessage(raw(t, params))
		for _, method := range []string{"hover", "completion", "definition", "references", "documentHighlight", "prepareRename", "rename",
			"documentSymbol", "codeAction", "formatting"} {
			_, err := handlerOf("textDocument/"+method)(s, &raw)
			var answer *jsonrpc2.Error
			if err != nil && (!errors.As(err, &answer) || answer.Code != codeRequestFailed) {
				t.Errorf("%s: %v", method, err)
			}
		}
		s.findings()
	})
}
