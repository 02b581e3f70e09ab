package router

import (
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// HMACConfig is how adverts are signed and signatures are judged (auth_hmac).
type HMACConfig struct {
	Keys   []HMACKey
	Active uint8 // the number of the key that signs
	Mode   HMACMode
	// Monotonic: a signed advert only has to be newer than the last one of its sender. Else its time must also
	// be within Window of this machine's.
	Monotonic bool
	Window    time.Duration // whole seconds
}

// HMACKey is a key and its number, 1 to 255.
type HMACKey struct {
	ID     uint8
	Secret string
}

// HMACMode says whether adverts are signed, and whether they must be. A signature that is there must be right.
type HMACMode uint8

const (
	HMACEnforce     HMACMode = iota // they are, and they must be
	HMACPermissive                  // they are
	HMACReceiveOnly                 // they are not
)

// Equal reports whether two configurations, either of which may be nil, are the same.
func (c *HMACConfig) Equal(other *HMACConfig) bool {
	if c == nil || other == nil {
		return c == other
	}
	if len(c.Keys) != len(other.Keys) {
		return false
	}
	for i := range c.Keys {
		if c.Keys[i] != other.Keys[i] {
			return false
		}
	}
	return c.Active == other.Active && c.Mode == other.Mode && c.Monotonic == other.Monotonic && c.Window == other.Window
}

// extension is the keys of a Virtual Router with auth_hmac, and what has been sent and heard with them.
type extension struct {
	cfg    *HMACConfig
	keys   []*vrrp.HMACKey
	active *vrrp.HMACKey // nil if adverts are not signed
	sent   vrrp.Sequence // of the last advert
	begun  bool          // sent is one
	marks  []mark
}

// A mark is the last signed advert of one sender. With unicast every peer has one. With multicast the few senders
// that were heard last have one, the latest in front; only who has a key can drive another one out.
type mark struct {
	source netip.Addr
	last   vrrp.Sequence
	heard  bool
}

const multicastMarks = 4

func newExtension(cfg *VRConfig) *extension {
	c := cfg.HMAC
	if c == nil {
		return nil
	}
	e := &extension{cfg: c}
	for _, key := range c.Keys {
		k := vrrp.NewHMACKey(key.ID, []byte(key.Secret))
		e.keys = append(e.keys, k)
		if key.ID == c.Active && c.Mode != HMACReceiveOnly {
			e.active = k
		}
	}
	if !cfg.Unicast {
		e.marks = make([]mark, multicastMarks)
		return e
	}
	for _, peer := range cfg.Peers {
		e.marks = append(e.marks, mark{source: peer.Addr})
	}
	return e
}

// next numbers an advert that is sent at an instant: by the clock, or, if the clock was turned back, by what was
// sent before. If it was turned back by much, the others see the time as it is now and would refuse the one before.
func (e *extension) next(now time.Time) vrrp.Sequence {
	clock := vrrp.SequenceAt(now)
	tooFar := !e.cfg.Monotonic && ahead(e.sent, now) > e.cfg.Window
	if e.begun && !clock.After(e.sent) && !tooFar {
		clock = e.sent + 1
	}
	e.sent, e.begun = clock, true
	return clock
}

// ahead is by how much the time of a signed advert is later than this machine's.
func ahead(s vrrp.Sequence, now time.Time) time.Duration {
	return time.Duration(s.AheadOf(now)) * time.Second
}

func (e *extension) key(id uint8) *vrrp.HMACKey {
	for _, k := range e.keys {
		if k.ID() == id {
			return k
		}
	}
	return nil
}

// markOf finds the mark of a sender, -1 if there is none. With multicast the one that was not used for longest becomes it.
func (e *extension) markOf(vr *virtualRouter, source netip.Addr) int {
	for i := range e.marks {
		if e.marks[i].source == source {
			return i
		}
	}
	if vr.cfg.Unicast {
		return -1
	}
	oldest := len(e.marks) - 1
	e.marks[oldest] = mark{source: source}
	return oldest
}

// accept moves a mark on, and with multicast to the front.
func (e *extension) accept(vr *virtualRouter, i int, s vrrp.Sequence) {
	used := mark{source: e.marks[i].source, last: s, heard: true}
	if !vr.cfg.Unicast {
		copy(e.marks[1:i+1], e.marks[:i])
		i = 0
	}
	e.marks[i] = used
}

// continueFrom takes over what a reload does not change.
func (e *extension) continueFrom(old *extension) {
	e.sent, e.begun = old.sent, old.begun
	for i := range e.marks {
		if e.marks[i].source.IsValid() {
			for _, m := range old.marks {
				if m.source == e.marks[i].source {
					e.marks[i] = m
				}
			}
		} else if i < len(old.marks) {
			e.marks[i] = old.marks[i]
		}
	}
}

// trailerOf is how many bytes at the end of a packet are an auth_hmac trailer: its length tells, not what is in it.
func (vr *virtualRouter) trailerOf(p *ReceivedPacket, h *vrrp.Header) int {
	if vr.ext != nil && len(p.Payload) == vr.lengthOf(h)+vrrp.TrailerLength {
		return vrrp.TrailerLength
	}
	return 0
}

// checkExtension judges the signature of a packet whose last bytes, trailer of them, are one; none if 0.
func (r *Router) checkExtension(vr *virtualRouter, p *ReceivedPacket, trailer int) bool {
	e := vr.ext
	if trailer == 0 {
		if e.cfg.Mode != HMACEnforce {
			return true
		}
		vr.stats.AuthExtMissing++
		return r.refuse(vr, LogExtMissing, p, 0, 0)
	}
	t, ok := vrrp.TrailerOf(p.Payload)
	if !ok {
		vr.stats.AuthExtMalformed++
		return r.refuse(vr, LogExtMalformed, p, 0, 0)
	}
	skew := ahead(t.Sequence, r.wall).Abs()
	if !e.cfg.Monotonic && skew > e.cfg.Window {
		vr.stats.AuthExtStale++
		return r.refuse(vr, LogExtStale, p, int64(skew), int64(e.cfg.Window))
	}
	key := e.key(t.KeyID)
	if key == nil {
		vr.stats.AuthExtUnknownKey++
		return r.refuse(vr, LogExtUnknownKey, p, int64(t.KeyID), 0)
	}
	if !key.Valid(p.Payload, p.Source) {
		vr.stats.AuthExtHMAC++
		return r.refuse(vr, LogExtWrongHMAC, p, int64(t.KeyID), 0)
	}
	return r.checkReplay(vr, p, t.Sequence, skew)
}

// checkReplay refuses a signed advert that is not newer than the last one of its sender.
func (r *Router) checkReplay(vr *virtualRouter, p *ReceivedPacket, s vrrp.Sequence, skew time.Duration) bool {
	e := vr.ext
	i := e.markOf(vr, p.Source)
	if i < 0 {
		vr.stats.AuthExtReplay++
		return r.refuse(vr, LogNotPeer, p, 0, 0)
	}
	// What is that far from now would be refused for its time already: the clocks were turned back.
	m := e.marks[i]
	void := !e.cfg.Monotonic && ahead(m.last, r.wall).Abs() > e.cfg.Window
	if m.heard && !void && !s.After(m.last) {
		vr.stats.AuthExtReplay++
		return r.refuse(vr, LogExtReplay, p, 0, 0)
	}
	e.accept(vr, i, s)
	if !e.cfg.Monotonic && skew > e.cfg.Window/2 {
		r.complain(vr, LogExtSkew, Effect{Addr: p.Source, Value: int64(skew), Want: int64(e.cfg.Window)})
	}
	return true
}
