package daemon

import (
	"fmt"
	"os"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// systemd tells the service manager how we are, if one is listening (NOTIFY_SOCKET). Every method
// does nothing otherwise; what the manager does not hear is not our problem to solve.
type systemd struct{}

func (systemd) ready() { _, _ = sd.SdNotify(false, fmt.Sprintf("READY=1\nMAINPID=%d", os.Getpid())) }

// reloading includes the monotonic time in microseconds, which Type=notify-reload wants.
func (systemd) reloading() {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return
	}
	_, _ = sd.SdNotify(false, fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/1000))
}

func (systemd) stopping() { _, _ = sd.SdNotify(false, sd.SdNotifyStopping) }

func (systemd) failed(code int) { _, _ = sd.SdNotify(false, fmt.Sprintf("ERRNO=%d", code)) }

func (systemd) alive() { _, _ = sd.SdNotify(false, sd.SdNotifyWatchdog) }

// watchdog is how often alive must be said: half of what WATCHDOG_USEC allows, 0 for never.
func (systemd) watchdog() time.Duration {
	interval, err := sd.SdWatchdogEnabled(false)
	if err != nil {
		return 0
	}
	return interval / 2
}
