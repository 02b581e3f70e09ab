package sim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/fleet"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// TestFleetForetellsTheMaster lets random fleets elect their Masters, at the start, as Masters crash one after the
// other, when the first comes back, and as trackers fail: each time it must be the one that the fleet check names.
func TestFleetForetellsTheMaster(t *testing.T) {
	for s := range seedsFrom(nil) {
		if foretell(t, s); t.Failed() {
			return
		}
	}
}

// fleetTrial is one random fleet: its files, what they mean, and what is foretold of them.
type fleetTrial struct {
	t        *testing.T
	seed     uint64
	files    []string
	configs  []*config.Config
	foretold fleet.Succession // its one unit
}

func foretell(t *testing.T, seed uint64) {
	f := &fleetTrial{t: t, seed: seed, files: randomFleet(newRand(seed))}
	var nodes []fleet.Node
	for i, text := range f.files {
		tree := syntax.ParseString(fmt.Sprintf("n%d.conf", i), text, syntax.Options{BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock})
		cfg := config.Decode(tree, config.Offline{})
		if cfg.Refused() {
			t.Fatalf("seed %d: node %d is refused:\n%s", seed, i, text)
		}
		f.configs = append(f.configs, cfg)
		nodes = append(nodes, fleet.Node{Name: nodeName(i), Config: cfg, Tree: tree})
	}
	if slices.ContainsFunc(f.configs, contradictory) {
		return
	}
	report := fleet.Check(nodes)
	if len(report.VirtualRouters) != 1 {
		t.Fatalf("seed %d: %d units, want 1", seed, len(report.VirtualRouters))
	}
	f.foretold = report.VirtualRouters[0]
	if f.foretold.Tie || len(f.foretold.Master) != 1 {
		return // who starts first decides
	}
	f.playSuccession()
	f.playReturn()
	for _, o := range f.foretold.Outcomes {
		if !o.Tie && !o.Open {
			f.playOutcome(o)
		}
	}
}

// contradictory reports whether an interface is wanted up in one place and down in another (weights that a sync
// group does not allow lose their "reverse"): then there is no state in which all is well.
func contradictory(cfg *config.Config) bool {
	wanted := map[bool]bool{}
	note := func(tracks []config.Track) {
		for _, t := range tracks {
			wanted[t.Reverse] = true
		}
	}
	for _, vi := range cfg.Instances {
		note(vi.TrackInterfaces)
	}
	for _, g := range cfg.SyncGroups {
		note(g.TrackInterfaces)
	}
	return len(wanted) > 1
}

func nodeName(i int) string { return fmt.Sprint("n", i) }

// randomFleet draws files that fit together: what is random is what decides an election.
func randomFleet(r *rand.Rand) []string {
	version, grouped := 2+r.IntN(2), r.IntN(3) == 0
	weighted := r.IntN(2) == 0 // sync_group_tracking_weight
	priorities := r.Perm(120)
	scripts := 1 + r.IntN(3)
	var files []string
	for n := range 2 + r.IntN(4) {
		var b strings.Builder
		for i := range scripts {
			fmt.Fprintf(&b, "vrrp_script chk%d {\n script /bin/true\n weight %d%s\n}\n", i, randomWeight(r), []string{"", "", " reverse"}[r.IntN(3)])
		}
		priority := 60 + priorities[n]
		if n == 0 && r.IntN(10) == 0 {
			priority = 255
		}
		interval := 1
		if version == 3 && r.IntN(4) == 0 {
			interval = 2
		}
		instances := 1
		if grouped {
			instances = 2
		}
		patient, reverse := r.IntN(3) == 0, []string{"", " reverse"}[r.IntN(2)]
		for i := range instances {
			fmt.Fprintf(&b, "vrrp_instance VI_%d {\n interface eth0\n version %d\n virtual_router_id %d\n priority %d\n advert_int %d\n", i, version, i+1, priority, interval)
			if patient {
				b.WriteString(" nopreempt\n")
			}
			if r.IntN(6) == 0 {
				fmt.Fprintf(&b, " down_timer_adverts %d\n", 2+r.IntN(4))
			}
			randomTracking(r, &b, scripts, reverse)
			fmt.Fprintf(&b, " virtual_ipaddress {\n 192.0.2.%d\n }\n}\n", i)
		}
		if grouped {
			b.WriteString("vrrp_sync_group G {\n group {\n VI_0\n VI_1\n }\n")
			if weighted {
				b.WriteString(" sync_group_tracking_weight\n")
			}
			if r.IntN(2) == 0 {
				randomTracking(r, &b, scripts, reverse)
			}
			b.WriteString("}\n")
		}
		files = append(files, b.String())
	}
	return files
}

func randomWeight(r *rand.Rand) int {
	if r.IntN(5) == 0 {
		return 0
	}
	return r.IntN(161) - 80
}

func randomTracking(r *rand.Rand, b *strings.Builder, scripts int, reverse string) {
	b.WriteString(" track_script {\n")
	for i := range scripts {
		switch r.IntN(3) {
		case 0:
			fmt.Fprintf(b, "  chk%d\n", i)
		case 1:
			fmt.Fprintf(b, "  chk%d weight %d\n", i, randomWeight(r))
		}
	}
	b.WriteString(" }\n")
	if r.IntN(3) == 0 {
		fmt.Fprintf(b, " track_interface {\n  eth9 weight %d%s\n }\n", randomWeight(r), reverse)
	}
}

