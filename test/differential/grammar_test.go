package differential

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/schema"
)

// A writer makes a configuration out of the keyword rows.
type writer struct {
	*rand.Rand
	out    strings.Builder
	indent int
	wrong  int // of a hundred values, how many are wrong
	ipv6   bool
	vips   int
}

// fromRows makes a file that is right, or nearly.
func fromRows(r *rand.Rand) sample {
	w := &writer{Rand: r, wrong: pick(r, []int{0, 0, 0, 1, 2, 5, 15})}
	rows := config.Keywords()
	if w.chance(60) {
		w.globals(row(rows, "global_defs"))
	}
	for range w.IntN(3) {
		w.block(row(rows, "vrrp_script"), "S"+w.number(1, 3), []string{"script " + pick(r, commands), ""}, 3)
	}
	if w.chance(20) {
		w.block(row(rows, "track_file"), "F"+w.number(1, 2), []string{"file /run/text"}, 2)
	}
	if w.chance(20) {
		w.block(row(rows, "vrrp_track_process"), "P"+w.number(1, 2), []string{"process init"}, 3)
	}
	for _, name := range []string{"static_ipaddress", "static_routes", "static_rules", "garp_group", "interface_up_down_delays", "linkbeat_interfaces"} {
		if w.chance(6) {
			w.statement(row(rows, name))
		}
	}
	count := 1 + w.IntN(3)
	for i := range count {
		w.instance(row(rows, "vrrp_instance"), i+1)
	}
	if w.chance(30) {
		w.block(row(rows, "vrrp_sync_group"), "G1", []string{"group {\n V1\n V" + w.number(1, count) + "\n}"}, 2)
	}
	if w.chance(10) {
		w.out.WriteString(server)
	}
	return sample{mainFile: w.out.String()}
}

func row(rows []schema.Row, name string) schema.Row {
	for _, r := range rows {
		if r.Name == name {
			return r
		}
	}
	panic("differential: no row " + name)
}

func (w *writer) chance(percent int) bool { return w.IntN(100) < percent }

func (w *writer) number(low, high int) string { return strconv.Itoa(low + w.IntN(high-low+1)) }

func (w *writer) line(words ...string) {
	fmt.Fprintf(&w.out, "%s%s\n", strings.Repeat("    ", w.indent), strings.Join(words, " "))
}

func (w *writer) globals(r schema.Row) {
	var given []string
	if w.chance(70) {
		given = append(given, "enable_script_security", "script_user root")
	}
	w.block(r, "", given, 5)
}

// block writes a block with some lines that it needs, and some keywords of its own.
func (w *writer) block(r schema.Row, name string, given []string, most int) {
	w.line(strings.TrimSpace(r.Name+" "+name), "{")
	w.indent++
	for _, line := range given {
		if line != "" && !w.chance(w.wrong) {
			w.line(line)
		}
	}
	w.some(r.Children, most)
	w.indent--
	w.line("}")
}

func (w *writer) some(rows []schema.Row, most int) {
	for range w.IntN(most + 1) {
		w.statement(pick(w.Rand, rows))
	}
}

// instance writes a Virtual Router that works, with more keywords.
func (w *writer) instance(r schema.Row, number int) {
	w.ipv6 = w.chance(15)
	given := []string{"interface " + pick(w.Rand, []string{"eth0", "eth0", "eth0", "eth1", "eth2"}), fmt.Sprint("virtual_router_id ", number+w.IntN(4))}
	for _, line := range []string{"state MASTER", "state BACKUP", "priority " + w.number(1, 255), "advert_int 1", "nopreempt", "version 3", "unicast_peer {\n 10.9.0.2\n}", "authentication {\n auth_type PASS\n auth_pass 1234\n}", "strict_mode"} {
		if w.chance(20) {
			given = append(given, line)
		}
	}
	w.Shuffle(len(given), func(i, j int) { given[i], given[j] = given[j], given[i] })
	given = append(given, "virtual_ipaddress {\n "+w.address()+"\n}")
	w.block(r, fmt.Sprint("V", number), given, 7)
}

// statement writes a keyword with what belongs to it, or with a mistake.
func (w *writer) statement(r schema.Row) {
	if r.New || r.Effect == schema.LVS || avoided[r.Name] {
		return
	}
	switch r.Body {
	case schema.Section:
		w.block(r, "", nil, 3)
	case schema.List:
		w.list(r)
	default:
		w.line(r.Name, w.spoil(w.arguments(r.Name, r.Args, r.Range)))
	}
}

// avoided would end the run, wait for others, or make files.
var avoided = map[string]bool{
	"net_namespace": true, "instance": true, "smtp_server": true, "state_file_location": true, "stats_file_location": true,
	"json_file_location": true, "config_save_dir": true, "random_seed": true,
}

func (w *writer) list(r schema.Row) {
	w.line(r.Name, "{")
	w.indent++
	for range 1 + w.IntN(2) {
		w.line(w.spoil(w.entry(r)))
	}
	w.indent--
	w.line("}")
}

