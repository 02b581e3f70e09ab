package daemon

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/config"
)

// A process is ours as the kernel sees it: priority, processors, memory and name. It has all but the last two
// for each thread, and a new thread inherits them from the one that starts it; so they are set on all.
type process struct {
	before  settings // what we were started with, and what our scripts get
	applied settings
}

// settings are those of one moment.
type settings struct {
	nice     int
	realtime int // priority; 0: none
	cpus     unix.CPUSet
	locked   bool
	name     string
}

// mclOnFault locks pages as they are touched. Without it the lock would fill the whole heap that the
// Go runtime has reserved: 44 MiB resident instead of 4.
const mclOnFault = 4

// newProcess finds out what we were started with.
func newProcess() *process {
	f := &process{}
	if attr, err := unix.SchedGetAttr(0, 0); err == nil {
		f.before.nice = int(attr.Nice)
	}
	_ = unix.SchedGetaffinity(0, &f.before.cpus) // the empty set is never applied
	if name, err := os.ReadFile("/proc/self/comm"); err == nil {
		f.before.name = strings.TrimSpace(string(name))
	}
	f.applied = f.before
	return f
}

// wanted are the settings that a configuration asks for; what it does not mention is as we were started. raised
// is the real-time priority that max_auto_priority has led to, 0 for none.
func (f *process) wanted(g *config.Global, raised int) settings {
	s := f.before
	if g.Priority != 0 {
		s.nice = g.Priority
	}
	s.realtime = max(g.RealtimePriority, raised)
	if len(g.CPUAffinity) > 0 {
		s.cpus.Zero()
		for _, cpu := range g.CPUAffinity {
			s.cpus.Set(cpu)
		}
	}
	s.locked = g.NoSwap
	if g.ProcessName != "" {
		s.name = g.ProcessName
	}
	return s
}

// apply gives the process what global_defs ask for, at the start and at a reload. What cannot be had is returned, one
// error each; the daemon runs on without.
func (f *process) apply(g *config.Global, raised int) (problems []error) {
	now, next := f.applied, f.wanted(g, raised)
	try := func(differs bool, what string, do func() error) {
		if !differs {
			return
		}
		if err := do(); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", what, err))
		}
	}
	try(next.nice != now.nice, fmt.Sprintf("set nice value %d (vrrp_priority)", next.nice), func() error {
		return eachThread(func(tid int) error { return unix.Setpriority(unix.PRIO_PROCESS, tid, next.nice) })
	})
	try(next.cpus != now.cpus, "bind to the processors of vrrp_cpu_affinity", func() error {
		return eachThread(func(tid int) error { return unix.SchedSetaffinity(tid, &next.cpus) })
	})
	try(next.name != now.name, "name the process "+next.name, func() error {
		return os.WriteFile("/proc/self/comm", []byte(next.name), 0)
	})
	try(next.locked && !now.locked, "lock memory (vrrp_no_swap)", func() error {
		return unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | mclOnFault)
	})
	try(!next.locked && now.locked, "unlock memory (vrrp_no_swap)", unix.Munlockall)
	try(next.realtime != now.realtime && next.realtime > 0,
		fmt.Sprintf("become real-time with priority %d (vrrp_rt_priority)", next.realtime),
		func() error { return setRealtime(next.realtime) })
	try(next.realtime == 0 && now.realtime > 0, "end being real-time (vrrp_rt_priority)", func() error { return setNormal(next.nice) })
	f.applied = next
	return problems
}

// setRealtime has every thread run before all that is not real-time.
func setRealtime(priority int) error {
	return setPolicy(&unix.SchedAttr{Policy: unix.SCHED_RR, Priority: uint32(priority)})
}

func setNormal(nice int) error {
	return setPolicy(&unix.SchedAttr{Policy: unix.SCHED_NORMAL, Nice: int32(nice)})
}

func setPolicy(attr *unix.SchedAttr) error {
	attr.Size = unix.SizeofSchedAttr
	return eachThread(func(tid int) error { return unix.SchedSetAttr(tid, attr, 0) })
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
