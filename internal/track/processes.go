package track

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// scanInterval is how often /proc is searched where the kernel does not tell of processes.
const scanInterval = time.Second

// ProcessState is the state of one tracked process at one moment.
type ProcessState struct {
	Name  string
	Count int  // processes that match
	Good  bool // the quorum, delays applied
}

// Processes counts processes by name.
type Processes struct {
	root    string // of the proc file system
	report  func(Result)
	log     *slog.Logger
	cmdline bool // some configuration wants the command line

	events  *os.File // of the kernel; nil: none
	refusal error    // why there are none
	blind   bool     // nothing is counted

	matching map[int][]int // process id to the tracked processes that it counts for; Run's goroutine alone

	mu      sync.Mutex // guards count and good of tracked
	tracked []*trackedProcess
}

type trackedProcess struct {
	cfg   ProcessConfig
	count int
	good  bool
	// turnAt is when the quorum will have been the opposite of good for long enough; zero while it agrees.
	turnAt time.Time
}

// NewProcesses counts what runs now; States then tells, without any delay applied. In a network namespace other
// than the first the kernel tells of no processes; then, as with keepalived, none is ever counted.
func NewProcesses(configs []ProcessConfig, report func(Result), log *slog.Logger) *Processes {
	return newProcesses("/proc", openConnector, configs, report, log)
}

func newProcesses(root string, open func() (*os.File, error), configs []ProcessConfig, report func(Result), log *slog.Logger) *Processes {
	p := &Processes{root: root, report: report, log: log}
	if p.events, p.refusal = open(); errors.Is(p.refusal, unix.ECONNREFUSED) {
		p.blind = true
		log.Warn(fmt.Sprintf("Failed to set process event listen - errno %d - Connection refused", int(unix.ECONNREFUSED)))
	}
	for _, cfg := range configs {
		p.tracked = append(p.tracked, &trackedProcess{cfg: cfg})
		p.cmdline = p.cmdline || cfg.full()
	}
	if !p.blind {
		p.scan()
	}
	for _, t := range p.tracked {
		t.good = t.cfg.quorate(t.count)
	}
	return p
}

// States returns the state of every tracked process, in the order of the configuration.
func (p *Processes) States() []ProcessState {
	p.mu.Lock()
	defer p.mu.Unlock()
	states := make([]ProcessState, len(p.tracked))
	for i, t := range p.tracked {
		states[i] = ProcessState{Name: t.cfg.Name, Count: t.count, Good: t.good}
	}
	return states
}

// Run reports changes until ctx ends. It listens to the kernel's process events; where they are refused
// for another reason than the network namespace (without CAP_NET_ADMIN, or in a process or user namespace other
// than the first) that is logged, and /proc is searched once a second instead.
func (p *Processes) Run(ctx context.Context) {
	if p.blind {
		<-ctx.Done()
		return
	}
	err := p.refusal
	if p.events != nil {
		err = p.listen(ctx, p.events)
	}
	if ctx.Err() != nil {
		return
	}
	p.log.Warn("Process events cannot be received, searching /proc once a second instead", "error", err)
	p.poll(ctx)
}

// poll searches /proc on a fixed grid, and in between only waits for delays to end.
func (p *Processes) poll(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for scanAt := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := time.Now()
		if !now.Before(scanAt) {
			p.scan()
			scanAt = following(scanAt, now, scanInterval)
		}
		wake := p.judge(now)
		if wake.IsZero() || wake.After(scanAt) {
			wake = scanAt
		}
		timer.Reset(time.Until(wake))
	}
}

// judge compares counts with quorums, reports what has held for its delay, and returns when the next
// delay ends (zero: none is running).
func (p *Processes) judge(now time.Time) (next time.Time) {
	for _, t := range p.tracked {
		good := t.cfg.quorate(t.count)
		if good == t.good {
			t.turnAt = time.Time{}
			continue
		}
		if t.turnAt.IsZero() {
			t.turnAt = now.Add(t.cfg.delay(good))
		}
		if now.Before(t.turnAt) {
			if next.IsZero() || t.turnAt.Before(next) {
				next = t.turnAt
			}
			continue
		}
		p.turn(t, good)
	}
	return next
}

func (cfg *ProcessConfig) delay(good bool) time.Duration {
	if good {
		return cfg.ForkDelay
	}
	return cfg.TerminateDelay
}

func (p *Processes) turn(t *trackedProcess, good bool) {
	p.mu.Lock()
	t.good, t.turnAt = good, time.Time{}
	p.mu.Unlock()
	word := "lost"
	if good {
		word = "gained"
	}
	p.log.Info(fmt.Sprintf("Quorum %s for tracked process %s", word, t.cfg.Name))
	p.report(Result{Kind: Process, Name: t.cfg.Name, Good: good, Value: t.count})
}

// scan counts anew everything that runs.
func (p *Processes) scan() {
	p.matching = map[int][]int{}
	entries, err := os.ReadDir(p.root)
	if err != nil {
		p.log.Warn("Processes cannot be listed", "error", err)
	}
	counts := make([]int, len(p.tracked))
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if found := p.match(pid); len(found) > 0 {
			p.matching[pid] = found
			for _, i := range found {
				counts[i]++
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, t := range p.tracked {
		t.count = counts[i]
	}
}

// set notes what a process counts for from now on.
func (p *Processes) set(pid int, found []int) {
	before := p.matching[pid]
	if slices.Equal(before, found) {
		return
	}
	if len(found) == 0 {
		delete(p.matching, pid)
	} else {
		p.matching[pid] = found
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range before {
		p.tracked[i].count--
	}
	for _, i := range found {
		p.tracked[i].count++
	}
}

// match looks a process up and returns the tracked processes that it counts for.
func (p *Processes) match(pid int) (found []int) {
	dir := filepath.Join(p.root, strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return nil // it has ended meanwhile
	}
	comm, ended := parseStat(string(stat))
	if ended {
		return nil
	}
	var cmdline []byte
	if p.cmdline {
		cmdline, _ = os.ReadFile(filepath.Join(dir, "cmdline")) // unreadable is as good as empty
	}
	for i, t := range p.tracked {
		if t.cfg.matches(comm, cmdline) {
			found = append(found, i)
		}
	}
	return found
}

// parseStat returns the name from /proc/PID/stat, which may hold blanks and parentheses itself, and
// whether the process is dead and only waits for its parent to notice.
func parseStat(stat string) (comm string, ended bool) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return "", true
	}
	state := strings.TrimLeft(stat[end+1:], " ")
	return stat[open+1 : end], state == "" || state[0] == 'Z' || state[0] == 'X'
}
