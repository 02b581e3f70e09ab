package config

import (
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Decode gives the meaning of a tree. It never fails: what is wrong is in Config.Diagnostics (with the
// findings of form that the tree brought along), sorted by place and none twice, and the rest of the
// Config is what keepalived would run with. Ask Refused before using it.
//
// Where keepalived stops at the first reason to refuse a configuration, Decode goes on and reports
// them all; only a missing word (ClassAbort) ends the decoding, because what follows has no meaning.
func Decode(tree *syntax.Tree, host Host) *Config {
	d := newDecoder(host)
	d.Elsewhere(newPlaces())
	topTable.DecodeEarly(&d.Context, &tree.Root, d)
	d.decodeGlobals()
	topTable.DecodeLate(&d.Context, &tree.Root, d)
	if !d.Stopped() {
		d.finish()
	}
	d.cfg.Diagnostics = syntax.Sort(d.merge(tree))
	return d.cfg
}

// Refused reports whether the daemon must not start (nor accept a reload) with this configuration.
func (c *Config) Refused() bool {
	return slices.ContainsFunc(c.Diagnostics, func(d syntax.Diagnostic) bool {
		return d.Refuse || d.Class == syntax.ClassAbort || d.Class == syntax.ClassInclude || d.Class == syntax.ClassFileNotFound
	})
}

// ExitCode is that of a configuration test: 0, or keepalived's code for the worst finding.
func (c *Config) ExitCode() int { return syntax.ExitCode(c.Diagnostics) }

// decoder is one run of Decode. It lives no longer than that.
type decoder struct {
	schema.Context
	host Host
	cfg  *Config

	global       *global
	globalBlocks []*syntax.Block
	drafts       []*draft
	draftByName  map[string]*draft
	groups       []*groupDraft
	groupByName  map[string]*groupDraft
	trackGroups  map[string][]syntax.Word
	scripts      map[string]*Script
	files        map[string]*TrackFile
	processes    map[string]*TrackProcess
	bfds         map[string]*bfdDraft
	removed      map[string]int // lines of trackers that are not used for a mistake of their own, by block and name
	commands     []commandUse

	interfaces    map[string]foundInterface
	users         map[string]foundUser
	tables        map[string]*nameTable
	checks        map[scriptKey]scriptCheck
	servers       syntax.Span // of the first block of the LVS side
	garpMember    map[string]bool
	vmacNames     map[string]*draft
	compared      int       // names, in search of what was meant
	deviceMissing bool      // an interface does not exist, and must
	priorities    [2]uint32 // next preference of a rule without one, by family
}

type foundInterface struct {
	Interface
	there bool
}

func newDecoder(host Host) *decoder {
	d := &decoder{
		host: host, cfg: &Config{},
		draftByName: map[string]*draft{}, groupByName: map[string]*groupDraft{},
		trackGroups: map[string][]syntax.Word{},
		scripts:     map[string]*Script{}, files: map[string]*TrackFile{},
		processes: map[string]*TrackProcess{}, bfds: map[string]*bfdDraft{}, removed: map[string]int{},
		interfaces: map[string]foundInterface{}, users: map[string]foundUser{},
		tables: map[string]*nameTable{}, checks: map[scriptKey]scriptCheck{},
		garpMember: map[string]bool{}, vmacNames: map[string]*draft{},
		priorities: [2]uint32{defaultRulePriority, defaultRulePriority},
	}
	d.global = newGlobal(d)
	return d
}

// merge joins the findings of form with ours. After a word whose absence stops everything there is
// nothing to report: neither did keepalived read it, nor is it known what it would mean.
func (d *decoder) merge(tree *syntax.Tree) []syntax.Diagnostic {
	all := slices.Concat(tree.Diagnostics, d.Diagnostics)
	stop := slices.IndexFunc(all, func(f syntax.Diagnostic) bool { return f.Class == syntax.ClassAbort })
	if stop < 0 {
		return all
	}
	last := all[stop].Span
	return slices.DeleteFunc(all, func(f syntax.Diagnostic) bool {
		return f.Span.Source == last.Source && f.Span.Start > last.Start
	})
}

// device looks an interface up, once for each name.
func (d *decoder) device(name string) (Interface, bool) {
	found, known := d.interfaces[name]
	if !known {
		found.Interface, found.there = d.host.Interface(name)
		d.interfaces[name] = found
	}
	return found.Interface, found.there
}

// wantDevice looks an interface up and reports where it is missing. Without dynamic_interfaces that is
// a reason not to start; with it the interface may come later.
func (d *decoder) wantDevice(word syntax.Word, whose string) (Interface, bool) {
	dev, there := d.device(word.Text)
	if !there && !d.cfg.Global.DynamicInterfaces {
		d.deviceMissing = true
		d.Refusef(CodeNoInterface, word.Span, "create the interface first, or write dynamic_interfaces in global_defs",
			"interface %s%s does not exist", schema.Quote(word.Text), whose)
	}
	return dev, there || d.cfg.Global.DynamicInterfaces
}

// plainAddress reads an address. What follows a '-' or '/' is cut off, as keepalived does silently.
func plainAddress(text string) (netip.Addr, bool) {
	for i := range len(text) {
		if text[i] == '-' || text[i] == '/' {
			text = text[:i]
			break
		}
	}
	addr, err := netip.ParseAddr(text)
	return addr, err == nil && addr.Zone() == ""
}

// familyName is how messages name the family of an address.
func familyName(ipv6 bool) string {
	if ipv6 {
		return "IPv6"
	}
	return "IPv4"
}
