package config

import (
	"github.com/govrrpd/govrrpd/internal/schema"
)

// The files of iproute2 that give numbers names.
const (
	tableRoutes    = "rt_tables"
	tableScopes    = "rt_scopes"
	tableProtocols = "rt_protos"
	tableRealms    = "rt_realms"
	tableDSField   = "rt_dsfield"
	tableGroups    = "group"
)

// tableLimits are the largest numbers of each table.
var tableLimits = map[string]uint32{
	tableRoutes: 1<<32 - 1, tableScopes: 255, tableProtocols: 255, tableRealms: 255, tableDSField: 255, tableGroups: 1<<31 - 1,
}

// builtinNames are the names that exist without a file. They count where the file does not use the number.
var builtinNames = map[string][]NamedNumber{
	tableRoutes: {{253, "default"}, {254, "main"}, {255, "local"}},
	tableScopes: {{0, "global"}, {255, "nowhere"}, {254, "host"}, {253, "link"}, {200, "site"}},
	tableProtocols: {{0, "none"}, {1, "redirect"}, {2, "kernel"}, {3, "boot"}, {4, "static"}, {8, "gated"}, {9, "ra"},
		{10, "mrt"}, {11, "zebra"}, {12, "bird"}, {13, "dnrouted"}, {14, "xorp"}, {15, "ntk"}, {16, "dhcp"}, {42, "babel"}},
}

// tableMover is a Host whose name tables may be elsewhere; "" is the usual directory.
type tableMover interface {
	MoveTables(etc, usr string)
}

// moveTables obeys iproute_etc_dir and iproute_usr_dir, before the first table is read.
func (d *decoder) moveTables() {
	if host, ok := d.host.(tableMover); ok && d.global.iprouteEtc+d.global.iprouteUsr != "" {
		host.MoveTables(d.global.iprouteEtc, d.global.iprouteUsr)
	}
}

type nameTable struct {
	numbers map[string]uint32
	names   map[uint32]string
}

// table reads a name table when it is first asked for. Of two entries for a name or a number the
// first counts.
func (d *decoder) table(file string) *nameTable {
	if t := d.tables[file]; t != nil {
		return t
	}
	t := &nameTable{numbers: map[string]uint32{}, names: map[uint32]string{}}
	d.tables[file] = t
	for _, entry := range d.host.TableFile(file) {
		if entry.Number <= tableLimits[file] {
			t.add(entry)
		}
	}
	for _, entry := range builtinNames[file] {
		if _, used := t.names[entry.Number]; !used {
			t.add(entry)
		}
	}
	return t
}

func (t *nameTable) add(entry NamedNumber) {
	if _, used := t.numbers[entry.Name]; !used {
		t.numbers[entry.Name] = entry.Number
	}
	if _, used := t.names[entry.Number]; !used {
		t.names[entry.Number] = entry.Name
	}
}

// named resolves a name of a table; a number, in any base of C, is itself.
func (d *decoder) named(file, word string) (uint32, bool) {
	if n, ok := schema.ParseAnyBase(word, uint64(tableLimits[file])); ok {
		return uint32(n), true
	}
	if n, ok := d.table(file).numbers[word]; ok {
		return n, true
	}
	if host, ok := d.host.(namer); ok {
		return host.TableNumber(file, word)
	}
	return 0, false
}

// A namer is a Host without table files that has a number for whatever name a configuration uses.
type namer interface {
	TableNumber(file, name string) (number uint32, ok bool)
}
