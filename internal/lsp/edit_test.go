package lsp

import (
	"testing"
)

func TestDocumentSymbols(t *testing.T) {
	s := begin(t, nil)
	s.open(mainURI, "$A=1\nglobal_defs {\n}\n~SEQ(i, 1, 3) include common.conf\nvrrp_instance VI_1 {\n  virtual_ipaddress {\n 10.0.0.$i\n }\n}\n")
	var symbols []documentSymbol
	s.call("textDocument/documentSymbol", documentParams{textDocument{mainURI}}, &symbols)
	var got []string
	for _, symbol := range symbols {
		got = append(got, symbol.Detail+" "+symbol.Name)
		for _, child := range symbol.Children {
			got = append(got, "> "+child.Name)
		}
	}
	wantEqual(t, "symbols", got, []string{" global_defs", "vrrp_instance VI_1", "> virtual_ipaddress", "$A=1 $A", "~SEQ(i, 1, 3) $i"})
	if r := symbols[1].Range; s.at(mainURI, r.Start) != "5:1" || s.at(mainURI, r.End) != "9:2" {
		t.Errorf("the instance is %+v", r)
	}
}

func TestDocumentSymbolsAreListedOnce(t *testing.T) {
	s := begin(t, nil)
	s.open(mainURI, "$V=vrrp_instance V_$i {\\\n}\n~SEQ(i, 1, 3) $V\n")
	var symbols []documentSymbol
	s.call("textDocument/documentSymbol", documentParams{textDocument{mainURI}}, &symbols)
	if len(symbols) != 3 || symbols[0].Detail != "vrrp_instance" {
		t.Errorf("got %+v", symbols)
	}
}

func TestQuickFixesAreThoseOfTheRange(t *testing.T) {
	s := begin(t, nil)
	p := s.open(mainURI, "vrrp_instance V {\n  interfacee eth0\n  ‸prioritty 100\n  statte MASTER\n}\n")
	var actions []codeAction
	s.call("textDocument/codeAction", codeActionParams{TextDocument: textDocument{mainURI}, Range: textRange{p, p}}, &actions)
	if len(actions) != 1 || actions[0].Title != "Change to priority" {
		t.Errorf("got %+v", actions)
	}
}

func TestQuickFixes(t *testing.T) {
	for _, c := range []struct{ text, title, want string }{
		{"vrrp_instance V {\n  ‸prioritty 100\n}\n", "Change to priority", "vrrp_instance V {\n  priority 100\n}\n"},
		{"vrrp_instance ‸V\n  interface eth0\n}\n", "Write the missing '{'", "vrrp_instance V {\n  interface eth0\n}\n"},
		{"vrrp_track_f‸ile f {\n  file /run/x\n}\n", "Change to track_file", "track_file f {\n  file /run/x\n}\n"},
		{"vrrp_instance V {\n}\nvrrp_sync_group G {\n group { V‸V }\n}\n", "", ""},
		{"vrrp_instance VI_1 {\n}\nvrrp_sync_group G {\n group { VI_‸11 }\n}\n", "Change to VI_1", "vrrp_instance VI_1 {\n}\nvrrp_sync_group G {\n group { VI_1 }\n}\n"},
	} {
		s := begin(t, nil)
		p := s.open(mainURI, c.text)
		params := codeActionParams{TextDocument: textDocument{mainURI}, Range: textRange{p, p}}
		var actions []codeAction
		s.call("textDocument/codeAction", params, &actions)
		if c.title == "" {
			if len(actions) > 0 {
				t.Errorf("%q: offered is %q", c.text, actions[0].Title)
			}
			continue
		}
		if len(actions) != 1 || actions[0].Title != c.title || len(actions[0].Diagnostics) != 1 {
			t.Errorf("%q: offered is %+v", c.text, actions)
			continue
		}
		if got := s.edited(mainURI, actions[0].Edit.Changes[mainURI]); got != c.want {
			t.Errorf("it becomes %q, want %q", got, c.want)
		}
	}
}

func TestEditsTouchOnlyWhatChanges(t *testing.T) {
	s := newServer(Options{}, nil)
	for _, c := range []struct {
		from, to string
		edits    int
	}{
		{"a\nb\nc\n", "a\nb\nc\n", 0},
		{"a\nb\nc\n", "a\n b\nC\n", 2},
		{"a\nb\nc\n", "a\nx\ny\nc\n", 1},
		{"a\n\n\n\nb", "a\n\nb\n", 1},
		{"", "a\n", 1},
		{"a\n", "", 1},
		{"a b", "a\nb\n", 1},
	} {
		edits := s.edits(newLineText(c.from), c.to)
		client := &session{t: t, encoding: utf16Encoding, texts: map[string]*lineText{"": newLineText(c.from)}}
		if got := client.edited("", edits); got != c.to || len(edits) != c.edits {
			t.Errorf("%q becomes %q by %d edits, want %q by %d", c.from, got, len(edits), c.to, c.edits)
		}
	}
}

func TestFormatting(t *testing.T) {
	s := begin(t, nil)
	s.open(mainURI, "vrrp_instance   V {\n  interface eth0 # the LAN\n    priority 100\nvirtual_ipaddress { 10.0.0.1 }\n}\n")
	var edits []textEdit
	s.call("textDocument/formatting", documentParams{textDocument{mainURI}}, &edits)
	got := s.edited(mainURI, edits)
	if want := "vrrp_instance V {\n    interface eth0  # the LAN\n    priority 100\n    virtual_ipaddress {\n        10.0.0.1\n    }\n}\n"; got != want {
		t.Errorf("it becomes\n%s", got)
	}
}
