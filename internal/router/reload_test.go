package router_test

import (
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
)

// Before a reload a Master advertises once more, and its timer goes on as it was; a Backup says nothing.
func TestMasterAdvertisesBeforeAReload(t *testing.T) {
	l := started(t, 4*time.Second, nil)
	before := l.snapshot().Deadline
	l.wantDone(l.words(l.r.Step(l.now, router.Event{Kind: router.ReloadBegun})), "send 100")
	l.want("the Adver_Timer stays", l.snapshot().Deadline.Equal(before))

	l = started(t, time.Second, nil)
	l.wantDone(l.words(l.r.Step(l.now, router.Event{Kind: router.ReloadBegun})))
}

// One that its configuration keeps in FAULT still wants to be what it would be.
func TestConfigFaultKeepsTheWish(t *testing.T) {
	l := started(t, 0, func(vr *router.VRConfig) { vr.ConfigFault = "no peers" })
	l.wantState(router.Fault)
	l.want("it wants to be Backup", l.snapshot().Want == router.Backup)
}
