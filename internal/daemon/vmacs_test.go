package daemon

import (
	"log/slog"
	"testing"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/macvlan"
)

func TestFailedStartLeavesNoInterface(t *testing.T) {
	d := &Daemon{vmacs: newVMACs(slog.New(slog.DiscardHandler)), cancel: func() {}}
	d.vmacs.wanted["nobody-has-it"] = vmac{}
	var err error
	if d.vmacs.manager, err = macvlan.Open(); err != nil {
		t.Fatal(err)
	}
	d.abandon()
	if len(d.vmacs.wanted) != 0 {
		t.Error("the interfaces stay")
	}
}

// A reload may still be reading its file when the daemon stops: what it would make nobody would remove.
func TestNothingIsMadeAfterTheEnd(t *testing.T) {
	v := newVMACs(slog.New(slog.DiscardHandler))
	v.remove()
	vi := &config.Instance{Name: "VI", VRID: 51, Interface: "no-such-link", VMAC: &config.VMAC{Name: "vrrp.51"}}
	if err := v.create(&config.Config{Instances: []*config.Instance{vi}}); err != nil {
		t.Fatal(err)
	}
	if v.manager != nil || len(v.wanted) != 0 {
		t.Errorf("after the end, %v is still to be made", v.wanted)
	}
}
