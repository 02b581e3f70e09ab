package check

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Rows of docs/DIFFERENCES.md that are long.
const (
	rowExecutable = "a missing main file, or one that is a directory or executable: `-t` says so and exits 0"
	rowClosed     = "a block that is closed twice ends the block around it: what follows is unknown, and the last `}` is surplus"
)

// shown is a difference with a configuration in which it shows. The row is the first cell of a row of
// docs/DIFFERENCES.md, or how that begins.
type shown struct {
	row  string
	text string      // of a.conf; "-" is no file at all
	mode fs.FileMode // of that file
	exit int         // of govrrpd -t
	says []string    // expressions for what govrrpd -t says, each found once; none is that it says nothing
}

const vrid = "interface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.1/24\n}\n"

var shownDifferences = []shown{
	{"one line for each finding", "vrrp_instance V {\n" + vrid + "priority x1\n}\n", 0, 5,
		[]string{`(?m)^a\.conf:7:10: error: .*\n    7 \| priority x1\n      \|          \^\^( .*)?$`}},
	{"stops at the first reason to refuse", "vrrp_instance V {\nvirtual_router_id 1\n}\nvrrp_instance W {\ninterface eth0\n}\n", 0, 5,
		[]string{`\(V\) the instance has no interface`, `\(W\) virtual_router_id is missing`, `\(V\) No VIP`, `\(W\) No VIP`}},
	{"a number that is wrong gives two messages", "vrrp_instance V {\n" + vrid + "priority 300\n}\n", 0, 5,
		[]string{`error: .*"300" is out of range; allowed are 1 to 255; 100 is used`}},
	{"`priority`, `via` … without its word: exit 2 at once", "vrrp_instance V {\nbogus\npriority\nmore\n}\n", 0, 2,
		[]string{`a\.conf:2:1: error: unknown keyword "bogus"`, `a\.conf:3:1: error: .*missing parameter after "priority"; nothing behind it is read`}},
	{"keywords without effect in this build", "global_defs {\nenable_dbus\nbfd_process_name x\n}\n", 0, 0,
		[]string{`notice: "enable_dbus" has no effect`, `notice: "bfd_process_name" has no effect`}},
	{rowExecutable, "-", 0, 4, []string{`error: .*does not exist`}},
	{rowExecutable, "# nothing\n", fs.ModeDir | 0o755, 4, []string{`error: .*it is a directory`}},
	{rowExecutable, "# nothing\n", 0o755, 4, []string{`error: .*it is executable`}},
	{"lines of more than 1022 characters", strings.Repeat("#", 3000) + "\nglobal_defs {\nrouter_id " + strings.Repeat("x", 3000) + "\n} # " + strings.Repeat("bogus ", 500) + "\n", 0, 0, nil},
	{rowClosed, "vrrp_instance V {\n    interface eth0\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n    }\n    virtual_router_id 51\n}\n", 0, 5,
		[]string{`a\.conf:6:5: error: .*'}'`}},
	{"the backslash at the end of a comment", "vrrp_instance V {\n" + vrid + "nopreempt # why \\\n}\n", 0, 5, []string{`warning: a backslash at the end of a comment`}},
	{"definitions, iterators and includes may be without end", "include a.conf\n", 0, 5, []string{`error: .*includes itself`}},
	{"`${X}` that is not defined stays as it is", "global_defs {\nrouter_id a${X}\n}\n", 0, 5,
		[]string{`notice: \$X is not defined`, `error: .*"router_id" takes no block`}},
	{"`virtual_server`, `virtual_server_group` and `SSL`", "virtual_server 192.0.2.9 80 {\nnat_mask bogus\ndelay_loop\nnb_get_retry x\n}\nSSL {\n}\n", 0, 0,
		[]string{`notice: keepalived's LVS side is skipped, blocks: 2`}},
	{"`state_dump_file`, `stats_dump_file`, `json_dump_file`", "global_defs {\nstate_dump_file /run/a\nstate_file_location /run/b\n}\n", 0, 0, nil},
}

