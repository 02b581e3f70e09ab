package daemon

import (
	"reflect"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
)

func TestPacesAreThoseOfGroupsAndOfInterfaces(t *testing.T) {
	cfg := &config.Config{
		GARPGroups: []config.GARPGroup{
			{Interval: time.Second, Interfaces: []string{"eth3"}},
			{NAInterval: time.Second, Interfaces: []string{"eth0", "eth1"}},
		},
		Instances: []*config.Instance{{Interface: "eth0"}, {Interface: "eth2"}, {Interface: "eth2"}, {}},
	}
	groups := []dump.Pace{
		{ARP: time.Second, Interfaces: []string{"eth3"}},
		{Group: 1, NA: time.Second, Interfaces: []string{"eth0", "eth1"}},
	}
	if got := paceStates(cfg); !reflect.DeepEqual(got, groups) {
		t.Errorf("without an interval for all: %+v", got)
	}
	cfg.Global.GARP.Interval = time.Millisecond
	if got, want := paceStates(cfg), append(groups, dump.Pace{ARP: time.Millisecond, Interfaces: []string{"eth2"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("with one: %+v, want %+v", got, want)
	}
}

func TestFIFOIsShownWithTheWordsItsReaderGets(t *testing.T) {
	g := &config.Global{VRRPNotifyFIFO: &config.FIFO{Path: "/f", User: config.User{UID: 1, GID: 2}, Script: &config.Command{Args: []string{"/bin/r", "x"}}}}
	want := []dump.FIFO{{Name: "VRRP", Path: "/f", UID: 1, GID: 2, Script: &dump.Command{Args: []string{"/bin/r", "x", "/f"}}}}
	if got := fifoStates(g); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if n := len(g.VRRPNotifyFIFO.Script.Args); n != 2 {
		t.Errorf("the configuration has %d words now", n)
	}
}

func TestOnlyAnUnusualPrefixIsShown(t *testing.T) {
	for prefix, want := range map[string]string{"vrrp": "", "vrrpx": "vrrpx", "vm": "vm"} {
		if got := shownPrefix(prefix); got != want {
			t.Errorf("%s is shown as %q", prefix, got)
		}
	}
}

func TestStateFilesAreNamedAfterNamespaceAndInstance(t *testing.T) {
	for want, names := range map[string]struct{ namespace, instance string }{
		"": {}, "ns": {namespace: "ns"}, "i": {instance: "i"}, "ns_i": {"ns", "i"},
	} {
		d := &Daemon{plan: &plan{cfg: &config.Config{Global: config.Global{InstanceName: names.instance, DataUseInstance: true}}}}
		d.opts.Namespace = names.namespace
		if got := d.dumpFiles().Suffix; got != want {
			t.Errorf("%+v: %q, want %q", names, got, want)
		}
	}
}