// newFleetWorld starts all nodes at once, with all that they track well.
func (f *fleetTrial) newFleetWorld() *world {
	w := &world{t: f.t, seed: f.seed, rand: newRand(f.seed), now: time.Unix(1_000_000, 0), believed: make([]*node, 2)}
	for i, cfg := range f.configs {
		n := &node{w: w, number: i, addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})}
		n.cfg = machineConfig(cfg, n.addr)
		w.nodes = append(w.nodes, n)
	}
	for _, n := range w.nodes {
		n.boot()
	}
	return w
}

// machineConfig is what decides an election, as the daemon hands it to the state machine.
func machineConfig(cfg *config.Config, source netip.Addr) *router.Config {
	out := &router.Config{}
	ids := map[string]router.ID{}
	tracks := func(scripts, interfaces []config.Track) []router.Track {
		var list []router.Track
		for _, t := range interfaces {
			list = append(list, trackOf(out, router.TrackInterface, t))
		}
		for _, t := range scripts {
			list = append(list, trackOf(out, router.TrackScript, t))
		}
		return list
	}
	for i, vi := range cfg.Instances {
		ids[vi.Name] = router.ID(i)
		vr := router.VRConfig{
			Name: vi.Name, VRID: vi.VRID, Version: vi.Version, Priority: vi.Priority, WantMaster: vi.WantMaster,
			AdvertInterval: vi.AdvertInterval, DownTimerAdverts: vi.DownTimerAdverts, Preempt: vi.Preempt, Source: source,
			Tracks: tracks(vi.TrackScripts, vi.TrackInterfaces), Announce: router.AnnounceTiming{MasterRepeat: 1},
		}
		for _, a := range vi.VIPs {
			vr.Addresses = append(vr.Addresses, a.Prefix.Addr())
		}
		out.VRs = append(out.VRs, vr)
	}
	for _, g := range cfg.SyncGroups {
		group := router.GroupConfig{Name: g.Name, Tracks: tracks(g.TrackScripts, g.TrackInterfaces)}
		for _, name := range g.Members {
			group.Members = append(group.Members, ids[name])
		}
		out.Groups = append(out.Groups, group)
	}
	return out
}

// trackOf finds a tracker, or makes one that is well for whoever is first to track it.
func trackOf(cfg *router.Config, kind router.TrackerKind, t config.Track) router.Track {
	id := slices.IndexFunc(cfg.Trackers, func(c router.TrackerConfig) bool { return c.Kind == kind && c.Name == t.Name })
	if id < 0 {
		id = len(cfg.Trackers)
		status := router.TrackerUp
		if t.Reverse {
			status = router.TrackerDown
		}
		cfg.Trackers = append(cfg.Trackers, router.TrackerConfig{Kind: kind, Name: t.Name, Status: status})
	}
	return router.Track{Tracker: router.TrackerID(id), Weight: t.Weight, Reverse: t.Reverse}
}

// wait is enough for every timer in a fleet of five to run out, one after the other.
const wait = 60 * time.Second

// playSuccession lets the Masters crash one after the other.
func (f *fleetTrial) playSuccession() {
	w := f.newFleetWorld()
	for _, stage := range f.foretold.Order {
		if len(stage.Nodes) != 1 {
			return
		}
		w.runFor(wait)
		f.wantMaster(w, stage.Nodes, "in the succession")
		w.nodeOf(stage.Nodes[0]).crash()
	}
}

func (f *fleetTrial) playReturn() {
	if len(f.foretold.Order) < 2 || len(f.foretold.Order[1].Nodes) != 1 {
		return
	}
	w := f.newFleetWorld()
	w.runFor(wait)
	first, want := w.nodeOf(f.foretold.Master[0]), f.foretold.Order[1].Nodes
	first.crash()
	w.runFor(wait)
	first.boot()
	w.runFor(wait)
	if f.foretold.Returns {
		want = f.foretold.Master
	}
	f.wantMaster(w, want, "when the first comes back")
}

// playOutcome lets trackers of the Master fail, or of all.
func (f *fleetTrial) playOutcome(o fleet.Outcome) {
	w := f.newFleetWorld()
	w.runFor(wait)
	for _, n := range w.nodes {
		if o.Node != "" && nodeName(n.number) != o.Node {
			continue
		}
		for i := range n.cfg.Trackers {
			t := &n.cfg.Trackers[i]
			if slices.Contains(o.Trackers, t.Name) {
				n.setTracker(i, t.Status == router.TrackerDown)
			}
		}
	}
	w.runFor(wait)
	f.wantMaster(w, o.Master, fmt.Sprintf("after %v failed on %q", o.Trackers, o.Node))
}

func (w *world) nodeOf(name string) *node {
	return w.nodes[slices.IndexFunc(w.nodes, func(n *node) bool { return nodeName(n.number) == name })]
}

func (f *fleetTrial) wantMaster(w *world, want []string, when string) {
	f.t.Helper()
	got := []string{}
	for _, n := range w.nodes {
		if n.router != nil && n.router.State(0) == router.Master {
			got = append(got, nodeName(n.number))
		}
	}
	if !slices.Equal(got, want) {
		f.t.Fatalf("seed %d %s: Master is %v, but %v was foretold\n%+v\n%s", f.seed, when, got, want, f.foretold, strings.Join(f.files, "\n----\n"))
	}
}
