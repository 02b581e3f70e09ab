// Package daemon is govrrpd at work: it reads the configuration, owns the loop in which all Virtual
// Routers live, and joins the state machine (package router), which knows the RFC, with the adapters,
// which know the kernel.
//
// It promises that adverts come first: what leaves on the wire is sent from the loop, at once, and
// whatever may take time (addresses, scripts, mails, reading files) is done elsewhere and reports back.
// Flags, logging and detaching from the terminal are left to cmd/govrrpd.
package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/claims"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/pidfile"
	"github.com/govrrpd/govrrpd/internal/poll"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/internal/script"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Daemon is one running govrrpd. Fields without a comment to the contrary belong to the loop.
type Daemon struct {
	opts Options
	log  *slog.Logger // any goroutine

	poller   *poll.Poller
	inbox    inbox // any goroutine
	desk     desk  // any goroutine
	router   *router.Router
	plan     *plan
	wire     *wire
	bfd      *bfdLane
	unwired  unwired
	settling settling
	beats    *beats                     // nil: nothing is polled
	misfits  map[router.ID]string       // why a Virtual Router may not work on its interface
	sources  []netip.Addr               // of each Virtual Router's adverts; invalid: none
	assigned map[sourcePlace]netip.Addr // what was last reported of automatic sources
	network  atomic.Pointer[network]    // written by the loop, read by anybody

	lane    *lane
	keeper  *keeper // the lane's
	journal journal
	teller  *teller
	static  *estate // static addresses, routes and rules
	doubts  doubts  // the loop's and the lane's

	guardianship guardianship
	vigil        vigil

	vmacs *vmacs
	guard *guard // any goroutine

	monitor  *netmon.Monitor
	spawner  *script.Spawner
	trackers *trackers
	pids     []*pidfile.File
	bfdPID   *pidfile.File // nil: there are no sessions of BFD

	umask        uint32
	receiving    receiving
	short        limiter
	unknownVRIDs limiter
	complained   string

	caught      chan os.Signal
	manager     systemd
	heartbeat   time.Duration // 0: no watchdog
	heartbeatAt time.Time
	lateness    lateness
	sleep       sleepWatch
	process     *process
	limits      limits
	corePattern lent
	raisedTo    int // real-time priority, by max_auto_priority; 0: not raised

	retiring   bool             // the effects being done are of Virtual Routers that a reload removes
	unschedule func()           // ends the schedule of reloads; nil: none
	started    []*syntax.Source // until they are saved
	saves      int              // the number of the last reload
	reloadFile string           // that is there while a reload goes on
	reloading  bool             // a reload is being prepared away from the loop
	again      bool             // and another one was asked for meanwhile
	stopped    bool
	broken     error // why the daemon stopped by itself

	workers sync.WaitGroup
	ctx     context.Context // ends the workers; not for calls
	cancel  context.CancelFunc
}

// exit is an error with the exit code that it leads to.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string { return e.err.Error() }
func (e *exit) Unwrap() error { return e.err }

// Run is the daemon's life: it returns the exit code when everything has been taken down again.
func Run(ctx context.Context, opts Options) int {
	d := &Daemon{opts: opts, log: opts.Logger}
	d.vigil = vigil{watcher: claims.New(), senders: make(map[netip.Addr]router.MAC)}
	d.ctx, d.cancel = context.WithCancel(ctx)
	defer d.cancel()
	if opts.Ready == nil {
		d.opts.Ready = func(int) {}
	}
	d.opts.Parent.Info("Starting Keepalived v" + opts.Version)
	if err := d.start(); err != nil {
		code := d.fail(err)
		d.opts.Ready(code)
		return code
	}
	d.opts.Ready(ExitOK)
	d.manager.ready()
	d.opts.Parent.Info("Startup complete")
	err := d.loop()
	d.finish()
	if err != nil {
		return d.fail(err)
	}
	return ExitOK
}

