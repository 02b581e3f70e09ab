package router_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// parseConfig reads a configuration:
//
//	delay 2s
//	purgenew
//	tracker NAME interface|script|file|process|bfd up|down|unknown|NUMBER
//	vr NAME key=value …       see vrFromPairs
//	group NAME members=A,B [track=…]
func parseConfig(t *testing.T, text string) *router.Config {
	cfg := &router.Config{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch words[0] {
		case "delay":
			cfg.StartupDelay = duration(t, words[1])
		case "purgenew":
			cfg.PurgeNew = true
		case "tracker":
			kind := slices.Index([]string{"interface", "script", "file", "process", "bfd"}, words[2])
			tracker := router.TrackerConfig{Kind: router.TrackerKind(kind), Name: words[1]}
			tracker.Status, tracker.Value = trackerStatus(t, words[3])
			cfg.Trackers = append(cfg.Trackers, tracker)
		case "vr":
			cfg.VRs = append(cfg.VRs, vrFromPairs(t, cfg, words[1], parsePairs(words[2:])))
		case "group":
			cfg.Groups = append(cfg.Groups, groupFromPairs(t, cfg, words[1], parsePairs(words[2:])))
		default:
			t.Fatalf("config line %q", line)
		}
	}
	return cfg
}

// vrFromPairs starts from a Virtual Router as people configure most of them.
func vrFromPairs(t *testing.T, cfg *router.Config, name string, pairs map[string]string) router.VRConfig {
	vr := router.VRConfig{
		Name: name, VRID: vrrp.VRID(len(cfg.VRs) + 51), Version: vrrp.Version2, Priority: 100,
		AdvertInterval: time.Second, Preempt: true, Source: netip.MustParseAddr("10.0.0.5"),
		Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.100")},
		Announce:  router.AnnounceTiming{MasterDelay: 5 * time.Second, MasterRepeat: 5, RefreshRepeat: 1, LowerPrioDelay: 5 * time.Second, LowerPrioRounds: 5},
	}
	for key, value := range pairs {
		setVR(t, cfg, &vr, key, value)
	}
	if vr.IPv6 && !vr.Addresses[0].Is6() {
		vr.Addresses = addresses("fe80::100")
		vr.Source = netip.MustParseAddr("fe80::5")
	}
	return vr
}

func setVR(t *testing.T, cfg *router.Config, vr *router.VRConfig, key, value string) {
	switch key {
	case "version":
		vr.Version = vrrp.Version(number(t, value))
	case "ipv6":
		vr.IPv6, vr.Version = true, vrrp.Version3
	case "priority":
		vr.Priority = vrrp.Priority(number(t, value))
	case "master":
		vr.WantMaster = true
	case "interval":
		vr.AdvertInterval = duration(t, value)
	case "down":
		vr.DownTimerAdverts = number(t, value)
	case "nopreempt":
		vr.Preempt = false
	case "preemptdelay":
		vr.PreemptDelay = duration(t, value)
	case "source":
		vr.Source, _ = netip.ParseAddr(value)
	case "vips":
		vr.Addresses = addresses(value)
	case "password":
		vr.AuthType = vrrp.AuthPass
		copy(vr.AuthData[:], value)
	case "peers":
		vr.Unicast = true
		for _, word := range strings.Split(value, ",") {
			vr.Peers = append(vr.Peers, peer(t, word))
		}
	case "checksource":
		vr.CheckUnicastSource = true
	case "asv2":
		vr.Checksum = vrrp.ChecksumAsV2
	case "oldchecksum":
		vr.OldChecksum = router.OldChecksum(slices.Index([]string{"auto", "never", "always"}, value))
	case "skipcheck":
		vr.SkipCheckAddress = true
	case "lowerprionoadvert":
		vr.LowerPrioNoAdvert = true
	case "higherpriosendadvert":
		vr.HigherPrioSendAdvert = true
	case "ownerignores":
		vr.OwnerIgnoreAdverts = true
	case "alarm":
		vr.SplitBrainAlarm = true
	case "late":
		vr.LateBackupPriority = vrrp.Priority(number(t, value))
	case "garp":
		setGARP(t, &vr.Announce, value)
	case "track":
		vr.Tracks = tracks(t, cfg, value)
	case "fault":
		vr.ConfigFault = value
	case "notifydeleted":
		vr.NotifyDeleted = true
	case "notifypriority":
		vr.NotifyPriorityChanges = true
	case "link":
		vr.Link = number(t, value)
	default:
		t.Fatalf("vr: %s", key)
	}
}

// setGARP reads delay/refresh/extra.
func setGARP(t *testing.T, timing *router.AnnounceTiming, value string) {
	parts := strings.Split(value, "/")
	timing.MasterDelay, timing.Refresh, timing.ExtraInterval = duration(t, parts[0]), duration(t, parts[1]), duration(t, parts[2])
}

// peer reads ADDRESS[/MIN-MAX].
func peer(t *testing.T, word string) router.Peer {
	addr, limits, limited := strings.Cut(word, "/")
	p := router.Peer{Addr: netip.MustParseAddr(addr), MaxTTL: 255}
	if low, high, ok := strings.Cut(limits, "-"); limited && ok {
		p.MinTTL, p.MaxTTL = uint8(number(t, low)), uint8(number(t, high))
	}
	return p
}

