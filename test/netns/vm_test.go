//go:build vm

package netns

import (
	"net/netip"
	"strconv"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/govrrpd/govrrpd/test/lab"
)

// The tests whose names begin with TestInVM need devices that not every kernel has. "make test-vm" runs them
// in a VM that has; see vm.sh.

// addDevice makes a link on a host and sets it up. A kernel that cannot make it fails the test, and the
// message says what it lacks.
func addDevice(t *testing.T, host *lab.Host, link netlink.Link) {
	t.Helper()
	name := link.Attrs().Name
	if err := host.Do(func() error { return netlink.LinkAdd(link) }); err != nil {
		t.Fatalf("make the %s %s on %s (does this kernel have the module?): %v", link.Type(), name, host.Name, err)
	}
	check(t, host.SetLink(name, true))
}

// parentOf are a link's attributes on top of another link of the host.
func parentOf(t *testing.T, host *lab.Host, parent, name string) netlink.LinkAttrs {
	t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	check(t, host.Do(func() error {
		link, err := netlink.LinkByName(parent)
		if err == nil {
			attrs.ParentIndex = link.Attrs().Index
		}
		return err
	}))
	return attrs
}

// addVLAN makes eth0's VLAN of that number, with an address.
func addVLAN(t *testing.T, host *lab.Host, id int, address string) (name string) {
	t.Helper()
	name = "eth0." + strconv.Itoa(id)
	addDevice(t, host, &netlink.Vlan{LinkAttrs: parentOf(t, host, "eth0", name), VlanId: id})
	check(t, host.AddAddress(name, netip.MustParsePrefix(address)))
	return name
}
