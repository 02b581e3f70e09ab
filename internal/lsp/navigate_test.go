package lsp

import (
	"strings"
	"testing"
)

func TestDefinition(t *testing.T) {
	for _, c := range []struct{ before, want string }{
		{"track_script {\n        chk", "vrrp_script ‹chk_http› {"},
		{"track_file {\n        lo", "track_file ‹load› {"},
		{"track_process {\n        ", "vrrp_track_process ‹nginx› {"},
		{"group {\n        VI_1\n        V", "vrrp_instance ‹VI_2› {"},
		{"priority $PR", "$‹PRIO›=110"},
		{"priority ${", "$‹PRIO›=110"},
		{"vrrp_instance V", "vrrp_instance ‹VI_1› {"},
	} {
		s := begin(t, nil)
		p := s.open(mainURI, cursorAt(t, c.before))
		var found []location
		s.call("textDocument/definition", at(mainURI, p), &found)
		wantEqual(t, "behind "+c.before, s.allMarked(found), []string{c.want})
	}
}

func TestDefinitionOfFiles(t *testing.T) {
	files := map[string]string{
		"/etc/keepalived/conf.d/a.conf": good, "/etc/keepalived/conf.d/b.conf": "include c.conf\n", "/etc/keepalived/conf.d/c.conf": "",
		"/usr/bin/check": "#!/bin/sh\n",
	}
	for text, want := range map[string][]string{
		"include conf.d/{a‸,b}.conf\n":                                    {"file:///etc/keepalived/conf.d/a.conf", "file:///etc/keepalived/conf.d/b.conf"},
		"vrrp_script s {\n  script \"/usr/bin/ch‸eck --all\"\n}\n":        {"file:///usr/bin/check"},
		"vrrp_instance V {\n  notify_master /usr/bin/ch‸eck root\n}\n":    {"file:///usr/bin/check"},
		"vrrp_instance V {\n  notify_master /usr/bin/miss‸ing root\n}\n":  nil,
		"track_file f {\n  file /usr/bin/ch‸eck\n}\n":                     {"file:///usr/bin/check"},
		"vrrp_instance V {\n  virtual_ipaddress {\n 10.0.0.1/8‸ \n}\n}\n": nil,
	} {
		s := begin(t, files)
		p := s.open(mainURI, text)
		var found []location
		s.call("textDocument/definition", at(mainURI, p), &found)
		wantEqual(t, text, s.allMarked(found), want)
	}
}

func TestReferencesAreInAllFilesAndForAllRouters(t *testing.T) {
	const part = "file:///etc/keepalived/groups.conf"
	s := begin(t, map[string]string{"/etc/keepalived/groups.conf": ""})
	p := s.open(mainURI, "vrrp_instance VI‸_1 {\n}\nvrrp_instance VI_2 {\n}\ninclude groups.conf\n")
	s.open(part, "vrrp_sync_group G {\n group {\n  VI_1\n  @node2 VI_1\n  VI_2\n }\n}\n@^node3 track_group T {\n@^node3 group { VI_1 }\n@^node3 }\n")
	params := referenceParams{positionParams: at(mainURI, p)}
	var found []location
	s.call("textDocument/references", params, &found)
	wantEqual(t, "references", s.allMarked(found), []string{"‹VI_1›", "@^node3 group { ‹VI_1› }", "@node2 ‹VI_1›"})
	params.Context.IncludeDeclaration = true
	s.call("textDocument/references", params, &found)
	if len(found) != 4 || s.marked(found[0]) != "vrrp_instance ‹VI_1› {" {
		t.Errorf("with the declaration: %q", s.allMarked(found))
	}
}

func TestReferencesOnLinesForAllButThisRouter(t *testing.T) {
	s := begin(t, nil, func(p *initializeParams) { p.InitializationOptions.ConfigID = new("node3") })
	p := s.open(mainURI, "vrrp_instance VI‸_1 {\n}\n@^node3 track_group T { group { VI_1 } }\n")
	var found []location
	s.call("textDocument/references", referenceParams{positionParams: at(mainURI, p)}, &found)
	wantEqual(t, "references", s.allMarked(found), []string{"@^node3 track_group T { group { ‹VI_1› } }"})
}

func TestDefinitionIsTheOneThatHoldsThere(t *testing.T) {
	s := begin(t, nil)
	p := s.open(mainURI, "$A=1\nrouter_id ${A‸}\n$A=2\n")
	var found []location
	s.call("textDocument/definition", at(mainURI, p), &found)
	wantEqual(t, "definition", s.allMarked(found), []string{"$‹A›=1"})
}

