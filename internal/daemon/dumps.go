package daemon

import (
	"cmp"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
	"github.com/govrrpd/govrrpd/internal/linkbeat"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/internal/track"
)

// The dumps are pictures of one instant: the loop takes the snapshot, a goroutine writes the file.
// Exporters read it 10 ms after their signal.

func (d *Daemon) dumpData() {
	d.write(func(f *dump.Files, s *dump.State) error { return f.WriteData(s) })
}
func (d *Daemon) dumpStats() {
	d.write(func(f *dump.Files, s *dump.State) error { return f.WriteStats(s) })
}
func (d *Daemon) dumpJSON() {
	version := d.plan.cfg.Global.JSONVersion
	d.write(func(f *dump.Files, s *dump.State) error { return f.WriteJSON(s, version) })
}

// write takes the picture on the loop and has it written elsewhere.
func (d *Daemon) write(file func(*dump.Files, *dump.State) error) {
	p := d.picture()
	files := d.dumpFiles()
	d.workers.Go(func() {
		if err := file(files, p.state()); err != nil {
			d.log.Error(err.Error())
		}
	})
}

// logData writes to the log what the data file would tell (--dump-conf).
func (d *Daemon) logData() {
	p := d.picture()
	d.workers.Go(func() {
		for line := range strings.Lines(string(dump.Data(p.state()))) {
			d.log.Info(strings.TrimRight(line, "\n"))
		}
	})
}

// picture is taken on the loop; what is made of it is not.
func (d *Daemon) picture() *picture {
	p := &picture{
		plan: d.plan, global: globalState(&d.plan.cfg.Global), snapshot: d.router.Snapshot(), network: d.network.Load(), static: d.static, polled: d.beats.all(),
		scripts: d.trackers.scripts.States(), processes: d.trackers.processStates(), sessions: d.bfd.states(),
		lines: make([]lineState, len(d.wire.lines)),
	}
	p.global.NetworkNamespace, p.global.Umask = d.namespace(d.plan.cfg), d.umask
	p.global.Firewall = firewallState(d.plan.cfg)
	p.global.Reload.Flag = d.reloadFileOf(d.plan.cfg)
	p.own = d.figures()
	for i := range d.wire.lines {
		if s := d.wire.lines[i].station; s != nil {
			p.lines[i] = lineState{key: s.key, receive: s.rx.FD(), send: s.tx.FD(), buffer: s.buffer}
		}
	}
	return p
}

// dumpFiles says where the dumps go.
func (d *Daemon) dumpFiles() *dump.Files {
	g := &d.plan.cfg.Global
	files := &dump.Files{StateFile: g.StateDumpFile, StatsFile: g.StatsDumpFile, JSONFile: g.JSONDumpFile, Umask: d.umask}
	if g.DataUseInstance {
		files.Suffix = strings.TrimPrefix(d.identSuffix(d.plan.cfg), "_")
	}
	return files
}

// picture is everything that the dumps tell, from one instant.
type picture struct {
	plan      *plan
	global    dump.Global
	snapshot  *router.Snapshot
	network   *network
	static    *estate
	polled    map[string]linkbeat.Method
	scripts   []track.ScriptState
	processes []track.ProcessState
	sessions  []bfdState
	lines     []lineState
	own       []dump.Line
}

// lineState is a Virtual Router's sockets; zero without any.
type lineState struct {
	key           socketKey
	receive, send int
	buffer        int
}

// state fills the dump's form.
func (p *picture) state() *dump.State {
	cfg := p.plan.cfg
	s := &dump.State{
		Global:          p.global,
		StaticAddresses: p.addresses(staticEstate(cfg), cfg.StaticAddresses, true),
		Sockets:         p.sockets(),
		Scripts:         p.scriptStates(),
		TrackFiles:      p.fileStates(),
		TrackProcesses:  p.processStates(),
		BFDs:            p.bfdStates(),
		Paces:           paceStates(cfg),
		Interfaces:      p.interfaces(),
		Own:             p.own,
	}
	for _, r := range p.static.routes {
		s.StaticRoutes = append(s.StaticRoutes, p.static.shownRoute(r))
	}
	for _, r := range cfg.StaticRules {
		s.StaticRules = append(s.StaticRules, r.Text)
	}
	for _, g := range cfg.TrackGroups {
		s.TrackGroups = append(s.TrackGroups, dump.TrackGroup{Name: g.Name, Instances: g.Members})
	}
	for i := range p.snapshot.VRs {
		s.Instances = append(s.Instances, p.instance(router.ID(i)))
	}
	for i := range p.snapshot.Groups {
		s.SyncGroups = append(s.SyncGroups, p.group(router.GroupID(i)))
	}
	return s
}

