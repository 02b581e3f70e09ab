package daemon

import (
	"slices"

	"github.com/govrrpd/govrrpd/internal/bfd"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
)

// bfdState is a session at one instant.
type bfdState struct {
	cfg    *config.BFD
	info   bfd.Info
	fd     int
	failed bool
}

func (l *bfdLane) states() []bfdState {
	states := make([]bfdState, 0, len(l.sessions))
	for i, s := range l.sessions {
		state := bfdState{cfg: s.cfg, info: l.machine.Session(bfd.ID(i)), fd: -1, failed: s.failed}
		if s.sender != nil {
			state.fd = s.sender.FD()
		}
		states = append(states, state)
	}
	return states
}

func (p *picture) bfdStates() []dump.BFD {
	states := make([]dump.BFD, 0, len(p.sessions))
	for i := range p.sessions {
		b, now := p.sessions[i].cfg, &p.sessions[i].info
		state := dump.BFD{
			Name: b.Name, Neighbor: b.Neighbor, Source: b.Source, MinRX: b.MinRX, MinTX: b.MinTX, IdleTX: b.IdleTX,
			Multiplier: int(b.Multiplier), TTL: b.TTL, MaxHops: b.MaxHops, Passive: b.Passive,
			ToVRRP: tracked(b), ToChecker: b.ForChecker || !b.ForVRRP, Weight: b.Weight, Reverse: b.Reverse,
			Instances: p.bfdUsers(b.Name),
			SendFD:    p.sessions[i].fd, SendError: p.sessions[i].failed,
			State: now.State.String(), RemoteState: now.RemoteState.String(), Discr: now.LocalDiscr, RemoteDiscr: now.RemoteDiscr,
			Diag: now.Diag.String(), RemoteDiag: now.RemoteDiag.String(),
			RemoteMinTX: now.RemoteMinTX, RemoteMinRX: now.RemoteMinRX, RemoteDemand: now.RemoteDemand,
			RemoteMultiplier: int(now.RemoteDetectMult), Interval: now.Interval, RemoteInterval: now.RemoteInterval,
			DetectionTime: now.DetectionTime, RemoteDetection: now.RemoteDetection, Polling: now.Polling, LastSeen: now.HeardAt,
		}
		if now.HeardAt.IsZero() {
			state.RemoteMinRX = 0 // not what RFC 5880 has it begin with
		}
		states = append(states, state)
	}
	return states
}

// bfdUsers are the instances that track a session, by themselves or with their group.
func (p *picture) bfdUsers(name string) []dump.Track {
	users := users(p.plan.cfg, name, func(vi *config.Instance) []config.Track { return vi.TrackBFDs }, func(g *config.SyncGroup) []config.Track { return g.TrackBFDs })
	for _, g := range p.plan.cfg.SyncGroups {
		for _, t := range g.TrackBFDs {
			if t.Name != name {
				continue
			}
			for _, member := range g.Members {
				own := slices.IndexFunc(users, func(u dump.Track) bool { return u.Name == member })
				if own < 0 {
					users = append(users, dump.Track{Name: member, Weight: t.Weight, Reverse: t.Reverse})
				} else if users[own].Weight != 0 { // as in router: a fault is the stronger claim
					users[own].Weight, users[own].Reverse = t.Weight, t.Reverse
				}
			}
		}
	}
	return users
}
