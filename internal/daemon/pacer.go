package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/govrrpd/govrrpd/internal/announce"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
)

// A pace is the least time between two announcements of a kind on the interfaces of one name: a physical
// interface, or a garp_group.
type pace struct {
	name    string
	arp, na time.Duration
}

// of is the pace for announcements of an address, 0 for as fast as they go.
func (p *pace) of(addr netip.Addr) time.Duration {
	if addr.Is6() {
		return p.na
	}
	return p.arp
}

// paces finds the pace of each interface.
type paces struct {
	common  pace // of interfaces in no garp_group: each by itself
	grouped map[string]pace
}

func newPaces(cfg *config.Config) *paces {
	p := &paces{
		common:  pace{arp: cfg.Global.GARP.Interval, na: cfg.Global.GARP.NAInterval},
		grouped: make(map[string]pace),
	}
	for i, group := range cfg.GARPGroups {
		for _, iface := range group.Interfaces {
			p.grouped[iface] = pace{fmt.Sprintf("group %d", i), group.Interval, group.NAInterval}
		}
	}
	return p
}

func (p *paces) of(iface string) pace {
	if grouped, ok := p.grouped[iface]; ok {
		return grouped
	}
	common := p.common
	common.name = iface
	return common
}

// announcement is one packet that waits for its turn.
type announcement struct {
	estate *estate
	term   uint32 // of the estate when it was asked for
	link   announce.Link
	addr   netip.Addr
	rounds int // of the burst: so many for the address may wait at a time; 0 means 1
}

// subject is what an announcement is for.
type subject struct {
	estate *estate
	term   uint32
	index  int
	addr   netip.Addr
}

func (a *announcement) subject() subject { return subject{a.estate, a.term, a.link.Index, a.addr} }

// pacer sends announcements at their interfaces' pace, in a goroutine of its own: the lane has other
// things to do meanwhile, for others too.
type pacer struct {
	send func(announcement)

	mu     sync.Mutex
	queues map[turn]*paced
	wake   chan struct{}
}

// turn is what takes turns: the kinds of announcements do not wait for each other.
type turn struct {
	name string
	v6   bool
}

type paced struct {
	waiting  []announcement
	copies   map[subject]int // of waiting
	interval time.Duration
	nextAt   time.Time
}

func newPacer(send func(announcement)) *pacer {
	return &pacer{send: send, queues: make(map[turn]*paced), wake: make(chan struct{}, 1)}
}

// queue adds an announcement, unless as many for the same address wait as a burst has rounds: where bursts come
// faster than the pace allows, more would wait for ever. A new interval holds from the next one on.
func (p *pacer) queue(at pace, a announcement) {
	p.mu.Lock()
	key := turn{at.name, a.addr.Is6()}
	q := p.queues[key]
	if q == nil {
		q = &paced{copies: make(map[subject]int)}
		p.queues[key] = q
	}
	q.interval = at.of(a.addr)
	if s := a.subject(); q.copies[s] < max(1, a.rounds) {
		q.copies[s]++
		q.waiting = append(q.waiting, a)
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// run sends what is queued until ctx ends.
func (p *pacer) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due, next := p.take(time.Now())
		for _, a := range due {
			p.send(a)
		}
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-timer.C:
		}
	}
}

// take returns what is to be sent now, and when to look again; the zero time is never. Announcements of
// estates that were given up meanwhile are dropped, which takes no time.
func (p *pacer) take(now time.Time) (due []announcement, next time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.queues {
		for len(q.waiting) > 0 && q.waiting[0].stale() {
			q.next()
		}
		if len(q.waiting) > 0 && !q.nextAt.After(now) {
			due = append(due, q.next())
			q.nextAt = now.Add(q.interval)
		}
		if len(q.waiting) > 0 && (next.IsZero() || q.nextAt.Before(next)) {
			next = q.nextAt
		}
	}
	return due, next
}

// next takes the announcement that has waited longest off the queue.
func (q *paced) next() announcement {
	a := q.waiting[0]
	q.waiting = q.waiting[1:]
	s := a.subject()
	if q.copies[s]--; q.copies[s] == 0 {
		delete(q.copies, s)
	}
	return a
}

// stale tells whether the address was given up since, with its estate or by a reload.
func (a *announcement) stale() bool {
	current := a.estate.current()
	return current.term.Load() != a.term || current != a.estate && !current.has(a.addr)
}

// pacedSender sends announcements for a pacer, on a socket of its own that is opened when it is first
// needed.
type pacedSender struct {
	log       *slog.Logger
	announcer *announce.Announcer
}

func (s *pacedSender) send(a announcement) {
	if s.announcer == nil {
		var err error
		if s.announcer, err = announce.Open(); err != nil {
			s.log.Error(fmt.Sprintf("(%s) %v", a.estate.name, err))
			return
		}
	}
	if a.link.Takes() {
		s.log.Log(noContext, logging.LevelDetail, sendingLine(a.link.Name, a.addr))
	}
	if _, err := s.announcer.Announce(a.link, []netip.Addr{a.addr}); err != nil {
		s.log.Error(fmt.Sprintf("(%s) %v", a.estate.name, err))
	}
}

func (s *pacedSender) close() {
	if s.announcer != nil {
		_ = s.announcer.Close()
	}
}