func globalState(g *config.Global) dump.Global {
	return dump.Global{
		InstanceName:      g.InstanceName,
		RouterID:          g.RouterID,
		GARP:              garpState(&g.GARP),
		GARPInterval:      g.GARP.Interval,
		NAInterval:        g.GARP.NAInterval,
		SMTPServer:        g.SMTPServer,
		SMTPPort:          g.SMTPPort,
		SMTPHelo:          g.SMTPHelo,
		SMTPTimeout:       g.SMTPTimeout,
		EmailFrom:         g.EmailFrom,
		Emails:            g.NotificationEmails,
		DynamicInterfaces: g.DynamicInterfaces,
		DefaultInterface:  g.DefaultInterface,
		DisableLocalIGMP:  g.DisableLocalIGMP,
		FIFOStates:        g.FIFOStatesOnReload,
		Multicast4:        g.MulticastGroup4,
		Multicast6:        g.MulticastGroup6,
		CheckUnicastSrc:   g.CheckUnicastSource,
		Priority:          g.Priority,
		NoSwap:            g.NoSwap,
		RealtimePriority:  g.RealtimePriority,
		ScriptSecurity:    g.ScriptSecurity,
		ScriptUID:         g.ScriptUser.UID,
		ScriptGID:         g.ScriptUser.GID,
		ProcessName:       g.ProcessName,
		SMTPAlert:         g.SMTPAlert,
		SMTPAlertVRRP:     g.SMTPAlertVRRP,
		NoFaultEmails:     g.NoEmailFaults,
		Reload:            dump.Reload{Check: g.ReloadCheckConfig, CheckLog: g.ReloadCheckLog, TimeFile: g.ReloadTimeFile, Repeat: g.ReloadRepeat},
		NamedFiles:        g.DataUseInstance,
		IfChanges:         g.AllowIfChanges,
		FIFOs:             fifoStates(g),
		ExtraInterval:     g.GARP.ExtraInterval,
		ExtraAll:          g.GARP.ExtraAll,
		MaxAutoPriority:   g.MaxAutoPriority,
		AutoPriorityDelay: g.AutoPriorityDelay,
		CPUs:              g.CPUAffinity,
		ReceiveBuffers:    g.ReceiveBufferPolicy,
		BufferFactor:      g.ReceiveBufferFactor,
		StartupDelay:      g.StartupDelay,
		LogUnknownVRIDs:   g.LogUnknownVRIDs,
		VMACPrefix:        shownPrefix(g.VMACPrefix),
		VMACAddressPrefix: g.VMACAddressPrefix,
		Version:           int(g.Defaults.Version),
		DownTimerAdverts:  g.Defaults.DownTimerAdverts,
		LowerNoAdvert:     g.Defaults.LowerPrioNoAdvert,
		HigherSendAdvert:  g.Defaults.HigherPrioSendAdvert,
		SkipCheckAdvAddr:  g.Defaults.SkipCheckAdvAddr,
		Strict:            g.Defaults.Strict,
		NotifyPriority:    g.Defaults.NotifyPriorityChanges,
	}
}

