package daemon

import (
	"cmp"
	"fmt"
	"log/slog"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/router"
)

// The lines below are an interface: people's scripts and log watchers match them. They are those of
// keepalived, word for word.

// journal writes what the state machine reports. Lines of logging.LevelDetail appear with -D only.
type journal struct {
	log    *slog.Logger
	plan   func() *plan
	detail bool // lines of -D are wanted
	// duel is what is known of the two Masters of a split brain.
	duel func(*router.Effect) *duel
}

// write logs the line that an effect of kind Log stands for.
func (j *journal) write(e *router.Effect) {
	if level, text := j.line(e); text != "" && (level >= slog.LevelInfo || j.detail) {
		j.log.Log(noContext, level, text)
	}
}

// line is the level and the text of a Log effect.
func (j *journal) line(e *router.Effect) (slog.Level, string) {
	p := j.plan()
	if e.VR < 0 {
		return commonLevel(e), j.common(p, e)
	}
	switch e.Reason {
	case router.LogSplitBrain:
		return slog.LevelWarn, j.duel(e).line()
	case router.LogSplitBrainOver:
		return slog.LevelWarn, j.duel(e).end(e)
	}
	vi := p.cfg.Instances[e.VR]
	for _, lines := range []func(*plan, *config.Instance, *router.Effect) string{
		stateLine, faultLine, trackedBFDLine, complaintLine,
	} {
		if text := lines(p, vi, e); text != "" {
			return slog.LevelInfo, text
		}
	}
	if !j.detail {
		return logging.LevelDetail, ""
	}
	return logging.LevelDetail, detailLine(p, vi, e)
}

// commonLevel is that of a line that is about no single instance. On a busy machine stalls that change nothing may come
// many times a second.
func commonLevel(e *router.Effect) slog.Level {
	if e.Reason == router.LogStalled && e.Want == 0 && e.Value < int64(time.Second) {
		return logging.LevelDetail
	}
	return slog.LevelInfo
}

// common are the lines that are about no single instance.
func (j *journal) common(p *plan, e *router.Effect) string {
	switch e.Reason {
	case router.LogGroupSync:
		return fmt.Sprintf("VRRP_Group(%s) Syncing instances to %s state", p.cfg.SyncGroups[e.Group].Name, e.State)
	case router.LogStartupDelay:
		return fmt.Sprintf("Delaying startup for %.6g seconds", time.Duration(e.Value).Seconds())
	case router.LogStartupComplete:
		return "Delayed start completed"
	case router.LogStalled:
		return stalledLine(e)
	}
	return fmt.Sprintf("unexpected report %d of the state machine", e.Reason)
}

// stateLine are the lines of states, priorities and elections.
func stateLine(_ *plan, vi *config.Instance, e *router.Effect) string {
	name := vi.Name
	switch e.Reason {
	case router.LogEnteringState:
		return fmt.Sprintf("(%s) Entering %s STATE", name, e.State)
	case router.LogEnteringInit:
		return fmt.Sprintf("(%s) Entering BACKUP STATE (init)", name)
	case router.LogEnteringFault:
		return fmt.Sprintf("(%s) entering FAULT state", name)
	case router.LogPriority:
		return fmt.Sprintf("(%s) Changing effective priority from %d to %d", name, e.Value, e.Priority)
	case router.LogIntervalLearnt:
		return fmt.Sprintf("(%s) advertisement interval updated from %s to %s by master", name, milliseconds(e.Value), milliseconds(e.Want))
	case router.LogLowerPriority:
		return fmt.Sprintf("(%s) received lower priority (%d) advert from %s - discarding", name, e.Priority, e.Addr)
	case router.LogHigherPriority:
		return fmt.Sprintf("(%s) Master received advert from %s with higher priority %d, ours %d", name, e.Addr, e.Priority, e.Value)
	case router.LogHigherAddress:
		return fmt.Sprintf("(%s) Master received advert from %s with same priority %d but higher IP address than ours", name, e.Addr, e.Priority)
	case router.LogSameAddress:
		return fmt.Sprintf("(%s) WARNING - equal priority advert received from remote host with our IP address.", name)
	case router.LogNewElection:
		return fmt.Sprintf("(%s) Received advert from %s with lower priority %d, ours %d, forcing new election", name, e.Addr, e.Priority, e.Value)
	case router.LogLowerNoElection:
		return fmt.Sprintf("(%s) Received advert from %s with lower priority %d, ours %d", name, e.Addr, e.Priority, e.Value)
	case router.LogTimerExpired:
		return fmt.Sprintf("(%s) VRRP thread timer expired %s seconds ago", name, precise(time.Duration(e.Value)))
	case router.LogTwoOwners:
		return fmt.Sprintf("(%s) CONFIGURATION ERROR: local instance and %s are both configured as address owner, please resolve", name, e.Addr)
	case router.LogOwnerReduced:
		return fmt.Sprintf("(%s) %s is still advertising as address owner, please resolve - reducing our priority", name, e.Addr)
	case router.LogOwnerStopped:
		return fmt.Sprintf("(%s): rogue address owner appears to have stopped advertising", name)
	case router.LogOwnerRestored:
		return fmt.Sprintf("(%s) Restoring our priority to 255 since other address owner has disappeared", name)
	case router.LogOwnerRestoredLow:
		return fmt.Sprintf("(%s) Restoring our priority to 255 since received advert with lower priority", name)
	}
	return ""
}

