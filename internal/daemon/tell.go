package daemon

import (
	"cmp"
	"fmt"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
	"github.com/govrrpd/govrrpd/internal/notify"
	"github.com/govrrpd/govrrpd/internal/notify/fifo"
	"github.com/govrrpd/govrrpd/internal/notify/mail"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/internal/script"
)

// teller tells scripts, FIFOs and people of transitions. What it is to say is fixed on the loop, in the
// order of the effects; it is said from the deed lane, so that a script finds the addresses that it is
// told of.
type teller struct {
	lane    *lane
	scripts *notify.Scripts
	fifos   []*fifo.FIFO
	sender  *mail.Sender // once there was somebody to write to
	mailer  *mail.Sender // the same, nil while there is nobody
	global  *config.Global

	// mailed is the state that was last written of, by subject: the same is not written twice.
	mailed map[mailSubject]router.State
}

func newTeller(d *Daemon, cfg *config.Config) *teller {
	t := &teller{
		lane:    d.lane,
		global:  &cfg.Global,
		scripts: notify.NewScripts(d.spawner, d.log),
		mailed:  make(map[mailSubject]router.State),
	}
	t.openFIFOs(d, cfg)
	t.configureMail(d)
	return t
}

// openFIFOs opens the pipes that the configuration asks for.
func (t *teller) openFIFOs(d *Daemon, cfg *config.Config) {
	for _, f := range []struct {
		name string
		fifo *config.FIFO
	}{
		{"notify fifo", cfg.Global.NotifyFIFO},
		{"vrrp notify fifo", cfg.Global.VRRPNotifyFIFO},
	} {
		if f.fifo == nil {
			continue
		}
		pipe, err := fifo.Open(fifoConfig(f.name, f.fifo), d.spawner, d.log)
		if err != nil {
			d.log.Error(fmt.Sprintf("%s: %v; going on without it", f.name, err))
			continue
		}
		t.fifos = append(t.fifos, pipe)
	}
}

// configureMail has mails sent if there is a server and somebody to write to. Mails that are waiting
// follow a changed configuration.
func (t *teller) configureMail(d *Daemon) {
	g := t.global
	if g.SMTPServer == "" || len(g.NotificationEmails) == 0 {
		t.mailer = nil
		return
	}
	cfg := mail.Config{
		Server: g.SMTPServer, Port: g.SMTPPort, HELO: g.SMTPHelo, Timeout: g.SMTPTimeout,
		From: g.EmailFrom, To: g.NotificationEmails,
	}
	if t.sender == nil {
		t.sender = mail.New(cfg, d.log)
		d.workers.Go(func() { t.sender.Run(d.ctx) })
	}
	t.sender.Configure(cfg)
	t.mailer = t.sender
}

// reconfigure follows a reload. Pipes that stay the same stay open, with their readers.
func (t *teller) reconfigure(d *Daemon, old, next *config.Config) {
	t.global = &next.Global
	t.configureMail(d)
	if equalFIFO(old.Global.NotifyFIFO, next.Global.NotifyFIFO) && equalFIFO(old.Global.VRRPNotifyFIFO, next.Global.VRRPNotifyFIFO) {
		return
	}
	closing := t.fifos
	t.fifos = nil
	// Lines that were told before go into the old pipes.
	t.lane.do(func() {
		for _, pipe := range closing {
			_ = pipe.Close(0)
		}
	})
	t.openFIFOs(d, next)
}

func equalFIFO(a, b *config.FIFO) bool {
	if a == nil || b == nil {
		return a == b
	}
	sameScript := a.Script == b.Script || a.Script != nil && b.Script != nil && command(a.Script).Equal(command(b.Script))
	return a.Path == b.Path && sameScript
}

func fifoConfig(name string, f *config.FIFO) fifo.Config {
	cfg := fifo.Config{Name: name, Path: f.Path, UID: f.User.UID, GID: f.User.GID}
	if f.Script != nil {
		cfg.Reader = command(f.Script)
	}
	return cfg
}