func (p *picture) instance(id router.ID) dump.Instance {
	vi, vr, line := p.plan.cfg.Instances[id], &p.snapshot.VRs[id], p.lines[id]
	s := dump.Instance{
		Name: vi.Name, SyncGroup: vi.SyncGroup, VRID: uint8(vi.VRID), Version: int(vi.Version), IPv6: vi.IPv6,
		State: shownState(vr), Want: dump.RouterState(vr.Want), LastTransition: vr.LastTransition,
		MasterAddr: vr.Master, MasterPriority: uint8(vr.MasterPriority), MasterAdvertInterval: vr.MasterAdvertInterval,
		ReadTimeout: vr.Deadline, MasterDownTimer: vr.MasterDownInterval, LastAdvertSent: vr.LastAdvertSent,
		RogueAdverts: vr.RivalAdverts, RogueTimer: vr.Listening,
		TrackerFaults: vr.TrackerFaults, ScriptsInit: vr.Waiting,
		Interface: wireInterface(vi), XmitBase: vi.VMAC != nil && vi.VMAC.XmitBase, VMACAddresses: vi.VMACAddresses,
		Source: vr.Source, SourceConfigured: vi.Source.IsValid(), Multicast: vi.MulticastGroup, IfIndex: line.key.index,
		Unicast: vi.Unicast, CheckUnicastSrc: vi.CheckUnicastSource, UnicastChecksum: unicastChecksum(vi, vr),
		ReceiveFD: line.receive, SendFD: line.send,
		BasePriority: uint8(vi.Priority), EffectivePriority: uint8(vr.EffectivePriority), TotalPriority: vr.TotalPriority,
		AdvertInterval: vi.AdvertInterval, Accept: vi.Accept, Preempt: vi.Preempt, PreemptDelay: vi.PreemptDelay,
		DontTrackPrimary: vi.DontTrackPrimary, Strict: vi.Strict, SkipCheckAdvAddr: vi.SkipCheckAdvAddr,
		PromoteSecondaries: vi.PromoteSecondaries, ChecksumAsV2: vi.ChecksumAsV2, GARP: garpState(&vi.GARP),
		DownTimerAdverts: vi.DownTimerAdverts, LowerPrioNoAdvert: vi.LowerPrioNoAdvert,
		HigherPrioSendAdvert: vi.HigherPrioSendAdvert, OwnerIgnoreAdverts: vi.OwnerIgnoreAdverts, DebugLevel: vi.Debug, KernelBuffer: vi.ReceiveBuffer,
		Auth: dump.Auth(vi.AuthType), HMAC: hmacState(vi.HMAC),
		VIPSet: vr.Installed, VIPs: p.addresses(p.plan.estates[id], vi.VIPs, vr.Installed),
		ExcludedVIPs:    p.addresses(p.plan.estates[id], vi.ExcludedVIPs, vr.Installed),
		TrackInterfaces: trackStates(vi.TrackInterfaces), TrackFiles: trackStates(vi.TrackFiles),
		TrackScripts: p.scriptTracks(vi.TrackScripts), TrackProcesses: trackStates(vi.TrackProcesses),
		TrackBFDs: trackStates(vi.TrackBFDs),
		SMTPAlert: vi.SMTPAlert, NotifyDeleted: vi.NotifyDeletedSet, NotifyPriorityChanges: vi.NotifyPriorityChanges,
		Notify: notifyState(&vi.Notify), Counters: counters(&vr.Stats),
	}
	if vr.ConfigFault {
		s.ConfigFaults = 1
	}
	if name := deviceName(vi); name != "" {
		s.VMACUp = p.network.links[name].Up
		s.Interface, s.BaseInterface = name, vi.Interface
	}
	if vi.IPVLAN != nil {
		s.IPVLANMode, s.IPVLANAddress = vi.IPVLAN.Mode.String(), vi.IPVLAN.Address
	}
	if vi.UnicastTTL != nil {
		s.UnicastTTL = int(*vi.UnicastTTL)
	}
	if vr.SourceFault {
		s.InterfaceFaults = append(s.InterfaceFaults, "No address")
	}
	if vi.Interface != "" && !p.network.links[vi.Interface].Up && !vi.DontTrackPrimary {
		s.InterfaceFaults = append(s.InterfaceFaults, "Interface down")
	}
	for _, peer := range vi.Peers {
		s.Peers = append(s.Peers, dump.Peer{Addr: peer.Addr, MinTTL: peer.MinTTL, MaxTTL: peer.MaxTTL})
	}
	for _, r := range vi.Routes {
		s.Routes = append(s.Routes, p.plan.estates[id].shownRoute(r))
	}
	for _, r := range vi.Rules {
		s.Rules = append(s.Rules, r.Text)
	}
	s.Notify.Deleted, s.Notify.MasterRxLowerPri = commandState(vi.NotifyDeleted), commandState(vi.NotifyRxLowerPrio)
	return s
}

func unicastChecksum(vi *config.Instance, vr *router.VRSnapshot) string {
	switch {
	case vr.OldChecksum && vi.OldUnicastChecksum == config.OldChecksumAlways:
		return "yes"
	case vr.OldChecksum:
		return "auto"
	case vi.OldUnicastChecksum == config.OldChecksumNever:
		return "never"
	}
	return "no"
}

