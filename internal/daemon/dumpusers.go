package daemon

import (
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
	"github.com/govrrpd/govrrpd/internal/router"
)

// users are the instances that track something, themselves or with their sync group, whose weight goes before
// one of their own.
func users(cfg *config.Config, name string, own func(*config.Instance) []config.Track, shared func(*config.SyncGroup) []config.Track) []dump.Track {
	var users []dump.Track
	for _, vi := range cfg.Instances {
		t, found := trackOf(own(vi), name)
		group := slices.IndexFunc(cfg.SyncGroups, func(g *config.SyncGroup) bool { return g.Name == vi.SyncGroup })
		if group >= 0 && (!found || t.Weight != 0) {
			if of, grouped := trackOf(shared(cfg.SyncGroups[group]), name); grouped {
				t, found = of, true
			}
		}
		if found {
			users = append(users, dump.Track{Name: vi.Name, Weight: t.Weight, Reverse: t.Reverse})
		}
	}
	return users
}

func trackOf(tracks []config.Track, name string) (config.Track, bool) {
	at := slices.IndexFunc(tracks, func(t config.Track) bool { return t.Name == name })
	if at < 0 {
		return config.Track{}, false
	}
	return tracks[at], true
}

// dependents are the instances that an interface takes down or whose priority it changes.
func (p *picture) dependents(iface string) []dump.Track {
	tracker, ok := p.plan.trackers[trackerKey{router.TrackInterface, iface}]
	if !ok {
		return nil
	}
	of := func(tracks []router.Track) int {
		return slices.IndexFunc(tracks, func(t router.Track) bool { return t.Tracker == tracker })
	}
	var states []dump.Track
	for i := range p.plan.router.VRs {
		tracks := p.plan.router.VRs[i].Tracks
		if of(tracks) < 0 {
			group := slices.IndexFunc(p.plan.router.Groups, func(g router.GroupConfig) bool { return slices.Contains(g.Members, router.ID(i)) })
			if group < 0 {
				continue
			}
			tracks = p.plan.router.Groups[group].Tracks
		}
		if at := of(tracks); at >= 0 {
			states = append(states, dump.Track{Name: p.plan.router.VRs[i].Name, Weight: tracks[at].Weight, Reverse: tracks[at].Reverse})
		}
	}
	return states
}
