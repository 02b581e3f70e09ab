package daemon

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/config"
)

// mclOnFault locks pages as they are touched. Without it the lock would fill the whole heap that the
// Go runtime has reserved: 44 MiB resident instead of 4.
const mclOnFault = 4

// setScheduling gives the process the priority, processors and memory that global_defs ask for. What
// cannot be had is returned, one error each; the daemon runs on without.
func setScheduling(g *config.Global) (problems []error) {
	note := func(what string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", what, err))
		}
	}
	if g.Priority != 0 {
		note(fmt.Sprintf("set nice value %d (vrrp_priority)", g.Priority), unix.Setpriority(unix.PRIO_PROCESS, 0, g.Priority))
	}
	if len(g.CPUAffinity) > 0 {
		var set unix.CPUSet
		for _, cpu := range g.CPUAffinity {
			set.Set(cpu)
		}
		note("bind to the processors of vrrp_cpu_affinity", eachThread(func(tid int) error { return unix.SchedSetaffinity(tid, &set) }))
	}
	if g.ProcessName != "" {
		note("name the process "+g.ProcessName, os.WriteFile("/proc/self/comm", []byte(g.ProcessName), 0))
	}
	if g.NoSwap {
		note("lock memory (vrrp_no_swap)", unix.Mlockall(unix.MCL_CURRENT|unix.MCL_FUTURE|mclOnFault))
	}
	if g.RealtimePriority > 0 {
		note(fmt.Sprintf("become real-time with priority %d (vrrp_rt_priority)", g.RealtimePriority), setRealtime(g.RealtimePriority))
	}
	return problems
}

// setRealtime has every thread run before all that is not real-time.
func setRealtime(priority int) error {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: uint32(priority)}
	return eachThread(func(tid int) error { return unix.SchedSetAttr(tid, &attr, 0) })
}

// eachThread applies f to every thread of the process, until a pass finds no new one: a thread that
// the runtime starts meanwhile inherits from one that may not have been treated yet.
func eachThread(f func(tid int) error) error {
	done := make(map[int]bool)
	for range 100 {
		entries, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		fresh := false
		for _, entry := range entries {
			tid, err := strconv.Atoi(entry.Name())
			if err != nil || done[tid] {
				continue
			}
			if err := f(tid); err != nil && err != unix.ESRCH {
				return err
			}
			done[tid], fresh = true, true
		}
		if !fresh {
			return nil
		}
	}
	return nil
}