func TestHighlights(t *testing.T) {
	s := begin(t, nil)
	p := s.open(mainURI, cursorAt(t, "vrrp_script chk"))
	var found []highlight
	s.call("textDocument/documentHighlight", at(mainURI, p), &found)
	if len(found) != 2 || s.marked(location{mainURI, found[1].Range}) != "‹chk_http›" {
		t.Errorf("got %+v", found)
	}
}

func TestRenameChangesEveryPlace(t *testing.T) {
	const part = "file:///etc/keepalived/groups.conf"
	s := begin(t, map[string]string{"/etc/keepalived/groups.conf": ""})
	s.open(mainURI, site+"vrrp_instance \"VI_9\" {\n}\ninclude groups.conf\n")
	s.open(part, "track_group T {\n    group { VI_2 VI_1 }\n}\n@node2 vrrp_sync_group H {\n@node2 group { VI_1 }\n@node2 }\n")
	p := s.texts[mainURI].position(strings.Index(site, "vrrp_instance VI_1")+15, s.encoding)
	var where prepareRenameResult
	s.call("textDocument/prepareRename", at(mainURI, p), &where)
	if where.Placeholder != "VI_1" || s.marked(location{mainURI, where.Range}) != "vrrp_instance ‹VI_1› {" {
		t.Errorf("it offers %+v", where)
	}
	var edit workspaceEdit
	s.call("textDocument/rename", renameParams{positionParams: at(mainURI, p), NewName: "edge net"}, &edit)
	if got, want := s.edited(mainURI, edit.Changes[mainURI]), strings.ReplaceAll(s.texts[mainURI].text, "VI_1", `"edge net"`); got != want {
		t.Errorf("the main file becomes\n%s", got)
	}
	if got, want := s.edited(part, edit.Changes[part]), strings.ReplaceAll(s.texts[part].text, "VI_1", `"edge net"`); got != want {
		t.Errorf("the included file becomes\n%s", got)
	}
}

func TestRenameOfAQuotedNameKeepsTheQuotes(t *testing.T) {
	s := begin(t, nil)
	p := s.open(mainURI, "vrrp_instance \"VI‸ 1\" {\n}\n")
	var edit workspaceEdit
	s.call("textDocument/rename", renameParams{positionParams: at(mainURI, p), NewName: "VI 2"}, &edit)
	if got := s.edited(mainURI, edit.Changes[mainURI]); got != "vrrp_instance \"VI 2\" {\n}\n" {
		t.Errorf("it becomes %q", got)
	}
}

func TestRenameOfADefinition(t *testing.T) {
	s := begin(t, nil)
	p := s.open(mainURI, cursorAt(t, "priority ${PR"))
	var edit workspaceEdit
	s.call("textDocument/rename", renameParams{positionParams: at(mainURI, p), NewName: "BASE"}, &edit)
	if got := s.edited(mainURI, edit.Changes[mainURI]); got != strings.ReplaceAll(site, "PRIO", "BASE") {
		t.Errorf("it becomes\n%s", got)
	}
}

func TestRenameRefusesWhatItCannotDoWhole(t *testing.T) {
	for _, c := range []struct{ text, name, want string }{
		{"vrrp_instance VI_‸1 {\n}\nvrrp_instance VI_2 {\n}\n", "VI_2", "line 3"},
		{"vrrp_instance VI_‸1 {\n}\n", "", "empty"},
		{"vrrp_instance VI_‸1 {\n}\n", `a"b`, "quotes"},
		{"~SEQ(i, 1, 2) vrrp_instance VI_${i} {\n}\nvrrp_sync_group G {\n group {\n VI_‸1\n VI_2\n }\n}\n", "edge", "iterator"},
		{"$A‸=1\n", "2b", "no name"},
		{"$A‸=1\n", "_PWD", "predefined"},
		{"vrrp_instance V {\n  prior‸ity 100\n}\n", "x", "no name here"},
	} {
		s := begin(t, nil)
		p := s.open(mainURI, c.text)
		err := s.try("textDocument/rename", renameParams{positionParams: at(mainURI, p), NewName: c.name}, nil)
		wantCode(t, err, codeRequestFailed)
		if err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q in it", c.text, err, c.want)
		}
	}
}
