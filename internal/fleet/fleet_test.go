package fleet

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var update = flag.Bool("update", false, "rewrite the expected reports in testdata")

// nodeOf reads one node's file. Its own faults are for other tests.
func nodeOf(name, text string) Node {
	tree := syntax.ParseString(name, text, syntax.Options{BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock})
	return Node{Name: strings.TrimSuffix(name, ".conf"), Config: config.Decode(tree, config.Offline{}), Tree: tree}
}

// TestFleets compares what is said of the files of each archive in testdata with its file "report".
func TestFleets(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives in testdata: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { compareArchive(t, name) })
	}
}

func compareArchive(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []Node
	want := ""
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name == "report" {
			want = string(f.Data)
			continue
		}
		kept = append(kept, f)
		n := nodeOf(f.Name, string(f.Data))
		if n.Config.Refused() {
			var out bytes.Buffer
			syntax.Print(&out, n.Config.Diagnostics)
			t.Fatalf("%s cannot be used:\n%s", f.Name, out.String())
		}
		nodes = append(nodes, n)
	}
	r := Check(nodes)
	var out bytes.Buffer
	syntax.Print(&out, r.Findings)
	if len(r.Findings) > 0 {
		out.WriteString("\n")
	}
	r.Print(&out)
	if got := out.String(); got != want {
		if !*update {
			t.Fatalf("got:\n%s\nwant:\n%s", got, want)
		}
		archive.Files = append(kept, txtar.File{Name: "report", Data: out.Bytes()})
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryCodeHasAnExample: a code that no archive gives may as well not work.
func TestEveryCodeHasAnExample(t *testing.T) {
	text, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range archives {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	codes := regexp.MustCompile(`syntax.Code = (\d+)`).FindAllStringSubmatch(string(text), -1)
	if len(codes) < 20 {
		t.Fatalf("%d codes found in codes.go", len(codes))
	}
	for _, code := range codes {
		if !strings.Contains(all.String(), "[GV0"+code[1]+"]") {
			t.Errorf("no archive in testdata gives GV0%s", code[1])
		}
	}
}

// TestThousandsOfInstancesTakeLinearTime: the work is in proportion to the files, also for a sync group of thousands.
func TestThousandsOfInstancesTakeLinearTime(t *testing.T) {
	// Each is the best of three: a machine that is busy with other things can only make one look slow.
	few, many := checkingTime(t, 500), checkingTime(t, 5000)
	if many > 40*few { // the square would be a hundred times
		t.Errorf("500 instances on each of three routers take %v, 5000 take %v", few, many)
	}
}

func checkingTime(t *testing.T, count int) time.Duration {
	nodes := mirrored(count)
	best := time.Hour
	for range 3 {
		start := time.Now()
		r := Check(nodes)
		r.Print(io.Discard)
		best = min(best, time.Since(start))
		if len(r.Findings) > 0 || len(r.VirtualRouters) != 1+count/2 {
			t.Errorf("%d findings, %d units", len(r.Findings), len(r.VirtualRouters))
		}
	}
	return best
}

// mirrored are three routers with that many instances, half of them in one sync group.
func mirrored(count int) []Node {
	var nodes []Node
	for n := range 3 {
		var b strings.Builder
		b.WriteString("vrrp_script chk {\n script /bin/true\n weight -60\n}\ntrack_file maint {\n file /run/maint\n}\n")
		for i := range count {
			fmt.Fprintf(&b, "vrrp_instance VI_%d {\n interface eth%d\n virtual_router_id %d\n priority %d\n virtual_ipaddress {\n 10.%d.%d.1/24\n }\n track_script {\n chk weight -60\n }\n track_file {\n maint weight 2\n }\n}\n",
				i, i/250, 1+i%250, 150-20*n, i/250, i%250)
		}
		b.WriteString("vrrp_sync_group G {\n sync_group_tracking_weight\n group {\n")
		for i := range count / 2 {
			fmt.Fprintf(&b, "VI_%d\n", i)
		}
		b.WriteString("}\n}\n")
		nodes = append(nodes, nodeOf(fmt.Sprintf("n%d.conf", n), b.String()))
	}
	return nodes
}
