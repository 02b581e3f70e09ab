package netns

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// TestStopWaitsForScriptsASecond: then it kills them, those of a Backup as well.
func TestStopWaitsForScriptsASecond(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "record")
	hang := script(t, "echo $$ $1 >> "+record+"\nexec sleep 600")
	r := startMaster(t, quick("VI", 51, "eth0", "notify_stop \""+hang+" master\"", "10.9.0.100/24")+
		strings.Replace(quick("FAULTY", 52, "eth1", "mcast_src_ip 10.9.1.99\n track_src_ip\n notify_stop \""+hang+" other\"", "10.9.1.100/24"),
			"priority 150", "priority 100", 1), "VI")
	start := time.Now()
	r.stop()
	if took := time.Since(start); took < time.Second || took > 2*time.Second {
		t.Errorf("the stop took %v, want little more than 1s", took)
	}
	text, err := os.ReadFile(record)
	check(t, err)
	told := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		told[words[1]] = true
		if _, err := os.Stat("/proc/" + words[0]); err == nil {
			t.Errorf("process %s of the script still runs", words[0])
		}
	}
	if !told["master"] || !told["other"] {
		t.Errorf("told of the stop were %v, want both", told)
	}
}

// TestStopCanLeaveEverything is --dont-release-vrrp: for a daemon that is to be replaced.
func TestStopCanLeaveEverything(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	r.start(quick("VI", 51, "eth0", "", "10.9.0.100/24"), "-V")
	vip := netip.MustParsePrefix("10.9.0.100/24")
	r.waitAddress(vip, true)
	start := time.Now()
	r.stop()
	if took := time.Since(start); took > time.Second {
		t.Errorf("the stop took %v, although there was nothing to wait for", took)
	}
	if !r.watch.Has(vip) || r.watch.Losses(vip) != 0 {
		t.Error("the address was removed")
	}
	if n := len(r.sniffer.Frames(0, r.sent(func(f *lab.Frame) bool { return isAdvert(f) && f.Priority == 0 }))); n != 0 {
		t.Errorf("%d adverts with priority 0 were sent", n)
	}
}

// TestStartupDelayKeepsQuiet: neither adverts nor transitions before its end, even of an address owner.
func TestStartupDelayKeepsQuiet(t *testing.T) {
	t.Parallel()
	r := newTwoLinks(t)
	r.start("global_defs {\n vrrp_startup_delay 1\n}\n" +
		strings.Replace(quick("VI", 51, "eth0", "", "10.9.0.100/24"), "state BACKUP\n interface eth0\n virtual_router_id 51\n priority 150",
			"state MASTER\n interface eth0\n virtual_router_id 51\n priority 255", 1))
	delay := r.waitLine(0, "Delaying startup for 1 seconds")
	advert := r.waitFrame(0, "first advert", isAdvert)
	if waited := advert.At.Sub(delay.At); waited < 900*time.Millisecond {
		t.Errorf("the first advert came after %v, want 1s", waited)
	}
	r.waitLine(0, "Delayed start completed")
	check(t, r.daemon.Signal(unix.SIGTERM))
}
