package config

import (
	"fmt"
	"strconv"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// trackLists are the places of a vrrp_instance or vrrp_sync_group that hold its trackers.
type trackLists struct {
	interfaces, scripts, files, processes *[]Track
	bfds                                  *[]Track
}

var trackingKeywords = trackKeywords(
	func(v *draft) *decoder { return v.d },
	func(v *draft) trackLists {
		return trackLists{&v.TrackInterfaces, &v.TrackScripts, &v.TrackFiles, &v.TrackProcesses, &v.TrackBFDs}
	})

// trackKeywords are the track_* blocks, which instances and sync groups have in common.
func trackKeywords[T any](of func(*T) *decoder, lists func(*T) trackLists) []schema.Keyword[T] {
	list := func(set func(d *decoder, to trackLists, line *syntax.Statement)) schema.Setter[T] {
		return func(_ *schema.Context, into *T, s *syntax.Statement) {
			for _, line := range s.Block.Statements {
				set(of(into), lists(into), line)
			}
		}
	}
	return []schema.Keyword[T]{
		{Name: "track_interface", Args: "{ INTERFACE [weight -253-253 [reverse]] }", Priority: schema.P1, Body: schema.List, Entry: interfaceRules.entry("INTERFACE"),
			Doc:  "Interfaces whose state matters.",
			Note: "Without a weight the instance goes to FAULT when the interface is down. With one, its state changes the priority: a positive weight is added while it is up, a negative one while it is down; reverse turns that round. Not for the instance's own interface, which is tracked anyway.",
			Example: `track_interface {
    eth1
    eth2 weight -20
}`,
			Set: list(trackInterface)},
		{Name: "track_script", Args: "{ NAME [weight -253-253 [reverse|noreverse]] }", Priority: schema.P1, Body: schema.List, Entry: scriptRules.entry("NAME"),
			Doc:  "Scripts (vrrp_script) whose result matters.",
			Note: "The vrrp_script must stand before. A weight of 0 means FAULT when the script fails. A positive weight is added while it succeeds, a negative one while it fails; reverse turns that round.",
			Example: `track_script {
    web weight -30
}`,
			Set: list(trackScript)},
		{Name: "track_file", Args: "{ NAME [weight -254-254 [reverse|noreverse]] }", Priority: schema.P1, Body: schema.List, Entry: fileRules.entry("NAME"),
			Doc:  "Files (track_file) whose number matters.",
			Note: "The track_file must stand before. The number in the file times the weight is added to the priority; with a weight of 0 any number but 0 means FAULT, and so does a product of -254 or less.",
			Set:  list(trackFile)},
		{Name: "track_process", Args: "{ NAME [weight -254-254 [reverse|noreverse]] }", Priority: schema.P1, Body: schema.List, Entry: processRules.entry("NAME"),
			Doc:  "Processes (vrrp_track_process) that matter.",
			Note: "The vrrp_track_process must stand before. A weight of 0 means FAULT while too few processes run.",
			Set:  list(trackProcess)},
		{Name: "track_bfd", Args: "{ NAME [weight -253-253 [reverse|noreverse]] }", Priority: schema.P2, Body: schema.List, Entry: bfdRules.entry("NAME"),
			Doc:  "BFD sessions (bfd_instance) that matter.",
			Note: "The bfd_instance must stand before. A weight of 0 means FAULT while the session is not up, which it is not before the neighbour was heard. A positive weight is added while it is up, a negative one while it is not; reverse turns that round.",
			Set:  list(trackBFD)},
	}
}

// entryRules are what differs between the kinds of track entries.
type entryRules struct {
	kind      string
	limit     int64 // of the weight, in both directions
	noreverse bool  // may be written
	dropOnBad bool  // whether an unknown fourth word costs the entry
	clamp     bool  // 254 becomes 253, instead of being an error that costs the weight
}

// The rules of each kind.
var (
	interfaceRules = entryRules{kind: "track_interface", limit: 253, clamp: true}
	scriptRules    = entryRules{kind: "track_script", limit: 253, noreverse: true, clamp: true}
	fileRules      = entryRules{kind: "track_file", limit: 254, noreverse: true, dropOnBad: true}
	processRules   = entryRules{kind: "track_process", limit: 254, noreverse: true}
	bfdRules       = entryRules{kind: "track_bfd", limit: 253, noreverse: true, dropOnBad: true, clamp: true}
)

// entry describes the lines of a list of that kind, whose first word is called name.
func (r entryRules) entry(name string) *schema.Entry {
	return &schema.Entry{Form: name + " [weight " + r.weights() + "]", Options: r}
}

func (r entryRules) weights() string {
	limit := strconv.FormatInt(r.limit, 10)
	if r.noreverse {
		return "-" + limit + "-" + limit + " [reverse|noreverse]"
	}
	return "-" + limit + "-" + limit + " [reverse]"
}

// Rows is the one option of an entry, for documentation and completion.
func (r entryRules) Rows() []schema.Row {
	row := schema.Row{Name: "weight", Args: r.weights(), Priority: schema.P1,
		Doc:     "What the tracker adds to the priority; reverse turns round when it does.",
		Without: "that of the tracker's own block; 0 for interfaces"}
	if r.noreverse {
		row.Note = "noreverse takes back the reverse of the tracker's own block."
	}
	return []schema.Row{row}
}

func trackInterface(d *decoder, to trackLists, line *syntax.Statement) {
	if _, ok := d.wantDevice(line.Words[0], ", to be tracked,"); !ok {
		return
	}
	d.addTrack(to.interfaces, line, Track{}, interfaceRules)
}

func trackScript(d *decoder, to trackLists, line *syntax.Statement) {
	script := d.scripts[line.Words[0].Text]
	if script == nil {
		d.unknownTracker(line.Words[0], "track script", "vrrp_script", nearestName(d, line.Words[0].Text, d.scripts))
		return
	}
	d.addTrack(to.scripts, line, Track{Weight: script.Weight, Reverse: script.Reverse},
		scriptRules)
}

func trackFile(d *decoder, to trackLists, line *syntax.Statement) {
	file := d.files[line.Words[0].Text]
	if file == nil {
		d.unknownTracker(line.Words[0], "track file", "track_file", nearestName(d, line.Words[0].Text, d.files))
		return
	}
	d.addTrack(to.files, line, Track{Weight: file.Weight, Reverse: file.Reverse},
		fileRules)
}

func trackProcess(d *decoder, to trackLists, line *syntax.Statement) {
	process := d.processes[line.Words[0].Text]
	if process == nil {
		d.unknownTracker(line.Words[0], "track process", "vrrp_track_process", nearestName(d, line.Words[0].Text, d.processes))
		return
	}
	d.addTrack(to.processes, line, Track{Weight: process.Weight, Reverse: process.Reverse},
		processRules)
}

func trackBFD(d *decoder, to trackLists, line *syntax.Statement) {
	bfd := d.bfds[line.Words[0].Text]
	if bfd == nil {
		d.unknownTracker(line.Words[0], "track bfd", "bfd_instance", nearestName(d, line.Words[0].Text, d.bfds))
		return
	}
	d.addTrack(to.bfds, line, Track{Weight: bfd.Weight, Reverse: bfd.Reverse},
		bfdRules)
}

func (d *decoder) unknownTracker(word syntax.Word, kind, block, near string) {
	if line, ok := d.removed[block+" "+word.Text]; ok {
		d.Errorf(CodeUnknownTracker, word.Span, "%s %s is ignored, since its %s is not used", kind, schema.Quote(word.Text), block)
		d.Hint(fmt.Sprintf("line %d says why", line))
		return
	}
	d.Errorf(CodeUnknownTracker, word.Span, "%s %s not found, ignoring", kind, schema.Quote(word.Text))
	d.hintName(near, "the "+block+" of this name must stand before its use")
}

// addTrack reads `NAME [weight W [reverse|noreverse]]` into an entry that has the tracker's defaults.
func (d *decoder) addTrack(to *[]Track, line *syntax.Statement, track Track, rules entryRules) {
	name := line.Words[0]
	for _, other := range *to {
		if other.Name == name.Text {
			d.Errorf(CodeTrackedTwice, name.Span, "%s %s is given twice; this one is ignored", rules.kind, name.Text)
			return
		}
	}
	track.Name, track.Span = name.Text, name.Span
	if options := line.Args(); len(options) > 0 {
		if options[0].Text != "weight" || len(options) < 2 {
			d.Errorf(CodeTrackOption, options[0].Span, "%s %s: %s is no option, or lacks its number; the entry is ignored", rules.kind, name.Text, schema.Quote(options[0].Text))
			d.Hint("write: " + name.Text + " weight NUMBER")
			return
		}
		d.trackWeight(&track, options[1], rules)
		if len(options) > 2 && !d.trackDirection(&track, options[2], rules) {
			return
		}
	}
	*to = append(*to, track)
}

func (d *decoder) trackWeight(track *Track, word syntax.Word, rules entryRules) {
	r := schema.Between(-rules.limit, rules.limit)
	if n, fault := schema.ParseInt(word.Text, -254, 254); rules.clamp && fault == schema.Good {
		r = r.Or(min(max(n, -253), 253))
	} else {
		r = r.Or(int64(track.Weight))
	}
	n, _ := d.Int("weight", word, r)
	track.Weight = int(n)
}

// trackDirection reads the fourth word and reports whether the entry stays.
func (d *decoder) trackDirection(track *Track, word syntax.Word, rules entryRules) bool {
	switch {
	case word.Text == "reverse":
		track.Reverse = true
	case word.Text == "noreverse" && rules.noreverse:
		track.Reverse = false
	case rules.dropOnBad:
		d.Errorf(CodeTrackOption, word.Span, "%s %s: unknown option %s; the entry is ignored", rules.kind, track.Name, schema.Quote(word.Text))
		return false
	default:
		d.Errorf(CodeTrackOption, word.Span, "%s %s: unknown option %s; it is ignored", rules.kind, track.Name, schema.Quote(word.Text))
	}
	return true
}

var notifyKeywords = append(
	notifyScripts(func(v *draft) *decoder { return v.d }, func(v *draft) *Notify { return &v.Notify }),
	instanceKeyword{Name: "notify_master_rx_lower_pri", Args: "SCRIPT [USER [[:]GROUP]]", Priority: schema.P1,
		Doc:  "Runs when a Master hears an advert of lower priority.",
		Note: "That is what happens when two routers were Masters. The first one counts: a second is an error.",
		Set:  setRxLowerPrio},
	instanceKeyword{Name: "notify_deleted", Args: "[SCRIPT [USER [[:]GROUP]]]", Priority: schema.P2,
		Doc:   "The end of an instance by a reload is told as DELETED, not as FAULT.",
		Note:  "With a script, that is run too. Instances only.",
		Given: func(v *draft) bool { return v.NotifyDeletedSet }, Set: setDeleted},
	instanceKeyword{Name: "notify_timeout", Args: "0-86400", Unit: "seconds", Own: true, Priority: schema.P2,
		Doc:     "Seconds that the notify scripts of this instance may take before they are terminated; 0 is any time.",
		Without: "notify_timeout of global_defs",
		Set:     setNotifyTimeout(func(v *draft) **time.Duration { return &v.NotifyTimeout })},
	instanceKeyword{Name: "smtp_alert", Args: "[on|off]", Priority: schema.P2, Doc: "Sends mails about this instance.",
		Without: "smtp_alert_vrrp, then smtp_alert of global_defs, then off",
		Set:     schema.Switch(func(v *draft, on bool) { v.smtpAlert = &on })},
	instanceKeyword{Name: "notify_priority_changes", Args: "[on|off]", Priority: schema.P2, Doc: "Tells changes of the priority too.",
		Without: "that of the sync group, then vrrp_notify_priority_changes, then off",
		Set:     schema.Switch(func(v *draft, on bool) { v.notifyPriority = &on })},
)

// setRxLowerPrio differs from the other scripts in that a second one, which is refused, must have its word.
func setRxLowerPrio(c *schema.Context, v *draft, s *syntax.Statement) {
	if v.NotifyRxLowerPrio == nil {
		setCommand(func(v *draft) *decoder { return v.d }, func(v *draft) **Command { return &v.NotifyRxLowerPrio })(c, v, s)
	} else if _, ok := c.Word(s, 1); ok {
		c.Errorf(schema.CodeGivenAlready, s.Words[0].Span, "%s is given already; this one is ignored", schema.Quote(s.Keyword()))
	}
}

func setDeleted(c *schema.Context, v *draft, s *syntax.Statement) {
	v.NotifyDeletedSet = true
	if len(s.Words) > 1 {
		setCommand(func(v *draft) *decoder { return v.d }, func(v *draft) **Command { return &v.NotifyDeleted })(c, v, s)
	}
}

// notifyScripts are the notify keywords that instances and sync groups have in common.
func notifyScripts[T any](of func(*T) *decoder, notify func(*T) *Notify) []schema.Keyword[T] {
	row := func(name, doc string, field func(*Notify) **Command) schema.Keyword[T] {
		return schema.Keyword[T]{Name: name, Args: "SCRIPT [USER [[:]GROUP]]", Priority: schema.P1, Doc: doc,
			Given: func(into *T) bool { return *field(notify(into)) != nil },
			Set:   setCommand(of, func(into *T) **Command { return field(notify(into)) })}
	}
	return []schema.Keyword[T]{
		row("notify_master", "Runs when the state becomes MASTER.", func(n *Notify) **Command { return &n.Master }),
		row("notify_backup", "Runs when the state becomes BACKUP.", func(n *Notify) **Command { return &n.Backup }),
		row("notify_fault", "Runs when the state becomes FAULT.", func(n *Notify) **Command { return &n.Fault }),
		row("notify_stop", "Runs when the daemon stops.", func(n *Notify) **Command { return &n.Stop }),
		row("notify", "Runs at each change, with TYPE NAME STATE PRIORITY behind its arguments.", func(n *Notify) **Command { return &n.Any }),
	}
}
