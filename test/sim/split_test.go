package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// TestSplitIsAlwaysTold: routers that do not hear each other's adverts, or refuse them, are all Master, and each
// names another one, once. When adverts pass again, one Master is left, and it is over.
func TestSplitIsAlwaysTold(t *testing.T) {
	for s := range uint64(min(*seeds, 200)) {
		if split(t, s+1); t.Failed() {
			return
		}
	}
}

func split(t *testing.T, seed uint64) {
	w := newWorld(t, seed)
	w.delay = 5 * time.Millisecond
	passwords := w.chance(0.5)
	for i, n := range w.nodes {
		n.stop()
		n.deaf = !passwords
		for vr := range n.cfg.VRs {
			if passwords {
				disagree(&w.plan, &n.cfg.VRs[vr], i)
			}
		}
		n.boot()
	}
	w.runFor(w.settlingTime() + 10*time.Second)
	w.checkAlarms(true)
	for _, n := range w.nodes {
		if n.alarms != len(n.cfg.VRs) {
			w.failf("node %d sounds %d alarms for %d Virtual Routers", n.number, n.alarms, len(n.cfg.VRs))
		}
	}
	if passwords {
		return
	}
	for _, n := range w.nodes {
		n.deaf = false
	}
	w.runFor(w.settlingTime())
	w.checkElected()
	w.quiet = true
	w.runFor(10 * time.Second)
	w.checkAlarms(false)
}

// TestOrdinaryLifeSoundsNoAlarm: routers crash, stop, start and reload, trackers and addresses come and go, the LAN
// splits and heals; but what is sent is heard by whoever is there.
func TestOrdinaryLifeSoundsNoAlarm(t *testing.T) {
	for s := range uint64(*seeds) {
		w := newWorld(t, s+1)
		w.sound = true
		w.delay = time.Duration(w.rand.IntN(5)) * time.Millisecond
		for end := w.now.Add(60 * time.Second); w.now.Before(end) && !t.Failed(); {
			w.runFor(time.Duration(w.rand.IntN(3000)) * time.Millisecond)
			switch what := w.rand.IntN(12); what {
			case 2, 3, 11: // loss, delay and frozen loops
			default:
				w.mishapOf(what, w.nodes[w.rand.IntN(len(w.nodes))])
			}
		}
		if t.Failed() {
			return
		}
	}
}

// disagree gives a Virtual Router of node i a password of its own, of whatever kind they have.
func disagree(p *plan, vr *router.VRConfig, i int) {
	switch {
	case p.ah:
		vr.AuthData = [vrrp.AuthDataLength]byte{byte(i + 1)}
	case p.hmac:
		key := router.HMACKey{ID: 1, Secret: strings.Repeat(string(rune('a'+i)), 32)}
		vr.HMAC = &router.HMACConfig{Keys: []router.HMACKey{key}, Active: 1, Monotonic: true}
	default: // of version 2, which alone has any
		vr.Version, vr.AdvertInterval = vrrp.Version2, time.Second
		vr.AuthType, vr.AuthData = vrrp.AuthPass, [vrrp.AuthDataLength]byte{byte(i + 1)}
	}
}

// checkAlarms wants every Virtual Router to sound the alarm now, or none.
func (w *world) checkAlarms(want bool) {
	for _, n := range w.nodes {
		for vr, got := range n.alarmed {
			if got != want {
				w.failf("node %d: Virtual Router %d, %s, sounds the alarm: %v, want %v", n.number, vr, n.router.State(router.ID(vr)), got, want)
			}
		}
	}
}
