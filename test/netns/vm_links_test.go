//go:build vm

package netns

import (
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// addBond makes bond0 of eth0 and a second cable to the LAN, one of which is in use at a time, and moves eth0's
// address to it.
func addBond(t *testing.T, r *router) {
	t.Helper()
	check(t, lab.Cable(r.host, "eth1", r.lan.Switch, "second"))
	setMaster(t, r.lan.Switch, "second", "br0")
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "bond0"
	bond := netlink.NewLinkBond(attrs)
	bond.Mode, bond.Miimon = netlink.BOND_MODE_ACTIVE_BACKUP, 20
	addDevice(t, r.host, bond)
	check(t, r.host.DeleteAddress("eth0", netip.MustParsePrefix("10.9.0.1/24")))
	for _, slave := range []string{"eth0", "eth1"} {
		check(t, r.host.SetLink(slave, false))
		setMaster(t, r.host, slave, "bond0")
		check(t, r.host.SetLink(slave, true))
	}
	check(t, r.host.AddAddress("bond0", netip.MustParsePrefix("10.9.0.1/24")))
}

// TestInVMBondFailover: a bond that goes on over its other cable disturbs nobody; without both it is a fault.
func TestInVMBondFailover(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject", "other")
	r, other := s.router(0, subjectProgram(t)), s.router(1, peers.Need(t, "keepalived"))
	addBond(t, r)
	vip := netip.MustParsePrefix("10.9.0.100/24")
	r.start(quick("VI", 51, "bond0", "", vip.String()))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	r.waitAddress(vip, true)
	other.start(quick("VI", 51, "eth0", "priority 100\n preempt_delay 1", vip.String()))
	other.waitLine(0, "(VI) Entering BACKUP STATE (init)")

	both := r.sniffOn("second")
	check(t, s.lan.SetCarrier(r.host, false))
	waitAdvert(t, both)
	if n := r.daemon.Log.Count(0, "FAULT"); n != 0 {
		t.Errorf("the failover of the bond is a fault:\n%s", r.daemon.Log)
	}
	line := r.daemon.Log.Mark()
	check(t, s.lan.Switch.SetLink("second", false))
	r.waitLine(line, "(VI) Entering FAULT STATE")
	other.waitLine(0, "(VI) Entering MASTER STATE")
	check(t, s.lan.Switch.SetLink("second", true))
	r.waitLine(line, "(VI) Entering MASTER STATE")
	r.waitAddress(vip, true)
}

// sniffOn observes what comes in on a port of the switch.
func (r *router) sniffOn(port string) *lab.Sniffer {
	r.t.Helper()
	sniffer, err := r.lan.Switch.Sniff(port)
	check(r.t, err)
	r.t.Cleanup(sniffer.Close)
	return sniffer
}

func waitAdvert(t *testing.T, sniffer *lab.Sniffer) {
	t.Helper()
	ctx, cancel := deadline(t)
	defer cancel()
	_, err := sniffer.Wait(ctx, 0, isMasterAdvert)
	check(t, err)
}

// impair makes a host's link lose or delay what it sends.
func impair(t *testing.T, host *lab.Host, link string, loss float32, delay time.Duration) {
	t.Helper()
	check(t, host.Do(func() error {
		l, err := netlink.LinkByName(link)
		if err != nil {
			return err
		}
		attrs := netlink.QdiscAttrs{LinkIndex: l.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT}
		return netlink.QdiscReplace(netlink.NewNetem(attrs, netlink.NetemQdiscAttrs{Loss: loss, Latency: uint32(delay.Microseconds())}))
	}))
}

// TestInVMLossAndDelay: late adverts are adverts; lost ones are missed after three intervals and Skew_Time, and
// when they are heard again the better router goes on.
func TestInVMLossAndDelay(t *testing.T) {
	t.Parallel()
	s := newSite(t, "first", "second")
	first, second := s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))
	const intervals, vip = 3, "10.9.0.100/24"
	first.start(quick("VI", 51, "eth0", "", vip))
	first.waitLine(0, "(VI) Entering MASTER STATE")
	second.start(quick("VI", 51, "eth0", "priority 100", vip))
	second.waitLine(0, "(VI) Entering BACKUP STATE (init)")

	impair(t, first.host, "eth0", 0, 150*time.Millisecond)
	mark, seen := s.sniffer.Mark(), 0
	first.waitFrame(mark, "a second's adverts", func(f *lab.Frame) bool {
		if isMasterAdvert(f) {
			seen++
		}
		return seen == 10
	})
	if n := second.daemon.Log.Count(0, "MASTER STATE"); n != 0 {
		t.Errorf("the delay made the Backup Master:\n%s", second.daemon.Log)
	}

	impair(t, first.host, "eth0", 100, 0)
	second.waitLine(0, "(VI) Entering MASTER STATE")
	adverts := first.adverts(0)
	last := adverts[len(adverts)-1]
	taken := second.waitFrame(0, "advert of the successor", isMasterAdvert)
	want := intervals*100*time.Millisecond + time.Duration(256-100)*100*time.Millisecond/256
	if got := taken.At.Sub(last.At); got < want-stampError || got > want+slack {
		t.Errorf("takeover %v after the last advert, want %v", got, want)
	}
	line := second.daemon.Log.Mark()
	impair(t, first.host, "eth0", 0, 0)
	second.waitLine(line, "(VI) Entering BACKUP STATE")
	if n := first.daemon.Log.Count(0, "BACKUP STATE"); n != 1 {
		t.Errorf("the better router was disturbed:\n%s", first.daemon.Log)
	}
}

// TestInVMDummy: an interface without ARP carries an instance, and nobody is told of its addresses.
func TestInVMDummy(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject")
	r := s.router(0, subjectProgram(t))
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "dummy0"
	dummy := &netlink.Dummy{LinkAttrs: attrs}
	addDevice(t, r.host, dummy)
	check(t, r.host.Do(func() error { return netlink.LinkSetMulticastOn(dummy) }))
	check(t, r.host.AddAddress("dummy0", netip.MustParsePrefix("10.66.0.1/24")))
	vip := netip.MustParsePrefix("10.66.0.100/32")
	r.start(quick("VI", 51, "dummy0", "", vip.String()))
	r.waitLine(0, "(VI) Entering MASTER STATE")
	r.waitAddress(vip, true)
	line := r.daemon.Log.Mark()
	check(t, r.host.SetLink("dummy0", false))
	r.waitLine(line, "(VI) Entering FAULT STATE")
	check(t, r.host.SetLink("dummy0", true))
	r.waitLine(line, "(VI) Entering MASTER STATE")
	r.stop()
}
