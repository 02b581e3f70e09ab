package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/internal/schema"
)

// row is one line of a configuration in one kind of block, and what it does.
type row struct {
	line string
	path string // of the field that shows it, in the block's struct; "" where there is none
	want string // the field's value, printed
	says string // part of the findings; "" where there must be none
}

// frame puts lines into a complete configuration, and finds what they are decoded into.
type frame struct {
	before, after string
	find          func(*Config) any
}

var frames = map[string]frame{
	"": {"", plainInstance, func(c *Config) any { return c }},
	"global_defs": {"global_defs {\n", "}\n" + plainInstance,
		func(c *Config) any { return &c.Global }},
	"global instance": {"global_defs {\n", "}\n" + plainInstance, // what instances inherit
		func(c *Config) any { return c.Instances[0] }},
	"vrrp_instance": {"vrrp_script chk {\nscript /chk\n}\ntrack_file fil {\nfile /run/fil\n}\nvrrp_track_process pro {\nprocess pro\n}\n" +
		"global_defs {\nenable_script_security\nscript_user root\n}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.0.2.1/24 }\n", "}\n",
		func(c *Config) any { return c.Instances[0] }},
	"track_bfd": {"bfd_instance bfd {\nneighbor_ip 10.0.0.9\n}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.0.2.1/24 }\ntrack_bfd {\n", "}\n}\n",
		func(c *Config) any { return c.Instances[0] }},
	"unicast": {"vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nunicast_src_ip 10.0.0.1\nunicast_peer { 10.0.0.2 }\nvirtual_ipaddress { 192.0.2.1/24 }\n", "}\n",
		func(c *Config) any { return c.Instances[0] }},
	"v3": {"vrrp_instance V {\nversion 3\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.0.2.1/24 }\n", "}\n",
		func(c *Config) any { return c.Instances[0] }},
	"v6": {"vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\nfe80::1\n2001:db8::1/64\n}\n", "}\n",
		func(c *Config) any { return c.Instances[0] }},
	"vrrp_sync_group": {"global_defs {\nenable_script_security\nscript_user root\n}\nvrrp_script chk {\nscript /chk\n}\ntrack_file fil {\nfile /run/fil\n}\nvrrp_track_process pro {\nprocess pro\n}\n" +
		"vrrp_sync_group G {\n", "group {\nV W\n}\n}\n" + plainInstance +
		"vrrp_instance W {\ninterface eth1\nvirtual_router_id 52\nvirtual_ipaddress { 192.0.2.2/24 }\n}\n",
		func(c *Config) any { return c.SyncGroups[0] }},
	"vrrp_script": {"global_defs {\nenable_script_security\nscript_user root\n}\nvrrp_script chk {\nscript \"/chk a 'b c'\"\n", "}\n",
		func(c *Config) any { return c.Scripts[0] }},
	"track_file": {"track_file fil {\nfile /run/fil\n", "}\n", func(c *Config) any { return c.TrackFiles[0] }},
	"vrrp_track_process": {"vrrp_track_process pro {\nprocess pro\n", "}\n",
		func(c *Config) any { return c.TrackProcesses[0] }},
	"virtual_ipaddress": {"vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n", "}\n}\n",
		func(c *Config) any { return c.Instances[0].VIPs[0] }},
	"excluded": {"vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.0.2.1 }\nvirtual_ipaddress_excluded {\n", "}\n}\n",
		func(c *Config) any { return c.Instances[0] }},
	"static track_group": {"track_group TG { group { V } }\nstatic_ipaddress {\n", "}\n" + plainInstance, func(c *Config) any { return c.StaticAddresses[0] }},
	"static_ipaddress":   {"static_ipaddress {\n", "}\n" + plainInstance, func(c *Config) any { return c.StaticAddresses[0] }},
	"bfd_instance":       {"bfd_instance B {\nneighbor_ip 10.0.0.9\n", "}\n", func(c *Config) any { return c }},
	"garp_group":         {"garp_group {\ngarp_interval 0.5\n", "}\n", func(c *Config) any { return c.GARPGroups[0] }},
	"auth_hmac": {"vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.0.2.1/24 }\nauth_hmac {\nkey 1 abcdefghijklmnopqrstuvwxyz0123456789\nactive_key 1\n", "}\n}\n",
		func(c *Config) any { return c.Instances[0] }},
	"authentication": {"vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.0.2.1/24 }\nauthentication {\n", "}\n}\n",
		func(c *Config) any { return c.Instances[0] }},
	"track_group": {"track_group TG {\n", "}\n" + plainInstance, func(c *Config) any { return c }},
}

