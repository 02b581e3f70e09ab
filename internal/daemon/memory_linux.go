package daemon

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// tidyAfter is when the memory that a start or a reload has used goes back to the system: when the
	// adverts that it gave rise to have long left, because collecting takes a few milliseconds of a
	// processor.
	tidyAfter = time.Second
	// tidyFrom is the number of Virtual Routers from which on that is worth it. A tenth of a millisecond, which
	// reading forgotten pages adds to the next takeover, is nothing to what hundreds of them take.
	tidyFrom = 100
)

// tidy gives back, in a moment, what reading a large configuration has used.
func (d *Daemon) tidy() {
	if len(d.plan.cfg.Instances) < tidyFrom {
		return
	}
	locked := d.plan.cfg.Global.NoSwap
	d.workers.Go(func() {
		select {
		case <-d.ctx.Done():
			return
		case <-time.After(tidyAfter):
		}
		debug.FreeOSMemory()
		if !locked { // whoever wants all of it in memory gets that
			_ = forgetProgram() // at worst it stays as large as it was
		}
	})
}

// forgetProgram takes the pages of the program's own file out of the process: most of them are only needed to
// start. They stay in the kernel's cache, so that those that are needed again cost microseconds and no disk.
func forgetProgram() error {
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return err
	}
	defer maps.Close()
	for _, part := range fileParts(maps) {
		if _, _, errno := syscall.Syscall(unix.SYS_MADVISE, part.start, part.end-part.start, unix.MADV_DONTNEED); errno != 0 {
			return fmt.Errorf("give pages of the program back: %w", errno)
		}
	}
	return nil
}

// addressRange is where a part of a file lies in memory.
type addressRange struct{ start, end uintptr }

// fileParts are the ranges in /proc/self/smaps that nobody can write to and of which no page differs from its
// file: a linker may have written to one before it was protected.
func fileParts(smaps io.Reader) (parts []addressRange) {
	var part addressRange
	constant := false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		line := lines.Text()
		var next addressRange
		var permissions, offset, device string
		var inode uint64
		if n, _ := fmt.Sscanf(line, "%x-%x %s %s %s %d", &next.start, &next.end, &permissions, &offset, &device, &inode); n == 6 {
			part, constant = next, inode != 0 && strings.HasPrefix(permissions, "r-") && strings.HasSuffix(permissions, "p")
		} else if key, value, _ := strings.Cut(line, ":"); constant && key == "Anonymous" && strings.TrimSpace(value) == "0 kB" {
			parts = append(parts, part)
		}
	}
	return parts
}
