package netns

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/govrrpd/govrrpd/test/peers"
)

// duel is two routers on a LAN that will both be Master; the subject notices.
type duel struct {
	*site
	subject, peer *router
}

func newDuel(t *testing.T, peer peers.Program) *duel {
	t.Helper()
	if !guards(t) {
		t.Fatal("keepalived has no alarm")
	}
	s := newSite(t, "subject", "peer")
	d := &duel{site: s, subject: s.router(0, subjectProgram(t)), peer: s.router(1, peer)}
	d.subject.duels, d.peer.duels = true, true
	return d
}

// mac is the MAC address of a router's interface.
func (r *router) mac(link string) string {
	r.t.Helper()
	var mac net.HardwareAddr
	check(r.t, r.host.Do(func() error {
		l, err := netlink.LinkByName(link)
		if err == nil {
			mac = l.Attrs().HardwareAddr
		}
		return err
	}))
	return mac.String()
}

// deafen has a host drop the adverts of all others.
func (r *router) deafen() {
	r.t.Helper()
	nft := peers.Need(r.t, "nft")
	cmd := exec.Command(nft.Path, "add table inet test; add chain inet test input { type filter hook input priority 0; }; "+
		"add rule inet test input meta l4proto vrrp drop")
	cmd.Env = append(os.Environ(), nft.Env...)
	check(r.t, r.host.Do(func() error {
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("nft: %w\n%s", err, out)
		}
		return nil
	}))
}

// expectOneAlarm waits for a line with these texts, lets five more adverts pass, and counts.
func (r *router) expectOneAlarm(texts ...string) {
	r.t.Helper()
	line := r.waitLine(0, "(VI) SPLIT BRAIN: ")
	for _, text := range texts {
		if !strings.Contains(line.Text, text) {
			r.t.Errorf("%s says %q, want %q in it", r.host.Name, line.Text, text)
		}
	}
	for range 5 {
		r.waitFrame(r.sniffer.Mark(), "advert", isMasterAdvert)
	}
	if n := r.daemon.Log.Count(0, "SPLIT BRAIN"); n != 1 {
		r.t.Errorf("%s sounds the alarm %d times, want once:\n%s", r.host.Name, n, r.daemon.Log)
	}
}

const duelVIP = "10.9.0.100/24"

func withPassword(priority int, password, lines string) string {
	return fmt.Sprintf("vrrp_instance VI {\n state BACKUP\n interface eth0\n virtual_router_id 51\n priority %d\n advert_int 1\n version 2\n"+
		" garp_master_delay 0\n authentication {\n  auth_type PASS\n  auth_pass %s\n }\n %s\n virtual_ipaddress {\n  %s\n }\n}\n", priority, password, lines, duelVIP)
}

// TestSplitBrainIsNamedByBoth: two routers with different passwords name each other, once.
func TestSplitBrainIsNamedByBoth(t *testing.T) {
	t.Parallel()
	d := newDuel(t, subjectProgram(t))
	d.subject.start(withPassword(150, "one", ""))
	d.peer.start(withPassword(100, "two", ""))
	const line = "(VI) SPLIT BRAIN: %s (%s) is Master of VRID 51 on eth0 too, priority %d; we are %s (%s), priority %d. Its adverts are refused: check authentication on both"
	d.subject.expectOneAlarm(fmt.Sprintf(line, "10.9.0.2", d.peer.mac("eth0"), 100, "10.9.0.1", d.subject.mac("eth0"), 150))
	d.peer.expectOneAlarm(fmt.Sprintf(line, "10.9.0.1", d.subject.mac("eth0"), 150, "10.9.0.2", d.peer.mac("eth0"), 100))
}