const plainInstance = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.0.2.1/24 }\n}\n"

// field follows a path of names and [n] into v, and prints what it finds.
func field(v any, path string) string {
	at := reflect.ValueOf(v)
	for name := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(strings.TrimSuffix(name, "]"), "[")
		for at.Kind() == reflect.Pointer {
			if at.IsNil() {
				return "nil"
			}
			at = at.Elem()
		}
		at = at.FieldByName(name)
		if !at.IsValid() {
			return "no field " + name
		}
		if indexed {
			var n int
			fmt.Sscan(index, &n)
			if n >= at.Len() {
				return "no element " + index
			}
			at = at.Index(n)
		}
	}
	for at.Kind() == reflect.Pointer {
		if at.IsNil() {
			return "nil"
		}
		at = at.Elem()
	}
	return fmt.Sprint(at.Interface())
}

func TestRows(t *testing.T) {
	for _, block := range slices.Sorted(maps.Keys(rowTests)) {
		f, known := frames[block]
		if !known {
			t.Fatalf("no frame for %s", block)
		}
		for _, r := range rowTests[block] {
			c := decode(f.before + r.line + "\n" + f.after)
			said := printed(c)
			if r.says == "" && said != "" {
				t.Errorf("%s: %s: unexpected findings:\n%s", block, r.line, said)
			}
			if !strings.Contains(said, r.says) {
				t.Errorf("%s: %s: no %q in\n%s", block, r.line, r.says, said)
			}
			if r.path == "" {
				continue
			}
			if got := field(f.find(c), r.path); got != r.want {
				t.Errorf("%s: %s: %s is %s, want %s\n%s", block, r.line, r.path, got, r.want, said)
			}
		}
	}
}

// TestEachRowIsTested finds keywords that have an effect but no line in rowTests.
func TestEachRowIsTested(t *testing.T) {
	var tested strings.Builder
	for block, rows := range rowTests {
		for _, r := range rows {
			tested.WriteString("\n" + block + "\n" + r.line)
		}
	}
	lines := strings.ReplaceAll(tested.String(), "\n", " \n") + " "
	var walk func(rows []schema.Row)
	walk = func(rows []schema.Row) {
		for _, r := range rows {
			if r.Effect == schema.Full && r.Body == schema.NoBody && !strings.Contains(lines, "\n"+r.Name+" ") {
				t.Errorf("no test of %s %s", r.Name, r.Args)
			}
			walk(r.Children)
		}
	}
	walk(Keywords())
}

func TestEachRowIsDocumented(t *testing.T) {
	var walk func(path string, rows []schema.Row) int
	walk = func(path string, rows []schema.Row) (count int) {
		for _, r := range rows {
			count++
			if !strings.HasSuffix(r.Doc, ".") || len(r.Doc) < 10 || r.Priority < schema.P1 || r.Priority > schema.P3 {
				t.Errorf("%s %s: doc %q, priority %d", path, r.Name, r.Doc, r.Priority)
			}
			if (r.Body == schema.Section) != (len(r.Children) > 0) {
				t.Errorf("%s %s: a section has keywords, and nothing else has", path, r.Name)
			}
			count += walk(path+" "+r.Name, r.Children)
		}
		return count
	}
	if n := walk("", Keywords()); n < 250 {
		t.Errorf("only %d rows: some table is missing", n)
	}
}
