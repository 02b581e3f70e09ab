package transcript

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// scenario is one story of testdata.
type scenario struct {
	name    string
	configs map[string]string // "a" for host a, "a.2" for its second file
	steps   []string
	differs []*exception
}

// hosts are those that have a configuration, the subject first.
func (s *scenario) hosts() []string {
	hosts := []string{"a"}
	if s.configs["b"] != "" {
		hosts = append(hosts, "b")
	}
	return hosts
}

// firewall tells whether any host may have firewall rules. To ask for them costs as much as all the rest.
func (s *scenario) firewall() bool {
	for _, config := range s.configs {
		if strings.Contains(config, "vmac") || strings.Contains(config, "accept") || strings.Contains(config, "strict") {
			return true
		}
	}
	return false
}

// exception is a difference that has a reason: lines of a stream that are left out, or read otherwise, in the
// transcripts of one side.
type exception struct {
	side        string // oracle, ours or both
	stream      *regexp.Regexp
	line        *regexp.Regexp
	replacement string
	replace     bool
	reason      string
	used        bool
}

// loadScenarios reads all files of testdata. A file is a list of scenarios:
//
//	=== name
//	[a]        the configuration of host a; [a.2] another one, for a reload
//	[do]       steps, see steps_test.go
//	[differs]  SIDE STREAM: LINE [=> REPLACEMENT] # reason, "perhaps …" where chance decides whether it shows
func loadScenarios(t *testing.T) []*scenario {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	var all []*scenario
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		topic := strings.TrimSuffix(filepath.Base(file), ".txt")
		for _, part := range strings.Split("\n"+string(text), "\n=== ")[1:] {
			s, err := parseScenario(topic, part)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all = append(all, s)
		}
	}
	return all
}

func parseScenario(topic, text string) (*scenario, error) {
	title, body, _ := strings.Cut(text, "\n")
	s := &scenario{name: topic + "/" + strings.ReplaceAll(strings.TrimSpace(title), " ", "-"), configs: map[string]string{}}
	section := ""
	for line := range strings.SplitSeq(body, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case strings.HasPrefix(line, "["):
			section = strings.Trim(trimmed, "[]")
		case section == "do":
			s.steps = append(s.steps, trimmed)
		case section == "differs":
			e, err := parseException(trimmed)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			s.differs = append(s.differs, e)
		case section != "":
			s.configs[section] += expand(trimmed) + "\n"
		}
	}
	if s.configs["a"] == "" || len(s.steps) == 0 {
		return nil, fmt.Errorf("%s: a configuration of host a and steps are needed", s.name)
	}
	return s, nil
}

var exceptionForm = regexp.MustCompile(`^(oracle|ours|both) (\S.*?): (.*?)(?: => (.*?))? # (.+)$`)

func parseException(line string) (*exception, error) {
	m := exceptionForm.FindStringSubmatch(line)
	if m == nil {
		return nil, fmt.Errorf("an exception is SIDE STREAM: LINE [=> REPLACEMENT] # reason: %q", line)
	}
	stream, err := regexp.Compile("^(?:" + m[2] + ")$")
	if err != nil {
		return nil, err
	}
	pattern, err := regexp.Compile("^(?:" + m[3] + ")$")
	if err != nil {
		return nil, err
	}
	return &exception{side: m[1], stream: stream, line: pattern, replacement: m[4],
		replace: strings.Contains(line, " => "), reason: m[5]}, nil
}

// expand writes out a line of a configuration:
//
//	@V NAME VRID PRIORITY VIP,VIP_dev_eth1 ; more  a vrrp_instance on eth0, without a second burst of announcements
//	@F …, @S …                                    the same in version 3 with an interval of 0.4 s, or of 1 s
//	@G more ; more                                global_defs
//	word { ; more ; }                             lines of their own
//	ours LINE                                     for govrrpd alone
func expand(line string) string {
	kind, rest, _ := strings.Cut(line, " ")
	lines := strings.Split(rest, ";")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	switch kind {
	case "@G":
		return "global_defs {\n router_id %HOST%\n" + strings.Join(lines, "\n") + "\n}"
	case "@V", "@F", "@S":
		return expandInstance(dialects[kind], strings.Fields(lines[0]), lines[1:])
	}
	if strings.Contains(line, " ; ") {
		return strings.ReplaceAll(line, " ; ", "\n")
	}
	return line
}

// dialects are what the short forms say of version and interval.
var dialects = map[string]string{
	"@V": "",
	"@F": " version 3\n advert_int 0.4\n",
	"@S": " version 3\n advert_int 1\n",
}

func expandInstance(dialect string, head, more []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_instance %s {\n virtual_router_id %s\n", head[0], head[1])
	if head[2] != "-" {
		fmt.Fprintf(&b, " priority %s\n", head[2])
	}
	extra := strings.Join(more, "\n")
	if !strings.Contains("\n"+extra, "\ninterface ") {
		b.WriteString(" interface eth0\n")
	}
	if !strings.Contains(extra, "garp_master_delay") {
		b.WriteString(" garp_master_delay 0\n") // or the second burst would come at the end of a scenario, or not
	}
	b.WriteString(dialect)
	if head[3] != "-" {
		fmt.Fprintf(&b, " virtual_ipaddress {\n%s\n }\n", strings.NewReplacer(",", "\n", "_", " ").Replace(head[3]))
	}
	return b.String() + extra + "\n}"
}
