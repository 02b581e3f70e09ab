package netowner

import (
	"testing"
	"testing/fstest"
)

func TestOwnerIsFoundByItsTraces(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"":                 {"run/systemd/netif/links/2": "ADMIN_STATE=unmanaged\n", "run/NetworkManager/devices/2": "[device]\nmanaged=false\n", "run/network/ifstate": "lo=lo\neth01=eth01\n"},
		"systemd-networkd": {"run/systemd/netif/links/2": "# private\nADMIN_STATE=configured\nOPER_STATE=routable\n", "run/network/ifstate": "eth0=eth0\n"},
		"NetworkManager":   {"run/systemd/netif/links/2": "ADMIN_STATE=unmanaged\n", "run/NetworkManager/devices/2": "[device]\nmanaged=true\n"},
		"dhcpcd":           {"run/dhcpcd/eth0.pid": "12\n", "run/NetworkManager/devices/3": "managed=true\n"},
		"dhclient":         {"run/dhclient.eth0.pid": "12\n"},
		"ifupdown":         {"run/network/ifstate": "lo=lo\neth0=eth0\n"},
	} {
		root := fstest.MapFS{}
		for name, text := range files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := Of(root, 2, "eth0"); got.Name != want {
			t.Errorf("%v: %q, want %q", files, got.Name, want)
		}
	}
}
