//go:build vm

package netns

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
)

// TestInVMPollingMII: a bond answers for a transceiver. The kernel is not asked.
func TestInVMPollingMII(t *testing.T) {
	r := newTwoLinks(t)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "bond0"
	bond := netlink.NewLinkBond(attrs)
	bond.Mode, bond.Miimon = netlink.BOND_MODE_ACTIVE_BACKUP, 20
	addDevice(t, r.host, bond)
	check(t, r.host.SetLink("eth1", false))
	check(t, r.host.Do(func() error {
		slave, err := netlink.LinkByName("eth1")
		if err == nil {
			err = netlink.LinkSetMaster(slave, bond)
		}
		return err
	}))
	check(t, r.host.SetLink("eth1", true))
	check(t, r.host.AddAddress("bond0", netip.MustParsePrefix("10.9.1.9/24")))
	r.start("linkbeat_interfaces {\n bond0\n}\n" + quick("VI", 51, "bond0", "", "10.9.1.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	if data := r.dump(syscall.SIGUSR1, "keepalived.data"); !strings.Contains(data, "   NIC support MII regs\n") {
		t.Errorf("the bond is not asked through MII:\n%s", data)
	}
	line := r.daemon.Log.Mark()
	check(t, r.host.SetLink("eth1", false))
	r.waitLine(line, "Linkbeat reports bond0 down")
	r.waitLine(line, "(VI) Entering FAULT STATE")
	check(t, r.host.SetLink("eth1", true))
	r.waitLine(line, "Linkbeat reports bond0 up")
	r.waitLine(line, "(VI) Entering MASTER STATE")
	r.stop()
}
