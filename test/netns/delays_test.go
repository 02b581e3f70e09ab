package netns

import (
	"strings"
	"testing"
	"time"
)

// delayed is a configuration in which a link must be down for half a second, and up for one, to count. The
// instance is Master two seconds after its link counts as up.
var delayed = "interface_up_down_delays {\n eth0 0.5 1\n}\n" +
	strings.Replace(quick("VI", 51, "eth0", "", "10.9.0.100/24"), "advert_int 0.1", "advert_int 0.5", 1)

// TestLinkMustStayDownToCount: a link that comes back before its delay has passed changes nothing; one that stays
// away, or comes back for good, counts after its delay and not before.
func TestLinkMustStayDownToCount(t *testing.T) {
	t.Parallel()
	for name, vmac := range map[string]string{"interface": "", "VMAC": "use_vmac"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newSite(t, "subject").router(0, subjectProgram(t))
			r.start(strings.Replace(delayed, "interface eth0", "interface eth0\n "+vmac, 1))
			r.waitLine(0, "(VI) Entering MASTER STATE")
			line := r.daemon.Log.Mark()
			check(t, r.lan.SetCarrier(r.host, false))
			check(t, r.lan.SetCarrier(r.host, true))
			for range 3 { // longer than the delay
				r.waitFrame(r.sniffer.Mark(), "advert", isMasterAdvert)
			}
			if n := r.daemon.Log.Count(line, "(VI) Entering"); n != 0 {
				t.Errorf("%d transitions after a link that was away for a moment", n)
			}

			turn := func(up bool, want string, delay time.Duration) {
				line := r.daemon.Log.Mark()
				start := time.Now()
				check(t, r.lan.SetCarrier(r.host, up))
				took := r.waitLine(line, want).At.Sub(start)
				if took < delay || took > delay+slack {
					t.Errorf("%q after %v, want %v", want, took, delay)
				}
			}
			turn(false, "(VI) Entering FAULT STATE", 500*time.Millisecond)
			turn(true, "(VI) Entering BACKUP STATE", time.Second)
			r.waitLine(line, "(VI) Entering MASTER STATE")
		})
	}
}

// TestReloadKeepsTheDelayOfALink: a link that is down, but not for long enough, still counts as up after a reload.
func TestReloadKeepsTheDelayOfALink(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	patient := strings.Replace(delayed, "eth0 0.5 1", "eth0 0.9 0", 1)
	r.start(patient)
	r.waitLine(0, "(VI) Entering MASTER STATE")
	line := r.daemon.Log.Mark()
	check(t, r.lan.SetCarrier(r.host, false))
	check(t, r.daemon.Reload(patient))
	r.waitLine(line, "Reload complete")
	if n := r.daemon.Log.Count(line, "FAULT"); n != 0 {
		t.Errorf("the reload ended the delay")
	}
	r.waitLine(line, "(VI) Entering FAULT STATE")
}
