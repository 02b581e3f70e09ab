package daemon

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"

	"github.com/govrrpd/govrrpd/internal/poll"
	"github.com/govrrpd/govrrpd/internal/rawsock"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// A berth says where a Virtual Router's adverts come and go. Virtual Routers whose berths agree in
// their key share sockets.
type berth struct {
	iface  string // that the sockets are bound to; "" is possible with unicast
	index  int    // of iface
	group  netip.Addr
	source netip.Addr // of own adverts
	peers  []netip.Addr
	ttl    int // of unicast; 0 is the default
	ah     bool
	buffer int // bytes that received adverts need; 0: as the system has it
	vrid   vrrp.VRID
}

// socketKey is what sockets are shared by. Multicast sockets serve every source address.
type socketKey struct {
	index        int
	iface        string
	group, local netip.Addr
	ah           bool // packets with an authentication header are another IP protocol
}

func (b *berth) key() socketKey {
	k := socketKey{index: b.index, iface: b.iface, group: b.group, ah: b.ah}
	if !b.group.IsValid() {
		k.local = b.source
	}
	return k
}

// unicast tells whether adverts go to peers.
func (b *berth) unicast() bool { return !b.group.IsValid() }

// destinations are where each advert is sent.
func (b *berth) destinations() []netip.Addr {
	if b.unicast() {
		return b.peers
	}
	return []netip.Addr{b.group}
}

// A station is a pair of sockets and the Virtual Routers that use them.
type station struct {
	key   socketKey
	token poll.Token
	rx    *rawsock.Receiver
	tx    *rawsock.Sender
	// byVRID finds whom a packet is for. With unicast, Virtual Routers that have no peer in common
	// may share a VRID: then the sender decides.
	byVRID [256][]router.ID
	users  int
	stale  bool // the filter in the kernel may not be that of byVRID
	filter filter
	buffer int // that the Virtual Routers have asked for together
}

// A filter says which Virtual Routers' adverts the kernel lets through.
type filter struct {
	vrids [256]bool
	open  bool
}

// String is the line that keepalived logs of a pair of sockets.
func (s *station) String() string {
	address, cast, protocol := s.key.group, " multicast", vrrp.Protocol
	if s.key.ah {
		protocol = vrrp.ProtocolAH
	}
	if !address.IsValid() {
		address, cast = s.key.local, " , unicast"
	}
	return fmt.Sprintf("VRRP sockpool: [ifindex(%3d), family(%s), proto(%d), fd(%d,%d)%s, address(%s)]",
		s.key.index, family(address.Is6()), protocol, s.rx.FD(), s.tx.FD(), cast, address)
}

// A line is one Virtual Router's end of the wire: its adverts, ready to leave.
type line struct {
	station  *station // nil: not attached
	berth    berth
	adverts  []*rawsock.Datagram // one for each destination
	signer   router.Signer       // completes each before it leaves
	priority vrrp.Priority       // that the prepared adverts carry
	id       uint16              // IPv4 identification of the last advert
}

// wire owns the sockets and the prepared adverts. Only the loop uses it.
type wire struct {
	poller     *poll.Poller
	log        *slog.Logger
	quiet      bool // sockets that are opened are reported later
	openFilter bool // log_unknown_vrids: adverts of unknown Virtual Routers wake us too
	stations   map[socketKey]*station
	byToken    []*station // nil where a station was closed
	lines      []line
	pdu        []byte // reused
}

func newWire(poller *poll.Poller, log *slog.Logger, openFilter bool, count int) *wire {
	return &wire{
		poller:     poller,
		log:        log,
		openFilter: openFilter,
		stations:   make(map[socketKey]*station),
		lines:      make([]line, count),
	}
}

// encoder appends a Virtual Router's advert for one destination, and has what signs it.
type encoder interface {
	AppendAdvert(buf []byte, id router.ID, destination netip.Addr) []byte
	Signer(id router.ID) router.Signer
}

// attach gives a Virtual Router its place on the wire, which works after the next refilter. What it
// had before is given up; on an error it has none.
func (w *wire) attach(id router.ID, b berth, enc encoder) error {
	if old := w.lines[id].station; old == nil || old.key != b.key() {
		w.detach(id)
		s, err := w.station(&b)
		if err != nil {
			return err
		}
		s.users++
		s.byVRID[b.vrid] = append(s.byVRID[b.vrid], id)
		s.stale = true
		w.lines[id].station = s
	} else if w.lines[id].berth.buffer != b.buffer {
		old.stale = true
	}
	w.lines[id].berth = b
	w.prepare(id, enc)
	return nil
}

// prepare encodes the adverts of a Virtual Router anew.
func (w *wire) prepare(id router.ID, enc encoder) {
	l := &w.lines[id]
	if l.station == nil {
		return
	}
	l.adverts, l.signer = l.adverts[:0], enc.Signer(id)
	for _, to := range l.berth.destinations() {
		w.pdu = enc.AppendAdvert(w.pdu[:0], id, to)
		l.adverts = append(l.adverts, l.station.tx.Prepare(l.berth.source, to, l.berth.ttl, w.pdu))
	}
	if len(w.pdu) > 0 {
		l.priority = vrrp.Priority(w.pdu[2])
	}
}

// detach takes a Virtual Router off the wire and closes sockets that nobody uses any more.
func (w *wire) detach(id router.ID) {
	l := &w.lines[id]
	s := l.station
	if s == nil {
		return
	}
	vrid := l.berth.vrid
	s.byVRID[vrid] = slices.DeleteFunc(s.byVRID[vrid], func(other router.ID) bool { return other == id })
	*l = line{id: l.id}
	s.stale = true
	if s.users--; s.users == 0 {
		w.close(s)
	}
}