// command is a configured script as it is run.
func command(c *config.Command) script.Command {
	return script.Command{Args: c.Args, UID: c.User.UID, GID: c.User.GID, Groups: c.User.Groups}
}

// A tale is one thing to tell, complete.
type tale struct {
	state   *config.Command
	generic *config.Command
	event   notify.Event
	mail    *mail.Message
	// For the scripts:
	timeout *time.Duration // own notify_timeout
	account func() notify.Account
}

// tell queues a tale behind the deeds that it is about.
func (t *teller) tell(s tale) {
	if s.state == nil && s.generic == nil && s.mail == nil && len(t.fifos) == 0 {
		return
	}
	fifos, mailer, global := t.fifos, t.mailer, t.global
	t.lane.do(func() {
		if s.state != nil || s.generic != nil {
			t.scripts.Enqueue(s.call(global))
		}
		for _, pipe := range fifos {
			pipe.Write(s.event.Line())
		}
		if s.mail != nil && mailer != nil {
			mailer.Send(*s.mail)
		}
	})
}

// call is what is to be run for a tale: the script for the state first, then the generic one.
func (s *tale) call(global *config.Global) notify.Call {
	c := notify.Call{Event: s.event, AtOnce: global.NotifyAtOnce}
	if s.state != nil {
		c.Scripts = append(c.Scripts, command(s.state))
	}
	if s.generic != nil {
		c.Scripts = append(c.Scripts, command(s.generic).With(s.event.Args()...))
	}
	if c.AtOnce {
		return c
	}
	if limit := cmp.Or(s.timeout, global.NotifyTimeout); limit != nil {
		c.Timeout = notify.Timeout{After: *limit, Never: *limit == 0}
	}
	account := s.account()
	text := account.JSON()
	for i := range c.Scripts {
		c.Scripts[i].Stdin = text
	}
	return c
}

// about is a tale of an instance, without the script for its state.
func about(vi *config.Instance, word string, e *router.Effect, why string) tale {
	s := tale{
		generic: vi.Notify.Any,
		event:   notify.Event{Name: vi.Name, State: word, Priority: int(e.Priority)},
		timeout: vi.NotifyTimeout,
	}
	old, at := e.Old, time.Now()
	s.account = func() notify.Account {
		return notify.Account{
			Event: s.event, OldState: stateWord(old), Reason: why, At: at,
			VRID: int(vi.VRID), VRRPVersion: int(vi.Version), Interface: vi.Interface, IPv6: vi.IPv6,
			Addresses: prefixesOf(vi.VIPs, vi.ExcludedVIPs),
		}
	}
	return s
}

// stateWord is a state that something came from; the one before the first is none.
func stateWord(s router.State) string {
	if s == router.Initialize {
		return ""
	}
	return s.String()
}

func prefixesOf(lists ...[]*config.Address) (texts []string) {
	for _, list := range lists {
		for _, a := range list {
			texts = append(texts, a.Prefix.String())
		}
	}
	return texts
}

// transition tells of an instance's new state.
func (t *teller) transition(vi *config.Instance, e *router.Effect, why string) {
	if e.State == router.Initialize {
		return
	}
	s := about(vi, e.State.String(), e, why)
	switch e.State {
	case router.Master:
		s.state = vi.Notify.Master
	case router.Backup:
		s.state = vi.Notify.Backup
	case router.Fault:
		s.state = vi.Notify.Fault
	case router.Stopped:
		s.state = vi.Notify.Stop
	case router.Deleted:
		s.state = vi.NotifyDeleted
	}
	if vi.SMTPAlert {
		s.mail = t.letter(e.State, s.event)
	}
	t.tell(s)
}