// TestSplitBrainByPasswords: both are Master and refuse each other's adverts. The better one announces its
// addresses; scripts and FIFOs that ask for it are told; it is over when the other is gone.
func TestSplitBrainByPasswords(t *testing.T) {
	t.Parallel()
	d := newDuel(t, peers.Need(t, "keepalived"))
	record, fifo := filepath.Join(t.TempDir(), "record"), filepath.Join(t.TempDir(), "fifo")
	tell := script(t, "echo \"$@\" >> "+record)
	reader := script(t, "exec cat $1 > "+fifo+".read")
	d.subject.start("global_defs {\n script_user root\n vrrp_notify_fifo " + fifo + "\n vrrp_notify_fifo_script " + reader + "\n}\n" +
		withPassword(150, "one", "notify_split_brain \""+tell+" now\""))
	d.peer.start(withPassword(100, "two", ""))
	d.subject.waitLine(0, "(VI) Entering MASTER STATE")
	d.peer.waitLine(0, "(VI) Entering MASTER STATE")
	mark := d.sniffer.Mark()
	d.subject.expectOneAlarm(fmt.Sprintf("(VI) SPLIT BRAIN: 10.9.0.2 (%s) is Master of VRID 51 on eth0 too, priority 100; we are 10.9.0.1 (%s), priority 150. "+
		"Its adverts are refused: check authentication on both, type and password, or whether other routers use this VRID", d.peer.mac("eth0"), d.subject.mac("eth0")))
	d.subject.waitFrame(mark, "repair", isAnnouncement(netip.MustParseAddr("10.9.0.100")))
	waitRecord(t, record, "now")
	waitUntil(t, func() bool {
		text, _ := os.ReadFile(fifo + ".read") // not there before it is opened
		return strings.Contains(string(text), "INSTANCE \"VI\" SPLIT_BRAIN 150\n")
	}, func() string { return "the FIFO was not told" })
	if n := d.subject.daemon.Log.Count(0, "Entering BACKUP"); n != 1 {
		t.Errorf("the alarm made the subject Backup:\n%s", d.subject.daemon.Log)
	}
	expectInOrder(t, d.subject.dump(syscall.SIGUSR1, "keepalived.data"), "------< govrrpd >------", "(VI) Split brains = 1")
	d.peer.stop()
	d.subject.waitLine(0, "(VI) split brain of VRID 51 on eth0 is over after")
}

// TestSplitBrainBehindFirewalls: adverts do not pass, so that both are Master, and each names the other by what it
// says in ARP.
func TestSplitBrainBehindFirewalls(t *testing.T) {
	t.Parallel()
	for _, family := range []struct{ name, first, second string }{
		{"IPv4", "10.9.0.100/24", ""}, {"IPv6", "fe80::51/64", "fd09::100/64"},
	} {
		t.Run(family.name, func(t *testing.T) {
			t.Parallel()
			d := newDuel(t, subjectProgram(t))
			d.subject.deafen()
			d.peer.deafen()
			vips := strings.Fields(family.first + " " + family.second)
			d.subject.start(quick("VI", 51, "eth0", "", vips...))
			d.subject.waitLine(0, "(VI) Entering MASTER STATE")
			d.peer.start(quick("VI", 51, "eth0", "", vips...))
			d.subject.expectOneAlarm(d.peer.mac("eth0"), " on eth0 claims ")
			d.peer.expectOneAlarm(d.subject.mac("eth0"), " on eth0 claims ")
			d.peer.stop()
			d.subject.waitLine(0, "(VI) split brain of VRID 51 on eth0 is over after")
		})
	}
}

// TestSplitBrainBesideKeepalived: the same with a keepalived that hears nothing: its adverts are heard.
func TestSplitBrainBesideKeepalived(t *testing.T) {
	t.Parallel()
	d := newDuel(t, peers.Need(t, "keepalived"))
	d.peer.deafen()
	fifo := filepath.Join(t.TempDir(), "fifo")
	d.subject.start("global_defs {\n script_user root\n vrrp_notify_fifo " + fifo + "\n vrrp_notify_fifo_script " + script(t, "exec cat $1 > "+fifo+".read") + "\n}\n" +
		quick("VI", 51, "eth0", "", duelVIP))
	d.subject.waitLine(0, "(VI) Entering MASTER STATE")
	d.peer.start(strings.Replace(quick("VI", 51, "eth0", "", duelVIP), "priority 150", "priority 100", 1))
	d.subject.expectOneAlarm(fmt.Sprintf("(VI) SPLIT BRAIN: 10.9.0.2 (%s) is Master of VRID 51 on eth0 too, priority 100; we are 10.9.0.1 (%s), priority 150. It does not hear us: ",
		d.peer.mac("eth0"), d.subject.mac("eth0")))
	// The readers of FIFOs hear the words of keepalived, and no others.
	waitUntil(t, func() bool {
		text, _ := os.ReadFile(fifo + ".read") // not there before it is opened
		if strings.Contains(string(text), "SPLIT_BRAIN") {
			t.Fatalf("the FIFO was told:\n%s", text)
		}
		return strings.Count(string(text), "MASTER_RX_LOWER_PRI") > 5
	}, func() string { return "the FIFO was not told of lower priorities" })
}

