package check

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

const instance = `vrrp_instance LAN {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.1/24
    }
}
`

func said(t *testing.T, text string, o Options) string {
	t.Helper()
	o.FS = syntax.IOFS(fstest.MapFS{"a.conf": &fstest.MapFile{Data: []byte(text)}})
	var out bytes.Buffer
	syntax.Print(&out, File("a.conf", o).Findings)
	return out.String()
}

func TestIgnoreCommentTakesFindingOut(t *testing.T) {
	unknown := "    bogus 1"
	for name, c := range map[string]struct {
		line string
		want string // part of what is said; "" is nothing
	}{
		"no comment":     {unknown, "GV0101"},
		"same line":      {unknown + " # govrrpd:ignore GV0101 for a newer version", ""},
		"line above":     {"    # govrrpd:ignore GV0101\n" + unknown, ""},
		"further above":  {"    ! govrrpd:ignore GV0101\n    # see the wiki\n" + unknown, ""},
		"several codes":  {unknown + " # govrrpd:ignore GV0102, GV0101 both", "there is no GV0102 here"},
		"other code":     {unknown + " # govrrpd:ignore GV0102", "unknown keyword"},
		"line below":     {unknown + "\n    # govrrpd:ignore GV0101", "there is no GV0101 here"},
		"no code":        {unknown + " # govrrpd:ignore everything", "GV0101"},
		"quoted":         {"    description \"# govrrpd:ignore GV0101\"\n" + unknown, "GV0101"},
		"fleet's code":   {"    # govrrpd:ignore GV0601", ""},
		"machine's code": {"    # govrrpd:ignore GV0701", ""},
	} {
		got := said(t, strings.Replace(instance, "    interface", c.line+"\n    interface", 1), Options{})
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: said %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatKeepsTheDaemonFromStartingIsNotIgnored(t *testing.T) {
	got := said(t, strings.Replace(instance, "    virtual_router_id 51\n", "", 1)+"\n", Options{})
	if !strings.Contains(got, "GV0400") {
		t.Fatalf("said %q, want GV0400", got)
	}
	got = said(t, "# govrrpd:ignore GV0400\n"+strings.Replace(instance, "    virtual_router_id 51\n", "", 1), Options{})
	if !strings.Contains(got, "[GV0400]") || !strings.Contains(got, "[GV0752]") {
		t.Errorf("said %q, want GV0400 and that it cannot be ignored", got)
	}
}

func TestOfflineCheckTellsWhatItDoesNotKnow(t *testing.T) {
	text := strings.Replace(instance, "51", "5${_ENV LAST}", 1) + "@here ! nothing\n"
	if got := said(t, text, Options{}); !strings.Contains(got, "a.conf:3:24: notice: the environment variable LAST") || !strings.Contains(got, "GV0750") {
		t.Errorf("said %q, want the variable and the host's line", got)
	}
	env := func(name string) (string, bool) { return "1", name == "LAST" }
	if got := said(t, text, Options{Env: env, ConfigID: "here"}); got != "" {
		t.Errorf("said %q where all is known", got)
	}
}

func TestTextIsJudgedAsAFile(t *testing.T) {
	r := Text("<stdin>", "bogus\n", Options{})
	if len(r.Findings) != 1 || r.Findings[0].Span.Position() != "<stdin>:1:1" {
		t.Errorf("found %v", r.Findings)
	}
}

func TestOneLineTellsItsMistakeOnce(t *testing.T) {
	got := said(t, "~SEQ(n, 500) bogus$n\n"+instance, Options{})
	if strings.Count(got, "GV0101") != 1 || !strings.Contains(got, `unknown keyword "bogus1" outside of any block (and 499 more like this from the same place)`) {
		t.Errorf("said %q", got)
	}
	if got := said(t, "~SEQ(n, 3) bogus$n\n"+instance, Options{}); strings.Count(got, "GV0101") != 3 {
		t.Errorf("said %q, want each of the three", got)
	}
}
