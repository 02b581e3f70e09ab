package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
)

// ProcessorTime is what all threads of the daemon's processes have used so far, in the kernel's
// scheduler's own nanoseconds.
func (d *Daemon) ProcessorTime() (time.Duration, error) {
	var total time.Duration
	for _, pid := range d.Pids() {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil || len(threads) == 0 {
			return 0, fmt.Errorf("threads of process %d: none found", pid)
		}
		for _, file := range threads {
			text, err := os.ReadFile(file)
			if errors.Is(err, os.ErrNotExist) {
				continue // the thread has just ended
			}
			if err != nil {
				return 0, err
			}
			first, _, _ := strings.Cut(string(text), " ")
			ns, err := strconv.ParseInt(first, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", file, err)
			}
			total += time.Duration(ns)
		}
	}
	return total, nil
}

// Resident is the resident memory of the daemon's processes together, in bytes.
func (d *Daemon) Resident() (int64, error) {
	var total int64
	for _, pid := range d.Pids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(string(text), "VmRSS:")
		number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		kib, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("resident memory of process %d: %w", pid, err)
		}
		total += kib << 10
	}
	return total, nil
}

// Packets counts what the host has sent and received on some links.
func (h *Host) Packets(links ...string) (sent, received uint64, err error) {
	err = h.Do(func() error {
		for _, name := range links {
			link, err := netlink.LinkByName(name)
			if err != nil {
				return fmt.Errorf("link %s of %s: %w", name, h.Name, err)
			}
			sent += link.Attrs().Statistics.TxPackets
			received += link.Attrs().Statistics.RxPackets
		}
		return nil
	})
	return sent, received, err
}