// tracks reads NAME[:WEIGHT[:reverse]],….
func tracks(t *testing.T, cfg *router.Config, value string) (list []router.Track) {
	for _, word := range strings.Split(value, ",") {
		parts := strings.Split(word, ":")
		track := router.Track{Tracker: trackerID(t, cfg, parts[0]), Reverse: len(parts) > 2}
		if len(parts) > 1 {
			track.Weight = number(t, parts[1])
		}
		list = append(list, track)
	}
	return list
}

func groupFromPairs(t *testing.T, cfg *router.Config, name string, pairs map[string]string) router.GroupConfig {
	g := router.GroupConfig{Name: name}
	for _, member := range strings.Split(pairs["members"], ",") {
		id := slices.IndexFunc(cfg.VRs, func(vr router.VRConfig) bool { return vr.Name == member })
		if id < 0 {
			t.Fatalf("group %s: no %q", name, member)
		}
		g.Members = append(g.Members, router.ID(id))
	}
	if value, ok := pairs["track"]; ok {
		g.Tracks = tracks(t, cfg, value)
	}
	return g
}

func trackerID(t *testing.T, cfg *router.Config, name string) router.TrackerID {
	id := slices.IndexFunc(cfg.Trackers, func(c router.TrackerConfig) bool { return c.Name == name })
	if id < 0 {
		t.Fatalf("no tracker %q", name)
	}
	return router.TrackerID(id)
}

func trackerStatus(t *testing.T, word string) (router.TrackerStatus, int32) {
	switch word {
	case "up":
		return router.TrackerUp, 0
	case "down":
		return router.TrackerDown, 0
	case "assumed-down":
		return router.TrackerAssumedDown, 0
	case "unknown":
		return router.TrackerUnknown, 0
	}
	return router.TrackerUp, int32(number(t, word))
}

func parsePairs(words []string) map[string]string {
	pairs := map[string]string{}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		pairs[key] = value
	}
	return pairs
}

func addresses(value string) (list []netip.Addr) {
	for _, word := range strings.Split(value, ",") {
		if word != "" {
			list = append(list, netip.MustParseAddr(word))
		}
	}
	return list
}

var kindNames = map[router.EffectKind]string{
	router.SendAdvert: "send", router.AdvertChanged: "advert-changed", router.Purge: "purge",
	router.Install: "install", router.Withdraw: "withdraw", router.Announce: "announce",
	router.AnnounceExtra: "announce-extra", router.AnnounceSource: "announce-source",
	router.CancelAnnounce: "cancel-announce", router.Transition: "transition",
	router.GroupTransition: "transition", router.PriorityChanged: "priority",
	router.RxLowerPriority: "rx-lower-priority",
	router.LookForSender:   "look-for-sender", router.AskForAddress: "ask-for-address", router.SplitBrain: "split-brain",
	router.Log: "log", router.Reloaded: "reloaded",
}

// effectText is one line for an effect: whose, what, and every value that is not zero.
func effectText(cfg *router.Config, e router.Effect) string {
	var b strings.Builder
	switch {
	case e.VR >= 0:
		b.WriteString(cfg.VRs[e.VR].Name + " ")
	case e.Group >= 0:
		b.WriteString(cfg.Groups[e.Group].Name + " ")
	}
	b.WriteString(kindNames[e.Kind])
	switch e.Kind {
	case router.SendAdvert:
		fmt.Fprintf(&b, " %d", e.Priority)
	case router.Announce:
		fmt.Fprintf(&b, " %d", e.Count)
	case router.Transition, router.GroupTransition:
		fmt.Fprintf(&b, " %s -> %s", e.Old, e.State)
	case router.Log:
		b.WriteString(" " + e.Reason.String())
	}
	switch e.Kind {
	case router.Log, router.PriorityChanged, router.RxLowerPriority, router.LookForSender, router.AskForAddress, router.SplitBrain:
		writeValues(&b, cfg, e)
	}
	return b.String()
}

func writeValues(b *strings.Builder, cfg *router.Config, e router.Effect) {
	if e.Tracker >= 0 {
		fmt.Fprintf(b, " %s", cfg.Trackers[e.Tracker].Name)
	}
	if e.State != 0 {
		fmt.Fprintf(b, " %s", e.State)
	}
	if e.Priority != 0 {
		fmt.Fprintf(b, " P=%d", e.Priority)
	}
	if e.Addr.IsValid() {
		fmt.Fprintf(b, " X=%s", e.Addr)
	}
	if e.From.IsValid() {
		fmt.Fprintf(b, " From=%s", e.From)
	}
	switch {
	case (e.Reason == router.LogSplitBrain || e.Kind == router.SplitBrain) && e.Value != 0:
		fmt.Fprintf(b, " V=%s", router.Reason(e.Value))
	case e.Value != 0:
		fmt.Fprintf(b, " V=%d", e.Value)
	}
	if e.Count != 0 {
		fmt.Fprintf(b, " N=%d", e.Count)
	}
	if e.Want != 0 {
		fmt.Fprintf(b, " W=%d", e.Want)
	}
	if e.MAC != (router.MAC{}) {
		fmt.Fprintf(b, " MAC=%x", e.MAC)
	}
}

// statsText lists the counters that are not zero.
func statsText(s router.Stats) string {
	var words []string
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if n := v.Field(i).Uint(); n != 0 {
			words = append(words, fmt.Sprintf("%s=%d", v.Type().Field(i).Name, n))
		}
	}
	return strings.Join(words, " ")
}
