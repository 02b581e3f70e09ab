package dump

import (
	"strings"
	"testing"
	"time"
)

// The lines are those of keepalived with the same settings.
func TestSettingsThatAreGivenHaveTheirLines(t *testing.T) {
	off := false
	g := everything().Global
	g.ProcessName, g.SMTPAlertVRRP, g.NoFaultEmails, g.NamedFiles = "vpn", &off, true, true
	g.Reload = Reload{Check: true, CheckLog: "/tmp/rcc", TimeFile: "/tmp/rtf", Repeat: true, Flag: "/tmp/rl"}
	g.DynamicInterfaces, g.IfChanges = true, true
	g.FIFOs = []FIFO{{Name: "Global", Path: "/f", UID: 1, GID: 2, Script: &Command{Args: []string{"/usr/bin/true", "/f"}, UID: 3, GID: 4}}}
	g.ExtraInterval, g.MaxAutoPriority, g.AutoPriorityDelay, g.CPUs = seconds(7), 9, 5*time.Millisecond, []int{0, 2}
	g.ReceiveBuffers, g.BufferFactor, g.Umask, g.StartupDelay = "5000", 2, 0o22, 250*time.Millisecond
	g.LogUnknownVRIDs, g.VMACPrefix, g.VMACAddressPrefix, g.ScriptUID, g.ScriptGID = true, "vm", "va", 65534, 65533
	got := string(ParentData(&g))
	for _, line := range strings.Split(` VRRP process name = vpn
 Default smtp_alert = unset
 Default smtp_alert_vrrp = off
 Test config before reload, log to /tmp/rcc
 Reload time file = /tmp/rtf (repeat)
 Reload_file = /tmp/rl
 Use instance name in data dumps
 Dynamic interfaces = true
 Allow interface changes = true
 Send emails for fault transitions = off
 Global notify fifo = /f, uid:gid 1:2
 Global notify fifo script = '/usr/bin/true' '/f', uid:gid 3:4
 Gratuitous ARP for each secondary VMAC = 7s
 Max auto priority = 9
 Min auto priority delay = 5000 usecs
 VRRP CPU Affinity = 0 2
 Default script uid:gid 65534:65533
 rx_bufs_size = 5000
 rx_bufs_multiples = 2
 umask = 022
 vrrp_startup_delay = 0.25
 log_unknown_vrids
 VMAC prefix = vm
 VMAC address prefix = va`, "\n") {
		_, after, found := strings.Cut(got, line+"\n")
		if !found {
			t.Errorf("no line %q, or not in this order, in what is left:\n%s", line, got)
			continue
		}
		got = after
	}
}

func TestPacesOfAnnouncements(t *testing.T) {
	s := &State{Paces: []Pace{
		{Group: 1, ARP: 10 * time.Microsecond, NA: 200 * time.Millisecond, Interfaces: []string{"eth1", "eth0"}},
		{ARP: 100 * time.Millisecond, Interfaces: []string{"eth2"}},
	}}
	want := `------< Gratuitous ARP delays >------
------< GARP delay group 1 >------
 GARP interval = 1e-05
 GNA interval = 0.2
 Interfaces
  eth0
  eth1
------< GARP delay group 0 >------
 GARP interval = 0.1
 Interfaces
  eth2
------< Interfaces >------
`
	if got := string(Data(s)); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant at its end\n%s", got, want)
	}
}

// An owner says what it does about another one, and nobody else does.
func TestOwnerTellsOfItsRival(t *testing.T) {
	vi := vmacOwner()
	vi.BasePriority, vi.RogueAdverts, vi.RogueTimer = owner, 2, true
	const want = "   Rogue master counter = 2\n   Roger timer thread = running\n"
	if got := string(Data(&State{Instances: []Instance{vi}})); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwithout\n%s", got, want)
	}
	vi.BasePriority = 254
	if got := string(Data(&State{Instances: []Instance{vi}})); strings.Contains(got, "Rogue") {
		t.Errorf("a router that owns nothing tells of owners:\n%s", got)
	}
}
