package firewall

import (
	"maps"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
)

// The names of chains and sets are keepalived's: people and scripts look for them.
const (
	chainIn           = "in"
	chainOut          = "out"
	chainInLinkLocal  = "in_link_local"
	chainOutLinkLocal = "out_link_local"

	setVIPs            = "vips"
	setLinkLocal       = "vips_link_local"
	setLinkLocalName   = "vips_link_local_name"
	setNeighbours      = "neighbor-discovery"
	setReports         = "mld-report"
	setDevices         = "vmac_set"
	setParentLinkLocal = "parent_link_local"
	mapDevices         = "vmac_map"
)

// Types of ICMPv6 messages (RFC 2710, 3810, 4861).
const (
	mldReport             = 131
	routerSolicitation    = 133
	neighbourSolicitation = 135
	neighbourAdvert       = 136
	mldReport2            = 143
)

// A table is one of ours, as it is in the kernel.
type table struct {
	*nftables.Table
	sets map[string]*nftables.Set
}

// A builder puts the making of a table into the transaction that is being prepared.
type builder struct {
	*Firewall
	*table
	entries map[string][]entry // by set
	devices []Device
}

// build makes a family's table anew; nil if nothing needs it. One that is there from before is replaced.
func (f *Firewall) build(family nftables.TableFamily) *table {
	b := builder{Firewall: f, entries: make(map[string][]entry)}
	for e := range f.wanted {
		if e.family() == family {
			b.entries[e.set()] = append(b.entries[e.set()], e)
		}
	}
	for _, device := range f.devices {
		if family == nftables.TableFamilyIPv4 && device.IPv4 || family == nftables.TableFamilyIPv6 && device.IPv6 {
			b.devices = append(b.devices, device)
		}
	}
	if len(b.entries) == 0 && len(b.devices) == 0 && f.of(family) == nil {
		if f.stale {
			f.replace(family)
		}
		return nil
	}
	b.table = &table{Table: f.replace(family), sets: make(map[string]*nftables.Set)}
	f.conn.AddTable(b.Table)
	if family == nftables.TableFamilyIPv4 {
		b.addIPv4()
	} else {
		b.addIPv6()
	}
	for _, name := range slices.Sorted(maps.Keys(b.entries)) {
		f.elements(f.conn.SetAddElements, b.table, b.entries[name])
	}
	return b.table
}

func (b *builder) addIPv4() {
	b.addSet(setVIPs, nftables.TypeIPAddr)
	in, out := b.addChain(chainIn, nftables.ChainHookInput), b.addChain(chainOut, nftables.ChainHookOutput)
	if len(b.devices) > 0 {
		b.addDeviceMap()
		b.addRule(out, isIGMP(), destination4(1), outName(2), b.mapped(2), duplicate(), b.drop())
	}
	b.addRule(in, destination4(1), b.isIn(setVIPs), b.drop())
	b.addRule(out, source4(1), b.isIn(setVIPs), b.drop())
}

func (b *builder) addIPv6() {
	b.addSet(setVIPs, nftables.TypeIP6Addr)
	b.addMessages(setNeighbours, neighbourSolicitation, neighbourAdvert)
	in, out := b.addChain(chainIn, nftables.ChainHookInput), b.addChain(chainOut, nftables.ChainHookOutput)
	inLocal, outLocal := b.addChain(chainInLinkLocal, nil), b.addChain(chainOutLinkLocal, nil)
	if len(b.devices) > 0 {
		b.addDeviceRules(out)
	}
	for _, chain := range []*nftables.Chain{in, out} {
		b.addRule(chain, icmp6Type(), b.isIn(setNeighbours), b.verdict(expr.VerdictAccept, ""))
	}
	b.addRule(in, isLinkLocal(destination6(1)), b.verdict(expr.VerdictGoto, chainInLinkLocal))
	b.addRule(out, isLinkLocal(source6(1)), b.verdict(expr.VerdictGoto, chainOutLinkLocal))
	b.addRule(in, destination6(1), b.isIn(setVIPs), b.drop())
	b.addRule(out, source6(1), b.isIn(setVIPs), b.drop())

	b.addSet(setLinkLocal, nftables.MustConcatSetType(nftables.TypeIP6Addr, nftables.TypeIFIndex))
	b.addRule(inLocal, destination6(1), load(expr.MetaKeyIIF, 2), b.isIn(setLinkLocal), b.drop())
	b.addRule(outLocal, source6(1), load(expr.MetaKeyOIF, 2), b.isIn(setLinkLocal), b.drop())
	if len(b.entries[setLinkLocalName]) > 0 {
		b.addSet(setLinkLocalName, addressAndName())
		b.addRule(inLocal, destination6(1), load(expr.MetaKeyIIFNAME, 2), b.isIn(setLinkLocalName), b.drop())
		b.addRule(outLocal, source6(1), outName(2), b.isIn(setLinkLocalName), b.drop())
	}
}

