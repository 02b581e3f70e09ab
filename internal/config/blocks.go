package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// garpGroupDraft is a garp_group while it is decoded.
type garpGroupDraft struct {
	GARPGroup
	d     *decoder
	paced bool // an interval was given, be it 0
}

// garpGroupTable is the keywords of garp_group.
var garpGroupTable = schema.NewTable("garp_group", []schema.Keyword[garpGroupDraft]{
	{Name: "garp_interval", Args: "SECONDS", Range: "0-4294.967295", Unit: "seconds", Priority: schema.P2, Doc: "Time between two gratuitous ARPs.",
		Without: "no pause",
		Set:     groupPace(func(g *garpGroupDraft) *time.Duration { return &g.Interval })},
	{Name: "gna_interval", Args: "SECONDS", Range: "0-4294.967295", Unit: "seconds", Priority: schema.P2, Doc: "Time between two unsolicited neighbour advertisements.",
		Without: "no pause",
		Set:     groupPace(func(g *garpGroupDraft) *time.Duration { return &g.NAInterval })},
	{Name: "interface", Args: "INTERFACE", Priority: schema.P2, Doc: "The interface that this is for.",
		Set: func(c *schema.Context, g *garpGroupDraft, s *syntax.Statement) {
			if word, ok := c.Word(s, 1); ok {
				g.add(word)
			}
		}},
	{Name: "interfaces", Args: "{ INTERFACE … }", Priority: schema.P2, Body: schema.List, Entry: &schema.Entry{Form: "INTERFACE …"}, Doc: "The interfaces that share this pace.",
		Set: func(c *schema.Context, g *garpGroupDraft, s *syntax.Statement) {
			for _, line := range s.Block.Statements {
				for _, word := range line.Words {
					g.add(word)
				}
			}
			if len(s.Block.Statements) == 0 {
				c.Errorf(CodeEmptyList, s.Words[0].Span, "interfaces is empty")
			}
		}},
})

func groupPace(field func(*garpGroupDraft) *time.Duration) schema.Setter[garpGroupDraft] {
	return func(c *schema.Context, g *garpGroupDraft, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		pace, ok := c.Seconds(s.Keyword(), word, schema.Seconds{High: maxTimer})
		if !ok {
			return
		}
		if pace >= time.Second {
			c.Notef(CodeVeryLong, word.Span, "%s is very long: %v", s.Keyword(), pace)
		}
		*field(g), g.paced = pace, true
	}
}

func (g *garpGroupDraft) add(word syntax.Word) {
	device, ok := g.d.wantDevice(word, " of a garp_group")
	switch {
	case !ok:
	case g.d.garpMember[word.Text]:
		g.d.Errorf(CodeGARPGroup, word.Span, "interface %s is in a garp_group already", word.Text)
	case device.VMAC:
		g.d.Errorf(CodeGARPGroup, word.Span, "interface %s is a virtual MAC device; name the interface below it", word.Text)
	default:
		g.d.garpMember[word.Text] = true
		g.Interfaces = append(g.Interfaces, word.Text)
	}
}

func decodeGARPGroup(c *schema.Context, d *decoder, s *syntax.Statement) {
	g := &garpGroupDraft{d: d}
	garpGroupTable.Decode(c, s.Block, g)
	if d.Stopped() {
		return
	}
	if !g.paced {
		d.Errorf(CodeGARPGroup, s.Words[0].Span, "garp_group has neither garp_interval nor gna_interval; it is removed")
		d.Hint("write: garp_interval SECONDS")
		return
	}
	d.cfg.GARPGroups = append(d.cfg.GARPGroups, g.GARPGroup)
}

// trackGroupDraft is a track_group while it is decoded.
type trackGroupDraft struct {
	names []syntax.Word
	given bool
}

// trackGroupTable is the keywords of track_group.
var trackGroupTable = schema.NewTable("track_group", []schema.Keyword[trackGroupDraft]{
	{Name: "group", Args: "{ INSTANCE … }", Priority: schema.P2, Body: schema.List, Entry: &schema.Entry{Form: "INSTANCE …"}, Doc: "The instances that track them.",
		Given: func(g *trackGroupDraft) bool { return g.given },
		Set: func(_ *schema.Context, g *trackGroupDraft, s *syntax.Statement) {
			g.given = true
			for _, line := range s.Block.Statements {
				g.names = append(g.names, line.Words...)
			}
		}},
})