// faultLine are the reasons that lead to the FAULT state at the start.
func faultLine(p *plan, vi *config.Instance, e *router.Effect) string {
	switch e.Reason {
	case router.LogFaultTracker:
		return trackerFault(p, vi.Name, e)
	case router.LogFaultNoAddress:
		return fmt.Sprintf("(%s) entering FAULT state (no %s address for interface)", vi.Name, family(vi.IPv6))
	case router.LogFaultSource:
		return fmt.Sprintf("(%s) entering FAULT state (src address not configured)", vi.Name)
	case router.LogFaultConfig:
		return fmt.Sprintf("(%s) entering FAULT state (%s)", vi.Name, cmp.Or(vi.ConfigFault, duplicateVRID))
	}
	return ""
}

func trackerFault(p *plan, name string, e *router.Effect) string {
	t := p.router.Trackers[e.Tracker]
	switch t.Kind {
	case router.TrackInterface:
		return fmt.Sprintf("(%s): entering FAULT state (interface %s down)", name, t.Name)
	case router.TrackScript:
		return fmt.Sprintf("(%s): entering FAULT state due to script %s", name, t.Name)
	case router.TrackFile:
		return fmt.Sprintf("(%s): entering FAULT state (tracked file %s has status %d)", name, t.Name, e.Value)
	}
	return fmt.Sprintf("(%s) entering FAULT state (tracked process %s quorum not achieved)", name, t.Name)
}

// trackedBFDLine tells that a BFD session which the instance tracks has changed.
func trackedBFDLine(p *plan, vi *config.Instance, e *router.Effect) string {
	if e.Reason != router.LogTrackedBFD {
		return ""
	}
	state := "DOWN"
	if e.Value == 1 {
		state = "UP"
	}
	return fmt.Sprintf("VRRP_Instance(%s) Tracked BFD instance %s is %s", vi.Name, p.router.Trackers[e.Tracker].Name, state)
}

// complaintLine are the adverts that are not as they should be.
func complaintLine(_ *plan, vi *config.Instance, e *router.Effect) string {
	name, version := vi.Name, vi.Version
	switch e.Reason {
	case router.LogTooShort:
		return fmt.Sprintf("%s VRRP packet too short - %d bytes", family(vi.IPv6), e.Value)
	case router.LogLengthShort:
		return fmt.Sprintf("(%s) vrrp packet from %s too short, length %d and expect %d", name, e.Addr, e.Value, e.Want)
	case router.LogLengthLong:
		return fmt.Sprintf("(%s) vrrp packet from %s too long, length %d and expect %d", name, e.Addr, e.Value, e.Want)
	case router.LogTTL:
		return fmt.Sprintf("(%s) invalid TTL/HL from %s. Received %d and expect 255", name, e.Addr, e.Value)
	case router.LogVersion:
		return fmt.Sprintf("(%s) wrong VRRP version from %s. Received %d and expect %d", name, e.Addr, e.Value, e.Want)
	case router.LogAuthInvalid:
		return fmt.Sprintf("(%s) Invalid auth type from %s: %d", name, e.Addr, e.Value)
	case router.LogAuthMismatch:
		return fmt.Sprintf("(%s) received a %d auth from %s, expecting %d!", name, e.Value, e.Addr, e.Want)
	case router.LogAuthFailure:
		return fmt.Sprintf("(%s) received an invalid passwd from %s!", name, e.Addr)
	case router.LogIntervalV2:
		return fmt.Sprintf("(%s) advertisement interval mismatch with %s mine=%d sec rcv'd=%d sec", name, e.Addr, seconds(e.Want), seconds(e.Value))
	case router.LogIntervalMismatch:
		return fmt.Sprintf("(%s) advertisement interval mismatch ours = %d centi-sec rcv'd=%d centi-sec", name, centiseconds(e.Want), centiseconds(e.Value))
	case router.LogType:
		return fmt.Sprintf("(%s) Invalid packet type from %s. %d and expect 1", name, e.Addr, e.Value)
	case router.LogTotalLength:
		return fmt.Sprintf("(%s) IPv4 total length %d of packet from %s does not match its %d bytes", name, e.Value, e.Addr, e.Want)
	case router.LogChecksum:
		return fmt.Sprintf("(%s) Invalid VRRPv%d checksum from %s", name, version, e.Addr)
	case router.LogExpectMulticast:
		want, got := "unicast", "multicast"
		if e.Value == 1 {
			want, got = got, want
		}
		return fmt.Sprintf("(%s) Expected %s packet but received %s packet from %s", name, want, got, e.Addr)
	case router.LogOwnerIgnores:
		return fmt.Sprintf("(%s) address owner ignores advert from %s", name, e.Addr)
	case router.LogAddressCount:
		return fmt.Sprintf("(%s) expected %d VIPs but received %d", name, e.Want, e.Value)
	case router.LogAddressMissing:
		return fmt.Sprintf("(%s) ip address associated with VRID %d not present in advert from %s: %s", name, vi.VRID, e.From, e.Addr)
	case router.LogNotPeer:
		return fmt.Sprintf("(%s) unicast source address %s not a unicast peer", name, e.Addr)
	case router.LogPeerTTL:
		return fmt.Sprintf("(%s) TTL/HL %d from %s not in range [%d, %d]", name, e.Priority, e.Addr, e.Value, e.Want)
	case router.LogOldChecksum:
		return fmt.Sprintf("(%s) Setting unicast VRRPv3 checksum to old version", name)
	}
	return authLine(name, e)
}