// shownState is the state as the files have it: one that waits for the first result of a script, its own or one of
// another member of its sync group, counts as faulted.
func shownState(vr *router.VRSnapshot) dump.RouterState {
	if vr.State == router.Initialize {
		return dump.RouterState(router.Fault)
	}
	return dump.RouterState(vr.State)
}

func garpState(g *config.GARP) dump.GARP {
	return dump.GARP{
		Delay: g.MasterDelay, Repeat: g.MasterRepeat, Refresh: g.MasterRefresh, RefreshRepeat: g.MasterRefreshRepeat,
		LowerPrioDelay: g.LowerPrioDelay, LowerPrioRepeat: g.LowerPrioRepeat,
	}
}

func (p *picture) addresses(e *estate, list []*config.Address, set bool) []dump.Address {
	states := make([]dump.Address, 0, len(list))
	for _, a := range list {
		states = append(states, addressState(e, a, set))
	}
	return states
}

func trackStates(tracks []config.Track) []dump.Track {
	states := make([]dump.Track, 0, len(tracks))
	for _, t := range tracks {
		states = append(states, dump.Track{Name: t.Name, Weight: t.Weight, Reverse: t.Reverse})
	}
	return states
}

// scriptTracks are tracked scripts with their command lines, which is what the JSON shows of them.
func (p *picture) scriptTracks(tracks []config.Track) []dump.Track {
	states := trackStates(tracks)
	for i := range states {
		for _, s := range p.plan.cfg.Scripts {
			if s.Name == states[i].Name {
				states[i].Command = s.Command.Args
			}
		}
	}
	return states
}

func commandState(c *config.Command) *dump.Command {
	if c == nil {
		return nil
	}
	return &dump.Command{Args: c.Args, UID: c.User.UID, GID: c.User.GID}
}

func notifyState(n *config.Notify) dump.Notify {
	return dump.Notify{
		Backup: commandState(n.Backup), Master: commandState(n.Master), Fault: commandState(n.Fault),
		Stop: commandState(n.Stop), Any: commandState(n.Any),
	}
}

func counters(s *router.Stats) dump.Counters {
	return dump.Counters{
		AdvertsReceived: s.AdvertRcvd, AdvertsSent: s.AdvertSent,
		BecameMaster: s.BecomeMaster, ReleasedMaster: s.ReleaseMaster,
		LengthErrors: s.PacketLenErr, IntervalErrors: s.AdvertIntervalErr, TTLErrors: s.IPTTLErr,
		TypeErrors: s.InvalidTypeRcvd, AddressListErrors: s.AddrListErr,
		InvalidAuthType: s.InvalidAuthType, AuthMismatch: s.AuthTypeMismatch, AuthFailed: s.AuthFailure,
		ExtMissing: s.AuthExtMissing, ExtMalformed: s.AuthExtMalformed, ExtUnknownKey: s.AuthExtUnknownKey,
		ExtInvalidHMAC: s.AuthExtHMAC, ExtStale: s.AuthExtStale, ExtReplay: s.AuthExtReplay,
		PriorityZeroReceived: s.PriZeroRcvd, PriorityZeroSent: s.PriZeroSent,
	}
}

func (p *picture) group(id router.GroupID) dump.SyncGroup {
	group, state := p.plan.cfg.SyncGroups[id], &p.snapshot.Groups[id]
	return dump.SyncGroup{
		Name: group.Name, State: dump.RouterState(state.State), Members: group.Members,
		MembersAtFault: state.Faults, MembersInInit: state.MembersWaiting,
		TrackingWeight: group.TrackingWeight, SMTPAlert: group.SMTPAlert, Notify: notifyState(&group.Notify),
		TrackInterfaces: trackStates(group.TrackInterfaces), TrackScripts: p.scriptTracks(group.TrackScripts),
		TrackFiles: trackStates(group.TrackFiles), TrackProcesses: trackStates(group.TrackProcesses),
		TrackBFDs: trackStates(group.TrackBFDs),
	}
}

