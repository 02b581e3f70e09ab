package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/internal/bfd"
	"github.com/govrrpd/govrrpd/internal/bfdsock"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/poll"
	"github.com/govrrpd/govrrpd/internal/router"
)

// bfdLane is BFD's part of the wire lane: the sessions, and what carries their packets. Only the loop uses it.
type bfdLane struct {
	poller  *poll.Poller
	log     *slog.Logger
	detail  bool // lines of -D are wanted
	chance  *rand.Rand
	machine *bfd.Machine

	sessions []*bfdSession // by bfd.ID
	ports    *bfdsock.Ports
	ears     [earCount]*bfdsock.Receiver // nil: not open
	deaf     [earCount]bool              // could not be opened, which has been told
	pause    time.Duration               // before the last try to open what could not be; 0: nothing waits

	handle   func(*bfdsock.Packet) // made once: a method value made for each Receive would be an allocation
	now      time.Time             // of the packets being handled
	ear      ear                   // that hears them
	received bfd.ReceivedPacket
	oddities limiter
}

// A bfdSession is the sending end of a session.
type bfdSession struct {
	cfg    *config.BFD
	sender *bfdsock.Sender // nil: not open
	buffer []byte
	failed bool // the last packet could not be sent, which has been told
}

// An ear is a receiving socket by what it is for: one bit for the family, one for the port.
type ear int

const (
	ear6, earMultihop ear = 1, 2
	earCount              = 4
)

func earOf(b *config.BFD) (e ear) {
	if b.Neighbor.Is6() {
		e |= ear6
	}
	if b.Multihop {
		e |= earMultihop
	}
	return e
}

func (e ear) port() int {
	if e&earMultihop != 0 {
		return bfd.PortMultihop
	}
	return bfd.Port
}

// bfdTokens is where the poller's tokens of BFD begin, one for each ear: there are never as many stations.
const bfdTokens poll.Token = 1 << 24

func newBFDLane(poller *poll.Poller, log *slog.Logger) *bfdLane {
	chance := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	return &bfdLane{
		poller: poller, log: log, chance: chance, ports: bfdsock.NewPorts(chance),
		detail: log.Enabled(noContext, logging.LevelDetail),
	}
}

// startBFD makes the sessions of a configuration, which are down, and opens their sockets.
func (d *Daemon) startBFD(cfg *config.Config) {
	d.bfd = newBFDLane(d.poller, d.log)
	d.bfd.handle = d.handleBFD
	d.bfd.machine = bfd.New(time.Now(), nil, d.bfd.chance)
	d.performBFD(time.Now(), d.bfd.adopt(time.Now(), d.sessionsOf(cfg)))
	d.openBFD()
}

// sessionsOf are the sessions that run: none with -B.
func (d *Daemon) sessionsOf(cfg *config.Config) []*config.BFD {
	if d.opts.NoBFD {
		return nil
	}
	return cfg.BFDs
}

// seed tells the plan's trackers which sessions are up. A tracker whose session is not run is down.
func (l *bfdLane) seed(p *plan) {
	for key, id := range p.trackers {
		if key.kind == router.TrackBFD {
			p.router.Trackers[id].Status = router.TrackerDown
		}
	}
	for i, s := range l.sessions {
		if id, ok := p.trackers[trackerKey{router.TrackBFD, s.cfg.Name}]; ok {
			p.router.Trackers[id].Status = verdict(l.machine.Session(bfd.ID(i)).State == bfd.Up)
		}
	}
}

// receiveBFD treats the packets of a port where they were read.
func (d *Daemon) receiveBFD(now time.Time, token poll.Token) {
	d.bfd.now, d.bfd.ear = now, ear(token-bfdTokens)
	r := d.bfd.ears[d.bfd.ear]
	if r == nil {
		return // closed since
	}
	if err := r.Receive(d.bfd.handle); err != nil && d.complained != err.Error() {
		d.complained = err.Error()
		d.log.Warn(fmt.Sprintf("receive BFD packets: %v", err))
	}
}

func (d *Daemon) handleBFD(p *bfdsock.Packet) {
	l := d.bfd
	l.received = bfd.ReceivedPacket{
		Source: p.Source, Destination: p.Destination, Multihop: l.ear&earMultihop != 0, TTL: uint8(p.TTL), Payload: p.Payload,
	}
	effects := l.machine.Receive(l.now, &l.received)
	if len(effects) == 0 {
		return
	}
	if effects[0].Kind == bfd.Discarded {
		l.discarded(p, &effects[0])
		return
	}
	d.performBFD(l.now, effects)
}

// performBFD does effects: first what leaves on the wire, then the lines about it, then what follows from it.
func (d *Daemon) performBFD(now time.Time, effects []bfd.Effect) {
	for i := range effects {
		if e := &effects[i]; e.Kind == bfd.Send {
			d.bfd.send(e)
		}
	}
	for i := range effects {
		switch e := &effects[i]; e.Kind {
		case bfd.StateChanged:
			d.bfd.stateChanged(e)
		case bfd.Expired:
			d.bfd.expired(e)
		case bfd.Negotiated:
			d.bfd.negotiated(e)
		case bfd.PollStarted:
			d.bfd.detailLine("(%s) Starting poll sequence", d.bfd.sessions[e.Session].cfg.Name)
		}
	}
	for i := range effects {
		if e := &effects[i]; e.Kind == bfd.StateChanged {
			d.tellBFD(now, e.Session, e.State)
		}
	}
}

// tellBFD tells the Virtual Routers of a session that is up, or is no more. Init is nothing to them.
func (d *Daemon) tellBFD(now time.Time, session bfd.ID, state bfd.State) {
	if state == bfd.Init {
		return
	}
	cfg := d.bfd.sessions[session].cfg
	if !tracked(cfg) {
		return
	}
	d.bfd.event(cfg.Name, state, now)
	if id, ok := d.plan.trackers[trackerKey{router.TrackBFD, cfg.Name}]; ok {
		d.step(router.Event{Kind: router.TrackerChanged, Tracker: id, Status: verdict(state == bfd.Up)})
	}
}

// tracked tells whether Virtual Routers are told of a session. Those for virtual servers alone are run for the
// neighbour's sake.
func tracked(b *config.BFD) bool { return b.ForVRRP || !b.ForChecker }

// send has a packet leave now. It allocates nothing.
func (l *bfdLane) send(e *bfd.Effect) {
	s := l.sessions[e.Session]
	if s.sender == nil {
		return
	}
	s.buffer = e.Packet.Append(s.buffer[:0])
	err := s.sender.Send(s.buffer)
	if err == nil {
		s.failed = false
		return
	}
	if !s.failed {
		s.failed = true
		l.sendFailed(s, err)
	}
}

func (l *bfdLane) sendFailed(s *bfdSession, err error) {
	var errno syscall.Errno
	errors.As(err, &errno)
	l.log.Warn(fmt.Sprintf("sendto() error (%s)", errorText(errno)))
	l.log.Warn(fmt.Sprintf("(%s) Error sending packet", s.cfg.Name))
}

// stopBFD ends all sessions; the neighbours are told that this was meant.
func (d *Daemon) stopBFD() {
	for _, e := range d.bfd.machine.Shutdown(time.Now()) {
		if e.Kind == bfd.Send {
			d.bfd.send(&e)
		}
	}
}
