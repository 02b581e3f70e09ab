package daemon

import (
	"context"
	"fmt"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/internal/script"
	"github.com/govrrpd/govrrpd/internal/track"
)

// trackers are the tracked scripts, files and processes of a configuration. (Interfaces are the
// kernel's news.)
type trackers struct {
	d         *Daemon
	scripts   *track.Scripts
	files     *track.Files     // nil: none
	processes *track.Processes // nil: none
	cancel    context.CancelFunc
	ctx       context.Context // of this set's sources, not for calls
}

// newTrackers prepares the sources that some instance or sync group uses.
func newTrackers(d *Daemon, cfg *config.Config) *trackers {
	t := &trackers{d: d}
	t.ctx, t.cancel = context.WithCancel(d.ctx)
	used := usedTrackers(cfg)
	var scripts []track.ScriptConfig
	for _, s := range cfg.Scripts {
		if used[trackerKey{router.TrackScript, s.Name}] {
			scripts = append(scripts, scriptConfig(s))
		}
	}
	var files []track.FileConfig
	for _, f := range cfg.TrackFiles {
		if used[trackerKey{router.TrackFile, f.Name}] {
			files = append(files, track.FileConfig{Name: f.Name, Path: f.File})
		}
	}
	var processes []track.ProcessConfig
	for _, p := range cfg.TrackProcesses {
		if used[trackerKey{router.TrackProcess, p.Name}] {
			processes = append(processes, processConfig(p))
		}
	}
	t.scripts = track.NewScripts(scripts, d.spawner, t.report, d.log)
	if len(files) > 0 {
		var err error
		if t.files, err = track.OpenFiles(files, t.report, d.log); err != nil {
			d.log.Error(fmt.Sprintf("track files: %v; they keep their values", err))
		}
	}
	if len(processes) > 0 {
		t.processes = track.NewProcesses(processes, t.report, d.log)
	}
	return t
}

func processConfig(p *config.TrackProcess) track.ProcessConfig {
	matches := map[string]track.ParamMatch{
		"exact": track.ParamsExact, "initial": track.ParamsInitial, "partial": track.ParamsPartial,
	}
	return track.ProcessConfig{
		Name: p.Name, Command: p.Process[0], Params: p.Process[1:], FullCommand: p.FullCommand,
		ParamMatch: matches[p.ParamMatch], Quorum: p.Quorum, QuorumMax: p.QuorumMax,
		ForkDelay: p.ForkDelay, TerminateDelay: p.TerminateDelay,
	}
}

// initFiles writes the tracked files that init_file asks for, but for those that the running
// configuration, which may be nil, has had written already.
func initFiles(cfg, running *config.Config) (problems []error) {
	written := make(map[string]bool)
	if running != nil {
		for _, f := range running.TrackFiles {
			written[f.File] = true
		}
	}
	for _, f := range cfg.TrackFiles {
		if f.Init == nil || written[f.File] {
			continue
		}
		if err := track.InitFile(f.File, *f.Init, f.Overwrite); err != nil {
			problems = append(problems, fmt.Errorf("track_file %s: %w", f.Name, err))
		}
	}
	return problems
}

// processStates are the states of the tracked processes.
func (t *trackers) processStates() []track.ProcessState {
	if t.processes == nil {
		return nil
	}
	return t.processes.States()
}

// usedTrackers are the trackers that something refers to.
func usedTrackers(cfg *config.Config) map[trackerKey]bool {
	used := make(map[trackerKey]bool)
	note := func(kind router.TrackerKind, tracks []config.Track) {
		for _, t := range tracks {
			used[trackerKey{kind, t.Name}] = true
		}
	}
	for _, vi := range cfg.Instances {
		note(router.TrackScript, vi.TrackScripts)
		note(router.TrackFile, vi.TrackFiles)
		note(router.TrackProcess, vi.TrackProcesses)
	}
	for _, group := range cfg.SyncGroups {
		note(router.TrackScript, group.TrackScripts)
		note(router.TrackFile, group.TrackFiles)
		note(router.TrackProcess, group.TrackProcesses)
	}
	return used
}

func scriptConfig(s *config.Script) track.ScriptConfig {
	cmd := command(&s.Command)
	if s.FileTest != "" {
		cmd = script.OpenFile(s.FileTest, s.Command.User.UID, s.Command.User.GID, s.Command.User.Groups)
	}
	return track.ScriptConfig{
		Name: s.Name, Command: cmd, Interval: s.Interval, Timeout: s.Timeout,
		Rise: s.Rise, Fall: s.Fall, InitFail: s.InitFail,
	}
}

// seed gives the plan's trackers the values that are known before their sources run.
func (t *trackers) seed(p *plan) {
	set := func(kind router.TrackerKind, name string, status router.TrackerStatus, value int) {
		if id, ok := p.trackers[trackerKey{kind, name}]; ok {
			p.router.Trackers[id].Status, p.router.Trackers[id].Value = status, int32(value)
		}
	}
	for _, s := range t.scripts.States() {
		switch {
		case s.Decided:
			set(router.TrackScript, s.Name, verdict(s.Good), 0)
		case s.Assumed:
			set(router.TrackScript, s.Name, router.TrackerAssumedDown, 0)
		}
	}
	if t.files != nil {
		for _, f := range t.files.States() {
			set(router.TrackFile, f.Name, router.TrackerUp, f.Value)
		}
	}
	for _, s := range t.processStates() {
		set(router.TrackProcess, s.Name, verdict(s.Good), 0)
	}
}

func verdict(good bool) router.TrackerStatus {
	if good {
		return router.TrackerUp
	}
	return router.TrackerDown
}

// report takes a result from a source's goroutine to the loop.
func (t *trackers) report(r track.Result) {
	kinds := map[track.Kind]router.TrackerKind{
		track.Script: router.TrackScript, track.File: router.TrackFile, track.Process: router.TrackProcess,
	}
	t.d.inbox.post(func() {
		// After a reload the results of the sources before it are of no interest.
		if t.d.trackers != t {
			return
		}
		if id, ok := t.d.plan.trackers[trackerKey{kinds[r.Kind], r.Name}]; ok {
			t.d.step(router.Event{Kind: router.TrackerChanged, Tracker: id, Status: verdict(r.Good), Value: int32(r.Value)})
		}
	})
}

// run starts the sources.
func (t *trackers) run() {
	t.d.workers.Go(func() { t.scripts.Run(t.ctx) })
	if t.files != nil {
		t.d.workers.Go(func() {
			if err := t.files.Run(t.ctx); err != nil {
				t.d.log.Error(fmt.Sprintf("track files: %v; they keep their values", err))
			}
		})
	}
	if t.processes != nil {
		t.d.workers.Go(func() { t.processes.Run(t.ctx) })
	}
}

// stop ends the sources; scripts that run get SIGTERM.
func (t *trackers) stop() { t.cancel() }
