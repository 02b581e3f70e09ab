package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/rawsock"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// noContext is for log calls: nothing they do can be cancelled.
var noContext = context.Background()

// loop owns every Virtual Router until the daemon stops; the error is why it did so by itself. It alone calls the router and the wire, so
// neither needs a lock; nothing in it waits for anything but the poller.
//
// Packets come before the clock: an advert that waits in a socket beats a Master_Down_Timer that ran
// out meanwhile. What others posted comes last, when the adverts of this moment have left.
func (d *Daemon) loop() error {
	for !d.stopped {
		deadline := d.nextDeadline()
		tokens, err := d.poller.Wait(deadline)
		if err != nil {
			return fmt.Errorf("wait for events: %w", err)
		}
		now := time.Now()
		late := missedBy(deadline, now)
		d.lateness.note(late)
		if late > d.plan.cfg.Global.AutoPriorityDelay {
			d.late(late)
		}
		d.guardAgainstStalls(now, late)
		for _, token := range tokens {
			if token >= bfdTokens {
				d.receiveBFD(now, token)
			} else if s := d.wire.byToken[token]; s != nil {
				d.receive(now, s)
			}
		}
		d.perform(d.router.Step(now, router.Event{Kind: router.Tick}))
		d.performBFD(now, d.bfd.machine.Step(now))
		d.inbox.drain()
		if d.heartbeat > 0 && !now.Before(d.heartbeatAt) {
			d.manager.alive()
			d.heartbeatAt = now.Add(d.heartbeat)
		}
	}
	return d.broken
}

// nextDeadline is when the router, BFD, or the service manager's watchdog, wants to be served.
func (d *Daemon) nextDeadline() time.Time {
	at := earlier(d.router.NextDeadline(), d.bfd.machine.NextDeadline())
	if d.heartbeat > 0 {
		at = earlier(at, d.heartbeatAt)
	}
	return at
}

// earlier is the first of two deadlines; the zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// receive treats the packets of a station where they were read.
func (d *Daemon) receive(now time.Time, s *station) {
	d.receiving.now, d.receiving.station = now, s
	if _, err := s.rx.Receive(d.receiving.handle); err != nil && d.complained != err.Error() {
		// A socket whose interface went down says so once per socket; the link's own news follow.
		d.complained = err.Error()
		d.log.Warn(fmt.Sprintf("receive adverts on %s: %v", s.key.iface, err))
	}
}

// receiving is what the packet handler needs; the handler is a method value that is made once, because
// one per call would be an allocation per packet.
type receiving struct {
	now     time.Time
	station *station
	handle  func(*rawsock.Packet)
	packet  router.ReceivedPacket
}

func (d *Daemon) handlePacket(p *rawsock.Packet) {
	if len(p.Payload) < vrrp.HeaderLength { // one that is cut off is longer than any advert, for the state machine too
		d.strange(p)
		return
	}
	id := d.wire.addressee(d.receiving.station, p.Payload[1], p.Source)
	if id < 0 {
		d.unknown(p)
		return
	}
	d.receiving.packet = router.ReceivedPacket{
		Source: p.Source, Destination: p.Destination, TTL: uint8(p.TTL), Multicast: p.Multicast,
		Payload: p.Payload, TotalLength: p.TotalLength, HeaderLength: p.HeaderLength,
		AH: d.receiving.station.key.ah, Packet: p.Raw,
	}
	if effects := d.router.Receive(d.receiving.now, id, &d.receiving.packet); len(effects) > 0 {
		d.perform(effects)
	}
}

// strange notes a packet that is too short for its own headers, at a bounded rate.
func (d *Daemon) strange(p *rawsock.Packet) {
	if d.short.allow(d.receiving.now) {
		d.log.Info(fmt.Sprintf("%s VRRP packet too short - %d bytes", family(p.Source.Is6()), len(p.Raw)))
	}
}

// unknown notes an advert of a Virtual Router that is not configured here.
func (d *Daemon) unknown(p *rawsock.Packet) {
	if d.plan.cfg.Global.LogUnknownVRIDs && d.unknownVRIDs.allow(d.receiving.now) {
		d.log.Info(fmt.Sprintf("Unknown VRID(%d) received on interface(%s). ignoring...", p.Payload[1], d.receiving.station.key.iface))
	}
}

