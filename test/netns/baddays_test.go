package netns

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// steady is an instance that must never notice what happens to another one.
const steady = `vrrp_instance STEADY {
 state BACKUP
 interface eth0
 virtual_router_id 51
 priority 150
 advert_int 0.1
 version 3
 virtual_ipaddress {
  10.9.0.100/24
 }
}
`

// troubled is the other one, with room for its trouble.
const troubled = `vrrp_instance TROUBLED {
 state BACKUP
 interface eth1
 virtual_router_id 52
 priority 150
 advert_int 0.1
 version 3
 %s
 virtual_ipaddress {
  10.9.1.100/24
 }
}
`

// newTroubled starts a subject with both instances, each on a link of its own, and waits until both
// are Master.
func newTroubled(t *testing.T, trouble string, more ...string) *router {
	t.Helper()
	r := newTwoLinks(t)
	r.start(strings.Join(more, "") + steady + fmt.Sprintf(troubled, trouble))
	r.waitAddress(netip.MustParsePrefix("10.9.0.100/24"), true)
	r.waitAddress(netip.MustParsePrefix("10.9.1.100/24"), true)
	return r
}

// newTwoLinks is a host with a second link that leads nowhere, and a mail host beside it.
func newTwoLinks(t *testing.T) *router {
	t.Helper()
	s := newSite(t, "subject", "mail")
	r := s.router(0, subjectProgram(t))
	check(t, lab.Cable(r.host, "eth1", s.lan.Switch, "second"))
	check(t, r.host.AddAddress("eth1", netip.MustParsePrefix("10.9.1.1/24")))
	return r
}

// expectSteady watches the steady instance for two seconds' worth of adverts.
func (r *router) expectSteady() {
	r.t.Helper()
	const watched = 20
	mark, seen := r.sniffer.Mark(), 0
	r.waitFrame(mark, "twenty adverts", func(f *lab.Frame) bool {
		if isMasterAdvert(f) {
			seen++
		}
		return seen == watched
	})
	if gap := longestGap(r.adverts(mark)); gap > reloadDialect.interval+slack {
		r.t.Errorf("longest gap between adverts %v, want %v", gap, reloadDialect.interval)
	}
	if n := r.daemon.Log.Count(0, "(STEADY) Entering"); n != 2 {
		r.t.Errorf("STEADY changed its state %d times, want 2:\n%s", n, r.daemon.Log)
	}
}

// script writes an executable shell script.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.sh")
	check(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	return path
}

func TestHungNotifyScriptHoldsUpNobody(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "record")
	hang := script(t, "echo started >> "+record+"\nexec sleep 600")
	r := newTroubled(t, "notify "+hang)
	waitUntil(t, func() bool { _, err := os.Stat(record); return err == nil },
		func() string { return "the script was not started" })
	r.expectSteady()
	r.stop()
}

func TestHungTrackScriptHoldsUpNobody(t *testing.T) {
	t.Parallel()
	hang := script(t, "trap '' TERM\nwhile :; do sleep 1; done")
	r := newTroubled(t, "track_script {\n  hang weight 5\n }",
		"vrrp_script hang {\n script "+hang+"\n interval 1\n timeout 1\n}\n")
	r.waitLine(0, "VRRP_Script(hang) timed_out")
	r.expectSteady()
	r.stop()
}

func TestSilentMailServerHoldsUpNobody(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	silent, err := r.lan.Hosts[1].Listen("10.9.0.2:25")
	check(t, err)
	t.Cleanup(func() { silent.Close() })
	r.start("global_defs {\n notification_email {\n root@example.org\n }\n smtp_server 10.9.0.2\n" +
		" smtp_connect_timeout 2\n router_id lab\n}\n" + steady + fmt.Sprintf(troubled, "smtp_alert"))
	r.waitAddress(netip.MustParsePrefix("10.9.0.100/24"), true)
	r.waitAddress(netip.MustParsePrefix("10.9.1.100/24"), true)
	r.expectSteady()
	r.stop()
}

func TestRemovedInterfaceHoldsUpNobody(t *testing.T) {
	t.Parallel()
	r := newTroubled(t, "")
	line := r.daemon.Log.Mark()
	check(t, r.host.DeleteLink("eth1"))
	r.waitLine(line, "(TROUBLED) Entering FAULT STATE")
	r.expectSteady()
	r.stop()
}

func TestCarrierLossIsAFaultAndHeals(t *testing.T) {
	t.Parallel()
	r := newTroubled(t, "")
	line := r.daemon.Log.Mark()
	vip := netip.MustParsePrefix("10.9.1.100/24")
	check(t, r.lan.Switch.SetLink("second", false))
	r.waitLine(line, "(TROUBLED) Entering FAULT STATE")
	r.waitAddress(vip, false)
	check(t, r.lan.Switch.SetLink("second", true))
	r.waitLine(line, "(TROUBLED) Entering BACKUP STATE")
	r.waitAddress(vip, true)
	r.expectSteady()
}

// TestLostAddressComesBack: an address that somebody else removes is missed and set again.
func TestLostAddressComesBack(t *testing.T) {
	t.Parallel()
	r := newTroubled(t, "vip_guardian off")
	vip := netip.MustParsePrefix("10.9.1.100/24")
	line := r.daemon.Log.Mark()
	check(t, r.host.DeleteAddress("eth1", vip))
	r.waitLine(line, "(TROUBLED) Entering BACKUP STATE")
	r.waitLine(line, "(TROUBLED) Entering MASTER STATE")
	r.waitAddress(vip, true)
	r.expectSteady()
}

// TestFullDiskForPidFilesHoldsUpNobody: the daemon says so and does its work.
func TestFullDiskForPidFilesHoldsUpNobody(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	full := t.TempDir()
	check(t, r.host.Do(func() error {
		if err := unix.Mount("tmpfs", full, "tmpfs", 0, "size=4k"); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(full, "filler"), make([]byte, 4096), 0o644)
	}))
	r.start(steady+fmt.Sprintf(troubled, ""),
		"-p", filepath.Join(full, "parent.pid"), "-r", filepath.Join(full, "vrrp.pid"))
	r.waitAddress(netip.MustParsePrefix("10.9.0.100/24"), true)
	r.waitLine(0, "no space left on device")
	r.expectSteady()
}
