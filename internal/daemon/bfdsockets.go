package daemon

import (
	"fmt"
	"time"

	"github.com/govrrpd/govrrpd/internal/bfd"
	"github.com/govrrpd/govrrpd/internal/bfdsock"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/poll"
)

// machineConfig is what the machine needs to know of a session.
func machineConfig(b *config.BFD) bfd.SessionConfig {
	return bfd.SessionConfig{
		Remote: b.Neighbor, Local: b.Source, Multihop: b.Multihop, MinTTL: uint8(b.MinTTL), Passive: b.Passive,
		DesiredMinTX: b.MinTX, IdleTX: b.IdleTX, RequiredMinRX: b.MinRX, DetectMult: b.Multiplier,
	}
}

// continues tells whether two configurations are of one session: it has the same ends.
func continues(a, b *config.BFD) bool {
	return a.Neighbor == b.Neighbor && a.Source == b.Source && a.Multihop == b.Multihop
}

// adopt puts other sessions in force. One that has the ends of a running one continues it, whatever its name and
// timers are now.
func (l *bfdLane) adopt(now time.Time, next []*config.BFD) []bfd.Effect {
	old := l.sessions
	sessions, matched := make([]*bfdSession, len(next)), make([]bfd.ID, len(next))
	configs := make([]bfd.SessionConfig, len(next))
	kept := make(map[*bfdSession]bool)
	for i, cfg := range next {
		configs[i] = machineConfig(cfg)
		sessions[i], matched[i] = &bfdSession{cfg: cfg, buffer: make([]byte, 0, bfd.PacketLength)}, -1
		for from, s := range old {
			if continues(s.cfg, cfg) {
				matched[i] = bfd.ID(from)
				sessions[i].take(s)
				kept[s] = true
			}
		}
	}
	effects := l.machine.Reload(now, configs, matched)
	for len(effects) > 0 && effects[0].Kind != bfd.Reloaded {
		l.send(&effects[0]) // by their old IDs, those that end say so
		effects = effects[1:]
	}
	for _, s := range old {
		if !kept[s] && s.sender != nil {
			_ = s.sender.Close()
		}
	}
	l.sessions = sessions
	return effects
}

// take hands the socket over, unless the packets must now look different.
func (s *bfdSession) take(before *bfdSession) {
	if s.cfg.TTL != before.cfg.TTL {
		if before.sender != nil {
			_ = before.sender.Close()
			before.sender = nil
		}
		return
	}
	s.sender, s.failed = before.sender, before.failed
}

const (
	firstBFDPause = time.Second
	lastBFDPause  = 30 * time.Second
)

// openBFD opens the sockets that are missing, and closes those that nobody needs any more. What cannot be opened is
// tried again later: another program may have the port.
func (d *Daemon) openBFD() {
	l := d.bfd
	l.open()
	if l.pause > 0 || l.complete() {
		return // the try that waits looks at everything
	}
	l.pause = firstBFDPause
	d.later(l.pause, d.reopenBFD)
}

// reopenBFD tries again, less and less often.
func (d *Daemon) reopenBFD() {
	l := d.bfd
	l.open()
	if d.stopped || l.complete() {
		l.pause = 0
		return
	}
	l.pause = min(2*l.pause, lastBFDPause)
	d.later(l.pause, d.reopenBFD)
}

func (l *bfdLane) open() {
	var wanted [earCount]bool
	for _, s := range l.sessions {
		wanted[earOf(s.cfg)] = true
		l.openSender(s)
	}
	for e := range ear(earCount) {
		if wanted[e] {
			l.openEar(e)
		} else {
			l.closeEar(e)
		}
	}
}

// complete tells whether all sessions have their sockets.
func (l *bfdLane) complete() bool {
	for _, s := range l.sessions {
		if s.sender == nil || l.ears[earOf(s.cfg)] == nil {
			return false
		}
	}
	return true
}

func (l *bfdLane) openSender(s *bfdSession) {
	if s.sender != nil {
		return
	}
	sender, err := l.ports.OpenSender(bfdsock.SenderConfig{
		Local: s.cfg.Source, Remote: s.cfg.Neighbor, TTL: s.cfg.TTL, Port: earOf(s.cfg).port(),
	})
	if err != nil {
		if !s.failed {
			l.log.Error(fmt.Sprintf("(%s) %v; trying again", s.cfg.Name, err))
		}
		s.failed = true
		return
	}
	s.sender, s.failed = sender, false
}

func (l *bfdLane) openEar(e ear) {
	if l.ears[e] != nil {
		return
	}
	r, err := bfdsock.OpenReceiver(e&ear6 != 0, e.port())
	if err == nil {
		if err = l.poller.Add(r.FD(), bfdTokens+poll.Token(e)); err != nil {
			_ = r.Close()
		}
	}
	if err != nil {
		if !l.deaf[e] {
			l.log.Error(fmt.Sprintf("%v; its sessions stay down, and it is tried again", err))
		}
		l.deaf[e] = true
		return
	}
	l.ears[e], l.deaf[e] = r, false
}

func (l *bfdLane) closeEar(e ear) {
	if r := l.ears[e]; r != nil {
		_ = l.poller.Remove(r.FD())
		_ = r.Close()
		l.ears[e] = nil
	}
}

// close closes every socket.
func (l *bfdLane) close() {
	for e := range ear(earCount) {
		l.closeEar(e)
	}
	for _, s := range l.sessions {
		if s.sender != nil {
			_ = s.sender.Close()
			s.sender = nil
		}
	}
}
