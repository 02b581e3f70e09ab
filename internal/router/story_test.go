package router_test

import (
	"bufio"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

var update = flag.Bool("update", false, "rewrite what the stories in testdata expect")

// TestStories plays every file of testdata. A story is a list of commands, each followed by "----" and the
// effects that it has, one per line, with the time since the start:
//
//	config             the following lines are the configuration, see parseConfig
//	reload             the same; Virtual Routers continue by name
//	start
//	advance 3.6s       time passes; the machine is ticked at each of its deadlines
//	sleep 3.6s         time passes without anybody looking, then the machine is ticked once
//	stall 3.6s         the same without the tick: what comes next is there before it
//	advert VI_1 from=10.0.0.9 priority=120 [interval=1s vips=10.0.0.1,... ttl=255 to=… password=… corrupt]
//	tracker NAME up|down|unknown|assumed-down|NUMBER
//	source VI_1 ADDRESS|none
//	sockets VI_1 lost|found
//	place VI_1 bad|good
//	lost VI_1          an address was taken away
//	claim VI_1 ADDRESS N  the machine with MAC N says that it has the address
//	added VI_1         a reload has given it new addresses
//	announce VI_1
//	shutdown [keep]
//	state              what the machine knows now
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("stories: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { playFile(t, file) })
	}
}