// testedElsewhere are rows with a test of their own: where, and what stands there.
var testedElsewhere = []struct{ row, file, text string }{
	{"a symbolic link among the directories", "../script/check_test.go", `{"/bin/ok", root, nil, "/usr/bin/ok"}`},
	{"`use_symlink_paths` keeps links", "../host/host_test.go", "resolved != tt.path"},
	{"users and groups are asked of the C library", "../../Makefile", "export CGO_ENABLED = 0"},
	{"a relative path with `/` in it", "../script/check_test.go", `{"usr/bin/ok", root, ErrNotFound, ""}`},
	{"`notification_email_from` defaults", "../config/rowtable_test.go", `{"", "EmailFrom", "root@router1.example.org", ""}`},
	{"`stats_dump_file` and `json_dump_file` are read", "../dump/files_test.go", "func TestNamedFilesAreCopies"},
	{"says `HELO`", "../notify/mail/deliver_test.go", "func TestServerWithoutEHLOIsGreetedWithHELO"},
	{"`router_id` defaults", "../config/rowtable_test.go", `{"router_id", "RouterID", "router1.example.org"`},
	{"`garp_master_delay 10x`", "../config/rowtable_test.go", `{"garp_master_delay 10x", "GARP.MasterDelay", "10s", "10 is used"}`},
	{"`garp_master_delay x`", "../config/rowtable_test.go", `{"vrrp_garp_master_delay x", "GARP.MasterDelay", "5s"`},
	{"`v3_checksum_as_v2 off`", "../config/rowtable_test.go", `{"v3_checksum_as_v2 off", "ChecksumAsV2", "true", ""}`},
}

// TestDifferencesAreAsDocumented judges each example as govrrpd -t does.
func TestDifferencesAreAsDocumented(t *testing.T) {
	for _, d := range shownDifferences {
		files := fstest.MapFS{"a.conf": {Data: []byte(d.text), Mode: d.mode}}
		if d.text == "-" {
			files = fstest.MapFS{}
		}
		cfg := File("a.conf", Options{FS: syntax.IOFS(files)}).Config
		var out bytes.Buffer
		syntax.Print(&out, cfg.Diagnostics)
		if got := cfg.ExitCode(); got != d.exit {
			t.Errorf("%s: exit %d, want %d\n%s", d.row, got, d.exit, out.String())
		}
		for _, want := range d.says {
			if n := len(regexp.MustCompile(want).FindAllString(out.String(), -1)); n != 1 {
				t.Errorf("%s: %q is said %d times in\n%s", d.row, want, n, out.String())
			}
		}
		if n := strings.Count(out.String(), " [GV"); n != len(d.says) {
			t.Errorf("%s: %d findings, want %d\n%s", d.row, n, len(d.says), out.String())
		}
	}
}

// TestEachDifferenceOfTheConfigurationIsTested: a row about the configuration is shown above, has a test
// elsewhere, or is the reason of a difference in the tables of test/differential, which ask keepalived too.
func TestEachDifferenceOfTheConfigurationIsTested(t *testing.T) {
	rows := configurationRows(t)
	if len(rows) < 35 {
		t.Fatalf("%d rows", len(rows))
	}
	var tested []string
	for _, d := range shownDifferences {
		tested = append(tested, d.row)
	}
	for _, d := range testedElsewhere {
		if !strings.Contains(read(t, d.file), d.text) {
			t.Errorf("%s: %s has no %s any more", d.row, d.file, d.text)
		}
		tested = append(tested, d.row)
	}
	for _, row := range tested {
		if !slices.ContainsFunc(rows, func(r string) bool { return strings.HasPrefix(r, row) }) {
			t.Errorf("docs/DIFFERENCES.md has no row that begins with %q", row)
		}
	}
	tested = append(tested, differentialReasons(t)...)
	for _, row := range rows {
		if !slices.ContainsFunc(tested, func(start string) bool { return strings.HasPrefix(row, start) }) {
			t.Errorf("nothing tests the difference %q", row)
		}
	}
}

// configurationRows are the first cells of the rows about the configuration.
func configurationRows(t *testing.T) []string {
	_, text, _ := strings.Cut(read(t, "../../docs/DIFFERENCES.md"), "\n## Configuration\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var rows []string
	for _, found := range regexp.MustCompile(`(?m)^\| (.+?) \|`).FindAllStringSubmatch(text, -1) {
		if found[1] != "keepalived" {
			rows = append(rows, found[1])
		}
	}
	return rows
}

// differentialReasons are what test/differential gives as reasons, rows among them.
func differentialReasons(t *testing.T) []string {
	tables, err := filepath.Glob("../../test/differential/testdata/*.txt")
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	var reasons []string
	for _, found := range regexp.MustCompile(`reason: "([^"\n]+)"`).FindAllStringSubmatch(read(t, "../../test/differential/intended_test.go"), -1) {
		reasons = append(reasons, found[1])
	}
	for _, table := range tables {
		for _, found := range regexp.MustCompile(`(?m)^differs (.+)$`).FindAllStringSubmatch(read(t, table), -1) {
			reasons = append(reasons, found[1])
		}
	}
	return reasons
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
