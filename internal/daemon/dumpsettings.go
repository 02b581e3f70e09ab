package daemon

import (
	"slices"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
)

// usualVMACPrefix is that of devices where vmac_prefix says nothing else.
const usualVMACPrefix = "vrrp"

// shownPrefix is the prefix of device names if it is not the usual one.
func shownPrefix(prefix string) string {
	if prefix == usualVMACPrefix {
		return ""
	}
	return prefix
}

func fifoStates(g *config.Global) []dump.FIFO {
	var states []dump.FIFO
	for _, f := range []struct {
		name string
		fifo *config.FIFO
	}{{"Global", g.NotifyFIFO}, {"VRRP", g.VRRPNotifyFIFO}} {
		if f.fifo == nil {
			continue
		}
		state := dump.FIFO{Name: f.name, Path: f.fifo.Path, UID: f.fifo.User.UID, GID: f.fifo.User.GID, Script: commandState(f.fifo.Script)}
		if c := state.Script; c != nil {
			c.Args = append(slices.Clip(c.Args), f.fifo.Path)
		}
		states = append(states, state)
	}
	return states
}

// paceStates are the paces of the interfaces that have one. As in keepalived, groups of several interfaces are
// numbered from 1, and an interface by itself is in group 0.
func paceStates(cfg *config.Config) []dump.Pace {
	var states []dump.Pace
	grouped := make(map[string]bool)
	number := 0
	for _, g := range cfg.GARPGroups {
		state := dump.Pace{ARP: g.Interval, NA: g.NAInterval, Interfaces: g.Interfaces}
		if len(g.Interfaces) > 1 {
			number++
			state.Group = number
		}
		for _, iface := range g.Interfaces {
			grouped[iface] = true
		}
		states = append(states, state)
	}
	common := &cfg.Global.GARP
	for _, vi := range cfg.Instances {
		if vi.Interface == "" || grouped[vi.Interface] || common.Interval == 0 && common.NAInterval == 0 {
			continue
		}
		grouped[vi.Interface] = true
		states = append(states, dump.Pace{ARP: common.Interval, NA: common.NAInterval, Interfaces: []string{vi.Interface}})
	}
	return states
}
