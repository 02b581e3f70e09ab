//go:build vm

package netns

import (
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/govrrpd/govrrpd/test/lab"
)

// TestInVMRoutesOfMPLS: for which a kernel needs a module.
func TestInVMRoutesOfMPLS(t *testing.T) {
	r := newSite(t, "subject").router(0, subjectProgram(t))
	const routes = "virtual_routes {\n" +
		" 10.50.0.0/24 encap mpls 100/200 via 10.9.0.200 dev eth0\n" +
		" 10.50.1.0/24 nexthop via 10.9.0.201 dev eth0 encap mpls 300 weight 2 nexthop via 10.9.0.202 dev eth0\n}\n"
	r.start(quick("VI", 51, "eth0", routes, "10.9.0.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	state := func() string {
		return inHost(t, r.host, "ip", "-4", "-d", "route", "show", "proto", "18")
	}
	for _, want := range []string{
		"10.50.0.0/24  encap mpls  100/200 via 10.9.0.200 dev eth0",
		"nexthop  encap mpls  300 via 10.9.0.201 dev eth0 weight 2",
	} {
		waitUntil(t, func() bool { return strings.Contains(state(), want) },
			func() string { return "no " + want + " in\n" + state() + r.daemon.Log.String() })
	}
	r.stop()
	if left := state(); left != "" {
		t.Errorf("after the stop there is\n%s", left)
	}
}

// TestInVMRoutesInAVRF: vrf stands for the table of that VRF.
func TestInVMRoutesInAVRF(t *testing.T) {
	r := newSite(t, "subject").router(0, subjectProgram(t))
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "red"
	addDevice(t, r.host, &netlink.Vrf{LinkAttrs: attrs, Table: 77})
	check(t, lab.Cable(r.host, "eth1", r.lan.Switch, "second"))
	r.start("static_routes {\n 10.50.0.0/24 vrf red dev eth0\n fd50::/64 vrf red dev eth0\n}\n" +
		quick("VI", 51, "eth0", "virtual_routes {\n 10.51.0.0/24 via 10.9.0.254 dev eth0 vrf red\n}", "10.9.0.100/24"))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	state := func() string {
		return inHost(t, r.host, "ip", "-4", "route", "show", "table", "77") + inHost(t, r.host, "ip", "-6", "route", "show", "table", "77")
	}
	for _, want := range []string{"10.50.0.0/24 dev eth0", "fd50::/64 dev eth0", "10.51.0.0/24 via 10.9.0.254 dev eth0"} {
		waitUntil(t, func() bool { return strings.Contains(state(), want) },
			func() string { return "no " + want + " in\n" + state() + r.daemon.Log.String() })
	}
	r.stop()
	if left := state(); strings.Contains(left, "proto 18") || strings.Contains(left, "keepalived") {
		t.Errorf("after the stop there is\n%s", left)
	}
}
