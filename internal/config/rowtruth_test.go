package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// The documentation says of a keyword what its row says: these tests hold the rows against the decoder.

// eachRow visits the rows that stand in a block for which rows_test.go has a frame.
func eachRow(t *testing.T, visit func(f frame, block string, row schema.Row)) {
	t.Helper()
	var walk func(block string, rows []schema.Row)
	walk = func(block string, rows []schema.Row) {
		f, known := frames[block]
		if !known && block != "vrrp_track_file" {
			t.Errorf("no frame for %s", block)
		}
		for _, row := range rows {
			if known {
				visit(f, block, row)
			}
			walkInto(walk, row)
		}
	}
	walk("", Keywords())
}

func walkInto(walk func(string, []schema.Row), row schema.Row) {
	if len(row.Children) > 0 {
		walk(row.Name, row.Children)
	}
}

// TestDefaultsChangeNothing writes each keyword with its default: nothing may be different then.
func TestDefaultsChangeNothing(t *testing.T) {
	count := 0
	eachRow(t, func(f frame, block string, row schema.Row) {
		if row.Default == "" {
			return
		}
		count++
		without := decode(f.before + "\n" + f.after)
		with := decode(f.before + row.Name + " " + row.Default + "\n" + f.after)
		if a, b := plain(without), plain(with); a != b {
			t.Errorf("%s: %s %s is not the default: %s", block, row.Name, row.Default, difference(a, b))
		}
	})
	if count < 40 {
		t.Errorf("only %d defaults", count)
	}
}

// plain prints a configuration without the places where things stand.
func plain(c *Config) string {
	var b strings.Builder
	writePlain(&b, reflect.ValueOf(c))
	return b.String()
}

func writePlain(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil\n")
			return
		}
		writePlain(b, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.IsExported() && field.Type != reflect.TypeFor[syntax.Span]() && field.Name != "Diagnostics" {
				b.WriteString(field.Name + ": ")
				writePlain(b, v.Field(i))
			}
		}
		if v.NumField() > 0 && !v.Type().Field(0).IsExported() {
			fmt.Fprintln(b, v.Interface()) // an address or a prefix
		}
	case reflect.Slice, reflect.Array:
		fmt.Fprintln(b, v.Len())
		for i := range v.Len() {
			writePlain(b, v.Index(i))
		}
	default:
		fmt.Fprintln(b, v)
	}
}

// difference is the first line in which two texts differ.
func difference(a, b string) string {
	other := strings.Split(b, "\n")
	for i, line := range strings.Split(a, "\n") {
		if i >= len(other) || line != other[i] {
			return fmt.Sprintf("%s, not %s", other[min(i, len(other)-1)], line)
		}
	}
	return "more lines"
}

// notPlainNumbers are rows that have a number that needs company, or is not written in decimal.
var notPlainNumbers = map[string]bool{"key": true, "umask": true}

// TestLimitsAreTheLimits writes each keyword with the numbers at the edges of what it takes, and beyond.
func TestLimitsAreTheLimits(t *testing.T) {
	count := 0
	eachRow(t, func(f frame, block string, row schema.Row) {
		low, high, ok := row.Limits()
		if !ok || row.Effect == schema.LVS || notPlainNumbers[row.Name] {
			return
		}
		count++
		try := func(number string) bool {
			return numberFindings(decode(f.before+row.Name+" "+number+"\n"+f.after)) > 0
		}
		checkLimits(t, block+": "+row.Name, low, high, try)
	})
	if count < 60 {
		t.Errorf("only %d limits", count)
	}
}

func checkLimits(t *testing.T, what, low, high string, refuses func(string) bool) {
	t.Helper()
	for _, number := range []string{low, high} {
		if refuses(number) {
			t.Errorf("%s %s: refused", what, number)
		}
	}
	for _, number := range []string{beyond(low, -1), beyond(high, 1)} {
		if !refuses(number) {
			t.Errorf("%s %s: accepted", what, number)
		}
	}
}

// beyond is a number outside of a limit: the next whole one.
func beyond(limit string, step float64) string {
	n, _ := strconv.ParseFloat(limit, 64)
	if step < 0 && n > 0 && n < 1 {
		return "0"
	}
	return strconv.FormatFloat(n+step, 'f', -1, 64)
}

// numberFindings counts the findings that are about a number.
func numberFindings(c *Config) (count int) {
	for _, d := range c.Diagnostics {
		switch d.Code {
		case schema.CodeOutOfRange, schema.CodeBadNumber, CodeBadLineValue:
			count++
		}
	}
	return count
}

