package daemon

import (
	"net/netip"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// A plan is a configuration made ready for the loop: what the router must know, what each Virtual
// Router holds, and who depends on what. It is made away from the loop, so that a reload of thousands
// of Virtual Routers delays no advert. All slices are indexed by router.ID.
type plan struct {
	cfg      *config.Config
	router   *router.Config
	estates  []*estate
	ids      map[string]router.ID // of instance names
	trackers map[trackerKey]router.TrackerID
	// virtual holds every address that a Virtual Router may bring up: none of them is a source.
	virtual map[netip.Addr]bool
	// onInterface lists, for each interface, the Virtual Routers whose adverts use it.
	onInterface map[string][]router.ID
	// holders finds the estate that an address belongs to.
	holders map[holderKey]router.ID
	// vmacParents are the interfaces below VMACs.
	vmacParents map[string]bool
	// bases are the interfaces that those of the Virtual Routers stand on, as far as they exist.
	bases map[string]string
	// buffers are the bytes that the received adverts of each Virtual Router need.
	buffers []int
	// delays says how long an interface must be up or down for it to count.
	delays map[string]config.InterfaceDelay
}

type trackerKey struct {
	kind router.TrackerKind
	name string
}

// holderKey is an address on an interface, as the kernel reports it.
type holderKey struct {
	prefix netip.Prefix
	iface  string
}

// newPlan builds the plan of a configuration that has passed its checks, for the network as it is.
func newPlan(cfg *config.Config, n *network) *plan {
	p := &plan{
		cfg:         cfg,
		router:      &router.Config{StartupDelay: cfg.Global.StartupDelay},
		ids:         make(map[string]router.ID, len(cfg.Instances)),
		trackers:    make(map[trackerKey]router.TrackerID),
		virtual:     make(map[netip.Addr]bool),
		onInterface: make(map[string][]router.ID),
		holders:     make(map[holderKey]router.ID),
		vmacParents: make(map[string]bool),
		bases:       basesOf(cfg, n),
		delays:      interfaceDelays(cfg),
	}
	for i, vi := range cfg.Instances {
		p.ids[vi.Name] = router.ID(i)
		for _, a := range vi.VIPs {
			p.virtual[a.Prefix.Addr()] = true
		}
		for _, a := range vi.ExcludedVIPs {
			p.virtual[a.Prefix.Addr()] = true
		}
	}
	p.router.VRs = make([]router.VRConfig, len(cfg.Instances))
	p.estates = make([]*estate, len(cfg.Instances))
	p.buffers = make([]int, len(cfg.Instances))
	for i, vi := range cfg.Instances {
		p.addInstance(router.ID(i), vi, n)
	}
	p.addTrackGroups(n)
	for _, group := range cfg.SyncGroups {
		p.addGroup(group, n)
	}
	return p
}

func (p *plan) addInstance(id router.ID, vi *config.Instance, n *network) {
	e := &estate{
		name:      vi.Name,
		addresses: concat(vi.VIPs, vi.ExcludedVIPs),
		routes:    vi.Routes,
		rules:     vi.Rules,
		device:    deviceName(vi),
		parents:   parentsOf(vi),
		guarded:   guarded(vi),
		watched:   vi.VIPGuardian,
		byName:    vi.DontTrackPrimary && !p.cfg.Global.NftablesIndex,
	}
	p.estates[id] = e
	for _, parent := range e.parents {
		p.vmacParents[parent] = true
	}
	for _, a := range e.addresses {
		if !a.NoTrack {
			p.holders[holderKey{a.Prefix, e.on(a)}] = id
		}
	}
	vr := &p.router.VRs[id]
	*vr = machineOf(vi)
	vr.Misplaced = vi.DuplicateVRID
	wire := wireInterface(vi)
	p.onInterface[wire] = append(p.onInterface[wire], id)
	if base := vi.Interface; base != wire {
		p.onInterface[base] = append(p.onInterface[base], id)
	}
	p.buffers[id] = receiveBuffer(vi, &p.cfg.Global, n.links[wire].MTU)
	vr.Link = n.links[wire].Index
	vr.Source = sourceOf(vi, n, p.virtual)
	vr.Tracks = p.tracksOf(vi, e, n)
}

// machineOf is the part of an instance's meaning that the state machine needs, without what depends on
// the network.
func machineOf(vi *config.Instance) router.VRConfig {
	vr := router.VRConfig{
		Name:                  vi.Name,
		VRID:                  vi.VRID,
		Version:               vi.Version,
		IPv6:                  vi.IPv6,
		Priority:              vi.Priority,
		WantMaster:            vi.WantMaster,
		AdvertInterval:        vi.AdvertInterval,
		DownTimerAdverts:      vi.DownTimerAdverts,
		Preempt:               vi.Preempt,
		PreemptDelay:          vi.PreemptDelay,
		SourceTracked:         vi.Source.IsValid() && (vi.TrackSource || vi.Unicast),
		Unicast:               vi.Unicast,
		CheckUnicastSource:    vi.CheckUnicastSource,
		Group:                 vi.MulticastGroup,
		AuthType:              vi.AuthType,
		OldChecksum:           router.OldChecksum(vi.OldUnicastChecksum),
		SkipCheckAddress:      vi.SkipCheckAdvAddr,
		Announce:              announceTiming(&vi.GARP),
		LowerPrioNoAdvert:     vi.LowerPrioNoAdvert,
		HigherPrioSendAdvert:  vi.HigherPrioSendAdvert,
		OwnerIgnoreAdverts:    vi.OwnerIgnoreAdverts,
		LateBackupPriority:    vrrp.Priority(vi.TimerExpiredBackup),
		ConfigFault:           vi.ConfigFault,
		NotifyDeleted:         vi.NotifyDeletedSet,
		NotifyPriorityChanges: vi.NotifyPriorityChanges,
		SplitBrainAlarm:       vi.SplitBrainAlarm,
	}
	copy(vr.AuthData[:], vi.AuthData)
	vr.HMAC = signing(vi.HMAC)
	if vi.ChecksumAsV2 {
		vr.Checksum = vrrp.ChecksumAsV2
	}
	for _, a := range vi.VIPs {
		vr.Addresses = append(vr.Addresses, a.Prefix.Addr())
	}
	for _, peer := range vi.Peers {
		vr.Peers = append(vr.Peers, router.Peer{Addr: peer.Addr, MinTTL: peer.MinTTL, MaxTTL: peer.MaxTTL})
	}
	return vr
}

// signing is auth_hmac as the state machine wants it.
func signing(h *config.HMAC) *router.HMACConfig {
	if h == nil {
		return nil
	}
	c := &router.HMACConfig{Active: h.Active, Mode: router.HMACMode(h.Mode), Monotonic: h.Monotonic, Window: h.Window}
	for _, key := range h.Keys {
		c.Keys = append(c.Keys, router.HMACKey{ID: key.ID, Secret: key.Secret})
	}
	return c
}

func announceTiming(g *config.GARP) router.AnnounceTiming {
	return router.AnnounceTiming{
		MasterDelay:     g.MasterDelay,
		MasterRepeat:    g.MasterRepeat,
		Refresh:         g.MasterRefresh,
		RefreshRepeat:   g.MasterRefreshRepeat,
		LowerPrioDelay:  g.LowerPrioDelay,
		LowerPrioRounds: g.LowerPrioRepeat,
		ExtraInterval:   g.ExtraInterval,
	}
}

func (p *plan) addGroup(group *config.SyncGroup, n *network) {
	g := router.GroupConfig{Name: group.Name}
	for _, member := range group.Members {
		g.Members = append(g.Members, p.ids[member])
	}
	for _, list := range []struct {
		kind   router.TrackerKind
		tracks []config.Track
	}{
		{router.TrackInterface, group.TrackInterfaces},
		{router.TrackScript, group.TrackScripts},
		{router.TrackFile, group.TrackFiles},
		{router.TrackProcess, group.TrackProcesses},
		{router.TrackBFD, group.TrackBFDs},
	} {
		for _, t := range list.tracks {
			g.Tracks = append(g.Tracks, p.track(list.kind, t.Name, t.Weight, t.Reverse, n))
		}
	}
	p.router.Groups = append(p.router.Groups, g)
}

// tracksOf lists all that an instance depends on: what it says, its own interface, and the interfaces
// that its addresses, routes and rules need.
func (p *plan) tracksOf(vi *config.Instance, e *estate, n *network) []router.Track {
	var tracks []router.Track
	faulting := make(map[string]bool) // interfaces whose failure is a fault; a weight may count beside it
	for _, t := range vi.TrackInterfaces {
		faulting[t.Name] = faulting[t.Name] || t.Weight == 0
		tracks = append(tracks, p.track(router.TrackInterface, t.Name, t.Weight, t.Reverse, n))
	}
	implied := func(iface string) {
		if iface != "" && !faulting[iface] {
			faulting[iface] = true
			tracks = append(tracks, p.track(router.TrackInterface, iface, 0, false, n))
		}
	}
	if !vi.DontTrackPrimary {
		implied(vi.Interface)
		implied(e.device)
	}
	own := func(iface string) bool { return iface == vi.Interface || iface == e.device }
	for _, a := range e.addresses {
		if iface := e.on(a); !a.NoTrack && !own(iface) {
			implied(iface)
			implied(e.below(iface))
		}
	}
	for _, r := range vi.Routes {
		if !r.NoTrack { // also on the own interface: the kernel drops it with that
			implied(r.Dev)
		}
	}
	for _, r := range vi.Rules {
		for _, iface := range []string{r.IIF, r.OIF} {
			if !r.NoTrack {
				implied(iface)
			}
		}
	}
	for _, t := range vi.TrackScripts {
		tracks = append(tracks, p.track(router.TrackScript, t.Name, t.Weight, t.Reverse, n))
	}
	for _, t := range vi.TrackFiles {
		tracks = append(tracks, p.track(router.TrackFile, t.Name, t.Weight, t.Reverse, n))
	}
	for _, t := range vi.TrackProcesses {
		tracks = append(tracks, p.track(router.TrackProcess, t.Name, t.Weight, t.Reverse, n))
	}
	for _, t := range vi.TrackBFDs {
		tracks = append(tracks, p.track(router.TrackBFD, t.Name, t.Weight, t.Reverse, n))
	}
	return tracks
}

// track ties a Virtual Router to a tracker, which is made when it is first needed.
func (p *plan) track(kind router.TrackerKind, name string, weight int, reverse bool, n *network) router.Track {
	key := trackerKey{kind, name}
	id, ok := p.trackers[key]
	if !ok {
		id = router.TrackerID(len(p.router.Trackers))
		p.trackers[key] = id
		t := router.TrackerConfig{Kind: kind, Name: name}
		if kind == router.TrackInterface {
			t.Status = linkStatus(n, name)
		}
		p.router.Trackers = append(p.router.Trackers, t)
	}
	return router.Track{Tracker: id, Weight: weight, Reverse: reverse}
}

func linkStatus(n *network, name string) router.TrackerStatus {
	if n.links[name].Up {
		return router.TrackerUp
	}
	return router.TrackerDown
}

// sourceOf is the address that an instance's adverts leave from now; invalid if there is none.
func sourceOf(vi *config.Instance, n *network, virtual map[netip.Addr]bool) netip.Addr {
	if vi.Source.IsValid() {
		home := vi.Interface
		if vi.IPVLAN != nil {
			home = deviceName(vi)
		}
		if vi.TrackSource && !n.has(home, vi.Source) || vi.Unicast && !n.has("", vi.Source) {
			return netip.Addr{}
		}
		return vi.Source
	}
	if vi.IPv6 {
		return n.source(wireInterface(vi), true, virtual)
	}
	return n.source(vi.Interface, false, virtual)
}

// keptSource is the source of a Virtual Router that had one before: a unicast source that is not tracked is
// needed to begin, and not to go on.
func keptSource(vi *config.Instance, before, now netip.Addr) netip.Addr {
	if vi.Unicast && !vi.TrackSource && before == vi.Source {
		return before
	}
	return now
}

// wireInterface is the interface that an instance's adverts leave from: its own device, unless adverts are
// to leave from the base interface; without an interface the VRF, if any.
func wireInterface(vi *config.Instance) string {
	switch {
	case vi.VMAC != nil && !vi.VMAC.XmitBase || vi.IPVLAN != nil:
		return deviceName(vi)
	case vi.Interface == "":
		return vi.VRF
	}
	return vi.Interface
}

// berthOf is an instance's place on the wire with the given source address. It does not exist while
// the interface is missing.
func berthOf(vi *config.Instance, n *network, source netip.Addr) (berth, bool) {
	b := berth{iface: wireInterface(vi), source: source, vrid: vi.VRID, ah: vi.AuthType == vrrp.AuthAH}
	if b.iface != "" {
		link, ok := n.links[b.iface]
		if !ok {
			return b, false
		}
		b.index = link.Index
	}
	if vi.UnicastTTL != nil {
		b.ttl = int(*vi.UnicastTTL)
	}
	if vi.Unicast {
		for _, peer := range vi.Peers {
			b.peers = append(b.peers, peer.Addr)
		}
	} else {
		b.group = vi.MulticastGroup
	}
	return b, source.IsValid()
}

func concat[T any](a, b []T) []T {
	return append(append(make([]T, 0, len(a)+len(b)), a...), b...)
}
