package netns

import (
	"fmt"
	"testing"
	"time"
)

// TestStartupIsDelayed: nothing is sent before the delay has passed, counted from the start or from when the machine
// was; then the Master_Down_Timer begins.
func TestStartupIsDelayed(t *testing.T) {
	t.Parallel()
	const masterDown = 341 * time.Millisecond // of quick
	const uptime = 10                         // of the routers; that of the machine may be more than vrrp_delay_after_boot can be
	for name, test := range map[string]struct {
		lines     string
		afterBoot float64 // seconds from now
		delay     time.Duration
	}{
		"after the start": {"vrrp_startup_delay 1.5", -1, 1500 * time.Millisecond},
		"after the boot":  {"", 3, time.Second},
		"the longer one":  {"vrrp_startup_delay 0.1", 3, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newSite(t, "subject").router(0, subjectProgram(t))
			check(t, r.host.Boot(uptime*time.Second))
			r.start(fmt.Sprintf("global_defs {\n %s\n vrrp_delay_after_boot %.2f\n}\n", test.lines, uptime+test.afterBoot) + quick("VI", 51, "eth0", "", "10.9.0.100/24"))
			r.waitLine(0, "Delaying startup for ")
			r.waitLine(0, "(VI) Entering BACKUP STATE (init)")
			over := r.waitLine(0, "Delayed start completed")
			first := r.waitFrame(0, "advert", isAdvert)
			if took := over.At.Sub(r.daemon.StartedAt); took < test.delay { // the machine may have been busy before
				t.Errorf("the delay is over after %v, want at least %v", took, test.delay)
			}
			if took := first.At.Sub(over.At); took < masterDown-slack {
				t.Errorf("the first advert came %v after the delay, want %v", took, masterDown)
			}
			r.stop()
		})
	}
	t.Run("long after the boot", func(t *testing.T) {
		t.Parallel()
		r := newSite(t, "subject").router(0, subjectProgram(t))
		check(t, r.host.Boot(uptime*time.Second))
		r.start(fmt.Sprintf("global_defs {\n vrrp_delay_after_boot %d\n}\n", uptime-1) + quick("VI", 51, "eth0", "", "10.9.0.100/24"))
		r.waitLine(0, "(VI) Entering MASTER STATE")
		if n := r.daemon.Log.Count(0, "Delaying startup"); n != 0 {
			t.Errorf("the start was delayed:\n%s", r.daemon.Log)
		}
	})
}