func playFile(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	teller := &teller{t: t}
	for _, scene := range splitScenes(string(text)) {
		got := teller.play(scene.command)
		if !*update && got != scene.want {
			t.Errorf("%s:%d: %s\ngot:\n%swant:\n%s", file, scene.line, firstLine(scene.command), got, scene.want)
		}
		fmt.Fprintf(&out, "%s%s\n----\n%s\n", scene.comment, scene.command, got)
	}
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type scene struct {
	line                   int
	comment, command, want string
}

// splitScenes cuts a story at its empty lines. Lines with # before a command are comments.
func splitScenes(text string) (scenes []scene) {
	var s scene
	expecting, number := false, 0
	lines := bufio.NewScanner(strings.NewReader(text + "\n\n"))
	for lines.Scan() {
		number++
		line := lines.Text()
		switch {
		case line == "" && s.command != "":
			scenes = append(scenes, s)
			s, expecting = scene{}, false
		case line == "":
		case line == "----":
			expecting = true
		case expecting:
			s.want += line + "\n"
		case strings.HasPrefix(line, "#"):
			s.comment += line + "\n"
		case s.command == "":
			s.command, s.line = line, number
		default:
			s.command += "\n" + line
		}
	}
	return scenes
}

func firstLine(s string) string { first, _, _ := strings.Cut(s, "\n"); return first }

// teller plays one story.
type teller struct {
	t      *testing.T
	router *router.Router
	cfg    *router.Config
	start  time.Time
	now    time.Time
	out    strings.Builder
}

func (s *teller) play(command string) string {
	s.out.Reset()
	head, body, _ := strings.Cut(command, "\n")
	words := strings.Fields(head)
	switch words[0] {
	case "config":
		s.start = time.Unix(1_000_000_000, 0)
		s.now = s.start
		s.cfg = parseConfig(s.t, body)
		s.router = router.New(s.now, s.cfg)
	case "start":
		s.tell(s.router.Start(s.now))
	case "reload":
		s.reload(body)
	case "advance":
		s.advance(words[1])
	case "sleep":
		s.now = s.now.Add(duration(s.t, words[1]))
		s.tell(s.router.Step(s.now, router.Event{}))
	case "stall":
		s.now = s.now.Add(duration(s.t, words[1]))
	case "advert":
		s.advert(words[1], parsePairs(words[2:]))
	case "state":
		s.state()
	default:
		s.tell(s.router.Step(s.now, s.event(words)))
	}
	return s.out.String()
}

func (s *teller) reload(body string) {
	next := parseConfig(s.t, body)
	match := make([]router.ID, len(next.VRs))
	for i := range next.VRs {
		match[i] = router.ID(slices.IndexFunc(s.cfg.VRs, func(vr router.VRConfig) bool { return vr.Name == next.VRs[i].Name }))
	}
	effects := s.router.Reload(s.now, next, match)
	boundary := slices.IndexFunc(effects, func(e router.Effect) bool { return e.Kind == router.Reloaded })
	s.tell(effects[:boundary+1])
	s.cfg = next
	s.tell(effects[boundary+1:])
}

func (s *teller) advance(text string) {
	end := s.now.Add(duration(s.t, text))
	for {
		at := s.router.NextDeadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if at.After(s.now) {
			s.now = at
		}
		s.tell(s.router.Step(s.now, router.Event{}))
	}
	s.now = end
}

func (s *teller) advert(name string, options map[string]string) {
	id := s.vr(name)
	cfg := &s.cfg.VRs[id]
	a := vrrp.Advertisement{
		Version: cfg.Version, VRID: cfg.VRID, Priority: 100, AuthType: cfg.AuthType, AuthData: cfg.AuthData,
		AdvertInterval: cfg.AdvertInterval, Addresses: cfg.Addresses,
	}
	p := router.ReceivedPacket{TTL: 255, Multicast: !cfg.Unicast, Destination: vrrp.GroupIPv4, HeaderLength: 20}
	if cfg.IPv6 {
		p.Destination, p.HeaderLength = vrrp.GroupIPv6, 0
	}
	if cfg.Unicast {
		p.Destination = cfg.Source
	}
	checksumTo := netip.Addr{}
	for key, value := range options {
		switch key {
		case "from":
			p.Source = netip.MustParseAddr(value)
		case "to":
			p.Destination = netip.MustParseAddr(value)
			p.Multicast = p.Destination.IsMulticast()
		case "checksumto":
			checksumTo = netip.MustParseAddr(value)
		case "ttl":
			p.TTL = uint8(number(s.t, value))
		case "priority":
			a.Priority = vrrp.Priority(number(s.t, value))
		case "version":
			a.Version = vrrp.Version(number(s.t, value))
		case "interval":
			a.AdvertInterval = duration(s.t, value)
		case "authtype":
			a.AuthType = vrrp.AuthType(number(s.t, value))
		case "password":
			a.AuthData = [8]byte{}
			copy(a.AuthData[:], value)
		case "vips":
			a.Addresses = addresses(value)
		case "corrupt", "type", "cut", "pad", "totallength", "asv2":
		default:
			s.t.Fatalf("advert: %s", key)
		}
	}
	if !checksumTo.IsValid() {
		checksumTo = p.Destination
	}
	dialect := vrrp.ChecksumStandard
	if _, ok := options["asv2"]; ok {
		dialect = vrrp.ChecksumAsV2
	}
	p.Payload = vrrp.AppendAdvertisement(nil, &a, p.Source, checksumTo, dialect)
	damage(s.t, &p, options)
	s.tell(s.router.Receive(s.now, id, &p))
}

// damage makes a packet wrong after it was built.
func damage(t *testing.T, p *router.ReceivedPacket, options map[string]string) {
	if _, ok := options["corrupt"]; ok {
		p.Payload[6] ^= 0xff
	}
	if value, ok := options["type"]; ok {
		p.Payload[0] = p.Payload[0]&0xf0 | byte(number(t, value))
	}
	if value, ok := options["cut"]; ok {
		p.Payload = p.Payload[:len(p.Payload)-number(t, value)]
	}
	if value, ok := options["pad"]; ok {
		p.Payload = append(p.Payload, make([]byte, number(t, value))...)
	}
	if p.HeaderLength > 0 {
		p.TotalLength = p.HeaderLength + len(p.Payload)
	}
	if value, ok := options["totallength"]; ok {
		p.TotalLength = number(t, value)
	}
}

func (s *teller) event(words []string) router.Event {
	switch words[0] {
	case "tracker":
		ev := router.Event{Kind: router.TrackerChanged, Tracker: trackerID(s.t, s.cfg, words[1])}
		ev.Status, ev.Value = trackerStatus(s.t, words[2])
		return ev
	case "source":
		if words[2] == "none" {
			return router.Event{Kind: router.SourceLost, VR: s.vr(words[1])}
		}
		return router.Event{Kind: router.SourceFound, VR: s.vr(words[1]), Addr: netip.MustParseAddr(words[2])}
	case "sockets":
		kind := router.SocketsFound
		if words[2] == "lost" {
			kind = router.SocketsLost
		}
		return router.Event{Kind: kind, VR: s.vr(words[1])}
	case "place":
		kind := router.WellPlaced
		if words[2] == "bad" {
			kind = router.Misplaced
		}
		return router.Event{Kind: kind, VR: s.vr(words[1])}
	case "lost":
		return router.Event{Kind: router.EffectLost, VR: s.vr(words[1])}
	case "claim":
		return router.Event{Kind: router.AddressClaimed, VR: s.vr(words[1]), Addr: netip.MustParseAddr(words[2]), MAC: router.MAC{2, 0, 0, 0, 0, byte(number(s.t, words[3]))}}
	case "added":
		return router.Event{Kind: router.AddressesAdded, VR: s.vr(words[1])}
	case "announce":
		return router.Event{Kind: router.AnnounceRequested, VR: s.vr(words[1])}
	case "stalled":
		ev := router.Event{Kind: router.Stalled}
		if words[1] == "asleep" {
			ev.Asleep = duration(s.t, words[2])
		} else {
			ev.Late = duration(s.t, words[1])
		}
		return ev
	case "shutdown":
		if len(words) > 1 {
			return router.Event{Kind: router.ShutdownKeep}
		}
		return router.Event{Kind: router.Shutdown}
	}
	s.t.Fatalf("unknown command %q", words)
	return router.Event{}
}

func (s *teller) vr(name string) router.ID {
	id := slices.IndexFunc(s.cfg.VRs, func(vr router.VRConfig) bool { return vr.Name == name })
	if id < 0 {
		s.t.Fatalf("no Virtual Router %q", name)
	}
	return router.ID(id)
}

func (s *teller) tell(effects []router.Effect) {
	for _, e := range effects {
		fmt.Fprintf(&s.out, "%.6f %s\n", s.now.Sub(s.start).Seconds(), effectText(s.cfg, e))
	}
}

func (s *teller) state() {
	snapshot := s.router.Snapshot()
	for _, vr := range snapshot.VRs {
		deadline := "-"
		if !vr.Deadline.IsZero() {
			deadline = fmt.Sprintf("%.6f", vr.Deadline.Sub(s.start).Seconds())
		}
		fmt.Fprintf(&s.out, "%s %s want=%s priority=%d total=%d master=%v/%d interval=%v deadline=%s faults=%d waiting=%d installed=%v\n",
			vr.Config.Name, vr.State, vr.Want, vr.EffectivePriority, vr.TotalPriority, vr.Master, vr.MasterPriority,
			vr.MasterAdvertInterval, deadline, vr.TrackerFaults, vr.Waiting, vr.Installed)
		if text := statsText(vr.Stats); text != "" {
			fmt.Fprintf(&s.out, "  %s\n", text)
		}
	}
	for _, g := range snapshot.Groups {
		fmt.Fprintf(&s.out, "%s %s faults=%d waiting=%d\n", g.Config.Name, g.State, g.Faults, g.MembersWaiting)
	}
}

func number(t *testing.T, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func duration(t *testing.T, s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