// deletedAsFault tells of an instance that a reload removed and that has no notify_deleted: everybody
// hears FAULT, but notify_fault is not run.
func (t *teller) deletedAsFault(vi *config.Instance, e *router.Effect, why string) {
	s := about(vi, notify.Fault, e, why)
	if vi.SMTPAlert {
		s.mail = t.letter(router.Fault, s.event)
	}
	t.tell(s)
}

// groupTransition tells of a sync group's new state.
func (t *teller) groupTransition(group *config.SyncGroup, e *router.Effect, why string) {
	s := tale{
		generic: group.Notify.Any,
		event:   notify.Event{Group: true, Name: group.Name, State: e.State.String()},
		timeout: group.NotifyTimeout,
	}
	old, at := e.Old, time.Now()
	s.account = func() notify.Account {
		return notify.Account{Event: s.event, OldState: stateWord(old), Reason: why, At: at, Members: group.Members}
	}
	switch e.State {
	case router.Master:
		s.state = group.Notify.Master
	case router.Backup:
		s.state = group.Notify.Backup
	case router.Fault:
		s.state = group.Notify.Fault
	case router.Stopped:
		s.state = group.Notify.Stop
	}
	if group.SMTPAlert {
		s.mail = t.letter(e.State, s.event)
	}
	t.tell(s)
}

// priority tells FIFOs of a changed effective priority.
func (t *teller) priority(vi *config.Instance, e *router.Effect) {
	word := notify.BackupPriority
	if e.State == router.Master {
		word = notify.MasterPriority
	}
	t.tell(tale{event: notify.Event{Name: vi.Name, State: word, Priority: int(e.Priority)}})
}

// lowerPriority tells that a Master heard somebody of lower priority.
func (t *teller) lowerPriority(vi *config.Instance, e *router.Effect) {
	s := about(vi, notify.MasterRxLowerPri, e, "")
	s.state, s.generic = vi.NotifyRxLowerPrio, nil
	t.tell(s)
}

// splitBrain tells that there is another Master; why is the line of the log.
func (t *teller) splitBrain(vi *config.Instance, e *router.Effect, why string) {
	s := about(vi, notify.SplitBrain, e, why)
	s.state, s.generic = vi.NotifySplitBrain, nil
	t.tell(s)
}

// repeat writes an instance's state to the FIFOs once more (fifo_write_vrrp_states_on_reload).
func (t *teller) repeat(event notify.Event) { t.tell(tale{event: event}) }

// mailSubject is whom mails are about.
type mailSubject struct {
	group bool
	name  string
}

// letter is the mail about a state, nil if there is none to write. The same state is written of once.
func (t *teller) letter(state router.State, event notify.Event) *mail.Message {
	subject := mailSubject{event.Group, event.Name}
	if t.mailer == nil || state == router.Fault && t.global.NoEmailFaults {
		return nil
	}
	m, ok := mail.Text(t.global.RouterID, event)
	if last, written := t.mailed[subject]; !ok || written && last == state {
		return nil
	}
	t.mailed[subject] = state
	return &m
}

// figures are what was not told, if there is any.
func (t *teller) figures() (lines []dump.Line) {
	counts, dropped := t.scripts.Counts(), uint64(0)
	for _, pipe := range t.fifos {
		dropped += pipe.Dropped()
	}
	for _, f := range []struct {
		name  string
		count uint64
	}{
		{"States that no notify script was told of", counts.Overtaken},
		{"Notify scripts that were terminated", counts.TimedOut},
		{"Lines that FIFOs did not take", dropped},
	} {
		if f.count > 0 {
			lines = append(lines, figure(f.name, int(f.count)))
		}
	}
	return lines
}

// stop lets the scripts that are told of the stop run for at most grace and closes everything.
func (t *teller) stop(grace time.Duration) {
	t.scripts.Stop(grace)
	for _, pipe := range t.fifos {
		_ = pipe.Close(fifoGrace)
	}
}

// fifoGrace is how long the reader of a pipe may take to see its end.
const fifoGrace = 100 * time.Millisecond
