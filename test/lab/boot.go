package lab

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Boot has the programs that are started on the host from now on believe that the machine was booted that long ago,
// in a time namespace of their own.
func (h *Host) Boot(ago time.Duration) error {
	return h.Do(func() error {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
			return err
		}
		if err := unix.Unshare(unix.CLONE_NEWTIME); err != nil {
			return fmt.Errorf("new time namespace for %s: %w", h.Name, err)
		}
		offset := ago - time.Duration(now.Nano())
		seconds := offset / time.Second
		if offset%time.Second < 0 {
			seconds-- // the rest must not be negative
		}
		// Below the number of the thread: it alone has left the time of the others.
		path := fmt.Sprintf("/proc/%d/timens_offsets", unix.Gettid())
		text := fmt.Sprintf("boottime %d %d\n", seconds, offset-seconds*time.Second)
		return os.WriteFile(path, []byte(text), 0)
	})
}