// addDeviceRules keeps off the wire what the kernel would send from a device with a virtual MAC address by
// itself. Reports leave from the parent instead: switches must not learn the address from a router that is
// not Master, and must hear of the groups nevertheless.
func (b *builder) addDeviceRules(out *nftables.Chain) {
	b.addDeviceMap()
	b.addMessages(setReports, mldReport, mldReport2)
	set, local := b.addSet(setDevices, nftables.TypeIFName), b.addSet(setParentLinkLocal, addressAndName())
	for _, device := range b.devices {
		b.fill(set, nftables.SetElement{Key: interfaceName(device.Name)})
		for _, addr := range device.LinkLocal {
			b.fill(local, nftables.SetElement{Key: append(addr.AsSlice(), interfaceName(device.Name)...)})
		}
	}
	b.addRule(out, icmp6Type(), equals(1, neighbourAdvert), source6(1), outName(2), b.isIn(setParentLinkLocal), b.drop())
	b.addRule(out, icmp6Type(), b.isIn(setReports), destination6(1), outName(2), b.mapped(2), duplicate(), b.drop())
	b.addRule(out, icmp6Type(), equals(1, routerSolicitation), outName(1), b.isIn(setDevices), b.drop())
}

// addDeviceMap adds the map from each device to its parent. Devices go by their names, which they keep when
// they are made again: the first thing that they send finds the rule in force.
func (b *builder) addDeviceMap() {
	set := b.newSet(mapDevices, nftables.TypeIFName)
	set.IsMap, set.DataType = true, nftables.TypeIFIndex
	b.add(set)
	for _, device := range b.devices {
		b.fill(set, nftables.SetElement{Key: interfaceName(device.Name), Val: interfaceIndex(device.Parent)})
	}
}

func addressAndName() nftables.SetDatatype {
	return nftables.MustConcatSetType(nftables.TypeIP6Addr, nftables.TypeIFName)
}

func (b *builder) addSet(name string, key nftables.SetDatatype) *nftables.Set {
	set := b.newSet(name, key)
	b.add(set)
	return set
}

// addMessages adds a set of types of ICMPv6 messages.
func (b *builder) addMessages(name string, types ...byte) {
	set := b.newSet(name, nftables.TypeICMP6Type)
	set.Constant = true
	var elements []nftables.SetElement
	for _, t := range types {
		elements = append(elements, nftables.SetElement{Key: []byte{t}})
	}
	b.add(set, elements...)
}

// newSet numbers the set, so that rules of the same transaction can name it.
func (b *builder) newSet(name string, key nftables.SetDatatype) *nftables.Set {
	const most = 100 // sets of a table: both families' may be made in one transaction
	set := &nftables.Set{Table: b.Table, ID: uint32(b.Family)*most + uint32(len(b.sets)), Name: name, KeyType: key}
	if key.Name == nftables.TypeIFName.Name {
		set.KeyByteOrder = binaryutil.NativeEndian // so that nft prints the name
	}
	b.sets[name] = set
	return set
}

func (b *builder) add(set *nftables.Set, elements ...nftables.SetElement) {
	if err := b.conn.AddSet(set, elements); err != nil {
		panic("firewall: " + err.Error()) // sets of fixed form can be encoded
	}
}

func (b *builder) fill(set *nftables.Set, element nftables.SetElement) {
	if err := b.conn.SetAddElements(set, []nftables.SetElement{element}); err != nil {
		panic("firewall: " + err.Error()) // keys of fixed length can be encoded
	}
}

// addChain adds a chain; without a hook it is one to go to.
func (b *builder) addChain(name string, hook *nftables.ChainHook) *nftables.Chain {
	chain := &nftables.Chain{Name: name, Table: b.Table}
	if hook != nil {
		chain.Hooknum, chain.Type = hook, nftables.ChainTypeFilter
		chain.Priority, chain.Policy = nftables.ChainPriorityRef(nftables.ChainPriority(b.cfg.Priority)), new(nftables.ChainPolicyAccept)
	}
	return b.conn.AddChain(chain)
}
