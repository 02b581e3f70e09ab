package lint_test

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/lint"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// TestTenPlantedFaults reads a file of which all is well but ten lines. Each of them says in a comment which
// code it should have.
func TestTenPlantedFaults(t *testing.T) {
	text, err := os.ReadFile("testdata/planted.conf")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, line := range strings.Split(string(text), "\n") {
		if _, code, ok := strings.Cut(line, "# GV"); ok {
			want = append(want, fmt.Sprintf("line %d: GV%s", i+1, code[:4]))
		}
	}
	if len(want) != 10 {
		t.Fatalf("planted.conf names %d faults, want 10", len(want))
	}
	found, diagnostics := check("planted.conf", string(text))
	var got []string
	for _, d := range slices.Concat(found, diagnostics) {
		if d.Severity == syntax.Error || d.Code > 500 {
			got = append(got, fmt.Sprintf("line %d: %s", d.Span.Line(), d.Code))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), printed(found))
	}
}

// TestFindingsChangeNoExitCode holds all archives to the promise that lint never changes what -t returns.
func TestFindingsChangeNoExitCode(t *testing.T) {
	codes := map[string]bool{}
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range archives {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range strings.Split(string(text), "\n-- ") {
			found, _ := check(name, file[strings.Index(file, "\n")+1:])
			for _, d := range found {
				codes[d.Code.String()] = true
				if d.Severity == syntax.Error || d.Class != syntax.ClassNone || d.Refuse {
					t.Errorf("%s: severity %v, class %v, refuse %v", d.Message, d.Severity, d.Class, d.Refuse)
				}
			}
		}
	}
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range regexp.MustCompile(`Code = (\d+)`).FindAllStringSubmatch(string(source), -1) {
		if code := "GV0" + number[1]; !codes[code] && !needHost[code] {
			t.Errorf("no archive has %s", code)
		}
	}
	if len(codes) == 0 {
		t.Error("nothing was found", slices.Sorted(maps.Keys(codes)))
	}
}

var needHost = map[string]bool{lint.CodeSourceMissing.String(): true, lint.CodeForeignSubnet.String(): true}

// machine is a host by the addresses of its interfaces.
type machine map[string][]netip.Prefix

func (m machine) Addresses(device string) []netip.Prefix { return m[device] }

func TestHostKnowsTheAddresses(t *testing.T) {
	host := machine{
		"eth0": {netip.MustParsePrefix("192.0.2.11/24"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("fe80::11/64")},
		"eth1": {netip.MustParsePrefix("198.51.100.11/24")},
	}
	for _, tt := range []struct{ name, lines, vips, want string }{
		{"all is well", "mcast_src_ip 192.0.2.11", "192.0.2.1", ""},
		{"the source is another's", "mcast_src_ip 192.0.2.12", "192.0.2.1", "GV0538"},
		{"the source may come later", "mcast_src_ip 192.0.2.12\ntrack_src_ip", "192.0.2.1", ""},
		{"the address is not of this link", "", "203.0.113.1", "GV0539"},
		{"the address brings its subnet", "", "203.0.113.1/24", ""},
		{"the address is on another link", "", "192.0.2.1 dev eth1", "GV0539"},
		{"an interface without addresses", "", "203.0.113.1 dev eth2", ""},
		{"the subnet is there", "", "192.0.2.1/24", "GV0520"},
		{"the source tells the subnet already", "mcast_src_ip 192.0.2.11", "192.0.2.1/24", ""},
		{"a source that is another's tells the subnet too", "mcast_src_ip 192.0.2.12", "192.0.2.1/24", "GV0538"},
		{"the subnet is another's", "", "192.0.2.1/24 dev eth1", ""},
		{"IPv6 has a subnet in any case", "", "fe80::1/64\n2001:db8::1/64", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := "vrrp_instance LAN {\ninterface eth0\nvirtual_router_id 51\n" + tt.lines + "\nvirtual_ipaddress {\n" + tt.vips + "\n}\n}\n"
			tree := syntax.ParseString("keepalived.conf", text, options())
			cfg := config.Decode(tree, config.Offline{})
			var got []string
			for _, d := range lint.CheckHost(cfg, tree, host) {
				got = append(got, d.Code.String())
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("found %v, want %q", got, tt.want)
			}
		})
	}
}
