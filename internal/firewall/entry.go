package firewall

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/nftables"
)

// An entry is an element of one of the sets of addresses. Values are comparable.
type entry struct {
	addr  netip.Addr
	index int    // set for link-local addresses,
	name  string // or else this
}

func entryOf(a Address) entry {
	switch {
	case !a.Addr.IsLinkLocalUnicast() || a.Addr.Is4():
		return entry{addr: a.Addr}
	case a.Name != "":
		return entry{addr: a.Addr, name: a.Name}
	}
	return entry{addr: a.Addr, index: a.Index}
}

func (e entry) family() nftables.TableFamily {
	if e.addr.Is6() {
		return nftables.TableFamilyIPv6
	}
	return nftables.TableFamilyIPv4
}

// set is the name of the set that the entry belongs to.
func (e entry) set() string {
	switch {
	case e.name != "":
		return setLinkLocalName
	case e.index != 0:
		return setLinkLocal
	}
	return setVIPs
}

// key is the entry as the kernel compares it.
func (e entry) key() []byte {
	key := e.addr.AsSlice()
	switch {
	case e.name != "":
		return append(key, interfaceName(e.name)...)
	case e.index != 0:
		return binary.NativeEndian.AppendUint32(key, uint32(e.index))
	}
	return key
}

// interfaceName is a name of IFNAMSIZ bytes.
func interfaceName(name string) []byte {
	b := make([]byte, 16)
	copy(b[:15], name)
	return b
}

func interfaceIndex(index int) []byte {
	return binary.NativeEndian.AppendUint32(nil, uint32(index))
}

// bySet groups entries by the set that they belong to.
func bySet(entries []entry) (groups [][]entry) {
	order := func(e entry) string { return string(rune(e.family())) + e.set() }
	sorted := slices.SortedStableFunc(slices.Values(entries), func(a, b entry) int { return strings.Compare(order(a), order(b)) })
	for len(sorted) > 0 {
		end := slices.IndexFunc(sorted, func(e entry) bool { return order(e) != order(sorted[0]) })
		if end < 0 {
			end = len(sorted)
		}
		groups = append(groups, sorted[:end])
		sorted = sorted[end:]
	}
	return groups
}

// elementsAtOnce is how many elements one message carries: the length of a netlink attribute has 16 bits.
const elementsAtOnce = 1000

// elements hands entries of one set to a method of the connection, a message's worth at a time.
func (f *Firewall) elements(do func(*nftables.Set, []nftables.SetElement) error, t *table, entries []entry) {
	set := t.sets[entries[0].set()]
	if set == nil {
		return
	}
	for some := range slices.Chunk(entries, elementsAtOnce) {
		elements := make([]nftables.SetElement, len(some))
		for i, e := range some {
			elements[i].Key = e.key()
		}
		if err := do(set, elements); err != nil {
			panic("firewall: " + err.Error()) // keys of fixed length can be encoded
		}
	}
}