func (w *wire) close(s *station) {
	_ = w.poller.Remove(s.rx.FD())
	_ = s.rx.Close()
	_ = s.tx.Close()
	delete(w.stations, s.key)
	w.byToken[s.token] = nil
}

// open opens the sockets of a berth that is about to be attached.
func (w *wire) open(b *berth) error {
	_, err := w.station(b)
	return err
}

// station finds or opens the sockets of a berth.
func (w *wire) station(b *berth) (*station, error) {
	key := b.key()
	if s := w.stations[key]; s != nil {
		return s, nil
	}
	cfg := rawsock.Config{Interface: b.iface, Index: b.index, Group: b.group, Source: key.local, AH: b.ah}
	rx, err := rawsock.OpenReceiver(cfg)
	if err != nil {
		return nil, err
	}
	tx, err := rawsock.OpenSender(cfg)
	if err != nil {
		rx.Close()
		return nil, err
	}
	s := &station{key: key, token: poll.Token(len(w.byToken)), rx: rx, tx: tx}
	if free := slices.Index(w.byToken, nil); free >= 0 {
		s.token = poll.Token(free)
	} else {
		w.byToken = append(w.byToken, nil)
	}
	if err := w.poller.Add(rx.FD(), s.token); err != nil {
		rx.Close()
		tx.Close()
		return nil, err
	}
	w.byToken[s.token] = s
	w.stations[key] = s
	if !w.quiet {
		w.log.Info(s.String())
	}
	return s, nil
}

// reportStations lists all sockets in the log, as keepalived does at a reload.
func (w *wire) reportStations() {
	for _, s := range w.byToken {
		if s != nil {
			w.log.Info(s.String())
		}
	}
}

// resize gives a station's socket the buffer that its Virtual Routers need together. Less than minBuffer is never
// asked for, because the adverts of one burst would not fit, nor more than the kernel can count.
func (w *wire) resize(s *station) error {
	const minBuffer, maxBuffer = 16 << 10, 1 << 30
	sum := 0
	for _, ids := range s.byVRID {
		for _, id := range ids {
			sum += w.lines[id].berth.buffer
		}
	}
	if sum == s.buffer {
		return nil
	}
	s.buffer = sum
	if sum > 0 {
		sum = min(max(sum, minBuffer), maxBuffer)
	}
	return s.rx.SetReceiveBuffer(sum)
}

// refilter brings the kernel's packet filters, and the sizes of its buffers, in line with the Virtual Routers of each station. It is
// called once after any number of attach and detach: a filter of hundreds of VRIDs takes a moment.
func (w *wire) refilter() (problems []error) {
	for _, s := range w.stations {
		if !s.stale {
			continue
		}
		s.stale = false
		if err := w.resize(s); err != nil {
			problems = append(problems, err)
		}
		filter := filter{open: w.openFilter}
		for vrid, ids := range s.byVRID {
			filter.vrids[vrid] = len(ids) > 0
		}
		if filter == s.filter {
			continue
		}
		if err := s.rx.SetFilter(&filter.vrids, filter.open); err != nil {
			problems = append(problems, fmt.Errorf("filter adverts on %s: %w", s.key.iface, err))
			continue
		}
		s.filter = filter
	}
	return problems
}

// A sendFailure is an advert that did not leave for one of its destinations.
type sendFailure struct {
	effect int // that asked for it, as perform counts
	to     netip.Addr
	err    error
}

// send has a Virtual Router's advert leave now, with the given priority and sequence number, for every destination. It
// allocates nothing unless it has failures to return.
func (w *wire) send(id router.ID, priority vrrp.Priority, sequence int64) (failures []sendFailure) {
	l := &w.lines[id]
	if l.id++; l.id == 0 {
		l.id = 1
	}
	for i, advert := range l.adverts {
		if priority != l.priority {
			vrrp.Patch(advert.PDU(), priority)
		}
		advert.SetID(l.id)
		if l.signer.Needed() {
			packet := advert.Packet()
			l.signer.Sign(packet, len(packet)-len(advert.PDU()), sequence)
		}
		if err := l.station.tx.Send(advert); err != nil {
			failures = append(failures, sendFailure{to: l.destination(i), err: err})
		}
	}
	l.priority = priority
	return failures
}

// destination is where the i-th advert goes.
func (l *line) destination(i int) netip.Addr {
	if l.berth.unicast() {
		return l.berth.peers[i]
	}
	return l.berth.group
}

// addressee finds the Virtual Router that a packet on a station is for, -1 if there is none.
func (w *wire) addressee(s *station, vrid byte, source netip.Addr) router.ID {
	switch ids := s.byVRID[vrid]; len(ids) {
	case 0:
		return -1
	case 1:
		return ids[0]
	default:
		for _, id := range ids {
			if slices.Contains(w.lines[id].berth.peers, source) {
				return id
			}
		}
		return -1
	}
}

// remap renumbers the Virtual Routers after a reload: the one at i continues the one that was at
// matched[i]. Sockets that nobody uses any more are closed; all others stay as they are.
func (w *wire) remap(matched []router.ID) {
	old := w.lines
	w.lines = make([]line, len(matched))
	for _, s := range w.stations {
		s.byVRID = [256][]router.ID{}
		s.users, s.stale = 0, true
	}
	for i, from := range matched {
		if from < 0 {
			continue
		}
		w.lines[i] = old[from]
		if s := old[from].station; s != nil {
			vrid := old[from].berth.vrid
			s.byVRID[vrid] = append(s.byVRID[vrid], router.ID(i))
			s.users++
		}
	}
	for _, s := range w.stations {
		if s.users == 0 {
			w.close(s)
		}
	}
}

// shutdown closes every socket.
func (w *wire) shutdown() {
	for _, s := range w.stations {
		w.close(s)
	}
}
