package netns

import (
	"strings"
	"syscall"
	"testing"
)

// TestPolledLinks: the state of a polled link is what polling finds; its VMAC, and links that are not polled, are
// followed as ever.
func TestPolledLinks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		blocks, lines string
		eth1          string // who speaks of it
	}{
		"all":       {"linkbeat_use_polling\n", "", "Netlink"},
		"instance":  {"", "linkbeat_use_polling", "Netlink"},
		"own block": {"linkbeat_interfaces {\n eth0 IOCTL\n eth1 MII\n}\n", "", "Linkbeat"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startMaster(t, test.blocks+quick("PLAIN", 51, "eth0", test.lines+"\n track_interface {\n  eth1 weight 5\n }", "10.9.0.100/24")+
				quick("VIRTUAL", 52, "eth0", "use_vmac", "10.9.0.101/24"), "PLAIN", "VIRTUAL")
			r.waitLine(0, "Using MII-BMSR/ETHTOOL NIC polling thread(s)...")
			if test.eth1 == "Linkbeat" {
				r.waitLine(0, "(eth1): Configured linkbeat type MII not supported, using ETHTOOL")
			}
			line := r.daemon.Log.Mark()
			check(t, r.host.SetLink("eth0", false))
			r.waitLine(line, "Linkbeat reports eth0 down")
			r.waitLine(line, "(PLAIN) Entering FAULT STATE")
			r.waitLine(line, "Netlink reports vrrp.52 down")
			r.waitLine(line, "(VIRTUAL) Entering FAULT STATE")
			check(t, r.host.SetLink("eth1", false))
			r.waitLine(line, test.eth1+" reports eth1 down")
			check(t, r.host.SetLink("eth0", true))
			r.waitLine(line, "Linkbeat reports eth0 up")
			r.waitLine(line, "(PLAIN) Entering MASTER STATE")
			r.waitLine(line, "(VIRTUAL) Entering MASTER STATE")
			if n := r.daemon.Log.Count(line, "Netlink reports eth0"); n != 0 {
				t.Errorf("the kernel was heeded:\n%s", r.daemon.Log)
			}
			if data := r.dump(syscall.SIGUSR1, "keepalived.data"); !strings.Contains(data, "   NIC ") {
				t.Errorf("keepalived.data does not tell of polling:\n%s", data)
			}
			r.stop()
		})
	}
}

// TestPollingBeginsAndEndsAtAReload: without a transition of what works.
func TestPollingBeginsAndEndsAtAReload(t *testing.T) {
	t.Parallel()
	instance := quick("VI", 51, "eth0", "", "10.9.0.100/24")
	r := startMaster(t, instance, "VI")
	line := r.daemon.Log.Mark()
	check(t, r.daemon.Reload("linkbeat_use_polling\n"+instance))
	r.waitLine(line, "Reload complete")
	check(t, r.host.SetLink("eth0", false))
	r.waitLine(line, "Linkbeat reports eth0 down")
	check(t, r.host.SetLink("eth0", true))
	r.waitLine(line, "Linkbeat reports eth0 up")
	r.waitLine(line, "(VI) Entering MASTER STATE")
	line = r.daemon.Log.Mark()
	check(t, r.daemon.Reload(instance))
	r.waitLine(line, "Reload complete")
	check(t, r.host.SetLink("eth0", false))
	r.waitLine(line, "Netlink reports eth0 down")
	r.waitLine(line, "(VI) Entering FAULT STATE")
}