// fail reports why the daemon ends, and with which code.
func (d *Daemon) fail(err error) int {
	code := ExitFatal
	if e := (*exit)(nil); errors.As(err, &e) {
		code = e.code
	}
	if code == ExitOK {
		d.opts.Parent.Info(err.Error())
		return code
	}
	d.opts.Parent.Error(err.Error())
	d.manager.failed(code)
	return code
}

// start brings everything up to the first adverts. On an error nothing is left behind.
func (d *Daemon) start() (err error) {
	cfg, err := d.readConfig()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			d.abandon()
		}
	}()
	if err := d.claim(cfg); err != nil {
		return err
	}
	d.recommendPriority(cfg)
	d.saveConfig(&cfg.Global, d.started, d.saves)
	d.started = nil
	d.stand(cfg)
	// There is one process only; but people look for the line of the second one, and its number.
	d.opts.Parent.Info(fmt.Sprintf("Starting VRRP child process, pid=%d", os.Getpid()))
	if len(d.sessionsOf(cfg)) > 0 {
		d.opts.Parent.Info(fmt.Sprintf("Starting BFD child process, pid=%d", os.Getpid()))
	}
	d.catchSignals()
	d.runOnce("startup", cfg.Global.StartupScript, cfg.Global.StartupTimeout)
	if err := d.open(cfg); err != nil {
		return err
	}
	if err := d.begin(cfg); err != nil {
		return err
	}
	d.listen()
	if d.opts.DumpConfig {
		d.logData()
	}
	return nil
}

// readConfig reads the configuration and decides whether anything may be started with it.
func (d *Daemon) readConfig() (*config.Config, error) {
	cfg, sources := load(&d.opts)
	d.started = sources
	report(d.log, cfg)
	switch {
	case includeFailed(cfg):
		return nil, &exit{ExitNoConfig, fmt.Errorf("no usable configuration in %s: nothing was started", d.opts.ConfigFile)}
	case cfg.Refused():
		d.recommendPriority(cfg)
		return nil, &exit{ExitConfig, fmt.Errorf("configuration %s cannot be run (see above): nothing was started", d.opts.ConfigFile)}
	}
	return cfg, nil
}

// recommendPriority says what keepalived says wherever max_auto_priority is not set, and nobody else runs.
func (d *Daemon) recommendPriority(cfg *config.Config) {
	if cfg.Global.MaxAutoPriority == 0 {
		d.opts.Parent.Info("NOTICE: setting config option max_auto_priority should result in better keepalived performance")
	}
}

// claim takes the pid files, and with them the right to run.
func (d *Daemon) claim(cfg *config.Config) error {
	d.setUmask(cmp.Or(d.opts.Umask, cfg.Global.Umask, new(uint32(0o177))))
	if suffix := d.identSuffix(cfg); suffix != "" {
		d.opts.Parent.Info("Changing syslog ident to Keepalived" + suffix)
	}
	settings := d.pidSettings(cfg)
	settings.PID, settings.VRRPPID = d.opts.PIDFile, d.opts.VRRPPIDFile
	parent, vrrp := settings.Names()
	for _, path := range []string{parent, vrrp} {
		file, err := pidfile.Acquire(path)
		if errors.Is(err, pidfile.ErrRunning) {
			return &exit{ExitOK, pidfile.ErrRunning}
		}
		if err != nil {
			// The addresses matter more than the file that names us.
			d.log.Error(fmt.Sprintf("pid file: %v; going on without it", err))
		}
		d.pids = append(d.pids, file)
	}
	d.nameBFD(cfg)
	return nil
}

// pidSettings is what the names of the pid files depend on.
func (d *Daemon) pidSettings(cfg *config.Config) pidfile.Settings {
	s := pidfile.Settings{Namespace: d.namespace(cfg), Instance: cfg.Global.InstanceName, UsePIDDir: cfg.Global.UsePIDDir}
	if d.opts.PrivateRun {
		s.Namespace, s.UsePIDDir = "", true // the directory is already that of the namespace
	}
	return s
}

