package lsp

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// complete opens a text and returns what is offered, in the editor's order.
func complete(t *testing.T, s *session, text string) []completionItem {
	t.Helper()
	p := s.open(mainURI, text)
	var list completionList
	s.call("textDocument/completion", at(mainURI, p), &list)
	slices.SortStableFunc(list.Items, func(a, b completionItem) int {
		return strings.Compare(cmp.Or(a.SortText, a.Label), cmp.Or(b.SortText, b.Label))
	})
	return list.Items
}

func labels(items []completionItem) []string {
	var all []string
	for _, item := range items {
		all = append(all, item.Label)
	}
	return all
}

func TestCompletionOffersWhatFitsThere(t *testing.T) {
	const instance = "vrrp_instance V {\n    interface eth0\n    "
	for _, c := range []struct {
		text string
		want []string // the first of those offered
	}{
		{"vrrp_i‸\n", []string{"vrrp_instance"}},
		{"glob‸\n", []string{"global_defs"}},
		{instance + "virtual_r‸\n}\n", []string{"virtual_router_id", "virtual_routes"}},
		{instance + "virtual_router_id 1\n    virtual_r‸\n}\n", []string{"virtual_routes", "virtual_rules", "virtual_router_id"}},
		{instance + "state ‸\n}\n", []string{"BACKUP", "MASTER"}},
		{instance + "state M‸\n}\n", []string{"MASTER"}},
		{instance + "version ‸\n}\n", []string{"2", "3"}},
		{instance + "smtp_alert ‸\n}\n", []string{"off", "on"}},
		{instance + "authentication { auth_t‸ }\n}\n", []string{"auth_type"}},
		{instance + "authentication {\n auth_type ‸\n}\n}\n", []string{"AH", "PASS"}},
		{instance + "virtual_ipaddress {\n 10.0.0.1/8 lab‸\n }\n}\n", []string{"label"}},
		{instance + "virtual_ipaddress {\n 10.0.0.1/8 dev ‸\n }\n}\n", []string{"eth0"}},
		{instance + "interface ‸\n}\n", []string{"eth0"}},
		{site + "vrrp_instance V {\n track_script {\n ‸\n }\n}\n", []string{"chk_http"}},
		{site + "vrrp_instance V {\n track_script { ‸ }\n}\n", []string{"chk_http"}},
		{site + "vrrp_instance V {\n track_script {\n chk_http ‸\n }\n}\n", []string{"weight"}},
		{site + "vrrp_instance V {\n track_script {\n chk_http weight 5 ‸\n }\n}\n", []string{"noreverse", "reverse"}},
		{site + "vrrp_instance V {\n track_file {\n ‸\n }\n}\n", []string{"load"}},
		{site + "vrrp_instance V {\n track_process {\n ‸\n }\n}\n", []string{"nginx"}},
		{site + "vrrp_sync_group H {\n group {\n VI_1 ‸\n }\n}\n", []string{"VI_2"}},
		{site + "vrrp_instance V {\n priority $‸\n}\n", []string{"$PRIO"}},
		{site + "vrrp_instance V {\n priority ${P‸}\n}\n", []string{"${PRIO"}},
		{site + "vrrp_instance V {\n notify \"/x ${P‸\n}\n", []string{"${PRIO"}},
		{"include ‸\n", []string{"conf.d/", "other.conf"}},
		{"include conf.d/‸\n", []string{"conf.d/a.conf"}},
	} {
		s := begin(t, map[string]string{"/etc/keepalived/other.conf": "", "/etc/keepalived/conf.d/a.conf": ""})
		got := labels(complete(t, s, c.text))
		if !slices.Equal(got[:min(len(got), len(c.want))], c.want) {
			t.Errorf("%q: offered are %q, want %q first", lineOf(c.text), got, c.want)
		}
	}
}

func TestCompletionOffersNothingWhereNothingFits(t *testing.T) {
	for _, text := range []string{"# vrrp_‸\n", "\"vrrp_i‸\n", "vrrp_instance V {\n  priority 1‸\n}\n", "vrrp_instance V {\n  notify \"/bin/vrrp_‸\"\n}\n",
		"vrrp_instance ‸\n", "virtual_server 10.0.0.1 80 {\n ‸\n}\n"} {
		if got := labels(complete(t, begin(t, nil), text)); len(got) > 0 {
			t.Errorf("%q: offered are %q", lineOf(text), got)
		}
	}
}

func TestCompletionInsertsBlocks(t *testing.T) {
	s := begin(t, nil)
	item := complete(t, s, "vrrp_inst‸\n")[0]
	if item.InsertTextFormat != snippet || s.edited(mainURI, []textEdit{*item.TextEdit}) != "vrrp_instance ${1:NAME} {\n\t$0\n}\n" {
		t.Errorf("it inserts %+v", item.TextEdit)
	}
	s = begin(t, nil, func(p *initializeParams) {
		p.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport = false
	})
	item = complete(t, s, "vrrp_instance V {\n  virtual_ipa‸\n}\n")[0]
	if got := s.edited(mainURI, []textEdit{*item.TextEdit}); item.InsertTextFormat != plainText || got != "vrrp_instance V {\n  virtual_ipaddress {\n}\n" {
		t.Errorf("without snippets it becomes %q", got)
	}
}

func TestCompletionInAnIncludedFileKnowsTheBlockAroundIt(t *testing.T) {
	s := begin(t, map[string]string{"/etc/keepalived/keepalived.conf": "x", "/etc/keepalived/common.conf": ""})
	s.open(mainURI, "vrrp_instance V {\n    include common.conf\n}\n")
	const part = "file:///etc/keepalived/common.conf"
	for _, text := range []string{"priority 1\nnopre‸\n", "  ‸ \npriority 1\n"} {
		p := s.open(part, text)
		var list completionList
		s.call("textDocument/completion", at(part, p), &list)
		if !slices.Contains(labels(list.Items), "nopreempt") {
			t.Errorf("%q: offered are %q", text, labels(list.Items))
		}
	}
}

func TestCompletionInsertsNoMoreThanIsMissing(t *testing.T) {
	for text, want := range map[string]string{
		"vrrp_instance V {\n  virtual_router‸ 51\n}\n":                                   "vrrp_instance V {\n  virtual_router_id 51\n}\n",
		"vrrp_script \"a b\" {\n}\nvrrp_instance V {\n  track_script {\n    ‸\n  }\n}\n": "vrrp_script \"a b\" {\n}\nvrrp_instance V {\n  track_script {\n    \"a b\"\n  }\n}\n",
	} {
		s := begin(t, nil)
		item := complete(t, s, text)[0]
		if got := s.edited(mainURI, []textEdit{*item.TextEdit}); got != want {
			t.Errorf("%q becomes %q", lineOf(text), got)
		}
	}
}
