package dump

import (
	"net/netip"
	"strings"
	"testing"
)

// What an instance says of the device that its adverts or addresses have for themselves is as Debian's keepalived
// 2.2.7 prints it.
func TestDevicesOfInstances(t *testing.T) {
	for name, test := range map[string]struct {
		instance Instance
		want     string
	}{
		"VMAC": {
			Instance{Interface: "vrrp.51", BaseInterface: "eth0", VMACUp: true, VMACAddresses: true},
			"   Use VMAC, i/f name vrrp.51, is_up = true, xmit_base = false\n" +
				"   Use VMAC for VIPs on other interfaces\n   Interface = vrrp.51, vmac on eth0\n",
		},
		"VMAC, adverts from the base": {
			Instance{Interface: "eth1x", BaseInterface: "eth0", VMACUp: true, XmitBase: true},
			"   Use VMAC, i/f name eth1x, is_up = true, xmit_base = true\n   Interface = eth1x, vmac on eth0, xmit base i/f\n",
		},
		"ipvlan": {
			Instance{Interface: "ipv0", BaseInterface: "eth0", IPVLANMode: "private", IPVLANAddress: netip.MustParsePrefix("10.9.0.5/24")},
			"   Use IPVLAN, i/f ipv0, is_up = false, i/f address = 10.9.0.5/24, type private\n   Interface = ipv0, ipvlan on eth0\n",
		},
		"addresses only": {
			Instance{Interface: "eth0", VMACAddresses: true},
			"   Use VMAC for VIPs on other interfaces\n   Interface = eth0\n",
		},
	} {
		if said := string(Data(&State{Instances: []Instance{test.instance}})); !strings.Contains(said, test.want) {
			t.Errorf("%s: no\n%s in\n%s", name, test.want, said)
		}
	}
}
