package differential

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// seeds are the files that mutations start from.
func readSeeds(t *testing.T) []string {
	patterns := []string{"../../configs/*.conf", "../../internal/config/testdata/*.txtar", "../../internal/fleet/testdata/*.txtar"}
	if dir := os.Getenv("GOVRRPD_CORPUS"); dir != "" {
		patterns = append(patterns, filepath.Join(dir, "*.conf"))
	}
	var seeds []string
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range parts(name, string(text)) {
				seeds = append(seeds, strings.NewReplacer(untestable...).Replace(withoutServers(part)))
			}
		}
	}
	if len(seeds) < 20 {
		t.Fatalf("only %d files to start from", len(seeds))
	}
	return seeds
}

// untestable is what keeps keepalived from a verdict in these namespaces, and what goes in its place: it
// enters network namespaces, and crashes over scripts of other users than root.
var untestable = []string{
	"net_namespace", "#", "script_user keepalived_script", "script_user root", "script_user nobody", "script_user root",
	"user nobody", "user root", "user keepalived_script", "user root",
}

var archiveHeading = regexp.MustCompile(`(?m)^-- .* --\n`)

// parts are the configurations in a file: those of an archive, or the file itself.
func parts(name, text string) []string {
	if filepath.Ext(name) != ".txtar" {
		return []string{text}
	}
	var found []string
	for _, part := range archiveHeading.Split(text, -1) {
		if strings.Contains(part, "{\n") && strings.Contains(part, "vrrp_") {
			found = append(found, part)
		}
	}
	return found
}

var serverLine = regexp.MustCompile(`^\s*(virtual_server|virtual_server_group|SSL)\b`)

// withoutServers leaves out the blocks of the LVS side, in which nothing shall be mutated.
func withoutServers(text string) string {
	var out strings.Builder
	depth, inside := 0, false
	for line := range strings.Lines(text) {
		if depth == 0 {
			inside = serverLine.MatchString(line)
		}
		plain, _, _ := strings.Cut(line, "#")
		depth = max(depth+strings.Count(plain, "{")-strings.Count(plain, "}"), 0)
		if !inside {
			out.WriteString(line)
		}
	}
	return out.String()
}

// server is a block of the LVS side without a mistake.
const server = `virtual_server 10.1.2.3 80 {
    delay_loop 6
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 10.1.2.4 80 {
        weight 1
        TCP_CHECK {
            connect_timeout 3
        }
    }
}
`