// entry is a line of a list.
func (w *writer) entry(r schema.Row) string {
	if r.Entry == nil {
		return w.word("NAME", "")
	}
	words := []string{w.entryHead(r)}
	if strings.HasSuffix(r.Entry.Form, "[weight -253-253 [reverse]]") || strings.HasPrefix(r.Name, "track_") {
		if len(r.Entry.Options) > 0 && w.chance(40) {
			words = append(words, w.option(r.Entry.Options[0]))
		}
		return strings.Join(words, " ")
	}
	for range w.IntN(4) {
		if len(r.Entry.Options) > 0 {
			words = append(words, w.option(pick(w.Rand, r.Entry.Options)))
		}
	}
	if strings.HasSuffix(r.Name, "_rules") {
		words = append(words, pick(w.Rand, []string{"table 100", "blackhole", "lookup main", "table 100 priority 10"}))
	}
	return strings.Join(words, " ")
}

func (w *writer) option(o schema.Row) string {
	if o.New {
		return ""
	}
	return strings.TrimSpace(o.Name + " " + w.arguments(o.Name, o.Args, o.Range))
}

func (w *writer) entryHead(r schema.Row) string {
	switch r.Name {
	case "virtual_routes", "static_routes":
		return pick(w.Rand, []string{"10.8.0.0/16 dev eth0", "default via 10.9.0.2", "10.8.0.0/16 via 10.9.0.2 dev eth0", "blackhole 10.7.0.0/16", "to 10.8.1.1 dev eth1", "10.8.0.0/16", "fd00:1::/64 dev eth0", "unreachable 10.6.0.0/24"})
	case "virtual_rules", "static_rules":
		return pick(w.Rand, []string{"from 10.8.0.0/16", "to 10.8.0.0/16", "from any", "iif eth0", "from 10.8.0.0/16 to 10.7.0.1", "from fd00::/64", "not from 10.0.0.0/8"})
	case "virtual_ipaddress", "virtual_ipaddress_excluded", "static_ipaddress":
		return w.address()
	case "interface_up_down_delays":
		return w.word("INTERFACE", "") + " " + w.number(0, 3) + pick(w.Rand, []string{"", " 1", ".5"})
	case "linkbeat_interfaces":
		return w.word("INTERFACE", "") + pick(w.Rand, []string{"", " MII", " ETHTOOL", " IOCTL"})
	case "track_script":
		return "S" + w.number(1, 3)
	case "track_file":
		return "F" + w.number(1, 2)
	case "track_process":
		return "P" + w.number(1, 2)
	case "group":
		return "V" + w.number(1, 3)
	case "interfaces":
		return "eth0 eth1"
	case "track_bfd":
		return "nothing"
	}
	first, _, _ := strings.Cut(r.Entry.Form, " ")
	return w.word(first, "")
}

// address is one that the instance may have.
func (w *writer) address() string {
	w.vips++
	if w.ipv6 != w.chance(w.wrong) {
		return fmt.Sprintf("fe80::%x%s", w.vips, pick(w.Rand, []string{"", "/64", "/128"}))
	}
	return fmt.Sprintf("10.9.1.%d%s", w.vips%250+1, pick(w.Rand, []string{"", "/24", "/32"}))
}

// spoil makes now and then a mistake.
func (w *writer) spoil(text string) string {
	if !w.chance(w.wrong) {
		return text
	}
	words := strings.Fields(text)
	at := w.IntN(len(words) + 1)
	bad := pick(w.Rand, []string{"", "x", "0", "-1", "999999999999", "1.5", "1.2345678", "5x", "\"\"", "\"a b\"", "10.0.0.1", "fe80::1", "eth9", "ON", "off", "{", "}", "\"", "10.0.0", "10.0.0.0/33"})
	if at == len(words) {
		return text + " " + bad
	}
	if w.chance(30) {
		words = words[:at]
	} else {
		words[at] = bad
	}
	return strings.Join(words, " ")
}

var commands = []string{"/run/good", `"/run/good a b"`, "/run/good", `"</run/text"`, `"/run/good 'a b'"`, `"/run/open"`, "/run/text", "/run/missing", `"killall -0 sh"`}

