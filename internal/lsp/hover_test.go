package lsp

import (
	"strings"
	"testing"
)

func TestHover(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{cursorAt(t, "    priori"), []string{"**priority** `1-255` in vrrp_instance", "Base priority"}},
		{cursorAt(t, "vrrp_instance VI_"), []string{"**VI_1** (vrrp_instance)", "VRID: 51", "Priority: 110", "Interface: eth0", "Sync group: G1", "192.0.2.10/24"}},
		{cursorAt(t, "group {\n        VI_1\n        VI"), []string{"**VI_2**", "VRID: 52"}},
		{cursorAt(t, "track_script {\n        ch"), []string{"Runs: `/usr/bin/curl` `-sf` `http://localhost/`", "Every 2s", "Weight: -20"}},
		{cursorAt(t, "vrrp_sync_group G"), []string{"Members: VI_1, VI_2"}},
		{cursorAt(t, "track_file lo"), []string{"File: `/run/load`"}},
		{cursorAt(t, "vrrp_track_process ng"), []string{"Process: `nginx`", "Quorum: 1"}},
		{cursorAt(t, "priority $PR"), []string{"**$PRIO**", "$PRIO=110", "priority 110"}},
		{cursorAt(t, "script \"/usr/b"), []string{"**script** `COMMAND`", "Runs: `/usr/bin/curl`"}},
		{cursorAt(t, "192.0.2.10/24 de"), []string{"**dev**"}},
		{"~SEQ(i, 1, 9) vrrp_instance VI_${‸i} {\n}\n", []string{"~SEQ(i, 1, 9)", "vrrp_instance VI_1\nvrrp_instance VI_2\nvrrp_instance VI_3\n(6 more)"}},
		{"router_id ${_INST‸ANCE}\n", []string{"predefined", "configuration id"}},
		{"global_defs {\n  router_idd‸ x\n}\n", []string{"**GV0101: "}},
	} {
		s := begin(t, nil)
		p := s.open(mainURI, c.text)
		var h hover
		s.call("textDocument/hover", at(mainURI, p), &h)
		for _, want := range c.want {
			if !strings.Contains(h.Contents.Value, want) {
				t.Errorf("%s\nhas no %q in its hover:\n%s", lineOf(c.text), want, h.Contents.Value)
			}
		}
	}
}

// lineOf is the line of the cursor.
func lineOf(text string) string {
	at := strings.Index(text, cursor)
	start := strings.LastIndexByte(text[:at], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return line
}

func TestHoverOverNothingSaysNothing(t *testing.T) {
	for _, text := range []string{"# com‸ment\n", "\n‸\n", "vrrp_instance V { ‸ }\n"} {
		s := begin(t, nil)
		p := s.open(mainURI, text)
		var result any
		s.call("textDocument/hover", at(mainURI, p), &result)
		if result != nil {
			t.Errorf("%q: %s", text, raw(t, result))
		}
	}
}
