package daemon

import (
	"reflect"
	"testing"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
)

func TestTrackersOfAGroupAreThoseOfItsMembers(t *testing.T) {
	file := func(weight int) []config.Track { return []config.Track{{Name: "f", Weight: weight}} }
	cfg := &config.Config{
		Instances: []*config.Instance{
			{Name: "none", SyncGroup: "G"}, {Name: "weighted", SyncGroup: "G", TrackFiles: file(2)},
			{Name: "fault", SyncGroup: "G", TrackFiles: file(0)}, {Name: "alone", TrackFiles: file(4)}, {Name: "other"},
		},
		SyncGroups: []*config.SyncGroup{
			{Name: "H", TrackFiles: file(9)},
			{Name: "G", Members: []string{"none", "weighted", "fault"}, TrackFiles: file(3), TrackInterfaces: []config.Track{{Name: "eth1", Weight: 5}}},
		},
	}
	for _, vi := range cfg.Instances {
		vi.Interface = "eth0"
	}
	got := users(cfg, "f", func(vi *config.Instance) []config.Track { return vi.TrackFiles }, func(g *config.SyncGroup) []config.Track { return g.TrackFiles })
	want := []dump.Track{{Name: "none", Weight: 3}, {Name: "weighted", Weight: 3}, {Name: "fault"}, {Name: "alone", Weight: 4}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("users %+v, want %+v", got, want)
	}
	p := &picture{plan: newPlan(cfg, testNetwork())}
	want = []dump.Track{{Name: "none", Weight: 5}, {Name: "weighted", Weight: 5}, {Name: "fault", Weight: 5}}
	if got := p.dependents("eth1"); !reflect.DeepEqual(got, want) {
		t.Errorf("dependents of eth1 %+v, want %+v", got, want)
	}
	if got := p.dependents("eth0"); len(got) != len(cfg.Instances) {
		t.Errorf("dependents of their own interface %+v", got)
	}
}
