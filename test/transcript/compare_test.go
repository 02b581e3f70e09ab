package transcript

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// compare holds a transcript beside the oracle's, after what is known to differ has been taken out of both.
func compare(s *scenario, c cast, oracle, got transcript) (problems []string) {
	streams := slices.Sorted(maps.Keys(oracle))
	for stream := range got {
		if _, both := oracle[stream]; !both {
			streams = append(streams, stream)
		}
	}
	slices.Sort(streams)
	for _, stream := range streams {
		host, name, _ := strings.Cut(stream, " ")
		player := c.a
		if host == "b" {
			player = c.b
		}
		theirs := judge(s, "oracle", name, oracle[stream])
		side := "ours"
		if player.Path == c.oracle {
			side = "oracle"
		}
		ours := judge(s, side, name, got[stream])
		if text := diff.Diff("keepalived", []byte(join(theirs)), c.name, []byte(join(ours))); len(text) > 0 {
			problems = append(problems, fmt.Sprintf("%s, %s:\n%s", c.name, stream, text))
		}
	}
	return problems
}

func join(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// saidTwice tells whether a line of 2.2.7 is the second one about removing rules and routes at the start, which come
// once more behind the addresses.
func saidTwice(before []string, line string) bool {
	if len(before) == 0 {
		return false
	}
	behind := strings.HasSuffix(before[len(before)-1], "removing VIPs.") || strings.HasSuffix(before[len(before)-1], "removing E-VIPs.")
	return behind && strings.Contains(line, ") removing Virtual R")
}

// repeated are complaints that come as often as their cause, which is a matter of time; 2.4 makes them once.
var repeated = regexp.MustCompile(`received an invalid passwd|interval mismatch|invalid ttl|Invalid|expected \d+ VIPs|not present in advert|wrong VRRP version|too (short|long)|send advert error|not a unicast peer|discarding`)

// judge applies the exceptions to a stream.
func judge(s *scenario, side, stream string, lines []string) []string {
	exceptions := append(slices.Clip(known), s.differs...)
	var kept []string
	for _, line := range lines {
		line, keep := applyAll(exceptions, side, stream, line)
		if side == "oracle" && saidTwice(kept, line) {
			continue
		}
		if keep && !(len(kept) > 0 && kept[len(kept)-1] == line && repeated.MatchString(line)) {
			kept = append(kept, line)
		}
	}
	return kept
}

func applyAll(exceptions []*exception, side, stream, line string) (string, bool) {
	for _, e := range exceptions {
		if e.side != side && e.side != "both" || !e.stream.MatchString(stream) || !e.line.MatchString(line) {
			continue
		}
		e.used = true
		if !e.replace {
			return "", false
		}
		line = e.line.ReplaceAllString(line, e.replacement)
	}
	return line, true
}
