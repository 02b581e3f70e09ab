package daemon

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/govrrpd/govrrpd/internal/netmon"
)

func addressOn(text string, index int) netmon.Address {
	return netmon.Address{Prefix: netip.MustParsePrefix(text), Index: index}
}

func testNetwork() *network {
	return newNetwork(
		[]netmon.Link{{Index: 2, Name: "eth0", Up: true}, {Index: 3, Name: "eth1"}},
		[]netmon.Address{
			addressOn("10.0.0.100/24", 2), addressOn("10.0.0.1/24", 2), addressOn("10.0.0.2/24", 2),
			addressOn("2001:db8::1/64", 2), addressOn("fe80::1/64", 2),
		},
	)
}

func TestSourceIsTheFirstAddressThatIsNotVirtual(t *testing.T) {
	n := testNetwork()
	virtual := map[netip.Addr]bool{netip.MustParseAddr("10.0.0.100"): true}
	for _, test := range []struct {
		iface string
		v6    bool
		want  string
	}{
		{"eth0", false, "10.0.0.1"},
		{"eth0", true, "fe80::1"}, // link-local only: RFC 9568, 5.1.2.1
		{"eth1", false, "invalid IP"},
		{"none", false, "invalid IP"},
	} {
		if got := n.source(test.iface, test.v6, virtual).String(); got != test.want {
			t.Errorf("source on %s, IPv6 %v: %s, want %s", test.iface, test.v6, got, test.want)
		}
	}
}

func TestEditLeavesTheNetworkBeforeItAlone(t *testing.T) {
	before := testNetwork()
	e := before.edit()
	for _, ev := range []netmon.Event{
		{Kind: netmon.LinkChanged, Link: netmon.Link{Index: 3, Name: "lan1", Up: true}},
		{Kind: netmon.AddressGone, Address: addressOn("10.0.0.1/24", 2)},
		{Kind: netmon.AddressAdded, Address: addressOn("10.1.0.1/24", 3)},
		{Kind: netmon.AddressAdded, Address: addressOn("10.1.0.1/24", 3)}, // again, with other flags
	} {
		e.apply(&ev)
	}
	after := e.network
	if _, still := after.links["eth1"]; still || !after.links["lan1"].Up {
		t.Errorf("links after renaming eth1 to lan1: %v", after.links)
	}
	if got := after.source("eth0", false, nil).String(); got != "10.0.0.100" {
		t.Errorf("source after the removal: %s", got)
	}
	if got := len(after.addresses[3]); got != 1 {
		t.Errorf("an address that was reported twice is there %d times", got)
	}
	if _, there := before.links["eth1"]; !there || len(before.addresses[2]) != 5 || len(before.addresses[3]) != 0 {
		t.Errorf("the network before has changed: %+v", before)
	}
}

func TestInterfaceThatGoesTakesItsAddresses(t *testing.T) {
	e := testNetwork().edit()
	e.apply(&netmon.Event{Kind: netmon.LinkGone, Link: netmon.Link{Index: 2, Name: "eth0"}})
	if e.network.has("", netip.MustParseAddr("10.0.0.1")) {
		t.Error("the address of a deleted interface is still known")
	}
}

func TestTentativeAddressIsNoSource(t *testing.T) {
	tentative := addressOn("fe80::2/64", 3)
	tentative.Flags = 0x40 // IFA_F_TENTATIVE
	n := newNetwork([]netmon.Link{{Index: 3, Name: "eth1"}}, []netmon.Address{tentative})
	if got := n.source("eth1", true, nil); got.IsValid() {
		t.Errorf("source %s although it is tentative", got)
	}
}

func TestDeskHandsOutReportsInOrderAndInParts(t *testing.T) {
	var d desk
	for i := range 5 {
		if first := d.put(netmon.Event{Link: netmon.Link{Index: i}}); first != (i == 0) {
			t.Errorf("report %d: first is %v", i, first)
		}
	}
	var got []int
	for more := true; more; {
		var events []netmon.Event
		events, more = d.take(2)
		for _, ev := range events {
			got = append(got, ev.Link.Index)
		}
	}
	if want := []int{0, 1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
	if !d.put(netmon.Event{}) {
		t.Error("an empty desk does not say so: nobody would come for the report")
	}
}