// TestDeafMasterNoticesTheOther: it hears no adverts, but sees the other announce what both have.
func TestDeafMasterNoticesTheOther(t *testing.T) {
	t.Parallel()
	d := newDuel(t, peers.Need(t, "keepalived"))
	d.subject.deafen()
	d.peer.start(quick("VI", 51, "eth0", "garp_master_refresh 1", duelVIP))
	d.peer.waitLine(0, "(VI) Entering MASTER STATE")
	// They have spoken with each other before.
	check(t, d.subject.host.Do(func() error {
		conn, err := net.Dial("udp", "10.9.0.2:9")
		if err == nil {
			_, err = conn.Write([]byte("hello"))
			conn.Close()
		}
		return err
	}))
	d.subject.start(strings.Replace(quick("VI", 51, "eth0", "", duelVIP), "priority 150", "priority 100", 1))
	d.subject.expectOneAlarm("(VI) SPLIT BRAIN: 10.9.0.2 (" + d.peer.mac("eth0") + ") on eth0 claims 10.9.0.100, an address of VRID 51, and sends no adverts that we hear; we are 10.9.0.1")
}

// TestNoAlarmWithoutASplit: a keepalived takes over and is taken over from, by crash, stop, preemption, and a flap of
// its link; with VMACs, with both families on one VRID, and with a reload on either side. What start does when the
// test ends is the test.
func TestNoAlarmWithoutASplit(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{"plain": "garp_master_refresh 1", "VMAC": "use_vmac"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "subject", "peer")
			subject, peer := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
			configuration := func(priority int) string {
				return strings.ReplaceAll(quick("V4", 51, "eth0", lines, duelVIP)+quick("V6", 51, "eth0", lines, "fe80::51/64", "fd09::100/64"),
					"priority 150", fmt.Sprintf("priority %d", priority))
			}
			vip := netip.MustParsePrefix(duelVIP)
			subject.start(configuration(100))
			subject.waitAddress(vip, true)
			peer.start(configuration(150)) // preempts
			peer.waitAddress(vip, true)
			subject.waitAddress(vip, false)
			check(t, peer.daemon.Reload(configuration(50)))
			subject.waitAddress(vip, true) // preempts
			peer.waitAddress(vip, false)
			check(t, subject.daemon.Reload(configuration(101)))
			check(t, s.lan.Unplug(peer.host)) // both are Master, and the LAN heals
			peer.waitAddress(vip, true)
			check(t, s.lan.Plug(peer.host))
			peer.waitAddress(vip, false)
			subject.stop()
			peer.waitAddress(vip, true)
			subject.start(configuration(102))
			subject.waitAddress(vip, true)
			peer.waitAddress(vip, false)
			check(t, subject.daemon.Crash())
			peer.waitAddress(vip, true)
			mark := s.sniffer.Mark()
			subject.start(configuration(103))
			for range 20 { // of the adverts that follow, each would be one too many of another Master
				subject.waitFrame(mark, "advert", isMasterAdvert)
				mark = s.sniffer.Mark()
			}
			if n := len(s.sniffer.Frames(mark, peer.sent(isMasterAdvert))); n > 1 {
				t.Errorf("%d adverts of the other Master follow", n)
			}
		})
	}
}
