package daemon

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/netmon"
	"github.com/govrrpd/govrrpd/internal/router"
)

// Log watchers know the error texts of the C library.
func TestErrorTextsHaveACapital(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENETDOWN: "Network is down", syscall.EINVAL: "Invalid argument", syscall.ENODEV: "No such device",
	} {
		if got := errorText(errno); got != want {
			t.Errorf("%d is %q, want %q", int(errno), got, want)
		}
	}
}

func TestAddressIsShownAsInTheDumps(t *testing.T) {
	e := &estate{device: "vrrp.51", parents: map[string]string{"vrrp.51": "eth0"}}
	a := &config.Address{Prefix: netip.MustParsePrefix("10.0.0.9/24"), Interface: "eth0", Device: "vrrp.51"}
	if got, want := shownAddress(e, a, true), "10.0.0.9/24 dev vrrp.51@eth0 scope global set"; got != want {
		t.Errorf("shown as %q, want %q", got, want)
	}
}

// Questions that come while one is waiting are answered together with it.
func TestDoubtsAreLookedIntoOnce(t *testing.T) {
	var q doubts
	if !q.add(doubt{}) || q.add(doubt{}) {
		t.Error("the first question is not the one that has somebody look, or the second is")
	}
	if n := len(q.take()); n != 2 {
		t.Errorf("%d questions were taken, want 2", n)
	}
	if !q.add(doubt{}) {
		t.Error("after an answer nobody looks again")
	}
}

// A route may be that of several instances: only those that have set it miss it.
func TestLossIsThatOfWhoeverHoldsIt(t *testing.T) {
	backup, master, other := &estate{name: "route"}, &estate{name: "route"}, &estate{name: "none"}
	master.held.Store(true)
	other.held.Store(true)
	p := &plan{estates: []*estate{backup, master, other, master}}
	var ids []router.ID
	for id, e := range p.held() {
		if e.name == "route" {
			ids = append(ids, id)
		}
	}
	if want := []router.ID{1, 3}; !slices.Equal(ids, want) {
		t.Errorf("the loss is that of %v, want %v", ids, want)
	}
}

// An interface that carries an address faults the instance, whatever weight it is tracked with besides.
func TestInterfaceOfAnAddressFaultsBesideItsWeight(t *testing.T) {
	vi := &config.Instance{
		Interface:       "eth0",
		TrackInterfaces: []config.Track{{Name: "eth1", Weight: -20}, {Name: "eth2"}},
	}
	carrying := &estate{addresses: []*config.Address{
		{Prefix: netip.MustParsePrefix("10.0.0.9/24"), Interface: "eth1"},
		{Prefix: netip.MustParsePrefix("10.0.2.9/24"), Interface: "eth2"},
	}}
	p := &plan{router: &router.Config{}, trackers: map[trackerKey]router.TrackerID{}}
	weights := map[string][]int{}
	for _, track := range p.tracksOf(vi, carrying, newNetwork(nil, nil)) {
		name := p.router.Trackers[track.Tracker].Name
		weights[name] = append(weights[name], track.Weight)
	}
	for name, want := range map[string][]int{"eth0": {0}, "eth1": {-20, 0}, "eth2": {0}} {
		if !slices.Equal(weights[name], want) {
			t.Errorf("%s is tracked with the weights %v, want %v", name, weights[name], want)
		}
	}
}

// The defaults of all instances are told of with the global settings.
func TestGlobalAnnouncementsAreInTheDumps(t *testing.T) {
	g := config.Global{GARP: config.GARP{
		MasterDelay: 3 * time.Second, MasterRepeat: 4, LowerPrioRepeat: 5, Interval: 6 * time.Second, NAInterval: 7 * time.Second,
	}, Defaults: config.Defaults{Version: 3, DownTimerAdverts: 4, HigherPrioSendAdvert: true}}
	got := globalState(&g)
	if got.Version != 3 || got.DownTimerAdverts != 4 || got.LowerNoAdvert || !got.HigherSendAdvert {
		t.Errorf("the dump's defaults are %+v", got)
	}
	if got.GARP.Delay != 3*time.Second || got.GARP.Repeat != 4 || got.GARP.LowerPrioRepeat != 5 ||
		got.GARPInterval != 6*time.Second || got.NAInterval != 7*time.Second {
		t.Errorf("the dump says %+v, %v, %v", got.GARP, got.GARPInterval, got.NAInterval)
	}
}

func TestAddressesCarryKeepalivedsProtocolIfThereIsOne(t *testing.T) {
	table := []config.NamedNumber{{Number: 1, Name: "kernel_lo"}, {Number: 300, Name: "keepalived"}, {Number: 18, Name: "keepalived"}}
	if got := addressProtocol(table); got != 18 {
		t.Errorf("protocol %d, want 18", got)
	}
	if got := addressProtocol(table[:2]); got != 0 {
		t.Errorf("protocol %d without an entry that fits, want none", got)
	}
	k := &keeper{protocol: 18, network: new(atomic.Pointer[network])}
	k.network.Store(newNetwork([]netmon.Link{{Index: 2, Name: "eth0"}}, nil))
	a := &config.Address{Prefix: netip.MustParsePrefix("10.0.0.9/32"), Interface: "eth0"}
	if got := k.resolve(k.network.Load(), &estate{}, []*config.Address{a}); len(got) != 1 || got[0].Protocol != 18 {
		t.Errorf("the kernel is asked for %+v", got)
	}
}