// written says by keyword what its Args say for people only.
var written = map[string][]string{
	"include_check":           {"", "read", "match read", "+match -read"},
	"umask":                   {"022", "0x1f", "IRWXG|IRWXO", "18"},
	"vrrp_cpu_affinity":       {"0", "0 1"},
	"bfd_cpu_affinity":        {"0"},
	"vrrp_ipsets":             {"", "a b"},
	"use_vmac":                {"", "vmac1", "vrrp.51", "netlink_notify_msg", "00:00:5e:11:22:33", "name v2"},
	"use_ipvlan":              {"", "10.9.0.5", "bridge", "ipv1 10.9.0.5/24"},
	"auth_pass":               {"1234", "123456789", "\"a b\"", "x#y"},
	"vrrp_mcast_group4":       {"224.0.0.18", "239.1.1.1"},
	"vrrp_mcast_group6":       {"ff02::12", "ff05::1"},
	"mcast_dst_ip":            {"224.0.0.18", "239.1.1.1", "ff02::12"},
	"neighbor_ip":             {"10.9.0.2"},
	"track_group":             {"nothing"},
	"encap":                   {"ip id 5 dst 10.0.0.1", "mpls 100", "ip6 dst fd00::1"},
	"realms":                  {"5", "5/6"},
	"fwmark":                  {"5", "0x5/0xff"},
	"uidrange":                {"5-6"},
	"sport":                   {"5-6", "5"},
	"dport":                   {"80-90"},
	"ipproto":                 {"tcp", "17"},
	"nexthop":                 {"via 10.9.0.3 dev eth0 weight 5", "via 10.9.0.3"},
	"as":                      {"10.0.0.1"},
	"vrf":                     {"eth1"},
	"congctl":                 {"reno", "lock cubic"},
	"rtt":                     {"300ms", "2s", "5000"},
	"rttvar":                  {"300ms"},
	"rto_min":                 {"300ms"},
	"features":                {"ecn"},
	"key":                     {"1 abc"},
	"goto":                    {"32000"},
	"min_auto_priority_delay": {"500"},
}

var (
	bracketed = regexp.MustCompile(`\[([^\[\]]*)\]`)
	limit     = regexp.MustCompile(`^(-?[\d.]+)-(-?[\d.]+)$`)
)

// arguments are right values for a row.
func (w *writer) arguments(name, args, limits string) string {
	if texts := written[name]; texts != nil {
		return pick(w.Rand, texts)
	}
	args = strings.ReplaceAll(args, "[:]", "") // not in 2.2.7
	for bracketed.MatchString(args) {          // from the inside: what is optional is there or not
		args = bracketed.ReplaceAllStringFunc(args, func(found string) string {
			if w.chance(50) {
				return ""
			}
			return strings.ReplaceAll(found[1:len(found)-1], " ", " ")
		})
	}
	var words []string
	for word := range strings.FieldsSeq(args) {
		if word != "…" && word != ":" {
			words = append(words, w.word(pick(w.Rand, strings.Split(word, "|")), limits))
		}
	}
	return strings.Join(words, " ")
}

// placeholders are values by what stands for them in Args.
var placeholders = map[string][]string{
	"STRING": {"a", "\"a b\""}, "NAME": {"name", "x.y"}, "ADDRESS": {"10.9.0.1", "10.9.0.5", "fe80::7"}, "HOST": {"127.0.0.1"},
	"PORT": {"25"}, "INTERFACE": {"eth0", "eth0", "eth1", "eth1", "tun0"}, "SCRIPT": {"/run/good", `"/run/good x"`, "/run/good", "/run/missing", "/run/open"},
	"COMMAND": {"/run/good"}, "USER": {"root"}, "GROUP": {"root", "net"}, "PATH": {"/run/some"},
	"LOGFILE": {"/run/log"}, "DIRECTORY": {"/run"}, "TABLE": {"100", "main"}, "IN": {"in"}, "OUT": {"out"}, "SCOPE": {"global", "link", "5"},
	"LABEL": {"eth0:1", "x"}, "DESTINATION": {"10.5.0.0/16", "default"}, "PREFIX": {"10.4.0.0/16", "fd00::/64"}, "any": {"any"},
	"PROTOCOL": {"18", "static"}, "TOS": {"0", "16"}, "MARK": {"5"}, "PASSWORD": {"1234"}, "PARAMETER": {"a"}, "VALUE": {"0", "5"},
	"TIME": {"300"}, "NUMBER": {"1", "100"}, "LOCATOR": {"1:2:3:4"}, "PRIORITY": {"5"}, "CPU": {"0"}, "MICROSECONDS": {"10000"}, "BYTES": {"65536"},
	"COUNT": {"1", "3", "5"}, "SECONDS": {"1", "5", "10"}, "DOWN": {"1"}, "UP": {"1"}, "BITS": {"022"},
}

// word is a right value for one word of Args.
func (w *writer) word(form, limits string) string {
	for _, text := range []string{limits, form} {
		parts := limit.FindStringSubmatch(text)
		if parts == nil || placeholders[form] == nil && text != form {
			continue
		}
		low, _ := strconv.ParseFloat(parts[1], 64)
		high, _ := strconv.ParseFloat(parts[2], 64)
		if form == "SECONDS" && low == 0 {
			low = 1
		}
		switch {
		case w.chance(w.wrong):
			return pick(w.Rand, []string{fmt.Sprintf("%.0f", high+1), fmt.Sprintf("%.0f", low-1), "0", "-1"})
		case w.chance(20):
			return pick(w.Rand, []string{parts[1], parts[2]})
		default:
			return fmt.Sprintf("%.0f", max(low, 1)+float64(w.IntN(int(max(1, min(high-max(low, 1)+1, 300))))))
		}
	}
	if texts := placeholders[form]; texts != nil {
		return pick(w.Rand, texts)
	}
	return form
}