// identSuffix is what the names in the log, and those of state files, have behind them where several daemons run
// on one host.
func (d *Daemon) identSuffix(cfg *config.Config) (suffix string) {
	for _, part := range []string{d.namespace(cfg), cfg.Global.InstanceName} {
		if part != "" {
			suffix += "_" + part
		}
	}
	return suffix
}

// namespace is the name of the network namespace that the daemon was told to run in, "" for none.
func (d *Daemon) namespace(cfg *config.Config) string {
	return cmp.Or(d.opts.Namespace, cfg.Global.NetworkNamespace)
}

// begin hands the configuration to the state machine and does what it says first.
func (d *Daemon) begin(cfg *config.Config) error {
	for _, problem := range initFiles(cfg, nil) {
		d.log.Error(problem.Error())
	}
	d.static = staticEstate(cfg)
	d.setStatic()
	d.trackers = newTrackers(d, cfg)
	d.plan = newPlan(cfg, d.network.Load())
	d.assigned = make(map[sourcePlace]netip.Addr)
	d.reportAllSources()
	d.reportChannels()
	d.trackers.seed(d.plan)
	d.misfits = d.plan.duplicates()
	d.reportMissing(cfg)
	d.poll(cfg)
	d.startBFD(cfg)
	d.bfd.seed(d.plan)
	d.wire = newWire(d.poller, d.log, cfg.Global.LogUnknownVRIDs, len(cfg.Instances))
	d.receiving.handle = d.handlePacket
	d.journal = journal{
		duel: d.duelOf,
		log:  d.log, plan: func() *plan { return d.plan },
		detail: d.log.Enabled(noContext, logging.LevelDetail),
	}
	now := time.Now()
	d.router = router.New(now, d.plan.router)
	if err := d.attachAll(); err != nil {
		return err
	}
	d.moderate()
	leftovers := d.adoptLeftovers()
	d.perform(d.router.Start(time.Now()))
	d.learnDevices(d.static)
	d.bfd.summary()
	d.reloadFile = d.reloadFileOf(cfg)
	d.unmarkReload() // of an earlier run
	d.scheduleReloads()
	if leftovers {
		d.settleLeftovers()
	}
	return nil
}

// attachAll gives every Virtual Router its sockets. What keeps one from having them makes it FAULT, as a
// missing address does; a missing privilege ends the daemon, because no Virtual Router would work.
func (d *Daemon) attachAll() error {
	d.sources = make([]netip.Addr, len(d.plan.cfg.Instances))
	for i := range d.plan.cfg.Instances {
		d.sources[i] = d.plan.router.VRs[i].Source
		if err := d.attach(router.ID(i)); errors.Is(err, syscall.EPERM) {
			return &exit{ExitPermission, fmt.Errorf("%w: govrrpd needs the capabilities NET_RAW and NET_ADMIN", err)}
		} else if err != nil {
			d.attached(router.ID(i), err)
		}
	}
	d.refilter()
	return nil
}

// listen starts everybody who has news for the loop.
func (d *Daemon) listen() {
	d.workers.Go(func() {
		if err := d.monitor.Run(d.ctx, d.reported); err != nil {
			d.inbox.post(func() { d.breakDown(fmt.Errorf("watch interfaces: %w", err)) })
		}
	})
	d.workers.Go(d.keepVigil)
	d.workers.Go(d.signals)
	d.trackers.run()
	d.tidy()
	if d.heartbeat = d.manager.watchdog(); d.heartbeat > 0 {
		d.heartbeatAt = time.Now()
	}
}

// abandon undoes a start that did not succeed.
func (d *Daemon) abandon() {
	d.cancel()
	if d.vmacs != nil {
		d.vmacs.remove()
	}
	if d.guard != nil {
		d.guard.close(false)
	}
	d.closeAll()
}
