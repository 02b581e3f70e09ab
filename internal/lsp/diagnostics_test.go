package lsp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/lint"
)

const good = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        192.0.2.10/24
    }
}
`

func TestFindingsFollowTheTyping(t *testing.T) {
	s := begin(t, nil)
	s.open(mainURI, good)
	s.await(mainURI)
	s.replace(mainURI, "priority", "prioritty")
	p := s.await(mainURI, "4:5 GV0101")
	d := p.Diagnostics[0]
	if d.Severity != 1 || d.Source != "govrrpd" || !strings.Contains(d.Message, `did you mean "priority"?`) {
		t.Errorf("got %+v", d)
	}
	if end := s.at(mainURI, d.Range.End); end != "4:14" {
		t.Errorf("it ends at %s", end)
	}
	if p.Version == nil || *p.Version != 2 {
		t.Errorf("it is about version %v", p.Version)
	}
	s.replace(mainURI, "prioritty", "priority")
	s.await(mainURI)
}

func TestFindingsOfAnIncludedFileAreShownThere(t *testing.T) {
	const part = "file:///etc/keepalived/conf.d/vi1.conf"
	s := begin(t, map[string]string{"/etc/keepalived/conf.d/vi1.conf": "\n" + strings.Replace(good, "priority", "prioritty", 1)})
	s.texts[part] = newLineText("\n" + strings.Replace(good, "priority", "prioritty", 1))
	s.open(mainURI, "include conf.d/*.conf\n")
	s.await(part, "5:5 GV0101")

	s.open(part, good) // what the editor has counts, not the disk
	s.await(part)
	s.replace(part, "51", "511")
	s.await(part, "3:23 GV0106", "3:23 "+config.CodeNoVRID.String())

	s.notify("textDocument/didClose", documentParams{textDocument{part}})
	s.texts[part] = newLineText("\n" + strings.Replace(good, "priority", "prioritty", 1))
	s.await(part, "5:5 GV0101")
	s.replace(mainURI, "include", "# include")
	s.await(part) // a file that takes no part has no findings
}

func TestPartIsJudgedWithItsMainFile(t *testing.T) {
	const part = "file:///etc/keepalived/conf.d/group.conf"
	s := begin(t, map[string]string{"/etc/keepalived/keepalived.conf": good + strings.ReplaceAll(good, "1", "2") + "include conf.d/*.conf\n"})
	s.open(part, "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n VI_3\n }\n}\n")
	s.await(part, "5:2 "+config.CodeUnknownMember.String())
}

func TestDuplicateNamePointsToTheFirst(t *testing.T) {
	s := begin(t, nil)
	s.open(mainURI, good+good)
	p := s.await(mainURI, "9:15 GV0202")
	related := p.Diagnostics[0].RelatedInformation
	if len(related) != 1 || s.marked(related[0].Location) != "vrrp_instance ‹VI_1› {" || related[0].Location.Range.Start.Line != 0 {
		t.Errorf("related information is %+v", related)
	}
}

func TestFindingsOfLintAreShown(t *testing.T) {
	s := begin(t, nil)
	s.open(mainURI, good+"vrrp_script chk {\n    script /usr/bin/check\n}\n")
	deadline := time.After(patience)
	for {
		select {
		case p := <-s.published:
			if slices.ContainsFunc(p.Diagnostics, func(d diagnostic) bool { return d.Code == lint.CodeUnusedTracker.String() }) {
				return
			}
		case <-deadline:
			t.Fatal("nothing is said of a script that nobody tracks")
		}
	}
}

func TestTenThousandInstancesAreCheckedWhileTyping(t *testing.T) {
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "vrrp_instance VI_%d {\n    interface eth%d\n    virtual_router_id %d\n    priority 100\n    virtual_ipaddress {\n        10.%d.%d.%d/24\n    }\n}\n",
			i, i/255, i%255+1, i>>16, i>>8&255, i&255)
	}
	s := begin(t, nil)
	s.open(mainURI, b.String())
	s.await(mainURI)
	start := time.Now()
	s.replace(mainURI, "priority", "prioritty")
	s.await(mainURI, "4:5 GV0101")
	took := time.Since(start)
	t.Logf("checked again within %v", took)
	if limit := 20 * time.Second; took > limit { // a quarter of a second on an idle machine
		t.Errorf("a check after a change takes %v, more than %v", took, limit)
	}
}
