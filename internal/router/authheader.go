package router

import (
	"encoding/binary"
	"math"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// authHeader is what a Virtual Router with AH authentication knows. One counter numbers the adverts of the one who
// is Master, whoever that is: a packet that comes again is one whose number is not higher.
type authHeader struct {
	key      *vrrp.AH
	sequence uint32 // of the last advert that was sent or accepted
	own      bool   // it was sent, not accepted
	spent    bool   // there are no more numbers
}

// lastAHSequence is the last number that is sent.
const lastAHSequence = math.MaxUint32 - 1

func newAuthHeader(cfg *VRConfig) *authHeader {
	if cfg.AuthType != vrrp.AuthAH || cfg.Version != vrrp.Version2 || cfg.IPv6 {
		return nil
	}
	return &authHeader{key: vrrp.NewAH(cfg.AuthData)}
}

// next numbers an advert. RFC 2402, 3.3.2: a number is not used twice, so whoever has used up all of them is not
// heard any more, and loses its role.
func (a *authHeader) next() uint32 {
	if a.sequence >= lastAHSequence {
		a.spent = true
		return a.sequence
	}
	a.sequence++
	a.own = true
	return a.sequence
}

// isNew reports whether no advert of this number, or of a later one, has been accepted of anybody else. Two Masters that
// send the same number in the same instant hear each other by that, and do not keep step for ever.
func (a *authHeader) isNew(sequence uint32, others bool) bool {
	return sequence > a.sequence || sequence == a.sequence && a.own && others
}

// renew lets a new Master that has used up all numbers begin again.
func (a *authHeader) renew() {
	if a.spent {
		a.sequence, a.own, a.spent = 0, false, false
	}
}

// headerType is the kind of authentication that a packet shows before it is looked into.
func headerType(ah bool) int64 {
	if ah {
		return int64(vrrp.AuthAH)
	}
	return int64(vrrp.AuthNone)
}

// checkHeader judges the authentication header of a packet that has one.
func (r *Router) checkHeader(vr *virtualRouter, p *ReceivedPacket) bool {
	ah := vr.ah
	h, verdict := ah.key.Verify(p.Packet)
	if verdict == vrrp.AHForeign {
		r.refused = LogNone // what is authenticated there is nobody's advert
		return false
	}
	if verdict == vrrp.AHValid && ah.isNew(h.Sequence, p.Source != vr.source) {
		ah.sequence, ah.own = h.Sequence, false
		return true
	}
	vr.stats.AuthFailure++
	switch verdict {
	case vrrp.AHWrongValue:
		return r.refuse(vr, LogAHWrongValue, p, 0, 0)
	case vrrp.AHWrongSPI:
		return r.refuse(vr, LogAHWrongSPI, p, int64(binary.LittleEndian.Uint32(h.SPI[:])), 0)
	}
	return r.refuse(vr, LogAHRepeated, p, int64(h.Sequence), int64(ah.sequence))
}

// syncHeader makes the numbers of a Master's own adverts follow that of a lower Master's, which would not hear it
// otherwise.
func (r *Router) syncHeader(vr *virtualRouter) {
	if vr.ah == nil || vr.ah.sequence >= lastAHSequence {
		return
	}
	vr.ah.sequence++
	vr.ah.own = false
	r.log(LogAHSync, vr, Effect{Value: int64(vr.ah.sequence)})
}
