package transcript

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// baseline is what a host has before any daemon ran on it.
type baseline struct {
	kernel []string
	files  []string
}

func (n *node) takeBaseline(ctx context.Context) error {
	var failure error
	err := until(ctx, "links and addresses that can be used", func() bool {
		n.kernel, failure = n.settled(ctx, false)
		return failure != nil || !slices.ContainsFunc(n.kernel, func(line string) bool {
			return strings.Contains(line, " tentative") || strings.Contains(line, "state DOWN") || strings.Contains(line, "NO-CARRIER")
		})
	})
	n.files = n.listFiles()
	return errors.Join(err, failure)
}

// look writes down what the kernel and the directories of each host have beyond what they began with.
func (st *stage) look(s *scenario) error {
	st.looks++
	for _, name := range s.hosts() {
		n := st.nodes[name]
		now, err := n.settled(st.ctx, s.firewall())
		if err != nil {
			return err
		}
		stream := fmt.Sprintf("kernel %d", st.looks)
		for _, line := range without(now, n.kernel) {
			n.note(stream, "+ "+line)
		}
		for _, line := range without(n.kernel, now) {
			n.note(stream, "- "+line)
		}
		for _, line := range without(n.listFiles(), n.files) {
			n.note(stream, "file "+line)
		}
	}
	return nil
}

// settled reads the kernel's state until it is twice the same: what was set going just now may take a moment.
func (n *node) settled(ctx context.Context, withFirewall bool) ([]string, error) {
	var last []string
	var failure error
	err := until(ctx, "a state that stays", func() bool {
		now, err := n.readKernel(withFirewall)
		if err != nil {
			failure = err
			return true
		}
		same := last != nil && slices.Equal(last, now)
		last = now
		return same
	})
	if failure != nil {
		return nil, failure
	}
	return last, err
}

// ipCommands show links, addresses, routes and rules with all their details, each with its family's option.
var ipCommands = map[string]string{
	"-4": "link\naddr\nroute show table all\nrule\n",
	"-6": "addr\nroute show table all\nrule\n",
}

func (n *node) readKernel(withFirewall bool) ([]string, error) {
	var lines []string
	for _, family := range []string{"-4", "-6"} {
		for command := range strings.SplitSeq(strings.TrimSpace(ipCommands[family]), "\n") {
			output, err := n.run("ip", append([]string{family, "-d", "-o"}, strings.Fields(command)...)...)
			if err != nil {
				return nil, err
			}
			what, _, _ := strings.Cut(command, " ")
			for line := range strings.SplitSeq(strings.TrimSpace(output), "\n") {
				lines = append(lines, what+": "+cleanKernel(line))
			}
		}
	}
	if withFirewall {
		rules, err := n.run("nft", "list", "ruleset")
		if err != nil {
			return nil, err
		}
		lines = append(lines, chains(rules)...)
	}
	settings, err := n.readSysctls()
	return append(lines, settings...), err
}

// chains puts each chain, set and map of nftables' rules on one line, since their order means nothing.
func chains(rules string) []string {
	var lines []string
	block := ""
	for line := range strings.SplitSeq(rules, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "table"):
			lines = append(lines, "nft: "+line)
		case line == "}":
			if block != "" {
				lines, block = append(lines, "nft: "+block), ""
			}
		default:
			block += line + " "
		}
	}
	slices.SortFunc(lines, strings.Compare)
	return lines
}

var kernelNoise = []struct{ form, with string }{
	{`^\d+: `, ""},            // interface numbers
	{`\s*\\\s*`, " | "},       // -o joins lines so
	{`@if\d+`, "@if"},         // and the number of the other end
	{` link-netnsid \d+`, ""}, //
	{` link-netns \S+`, ""},   //
	{`(valid|preferred)_lft (\d+)sec`, "${1}_lft Nsec"},
	{` (gso|tso|gro|num|ipv4_g|min|max|maxm|minm|qlen|prom|allm)\S* \d+`, ""},
	{` numtxqueues \d+ numrxqueues \d+| parentbus \S+| parentdev \S+`, ""},
	{` expires \d+sec`, " expires Nsec"},
	{`\s+`, " "},
}

var kernelPatterns = func() []*regexp.Regexp {
	var patterns []*regexp.Regexp
	for _, noise := range kernelNoise {
		patterns = append(patterns, regexp.MustCompile(noise.form))
	}
	return patterns
}()

func cleanKernel(line string) string {
	for i, pattern := range kernelPatterns {
		line = pattern.ReplaceAllString(line, kernelNoise[i].with)
	}
	return strings.TrimSpace(line)
}

// readSysctls reads the settings of all interfaces that a router may change.
func (n *node) readSysctls() ([]string, error) {
	var lines []string
	err := n.host.Do(func() error {
		for _, pattern := range []string{"/proc/sys/net/ipv4/conf/*/*", "/proc/sys/net/ipv6/conf/*/*", "/proc/sys/net/ipv4/ip*", "/proc/sys/net/ipv6/*"} {
			files, err := filepath.Glob(pattern)
			if err != nil {
				return err
			}
			for _, file := range files {
				if text, err := os.ReadFile(file); err == nil && !strings.Contains(file, "stable_secret") {
					lines = append(lines, "sysctl: "+strings.TrimPrefix(file, "/proc/sys/net/")+" "+strings.TrimSpace(string(text)))
				}
			}
		}
		return nil
	})
	return lines, err
}

// listFiles lists the host's directory and /run with their modes.
func (n *node) listFiles() []string {
	var found []string
	_ = n.host.Do(func() error {
		for _, root := range []string{n.dir, "/run"} {
			_ = filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
				if err == nil && path != root {
					found = append(found, fmt.Sprintf("%s %v", n.clean(path), info.Mode()))
				}
				return nil
			})
		}
		return nil
	})
	return found
}

// without are the lines of a that b does not have.
func without(a, b []string) []string {
	count := map[string]int{}
	for _, line := range b {
		count[line]++
	}
	var rest []string
	for _, line := range a {
		if count[line]--; count[line] < 0 {
			rest = append(rest, line)
		}
	}
	return rest
}