// TestOptionLimitsAreTheLimits is the same for the options of addresses, routes and rules. An option may
// be for one family only.
func TestOptionLimitsAreTheLimits(t *testing.T) {
	lines := map[string][]string{
		"static_ipaddress": {"10.1.0.1/24 dev eth0 %s"},
		"static_routes":    {"10.1.0.0/16 dev eth0 %s no_track", "2001:db8::/64 dev eth0 %s no_track"},
		"static_rules": {"from 10.0.0.0/8 %s no_track preference 5 blackhole", "from 10.0.0.0/8 %s no_track preference 5",
			"from 10.0.0.0/8 table 5 %s no_track preference 5", "from 10.0.0.0/8 nop no_track %s", "from 10.0.0.0/8 no_track %s preference 0"},
	}
	for _, row := range Keywords() {
		for _, option := range optionsOf(row) {
			low, high, ok := option.Limits()
			if !ok || lines[row.Name] == nil || option.Name == "nexthop" { // its numbers are those of weight
				continue
			}
			accepted := func(number string) bool {
				for _, line := range lines[row.Name] {
					line = fmt.Sprintf(line, option.Name+" "+number)
					if c := decode(row.Name + " {\n" + line + "\n}\n" + plainInstance); worst(c) > syntax.Warning {
						return true
					}
				}
				return false
			}
			checkLimits(t, row.Name+": "+option.Name, low, high, func(number string) bool { return !accepted(number) })
		}
	}
}

// TestEntryLimitsAreTheLimits is the same for peers and trackers of an instance.
func TestEntryLimitsAreTheLimits(t *testing.T) {
	lines := map[string]string{
		"unicast_peer": "10.0.0.9", "track_interface": "eth1", "track_script": "chk", "track_file": "fil", "track_process": "pro",
	}
	count := 0
	eachRow(t, func(f frame, block string, row schema.Row) {
		for _, option := range optionsOf(row) {
			low, high, ok := option.Limits()
			if line := lines[row.Name]; ok && block == "vrrp_instance" && line != "" {
				count++
				checkLimits(t, row.Name+": "+option.Name, low, high, func(number string) bool {
					return numberFindings(decode(f.before+row.Name+" {\n"+line+" "+option.Name+" "+number+"\n}\n"+f.after)) > 0
				})
			}
		}
	})
	if count != len(lines)+1 {
		t.Errorf("%d limits, want %d", count, len(lines)+1)
	}
}

func optionsOf(row schema.Row) []schema.Row {
	if row.Entry == nil {
		return nil
	}
	return row.Entry.Options
}

// worst is the worst severity of the findings: the smaller, the worse.
func worst(c *Config) syntax.Severity {
	least := syntax.Notice
	for _, d := range c.Diagnostics {
		least = min(least, d.Severity)
	}
	return least
}

// TestExamplesAreRight reads each example in a file that has what it refers to.
func TestExamplesAreRight(t *testing.T) {
	const pair = "vrrp_instance inside {\ninterface eth0\nvirtual_router_id 201\nvirtual_ipaddress { 192.0.2.201 }\n}\n" +
		"vrrp_instance outside {\ninterface eth3\nvirtual_router_id 202\nvirtual_ipaddress { 192.0.2.202 }\n}\n"
	const secure = "global_defs {\nenable_script_security\nscript_user nobody\n}\n"
	around := map[string]frame{
		"":            {before: secure, after: pair},
		"global_defs": {before: "global_defs {\nenable_script_security\nscript_user nobody\n", after: "}\n" + pair},
		"vrrp_instance": {before: secure + "vrrp_script web {\nscript /usr/local/bin/web\n}\n" +
			"vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.0.2.99 }\n", after: "}\n"},
		"vrrp_sync_group": {before: secure + "vrrp_script web {\nscript /usr/local/bin/web\n}\nvrrp_sync_group G {\n",
			after: "group {\ninside outside\n}\n}\n" + pair},
		"vrrp_script": {before: secure + "vrrp_script s {\nscript /usr/local/bin/web\n", after: "}\n" + pair},
		"track_file":  {before: "track_file f {\nfile /run/f\n", after: "}\n" + pair},

		"vrrp_track_process": {before: "vrrp_track_process p {\n", after: "}\n" + pair},
	}
	count := 0
	eachRow(t, func(_ frame, block string, row schema.Row) {
		f, known := around[block]
		switch {
		case row.Example == "":
			return
		case !known:
			t.Errorf("%s: no place for the example of %s", block, row.Name)
			return
		}
		count++
		before := f.before
		after := f.after
		switch row.Name { // of these only the first counts
		case "file":
			before = strings.ReplaceAll(before, "file /run/f\n", "")
		case "group":
			after = strings.ReplaceAll(after, "group {\ninside outside\n}\n", "")
		}
		text := before + row.Example + "\n" + after
		tree := syntax.ParseString("example.conf", text, syntax.Options{BlockKeyword: BlockKeyword, ValueBlock: ValueBlock})
		if c := Decode(tree, Offline{}); worst(c) < syntax.Notice {
			t.Errorf("%s: example of %s:\n%s\n%s", block, row.Name, text, printed(c))
		}
	})
	if count < 25 {
		t.Errorf("only %d examples", count)
	}
}
