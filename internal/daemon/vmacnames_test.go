package daemon

import (
	"log/slog"
	"net/netip"
	"slices"
	"testing"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

func withVMAC(name string, vrid vrrp.VRID, v6 bool, vips ...string) *config.Instance {
	vi := &config.Instance{Name: name, VRID: vrid, Interface: "no-such-link", IPv6: v6, VMAC: &config.VMAC{}}
	for _, vip := range vips {
		vi.VIPs = append(vi.VIPs, &config.Address{Prefix: netip.MustParsePrefix(vip), Interface: "no-such-link"})
	}
	return vi
}

// The order of the names is keepalived's.
func TestDefaultNamesOfDevices(t *testing.T) {
	named := withVMAC("N", 51, false)
	named.VMAC.Name = "vrrp1.51"
	cfg := &config.Config{Instances: []*config.Instance{
		withVMAC("A", 51, false), withVMAC("B", 51, true), withVMAC("C", 51, true), withVMAC("D", 51, false), named, withVMAC("E", 51, true),
	}}
	nameDevices(slog.New(slog.DiscardHandler), cfg)
	var names []string
	for _, vi := range cfg.Instances {
		names = append(names, vi.VMAC.Name)
	}
	if want := []string{"vrrp.51", "vrrp6.51", "vrrp2.51", "vrrp3.51", "vrrp1.51", "vrrp4.51"}; !slices.Equal(names, want) {
		t.Errorf("names %v, want %v", names, want)
	}
}

func TestLongPrefixesAreCut(t *testing.T) {
	vi := withVMAC("A", 151, false, "10.0.0.1/24")
	vi.VIPs = append(vi.VIPs, &config.Address{Prefix: netip.MustParsePrefix("10.1.0.1/24"), Interface: "another-link", UseVMAC: true})
	cfg := &config.Config{Instances: []*config.Instance{vi}}
	cfg.Global.VMACPrefix, cfg.Global.VMACAddressPrefix = "long_prefix_name", "another_long_prefix"
	nameDevices(slog.New(slog.DiscardHandler), cfg)
	if got := []string{vi.VMAC.Name, vi.VIPs[0].Device, vi.VIPs[1].Device}; !slices.Equal(got, []string{"long_prefix.151", "long_prefix.151", "another_lon.151"}) {
		t.Errorf("names %v", got)
	}
}

// An address of the other family, or on another interface, is on no device unless somebody asks for one; with a
// MAC address of the configuration's, one device serves both families.
func TestAddressesOnDevices(t *testing.T) {
	for _, test := range []struct {
		all, own bool // use_vmac_addr; a MAC address of the configuration's
		devices  []string
	}{
		{false, false, []string{"vrrp.51", "", ""}},
		{true, false, []string{"vrrp.51", "vrrp6.51", "vrrp1.51"}},
		{true, true, []string{"vrrp.51", "vrrp.51", "vrrp1.51"}},
	} {
		vi := withVMAC("A", 51, false, "10.0.0.1/24", "fd00::1/64")
		vi.VIPs = append(vi.VIPs, &config.Address{Prefix: netip.MustParsePrefix("10.1.0.1/24"), Interface: "another-link"})
		vi.VMACAddresses = test.all
		if test.own {
			vi.VMAC.MAC = [6]byte{2, 0, 0, 0, 0, 1}
		}
		nameDevices(slog.New(slog.DiscardHandler), &config.Config{Instances: []*config.Instance{vi}})
		var devices []string
		for _, a := range vi.VIPs {
			devices = append(devices, a.Device)
		}
		if !slices.Equal(devices, test.devices) {
			t.Errorf("use_vmac_addr %v, own MAC %v: devices %v, want %v", test.all, test.own, devices, test.devices)
		}
	}
}

// A reload must not take a device for one that is down, only because the news of it have not come yet.
func TestDevicesAreShownWhenTheyAreUp(t *testing.T) {
	for _, test := range []struct {
		links []netmon.Link
		want  bool
	}{
		{nil, true}, // nothing comes to an interface that is missing
		{[]netmon.Link{{Index: 2, Name: "eth0"}}, true},
		{[]netmon.Link{{Index: 2, Name: "eth0", Up: true}}, false},
		{[]netmon.Link{{Index: 2, Name: "eth0", Up: true}, {Index: 3, Name: "vrrp.51"}}, false},
		{[]netmon.Link{{Index: 2, Name: "eth0", Up: true}, {Index: 3, Name: "vrrp.51", Up: true}}, true},
	} {
		if got := newNetwork(test.links, nil).showsDevices(map[string]string{"vrrp.51": "eth0"}); got != test.want {
			t.Errorf("links %+v: shown %v, want %v", test.links, got, test.want)
		}
	}
}