// perform does effects: first whatever leaves on the wire, in order, then the rest, in order. Nothing
// in the second part is waited for.
func (d *Daemon) perform(effects []router.Effect) {
	failures, more := d.sendAdverts(effects)
	if !more && len(failures) == 0 {
		return
	}
	// Deeds are handed over before lines are written, because somebody waits for addresses. With -D the
	// deeds have lines of their own, which must follow those that lead to them.
	d.protectAll(effects)
	inOrder := d.journal.detail
	for i := range effects {
		for len(failures) > 0 && failures[0].effect == i {
			d.sendFailed(&effects[i], &failures[0])
			failures = failures[1:]
		}
		if inOrder || effects[i].Kind != router.Log {
			d.act(effects, i)
		}
	}
	for i := range effects {
		if !inOrder && effects[i].Kind == router.Log {
			d.act(effects, i)
		}
	}
}

// sendAdverts does what leaves on the wire, and tells what failed of it, and whether there is more to do.
func (d *Daemon) sendAdverts(effects []router.Effect) (failures []sendFailure, more bool) {
	for i := range effects {
		switch e := &effects[i]; e.Kind {
		case router.SendAdvert:
			for _, f := range d.wire.send(e.VR, e.Priority, e.Value) {
				f.effect = i
				failures = append(failures, f)
			}
		case router.AdvertChanged:
			d.wire.prepare(e.VR, d.router)
		default:
			more = true
		}
	}
	return failures, more
}

// sendFailed reports an advert that did not leave, each time and for each peer.
func (d *Daemon) sendFailed(e *router.Effect, f *sendFailure) {
	if e.Priority == vrrp.PriorityRelease && errors.Is(f.err, syscall.ENETUNREACH) {
		return // the release of a Master whose link is gone
	}
	vi := d.plan.cfg.Instances[e.VR]
	var errno syscall.Errno
	errors.As(f.err, &errno)
	if vi.Unicast {
		d.log.Warn(fmt.Sprintf("(%s) Cant send advert to %s (%s)", vi.Name, f.to, errorText(errno)))
		return
	}
	d.log.Warn(fmt.Sprintf("(%s): send advert error %d (%s)", vi.Name, int(errno), errorText(errno)))
}

// errorText is an error number in the words of the C library, which log watchers know: with a capital.
func errorText(errno syscall.Errno) string {
	text := errno.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// act does one of the effects, that is not the wire's: it is handed to whoever does it, never waited for.
func (d *Daemon) act(effects []router.Effect, i int) {
	switch e := &effects[i]; e.Kind {
	case router.Log:
		if e.Reason == router.LogSplitBrain && d.senderIsComing(e) {
			return
		}
		d.journal.write(e)
		if e.Reason == router.LogStalled {
			d.lateness.stalls++
		}
	case router.Purge:
		d.purge(e.VR)
	case router.Install:
		d.install(e.VR)
		d.rewatch()
	case router.Withdraw:
		d.withdraw(e.VR)
		d.rewatch()
	case router.Announce:
		d.announce(e.VR, e.Count)
	case router.AnnounceExtra:
		d.announceExtra(e.VR)
	case router.AnnounceSource:
		d.announceSource(e.VR, e.Addr)
	case router.CancelAnnounce:
		d.plan.estates[e.VR].term.Add(1)
	case router.Transition:
		vi, why := d.plan.cfg.Instances[e.VR], d.cause(effects[:i], e)
		if d.retiring && e.State == router.Fault {
			d.teller.deletedAsFault(vi, e, why)
			return
		}
		d.teller.transition(vi, e, why)
	case router.GroupTransition:
		d.teller.groupTransition(d.plan.cfg.SyncGroups[e.Group], e, d.cause(effects[:i], e))
	case router.PriorityChanged:
		d.teller.priority(d.plan.cfg.Instances[e.VR], e)
	case router.RxLowerPriority:
		d.teller.lowerPriority(d.plan.cfg.Instances[e.VR], e)
	case router.LookForSender:
		d.lookForSender(e.VR, e.Addr)
	case router.AskForAddress:
		d.askFor(e.VR, e.Addr)
	case router.SplitBrain:
		d.splitBrain(e)
	}
}

// limiter lets a few reports through per period, so that a flood of bad packets is not one of lines.
type limiter struct {
	until time.Time
	count int
}

const (
	limiterPeriod = time.Minute
	limiterCount  = 10
)

func (l *limiter) allow(now time.Time) bool {
	if now.After(l.until) {
		l.until, l.count = now.Add(limiterPeriod), 0
	}
	l.count++
	return l.count <= limiterCount
}