func decodeTrackGroup(c *schema.Context, d *decoder, s *syntax.Statement) {
	name, ok := d.onlyName(s)
	if !ok {
		return
	}
	if d.trackGroups[name.Text] != nil {
		d.Errorf(CodeDuplicateName, name.Span, "track_group %s already defined; this one is skipped", name.Text)
		return
	}
	g := &trackGroupDraft{}
	defer d.About(name.Text)()
	trackGroupTable.Decode(c, s.Block, g)
	if d.Stopped() {
		return
	}
	if len(g.names) == 0 {
		d.Errorf(CodeTrackGroup, name.Span, "track group %s has no members; it is removed", name.Text)
		return
	}
	d.trackGroups[name.Text] = g.names
	d.cfg.TrackGroups = append(d.cfg.TrackGroups, TrackGroup{Name: name.Text})
}

// checkTrackGroups finds the members of track groups, and says which do not exist.
func (d *decoder) checkTrackGroups() {
	for i := range d.cfg.TrackGroups {
		group := &d.cfg.TrackGroups[i]
		for _, name := range d.trackGroups[group.Name] {
			if d.draftByName[name.Text] == nil {
				d.Notef(CodeTrackGroup, name.Span, "vrrp instance %s of a track_group does not exist", name.Text)
				d.hintName(nearestName(d, name.Text, d.draftByName), "")
				continue
			}
			if !slices.Contains(group.Members, name.Text) {
				group.Members = append(group.Members, name.Text)
			}
		}
	}
}

func decodeLinkbeat(c *schema.Context, d *decoder, s *syntax.Statement) {
	for _, line := range s.Block.Statements {
		name := line.Words[0]
		beat := Linkbeat{Interface: name.Text}
		device, there := d.device(name.Text)
		if !there && !d.cfg.Global.DynamicInterfaces {
			d.fatal(CodeNoInterface, name.Span, "interface %s of linkbeat_interfaces does not exist", schema.Quote(name.Text))
			continue
		}
		if args := line.Args(); len(args) > 1 || len(args) == 1 && !slices.Contains([]string{"MII", "ETHTOOL", "IOCTL"}, args[0].Text) {
			c.Errorf(CodeBadChoice, args[len(args)-1].Span, "linkbeat_interfaces knows no %s; it is ignored", schema.Quote(args[len(args)-1].Text))
			c.Hint("write: INTERFACE [MII|ETHTOOL|IOCTL]")
		} else if len(args) == 1 {
			beat.Method = args[0].Text
		}
		if device.VMAC {
			d.Notef(CodeBadChoice, name.Span, "linkbeat_interfaces: %s is a virtual MAC device, whose link is that of the interface below; it is ignored", name.Text)
			continue
		}
		d.cfg.Linkbeats = append(d.cfg.Linkbeats, beat)
	}
}

// fatal reports a finding of keepalived's class "fatal": exit code 4, when nothing worse is found.
func (d *decoder) fatal(code syntax.Code, at syntax.Span, format string, args ...any) {
	d.Report(syntax.Diagnostic{Code: code, Span: at, Class: syntax.ClassFatal, Refuse: true, Message: d.Subject() + fmt.Sprintf(format, args...)})
}

func decodeDelays(_ *schema.Context, d *decoder, s *syntax.Statement) {
	for _, line := range s.Block.Statements {
		d.addDelay(line)
	}
}

func (d *decoder) addDelay(line *syntax.Statement) {
	name, args := line.Words[0], line.Args()
	if _, there := d.device(name.Text); !there && !d.cfg.Global.DynamicInterfaces {
		d.fatal(CodeNoInterface, name.Span, "interface %s of interface_up_down_delays does not exist", schema.Quote(name.Text))
		return
	}
	if len(args) == 0 || len(args) > 2 {
		d.Notef(CodeBadArgument, name.Span, "interface_up_down_delays takes: INTERFACE DOWN [UP]; the line is ignored")
		return
	}
	var times [2]time.Duration
	for i, word := range args {
		var ok bool
		if times[i], ok = d.Seconds("delay", word, schema.Seconds{High: 255 * time.Second}); !ok {
			return
		}
	}
	d.cfg.Delays = append(d.cfg.Delays, InterfaceDelay{Interface: name.Text, Down: times[0], Up: times[1]})
}