// scriptStates are the scripts that something tracks; the others are not run.
func (p *picture) scriptStates() []dump.Script {
	var states []dump.Script
	for _, s := range p.plan.cfg.Scripts {
		at := slices.IndexFunc(p.scripts, func(now track.ScriptState) bool { return now.Name == s.Name })
		if at < 0 {
			continue
		}
		now := p.scripts[at]
		states = append(states, dump.Script{
			Name: s.Name, Command: *commandState(&s.Command), Interval: s.Interval, Timeout: s.Timeout,
			Weight: s.Weight, Reverse: s.Reverse, Rise: s.Rise, Fall: s.Fall, InitFailed: s.InitFail,
			Result: now.Counter, Good: now.Good, Running: now.Phase != track.Idle,
			Instances: users(p.plan.cfg, s.Name, func(vi *config.Instance) []config.Track { return vi.TrackScripts }, func(g *config.SyncGroup) []config.Track { return g.TrackScripts }),
		})
	}
	return states
}

func (p *picture) fileStates() []dump.TrackFile {
	var states []dump.TrackFile
	for _, f := range p.plan.cfg.TrackFiles {
		state := dump.TrackFile{
			Name: f.Name, File: f.File, Weight: f.Weight, Reverse: f.Reverse,
			Instances: users(p.plan.cfg, f.Name, func(vi *config.Instance) []config.Track { return vi.TrackFiles }, func(g *config.SyncGroup) []config.Track { return g.TrackFiles }),
		}
		if id, ok := p.plan.trackers[trackerKey{router.TrackFile, f.Name}]; ok {
			state.Status = int(p.snapshot.Trackers[id].Value)
		}
		states = append(states, state)
	}
	return states
}

func (p *picture) processStates() []dump.TrackProcess {
	var states []dump.TrackProcess
	for _, t := range p.plan.cfg.TrackProcesses {
		state := dump.TrackProcess{
			Name: t.Name, Process: t.Process[0], Parameters: t.Process[1:], ParamMatch: t.ParamMatch,
			Min: t.Quorum, Max: t.QuorumMax, Weight: t.Weight, Reverse: t.Reverse,
			TerminateDelay: t.TerminateDelay, ForkDelay: t.ForkDelay, FullCommand: t.FullCommand,
			Instances: users(p.plan.cfg, t.Name, func(vi *config.Instance) []config.Track { return vi.TrackProcesses }, func(g *config.SyncGroup) []config.Track { return g.TrackProcesses }),
		}
		for _, now := range p.processes {
			if now.Name == t.Name {
				state.Current, state.Quorum = now.Count, now.Good
			}
		}
		states = append(states, state)
	}
	return states
}

func hmacState(h *config.HMAC) *dump.HMAC {
	if h == nil {
		return nil
	}
	s := &dump.HMAC{Keys: len(h.Keys), Active: h.Active, Mode: h.Mode.String(), AntiReplay: "time"}
	if h.Monotonic {
		s.AntiReplay = "monotonic"
	}
	return s
}

func (p *picture) sockets() []dump.Socket {
	var sockets []dump.Socket
	index := make(map[socketKey]int)
	for i, line := range p.lines {
		if line.receive == 0 {
			continue
		}
		at, known := index[line.key]
		if !known {
			at = len(sockets)
			index[line.key] = at
			local := line.key.local
			sockets = append(sockets, dump.Socket{
				ReceiveFD: line.receive, SendFD: line.send, Interface: line.key.iface, ReceiveBuffer: line.buffer,
				IPv6: line.key.group.Is6() || local.Is6(), AH: line.key.ah, Unicast: local.IsValid(), Addr: local,
			})
		}
		vi := p.plan.cfg.Instances[i]
		sockets[at].Instances = append(sockets[at].Instances, dump.SocketUser{Name: vi.Name, VRID: uint8(vi.VRID)})
	}
	return sockets
}

func (p *picture) interfaces() []dump.Interface {
	var list []dump.Interface
	for name, link := range p.network.links {
		list = append(list, dump.Interface{
			Name: name, Index: link.Index, IPv4: p.network.source(name, false, p.plan.virtual), IPv6: p.network.source(name, true, p.plan.virtual),
			MAC: link.MAC.String(), Up: link.AdminUp, Running: link.Up, Loopback: link.Loopback,
			NoMulticast: !link.Multicast, NoBroadcast: !link.Broadcast, MTU: link.MTU,
		})
		list[len(list)-1].Polling = string(p.polled[name])
		list[len(list)-1].Instances = p.dependents(name)
		if link.Kind == "macvlan" {
			list[len(list)-1].Base = p.network.names[link.Parent]
		}
	}
	slices.SortFunc(list, func(a, b dump.Interface) int { return cmp.Compare(a.Index, b.Index) })
	return list
}
