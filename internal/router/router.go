package router

import (
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// Router holds all Virtual Routers, sync groups and trackers of a configuration. It is not safe for
// concurrent use: one loop owns it.
type Router struct {
	cfg      *Config
	epoch    time.Time // instant 0
	now      instant   // of the call being served
	wall     time.Time // the same, as the caller gave it
	vrs      []virtualRouter
	groups   []syncGroup
	trackers []tracker
	queue    deadlines
	schedule schedule
	effects  []Effect
	// delayedUntil is the end of the startup delay, never outside of one.
	delayedUntil instant
	refused      Reason // why the last packet was
	stopped      bool
	stall        stall
	slept        time.Duration // that no clock has counted
}

// virtualRouter is one Virtual Router's state (RFC 5798, 6.3). The fields that a received advert and a
// due advert touch come first.
type virtualRouter struct {
	cfg   *VRConfig
	id    ID
	group GroupID // -1: none
	link  int32   // dense number of cfg.Link
	state State
	// want is Master from the moment when a Backup's Master_Down_Timer ran out although its sync group did not
	// let it go, and while Master.
	want State
	// priority is the effective one; an address owner's is 254 while another owner disputes it.
	priority vrrp.Priority

	masterDownAt         instant // Backup
	advertAt             instant // Master
	masterDownInterval   time.Duration
	masterAdvertInterval time.Duration
	announce             announceTimers
	preemptAt            instant // end of preempt_delay; never: not started

	source         netip.Addr // invalid: none
	master         netip.Addr // of the last accepted advert
	masterPriority vrrp.Priority
	last           lastAdvert
	ah             *authHeader // nil without AH authentication
	ext            *extension  // nil without auth_hmac
	complaints     uint64      // bit per Reason from firstComplaint on
	stats          Stats

	oldChecksum    bool // old_unicast_checksum is in force
	installed      bool // Install was the last of Install and Withdraw
	checkSource    bool
	configFault    bool
	misplaced      bool // its interface is one that it may not work on
	noSockets      bool // the caller cannot open them
	doubt          bool // Master, after a stall, until it knows whether somebody else has taken over
	untold         bool // Backup that gave the role up in a stall; whoever has it has not been told of us
	graced         bool // Backup whose Master_Down_Timer was prolonged after a stall
	total          int  // base priority and all contributions, not clamped
	faults         int  // trackers that fault it
	waiting        int  // trackers without a first result that could fault it
	tracks         []trackState
	lastTransition time.Time
	lastAdvertSent time.Time
	sleptBefore    time.Duration // until lastAdvertSent
	rivalry        rivalry
	intruder       intruder
}

// New makes a Router whose Virtual Routers are all in INIT. now is only the origin of its clock.
func New(now time.Time, cfg *Config) *Router {
	r := &Router{epoch: now, delayedUntil: never}
	r.build(cfg)
	return r
}

// build lays out everything for cfg, with every Virtual Router in INIT and trackers as cfg knows them.
func (r *Router) build(cfg *Config) {
	r.cfg = cfg
	r.vrs = make([]virtualRouter, len(cfg.VRs))
	r.queue = newDeadlines(len(cfg.VRs))
	r.schedule = newSchedule(cfg)
	for i := range r.vrs {
		vr := &r.vrs[i]
		*vr = virtualRouter{
			cfg: &cfg.VRs[i], id: ID(i), group: -1, link: r.schedule.denseLink(cfg.VRs[i].Link),
			masterDownAt: never, advertAt: never, preemptAt: never, announce: noAnnouncements,
			rivalry: noRivalry, intruder: noIntruder,
		}
		vr.configure()
	}
	r.groups = make([]syncGroup, len(cfg.Groups))
	for i := range r.groups {
		r.groups[i] = syncGroup{cfg: &cfg.Groups[i], id: GroupID(i)}
		for _, member := range cfg.Groups[i].Members {
			r.vrs[member].group = GroupID(i)
		}
	}
	r.buildTrackers()
	for i := range r.vrs {
		r.vrs[i].want = r.firstWish(&r.vrs[i])
	}
}

// configure takes over what depends on the configuration alone.
func (vr *virtualRouter) configure() {
	cfg := vr.cfg
	vr.source = cfg.Source
	vr.priority = cfg.Priority
	vr.total = int(cfg.Priority)
	vr.masterAdvertInterval = cfg.AdvertInterval
	vr.oldChecksum = cfg.OldChecksum == OldChecksumAlways
	vr.configFault = cfg.ConfigFault != ""
	vr.misplaced = cfg.Misplaced
	vr.checkSource = cfg.CheckUnicastSource
	for _, peer := range cfg.Peers {
		if peer.MinTTL > 0 || (peer.MaxTTL > 0 && peer.MaxTTL < vrrp.TTL) {
			vr.checkSource = true
		}
	}
	vr.ah, vr.ext = newAuthHeader(cfg), newExtension(cfg)
	vr.updateMasterDownInterval()
}

// Step applies one event at the instant now and returns what must be done about it, in order. The slice
// is the Router's and valid until its next call. Only a Tick looks at deadlines: a loop hands in everything
// that is there to be read and then ticks, so that an advert that waits in a socket beats a
// Master_Down_Timer that ran out meanwhile.
func (r *Router) Step(now time.Time, ev Event) []Effect {
	r.begin(now)
	if r.stopped {
		return r.effects
	}
	switch ev.Kind {
	case Tick:
		r.tick()
	case TrackerChanged:
		r.trackerChanged(ev.Tracker, ev.Status, ev.Value)
	case SourceFound:
		r.sourceFound(&r.vrs[ev.VR], ev.Addr)
	case SourceLost:
		r.sourceLost(&r.vrs[ev.VR])
	case SocketsLost:
		r.socketsChanged(&r.vrs[ev.VR], false)
	case SocketsFound:
		r.socketsChanged(&r.vrs[ev.VR], true)
	case Misplaced:
		r.placeChanged(&r.vrs[ev.VR], true)
	case WellPlaced:
		r.placeChanged(&r.vrs[ev.VR], false)
	case EffectLost:
		r.effectLost(&r.vrs[ev.VR])
	case ReloadBegun:
		r.reloadBegun()
	case AddressClaimed:
		r.addressClaimed(&r.vrs[ev.VR], ev.Addr, ev.MAC)
	case AddressesAdded:
		r.addressesAdded(&r.vrs[ev.VR])
	case AnnounceRequested:
		r.announceRequested(&r.vrs[ev.VR])
	case Stalled:
		r.stalled(ev.Late, ev.Asleep)
	case Shutdown:
		r.shutdown(true)
	case ShutdownKeep:
		r.shutdown(false)
	}
	return r.effects
}

// NextDeadline is when the next Tick is due; the zero time means never.
func (r *Router) NextDeadline() time.Time {
	_, at := r.queue.first()
	return r.time(min(at, r.delayedUntil))
}

// Config is the configuration in force.
func (r *Router) Config() *Config { return r.cfg }

// AppendAdvert appends VR's advert as it stands to buf: the VRRP message from its source address to the
// group or peer to, with room for what a Signer fills in. It must be encoded again when an effect AdvertChanged says so, and after an event
// SourceFound and a Reload; the priority of each sending is in SendAdvert (vrrp.Patch). Without a source
// address nothing is appended: what was prepared before serves for the release over IPv4.
func (r *Router) AppendAdvert(buf []byte, id ID, to netip.Addr) []byte {
	vr := &r.vrs[id]
	if !vr.source.IsValid() {
		return buf
	}
	a := vrrp.Advertisement{
		Version: vr.cfg.Version, VRID: vr.cfg.VRID, Priority: vr.priority, AuthType: vr.cfg.AuthType,
		AdvertInterval: vr.cfg.AdvertInterval, Addresses: vr.cfg.Addresses,
	}
	if vr.cfg.AuthType == vrrp.AuthPass {
		a.AuthData = vr.cfg.AuthData
	}
	buf = vrrp.AppendAdvertisement(buf, &a, vr.source, vr.pseudoDestination(to), vr.cfg.Checksum)
	if vr.ext != nil && vr.ext.active != nil {
		buf = vrrp.AppendTrailer(buf)
	}
	return buf
}

// keptEffects is how large the buffer of effects may stay: adverts of one wake, and then some.
const keptEffects = 1024

// begin opens a call from outside.
func (r *Router) begin(now time.Time) {
	r.wall = now
	r.now = instant(now.Sub(r.epoch))
	if cap(r.effects) > keptEffects && len(r.effects) < keptEffects/4 {
		r.effects = nil // grown when thousands changed state at once, which is not the steady state
	}
	r.effects = r.effects[:0]
}

// after is the instant d from now.
func (r *Router) after(d time.Duration) instant { return r.now + instant(d) }

// timerStart is from when a Master_Down_Timer runs: from now, or from the end of the startup delay.
func (r *Router) timerStart() instant {
	if r.delayedUntil != never {
		return max(r.now, r.delayedUntil)
	}
	return r.now
}

// await puts vr where its earliest deadline belongs in the queue.
func (r *Router) await(vr *virtualRouter) {
	r.queue.set(vr.id, min(vr.masterDownAt, vr.advertAt, vr.announce.next, vr.rivalry.endsAt, vr.intruder.lookAt))
}

// become makes next the state of vr and tells of it. What the state brings along is the caller's.
func (r *Router) become(vr *virtualRouter, next State) {
	old := vr.state
	vr.state = next
	vr.complaints = 0
	vr.preemptAt = never
	vr.untold = false
	vr.last.forget()
	vr.lastTransition = r.wall
	r.emit(Effect{Kind: Transition, VR: vr.id, Group: vr.group, Tracker: -1, Old: old, State: next, Priority: vr.priority})
}

func (r *Router) emit(e Effect) { r.effects = append(r.effects, e) }

// effect emits one without values.
func (r *Router) effect(kind EffectKind, vr *virtualRouter) {
	r.emit(Effect{Kind: kind, VR: vr.id, Group: -1, Tracker: -1})
}

// log emits a line with the values of e.
func (r *Router) log(reason Reason, vr *virtualRouter, e Effect) {
	e.Kind, e.Reason, e.VR, e.Group, e.Tracker = Log, reason, vr.id, -1, -1
	r.emit(e)
}

func (vr *virtualRouter) updateMasterDownInterval() {
	adverts := vr.cfg.DownTimerAdverts
	if adverts == 0 {
		adverts = 3 // RFC 5798, 6.1
	}
	vr.masterDownInterval = vrrp.MasterDownInterval(vr.cfg.Version, vr.priority, vr.masterAdvertInterval, adverts)
}

func (vr *virtualRouter) skewTime() time.Duration {
	return vrrp.SkewTime(vr.cfg.Version, vr.priority, vr.masterAdvertInterval)
}

func (vr *virtualRouter) owner() bool { return vr.cfg.Priority == vrrp.PriorityOwner }