// mutate changes one of the seeds in a few places.
func mutate(r *rand.Rand, seeds []string) sample {
	text := seeds[r.IntN(len(seeds))]
	if !strings.HasSuffix(text, "\n") && r.IntN(2) == 0 {
		text += "\n"
	}
	if r.IntN(8) > 0 {
		text = atHome(text)
	}
	if r.IntN(2) == 0 {
		text = "global_defs {\n    enable_script_security\n    script_user root\n}\n" + text
	}
	for range r.IntN(4) {
		text = pick(r, mutations)(r, text)
	}
	if r.IntN(10) == 0 {
		text = pick(r, []func() string{
			func() string { return server + text },
			func() string { return text + server },
			func() string { return "}\n" + server + text },
			func() string { return text + server + "}\n" },
		})()
	}
	switch r.IntN(12) {
	case 0:
		return splitByInclude(r, text)
	case 1:
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return sample{mainFile: text}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

var (
	deviceWord = regexp.MustCompile(`(?m)((?:^|\s)(?:interface|dev|lvs_sync_daemon)[ \t]+)([a-z][a-z0-9.@-]*)`)
	deviceLine = regexp.MustCompile(`(?m)^([ \t]*)(e(?:th|n[spo])[a-z0-9.]*)`)
	scriptPath = regexp.MustCompile(`/[\w./-]+\.(?:sh|py|pl|bash)\b`)
)

// atHome names interfaces and scripts that are there, so that one missing does not hide all else.
func atHome(text string) string {
	names := map[string]string{"eth0": "eth0", "eth1": "eth1", "eth2": "eth2", "tun0": "tun0"}
	local := func(name string) string {
		if names[name] == "" {
			names[name] = fmt.Sprintf("eth%d", len(names)%2)
		}
		return names[name]
	}
	text = deviceWord.ReplaceAllStringFunc(text, func(found string) string {
		part := deviceWord.FindStringSubmatch(found)
		return part[1] + local(part[2])
	})
	text = deviceLine.ReplaceAllStringFunc(text, func(found string) string {
		part := deviceLine.FindStringSubmatch(found)
		return part[1] + local(part[2])
	})
	return scriptPath.ReplaceAllString(text, "/run/good")
}

// mutations each make one change.
var mutations = []func(*rand.Rand, string) string{
	onLine(func(r *rand.Rand, lines []string, at int) []string { return append(lines[:at:at], lines[at+1:]...) }),
	onLine(func(r *rand.Rand, lines []string, at int) []string {
		return append(append(lines[:at:at], lines[at], lines[at]), lines[at+1:]...)
	}),
	onLine(func(r *rand.Rand, lines []string, at int) []string {
		other := r.IntN(len(lines))
		lines[at], lines[other] = lines[other], lines[at]
		return lines
	}),
	onLine(func(r *rand.Rand, lines []string, at int) []string { // two lines in one
		if at+1 == len(lines) {
			return lines
		}
		return append(append(lines[:at:at], strings.TrimSpace(lines[at])+" "+strings.TrimSpace(lines[at+1])), lines[at+2:]...)
	}),
	onLine(func(r *rand.Rand, lines []string, at int) []string { // one line in two
		words := strings.Fields(lines[at])
		if len(words) < 2 {
			return lines
		}
		cut := 1 + r.IntN(len(words)-1)
		return append(append(lines[:at:at], strings.Join(words[:cut], " "), strings.Join(words[cut:], " ")), lines[at+1:]...)
	}),
	onLine(insertLine), onLine(insertLine),
	onLine(changeWord), onLine(changeWord), onLine(changeWord), onLine(changeWord),
	onLine(func(r *rand.Rand, lines []string, at int) []string { // what stands before or behind a line
		lines[at] = pick(r, lineParts)(lines[at])
		return lines
	}),
	onLine(func(r *rand.Rand, lines []string, at int) []string { // other indentation
		lines[at] = pick(r, []string{"", " ", "\t", "  \t ", "        "}) + strings.TrimLeft(lines[at], " \t")
		return lines
	}),
	moveLines, oneLineBlock, dropBrace, changeNumber, changeNumber, changeByte, defineWord, iterate,
}

func onLine(change func(*rand.Rand, []string, int) []string) func(*rand.Rand, string) string {
	return func(r *rand.Rand, text string) string {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		return strings.Join(change(r, lines, r.IntN(len(lines))), "\n") + "\n"
	}
}

var inserted = []string{
	"{", "}", "}}", "{}", "# comment", "! comment", "", "   ", "unknown_keyword", "unknown_keyword x", "unknown_block {", "unknown_block {\n a\n b 5\n}",
	"unknown_block x {\n nested {\n a\n }\n}", "priority 90", "nopreempt", "preempt_delay 5", "version 3", "strict_mode", "advert_int 0.5",
	"native_ipv6", "use_vmac", "vmac_xmit_base", "accept", "no_accept", "garp_master_delay 5", "garp_master_refresh 60",
	"smtp_alert", "debug 2", "dont_track_primary", "track_interface {\n eth1\n}", "track_interface {\n eth1 weight -10\n}",
	"notify /run/good", "notify \"/run/good a b\"", "notify_master \"/run/good\" root", "notify_master /run/missing",
	"virtual_ipaddress {\n 10.0.0.99/24 dev eth0\n}", "virtual_ipaddress_excluded {\n 10.0.0.98\n fe80::5/64\n}",
	"virtual_routes {\n 10.8.0.0/16 via 10.9.0.2 dev eth0\n}", "virtual_rules {\n from 10.8.0.0/16 table 100 priority 5\n}",
	"unicast_peer {\n 10.9.0.2\n}", "unicast_src_ip 10.9.0.1", "mcast_src_ip 10.9.0.1",
	"authentication {\n auth_type PASS\n auth_pass 1234\n}", "authentication {\n auth_type AH\n auth_pass 123456789\n}",
	"include missing.conf", "include *.nothing", "include {a,b}.conf", "vrrp_strict", "vrrp_version 3", "router_id x", "script_user root", "enable_script_security",
	"global_defs {\n vrrp_strict\n}", "global_defs {\n router_id\n}", "vrrp_instance VX {", "vrrp_instance V 2 {", "vrrp_sync_group G {\n group {\n  VI_1\n  VI_2\n }\n}",
	"vrrp_script x {\n script \"/run/good\"\n}", "track_script {\n x\n}", "track_script {\n nothing\n}",
	"@here priority 7", "@there priority 7", "@^here nonsense", "@^there nopreempt", "@", "@here", "$X=5", "$X=", "$X = 5", "priority $X", "priority ${X}", "${X}",
	"{{ x }}", "{% if x %}", "{% endif %}", "priority {{ prio }}", "interface {{ iface | default('eth0') }}", "priority ${PRIO:-100}", "priority %PRIO%", "interface <IFACE>", "router_id ${HOSTNAME}", "priority @PRIO@",
	"~SEQ(i, 3) unknown_$i", "~SEQ(i, 1, 2) garp_master_repeat $i", "~LST(i, a, b) $i", "\ufeff", "vrrp_instance", "vrrp_instance {", "vrrp_script {", "virtual_server 10.0.0.1 80 {\n}", "static_ipaddress {\n 10.7.0.1/24 dev eth0\n}", "static_routes {\n default via 10.9.0.2\n}",
	"linkbeat_use_polling", "garp_group {\n garp_interval 1\n interface eth0\n}", "é", "priority 100 ; # x", "priority 100;", "// comment", "state MASTER,", "-- x", "*/", "[section]", "key = value", "key: value", "---", "<<<<<<< HEAD", "=======", "\\",
}

func insertLine(r *rand.Rand, lines []string, at int) []string {
	return append(append(lines[:at:at], pick(r, inserted)), lines[at:]...)
}

var lineParts = []func(string) string{
	func(l string) string { return "#" + l },
	func(l string) string { return "!" + l },
	func(l string) string { return l + " # behind" },
	func(l string) string { return l + "!behind" },
	func(l string) string { return l + "#}" },
	func(l string) string { return l + " \\" },
	func(l string) string { return l + ";" },
	func(l string) string { return l + " }" },
	func(l string) string { return l + " {" },
	func(l string) string { return l + " extra" },
	func(l string) string { return l + "\"" },
	func(l string) string { return l + " 'x" },
	func(l string) string { return l + "\t\t " },
	func(l string) string { return l + "\r" },
	func(l string) string { return l + strings.Repeat(" ", 300) },
	func(l string) string { return l + "\f" },
	func(l string) string { return "@here " + l },
	func(l string) string { return "@there " + l },
	func(l string) string { return "@^there " + strings.TrimLeft(l, " \t") },
	func(l string) string { return "@here @here " + l },
	func(l string) string { return "} " + l },
	func(l string) string { return "{ " + l },
	func(l string) string { return "\"" + strings.TrimSpace(l) + "\"" },
	func(l string) string { return "\u00a0" + l },
	func(l string) string { return strings.ToUpper(l) },
	func(l string) string { return "- " + l },
	func(l string) string { return "include " + l },
}

var wordChanges = []func(*rand.Rand, string) string{
	func(*rand.Rand, string) string { return "" },
	func(*rand.Rand, string) string { return "" },
	func(_ *rand.Rand, w string) string { return w + " " + w },
	func(_ *rand.Rand, w string) string { return `"` + w + `"` },
	func(_ *rand.Rand, w string) string { return `'` + w + `'` },
	func(_ *rand.Rand, w string) string { return `"` + w },
	func(_ *rand.Rand, w string) string { return w + `"` },
	func(_ *rand.Rand, w string) string { return `""` },
	func(_ *rand.Rand, w string) string { return strings.Trim(w, `"'`) },
	func(_ *rand.Rand, w string) string { return strings.ToUpper(w) },
	func(_ *rand.Rand, w string) string { return strings.ToLower(w) },
	func(_ *rand.Rand, w string) string { return w + "x" },
	func(_ *rand.Rand, w string) string { return w[:len(w)-1] },
	func(_ *rand.Rand, w string) string { return strings.ReplaceAll(w, "_", "-") },
	func(_ *rand.Rand, w string) string { return w + "," },
	func(_ *rand.Rand, w string) string { return w + "=" },
	func(_ *rand.Rand, w string) string { return w + ":" },
	func(_ *rand.Rand, w string) string { return w + "/24" },
	func(_ *rand.Rand, w string) string { return w + "#c" },
	func(_ *rand.Rand, w string) string { return `\` + w },
	func(_ *rand.Rand, w string) string { return "{" + w },
	func(_ *rand.Rand, w string) string { return w + "{" },
	func(_ *rand.Rand, w string) string { return w + "}" },
	func(r *rand.Rand, _ string) string {
		return pick(r, []string{"0", "1", "255", "256", "-1", "1.5", "100", "99999999999", "0x10", "010", "{{ x }}", "{{x}}", "${X:-y}", "%X%", "<IP>", "$IP", "${IP}", "${_INSTANCE}", "${_PWD}", "ü", "eth9", "lo", "eth2", "tun0", "MASTER", "BACKUP", "10.0.0.5", "10.0.0.5/33", "fe80::1", "fd00::1/64", "2001:db8::1", "on", "off", "weight", "PASS", "/run/good", "/run/open", "/run/text", "/run/missing", "root"})
	},
}

func changeWord(r *rand.Rand, lines []string, at int) []string {
	for range 10 { // a line that has words
		if words := strings.Fields(lines[at]); len(words) > 0 && words[0][0] != '#' && words[0][0] != '!' {
			i := r.IntN(len(words))
			words[i] = pick(r, wordChanges)(r, words[i])
			lines[at] = "    " + strings.Join(words, " ")
			return lines
		}
		at = r.IntN(len(lines))
	}
	return lines
}

// moveLines puts a run of lines elsewhere.
func moveLines(r *rand.Rand, text string) string {
	lines := strings.SplitAfter(text, "\n")
	from := r.IntN(len(lines))
	to := min(from+1+r.IntN(8), len(lines))
	run := append([]string{}, lines[from:to]...)
	rest := append(append([]string{}, lines[:from]...), lines[to:]...)
	at := r.IntN(len(rest) + 1)
	return strings.Join(rest[:at], "") + strings.Join(run, "") + strings.Join(rest[at:], "")
}

// oneLineBlock joins a block, or a part of one, into one line.
func oneLineBlock(r *rand.Rand, text string) string {
	opens := regexp.MustCompile(`\{[^{}#!]*\}`).FindAllStringIndex(text, -1)
	if len(opens) == 0 {
		return text
	}
	at := pick(r, opens)
	return text[:at[0]] + strings.Join(strings.Fields(text[at[0]:at[1]]), " ") + text[at[1]:]
}

// dropBrace leaves out one brace.
func dropBrace(r *rand.Rand, text string) string { return replaceOne(r, text, `[{}]`, "") }

func replaceOne(r *rand.Rand, text, pattern, with string) string {
	found := regexp.MustCompile(pattern).FindAllStringIndex(text, -1)
	if len(found) == 0 {
		return text
	}
	at := pick(r, found)
	return text[:at[0]] + with + text[at[1]:]
}

func changeNumber(r *rand.Rand, text string) string {
	return replaceOne(r, text, `\b\d+\b`, pick(r, []string{"0", "1", "2", "3", "8", "33", "100", "128", "254", "255", "256", "1000", "65536", "4294967296", "-1", "-254", "+5", "1.5", ".5", "5.", "0.001", "010", "0x1f", "1s", "abc", ""}))
}

func changeByte(r *rand.Rand, text string) string {
	if text == "" {
		return text
	}
	at := r.IntN(len(text))
	with := pick(r, []string{"", "", " ", "\t", "\n", "\"", "'", "#", "!", "$", "@", "~", "\\", "{", "}", "x", "é", "\x00", "\x7f", "\xff", ";", "=", "/", "(", "0"})
	return text[:at] + with + text[at+1:]
}

// defineWord replaces a word by a definition.
func defineWord(r *rand.Rand, text string) string {
	found := regexp.MustCompile(`[ \t]([\w./:-]+)\n`).FindAllStringSubmatchIndex(text, -1)
	if len(found) == 0 {
		return text
	}
	at := pick(r, found)
	value := text[at[2]:at[3]]
	return pick(r, []string{"$DEF=", "@here $DEF=", "$DEF= "}) + value + "\n" + text[:at[2]] + pick(r, []string{"$DEF", "${DEF}", "\"${DEF}\"", "$DEF x", "$DEF/24", "$UNDEF"}) + text[at[3]:]
}

// iterate puts an iterator before a line.
func iterate(r *rand.Rand, text string) string {
	return onLine(func(r *rand.Rand, lines []string, at int) []string {
		lines[at] = pick(r, []string{"~SEQ(i, 2) ", "~SEQ(i,1,3)", "~SEQx(i, 9, 11) ", "~LST(i, a, b) ", "~LST({i,j}, {a,b}) ", "~SEQ(i) ", "~SEQ(i, 1, 0, 3) "}) + strings.TrimSpace(lines[at])
		return lines
	})(r, text)
}

// splitByInclude moves a run of lines into a file of its own.
func splitByInclude(r *rand.Rand, text string) sample {
	lines := strings.SplitAfter(text, "\n")
	from := r.IntN(len(lines))
	to := min(from+1+r.IntN(20), len(lines))
	how := pick(r, []string{"include part.conf", "include p*.conf", "include {part}.conf", "include {part,other}.conf", "includea part.conf", "include ./part.conf", "include \"part.conf\"", "includer part.conf # x", "@here include part.conf", "include sub/*.conf"})
	name := "part.conf"
	if strings.Contains(how, "sub/") {
		name = "sub/part.conf"
	}
	return sample{mainFile: strings.Join(lines[:from], "") + how + "\n" + strings.Join(lines[to:], ""), name: strings.Join(lines[from:to], "")}
}
