package config

import (
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// groupDraft is a vrrp_sync_group while it is decoded.
type groupDraft struct {
	*SyncGroup
	d *decoder

	names          []syntax.Word
	namesGiven     bool
	members        []*draft
	smtpAlert      *bool
	notifyPriority *bool
}

type groupKeyword = schema.Keyword[groupDraft]

// groupTable is the keywords of vrrp_sync_group.
var groupTable = schema.NewTable("vrrp_sync_group", groupKeywords,
	trackKeywords(
		func(g *groupDraft) *decoder { return g.d },
		func(g *groupDraft) trackLists {
			return trackLists{&g.TrackInterfaces, &g.TrackScripts, &g.TrackFiles, &g.TrackProcesses, &g.TrackBFDs}
		}),
	notifyScripts(func(g *groupDraft) *decoder { return g.d }, func(g *groupDraft) *Notify { return &g.Notify }))

var groupKeywords = []groupKeyword{
	{Name: "group", Args: "{ NAME … }", Priority: schema.P1, Body: schema.List, Entry: &schema.Entry{Form: "INSTANCE …"}, Doc: "The instances of the group.",
		Note: "Needed. An instance belongs to one group at most.",
		Example: `group {
    inside outside
}`,
		Given: func(g *groupDraft) bool { return g.namesGiven }, Set: setMembers},
	{Name: "notify_timeout", Args: "0-86400", Unit: "seconds", Own: true, Priority: schema.P2,
		Doc:     "Seconds that the notify scripts of this group may take before they are terminated; 0 is any time.",
		Without: "notify_timeout of global_defs",
		Set:     setNotifyTimeout(func(g *groupDraft) **time.Duration { return &g.NotifyTimeout })},
	{Name: "smtp_alert", Args: "[on|off]", Priority: schema.P2, Doc: "Sends mails about this group.",
		Without: "smtp_alert_vrrp, then smtp_alert of global_defs, then off",
		Set:     schema.Switch(func(g *groupDraft, on bool) { g.smtpAlert = &on })},
	{Name: "notify_priority_changes", Args: "[on|off]", Priority: schema.P2, Doc: "Default of its members' notify_priority_changes.",
		Without: "vrrp_notify_priority_changes, then off",
		Set:     schema.Switch(func(g *groupDraft, on bool) { g.notifyPriority = &on })},
	{Name: "sync_group_tracking_weight", Priority: schema.P2, Doc: "Members may track with weights.",
		Note: "Without it members lose the trackers that have a weight; interfaces lose only the weight.",
		Set:  schema.Flag(func(g *groupDraft) *bool { return &g.TrackingWeight })},
	{Name: "global_tracking", Priority: schema.P3, Doc: "Old name of sync_group_tracking_weight.",
		Set: func(c *schema.Context, g *groupDraft, s *syntax.Statement) {
			c.Errorf(CodeOldName, s.Words[0].Span, "global_tracking is deprecated")
			c.Hint("write sync_group_tracking_weight")
			g.TrackingWeight = true
		}},
}

func decodeGroup(_ *schema.Context, d *decoder, s *syntax.Statement) {
	name, ok := d.onlyName(s)
	if !ok {
		return
	}
	if before := d.groupByName[name.Text]; before != nil {
		d.Errorf(CodeDuplicateName, name.Span, "vrrp sync group %s already defined, in line %d; this one is skipped", name.Text, before.Span.Line())
		d.Hint("give one of them another name")
		return
	}
	g := &groupDraft{SyncGroup: &SyncGroup{Name: name.Text, Span: name.Span}, d: d}
	defer d.About(name.Text)()
	groupTable.Decode(&d.Context, s.Block, g)
	if len(g.names) == 0 {
		if !d.Stopped() {
			d.Errorf(CodeEmptyGroup, name.Span, "the sync group has no members; it is removed")
			d.Hint("write: group { INSTANCE … }")
		}
		return
	}
	d.groups = append(d.groups, g)
	d.groupByName[name.Text] = g
}

func setMembers(c *schema.Context, g *groupDraft, s *syntax.Statement) {
	g.namesGiven = true
	for _, line := range s.Block.Statements {
		g.names = append(g.names, line.Words...)
	}
}

// resolveGroups finds the members of all groups; groups without any are removed.
func (d *decoder) resolveGroups() {
	for _, g := range d.groups {
		d.resolveGroup(g)
	}
	d.groups = slices.DeleteFunc(d.groups, func(g *groupDraft) bool { return len(g.members) == 0 })
	for _, g := range d.groups {
		d.cfg.SyncGroups = append(d.cfg.SyncGroups, g.SyncGroup)
	}
}

func (d *decoder) resolveGroup(g *groupDraft) {
	for _, name := range g.names {
		switch v := d.draftByName[name.Text]; {
		case v == nil:
			d.Errorf(CodeUnknownMember, name.Span, "sync group %s: there is no vrrp_instance %s; the name is ignored", g.Name, schema.Quote(name.Text))
			d.hintName(nearestName(d, name.Text, d.draftByName), "write the name of a vrrp_instance")
		case v.group == g:
			d.Errorf(CodeMemberTwice, name.Span, "sync group %s names %s twice; the second time is ignored", g.Name, name.Text)
			d.Hint("leave it out here")
		case v.group != nil:
			d.Errorf(CodeMemberTwice, name.Span, "sync group %s: %s is in sync group %s already; the name is ignored", g.Name, name.Text, v.group.Name)
			d.Hint("leave it out here, or make one group of the two")
		default:
			v.group, v.SyncGroup = g, g.Name
			g.members = append(g.members, v)
			g.Members = append(g.Members, v.Name)
		}
	}
	switch len(g.members) {
	case 0:
		d.Errorf(CodeEmptyGroup, g.Span, "sync group %s has no member that is there; it is removed", g.Name)
		d.Hint("mend the names in group { … }")
	case 1:
		d.Warnf(CodeGroupOfOne, g.Span, syntax.ClassGeneral, "sync group %s has only one member, which has nobody to stay together with", g.Name)
		d.Hint("name the others in group { … }, or remove the group")
	}
	g.SyncGroup.SMTPAlert = d.alerts(g.smtpAlert)
	g.SyncGroup.NotifyPriorityChanges = g.notifyPriority != nil && *g.notifyPriority
}

// alerts is whether mails are sent: the own setting, that for VRRP, the general one, or no.
func (d *decoder) alerts(own *bool) bool {
	for _, choice := range []*bool{own, d.global.smtpAlertVRRP, d.global.smtpAlert} {
		if choice != nil {
			return *choice
		}
	}
	return false
}

// checkOwners warns about a group with both owners and others: an owner cannot give way with the rest.
func (g *groupDraft) checkOwners() {
	owners := 0
	for _, v := range g.members {
		if v.Priority == vrrp.PriorityOwner {
			owners++
		}
	}
	if owners > 0 && owners < len(g.members) {
		g.d.Warnf(CodeMixedOwners, g.Span, syntax.ClassGeneral, "sync group %s: %d of its %d members own their addresses (priority 255), the others do not; that cannot work", g.Name, owners, len(g.members))
		g.d.Hint("give all members a priority below 255")
	}
	if owners > 0 {
		g.clearWeights()
	}
}

// clearWeights takes the weights from what the group tracks: the priority of an owner never changes.
func (g *groupDraft) clearWeights() {
	for _, list := range []*[]Track{&g.TrackInterfaces, &g.TrackScripts, &g.TrackFiles, &g.TrackProcesses, &g.TrackBFDs} {
		for i := range *list {
			if t := &(*list)[i]; t.Weight != 0 {
				g.d.Errorf(CodeWeightNotAllowed, t.Span, "sync group %s: weight of %s is cleared, since a member is address owner", g.Name, t.Name)
				t.Weight, t.Reverse = 0, false
			}
		}
	}
}

// checkTwice reports what both the group and a member track: the group's entry holds, unless the member's
// has no weight.
func (g *groupDraft) checkTwice() {
	for _, v := range g.members {
		g.checkOwnInterface(v)
		for _, pair := range []struct {
			own, group []Track
			kind       string
		}{
			{v.TrackInterfaces, g.TrackInterfaces, "interface"},
			{v.TrackScripts, g.TrackScripts, "script"},
			{v.TrackFiles, g.TrackFiles, "file"},
			{v.TrackProcesses, g.TrackProcesses, "process"},
			{v.TrackBFDs, g.TrackBFDs, "bfd"},
		} {
			for _, own := range pair.own {
				if !slices.ContainsFunc(pair.group, func(t Track) bool { return t.Name == own.Name }) {
					continue
				}
				const format = "(%s) tracked %s %s is tracked by sync group %s too"
				if pair.kind == "interface" {
					g.d.Errorf(CodeTrackedInBoth, own.Span, format, v.Name, pair.kind, own.Name, g.Name)
					g.d.Hint("leave it out of the instance")
				} else {
					g.d.Notef(CodeTrackedInBoth, own.Span, format, v.Name, pair.kind, own.Name, g.Name)
					g.d.Hint("leave it out of the instance")
				}
			}
		}
	}
}

// checkOwnInterface reports a group that tracks what a member tracks in any case, its own interface.
func (g *groupDraft) checkOwnInterface(v *draft) {
	if v.DontTrackPrimary || v.Interface == "" {
		return
	}
	for _, t := range g.TrackInterfaces {
		if t.Name == v.Interface {
			g.d.Errorf(CodeTrackedInBoth, t.Span, "sync group %s tracks interface %s, which its member %s tracks as its own", g.Name, t.Name, v.Name)
			g.d.Hint("leave it out: a member in FAULT takes the whole group along")
		}
	}
}
