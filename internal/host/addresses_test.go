package host

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

// TestAddressesAreThoseOfTheMachine asks the standard library for the same.
func TestAddressesAreThoseOfTheMachine(t *testing.T) {
	h := New()
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, link := range links {
		addrs, err := link.Addrs()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range addrs {
			count++
			want := netip.MustParsePrefix(a.String())
			if got := h.Addresses(link.Name); !slices.Contains(got, want) || len(got) != len(addrs) {
				t.Errorf("%s: got %v, want %d with %v among them", link.Name, got, len(addrs), want)
			}
		}
	}
	if count == 0 {
		t.Error("the machine has no address at all, so that this proves nothing")
	}
	if got := h.Addresses("no such name"); got != nil {
		t.Errorf("an interface that cannot be has %v", got)
	}
}
