package daemon

import (
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
)

// addressState is an address of an estate as the dumps and log lines show it.
func addressState(e *estate, a *config.Address, set bool) dump.Address {
	state := dump.Address{
		Prefix: a.Prefix, Broadcast: a.Broadcast, Interface: e.on(a), UseVMAC: a.UseVMAC, Scope: a.Scope,
		Label: a.Label, Peer: a.Peer, Home: a.Home, DAD: a.DAD, ManageTemp: a.ManageTemp,
		NoPrefixRoute: a.NoPrefixRoute, AutoJoin: a.AutoJoin, NoTrack: a.NoTrack, TrackGroup: a.TrackGroup,
		Preferred: a.PreferredLifetime, Set: set, Dropped: set && e.guarded,
	}
	state.BaseInterface = e.below(state.Interface)
	return state
}

func shownAddress(e *estate, a *config.Address, set bool) string {
	state := addressState(e, a, set)
	return state.String()
}