// detailLine are the lines of -D.
func detailLine(p *plan, vi *config.Instance, e *router.Effect) string {
	name := vi.Name
	switch e.Reason {
	case router.LogAdvertTimeout:
		return fmt.Sprintf("(%s) Receive advertisement timeout", name)
	case router.LogBackupRelease:
		return fmt.Sprintf("(%s) Backup received priority 0 advertisement", name)
	case router.LogMasterRelease:
		return fmt.Sprintf("(%s) Master received priority 0 message", name)
	case router.LogSentPriorityZero:
		return fmt.Sprintf("(%s) sent 0 priority", name)
	case router.LogMasterSet:
		return fmt.Sprintf("(%s) master set to %s", name, e.Addr)
	case router.LogMasterChanged:
		return fmt.Sprintf("(%s) master changed from %s to %s", name, e.From, e.Addr)
	case router.LogPreemptDelayStart:
		return fmt.Sprintf("(%s) start preempt delay (%s)", name, precise(time.Duration(e.Value)))
	case router.LogPreemptDelayStop:
		return fmt.Sprintf("(%s) stop preempt delay", name)
	case router.LogIntervalReset:
		return fmt.Sprintf("(%s) changing advert interval from %s to locally configured %s", name, milliseconds(e.Value), milliseconds(e.Want))
	case router.LogTrackerFault, router.LogTrackerRecovered:
		if p.router.Trackers[e.Tracker].Kind == router.TrackInterface {
			return "" // the line that it went up or down has said so
		}
		if e.Reason == router.LogTrackerRecovered {
			return fmt.Sprintf("(%s): tracked %s leaving FAULT state", name, trackerWords(p, e.Tracker))
		}
		return fmt.Sprintf("(%s): tracked %s now FAULT state", name, trackerWords(p, e.Tracker))
	case router.LogWrongCast:
		cast, mode := "unicast", "multicast"
		if e.Value == 1 {
			cast, mode = mode, cast
		}
		return fmt.Sprintf("(%s) discarding %s packet on %s instance", name, cast, mode)
	}
	return fmt.Sprintf("(%s) unexpected report %d of the state machine", name, e.Reason)
}

func trackerWords(p *plan, id router.TrackerID) string {
	t := p.router.Trackers[id]
	kind := map[router.TrackerKind]string{
		router.TrackInterface: "interface", router.TrackScript: "script",
		router.TrackFile: "file", router.TrackProcess: "process",
	}[t.Kind]
	return kind + " " + t.Name
}

func family(v6 bool) string {
	if v6 {
		return "IPv6"
	}
	return "IPv4"
}

func milliseconds(ns int64) string { return fmt.Sprintf("%dms", time.Duration(ns).Milliseconds()) }

func centiseconds(ns int64) int64 { return ns / int64(10*time.Millisecond) }

func seconds(ns int64) int64 { return ns / int64(time.Second) }

// precise is a duration as seconds and microseconds: 5.000000.
func precise(d time.Duration) string {
	return fmt.Sprintf("%d.%06d", d/time.Second, d%time.Second/time.Microsecond)
}

// estate writes the lines of -D about what is being set up ("setting") or taken down ("removing").
func (j *journal) estate(verb string, vi *config.Instance) {
	if !j.detail {
		return
	}
	parts := []struct {
		count int
		line  string
	}{
		{len(vi.VIPs), "VIPs."}, {len(vi.ExcludedVIPs), "E-VIPs."},
		{len(vi.Routes), "Virtual Routes"}, {len(vi.Rules), "Virtual Rules"},
	}
	if verb == removing {
		parts[0], parts[1], parts[2], parts[3] = parts[3], parts[2], parts[0], parts[1]
	}
	line := func(what string) {
		j.log.Log(noContext, logging.LevelDetail, fmt.Sprintf("(%s) %s %s", vi.Name, verb, what))
	}
	const rule = "firewall drop rule"
	if verb == setting && guarded(vi) {
		line(rule)
	}
	for _, part := range parts {
		if part.count > 0 {
			line(part.line)
		}
	}
	if verb == removing && guarded(vi) {
		line(rule)
	}
}

const (
	setting  = "setting"
	removing = "removing"
)
