package router

import (
	"net/netip"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// A Signer completes the prepared adverts of one Virtual Router before they leave, because each has a number of its
// own. The zero Signer has nothing to do.
type Signer struct {
	ah     *vrrp.AH
	key    *vrrp.HMACKey
	source netip.Addr
}

// Signer is what VR's adverts must be signed with, the zero Signer if nothing. It must be asked for whenever the
// advert is encoded (AppendAdvert).
func (r *Router) Signer(id ID) Signer {
	vr := &r.vrs[id]
	s := Signer{source: vr.source}
	if vr.ah != nil {
		s.ah = vr.ah.key
	}
	if vr.ext != nil {
		s.key = vr.ext.active
	}
	return s
}

// Needed reports whether there is anything to sign.
func (s *Signer) Needed() bool { return s.ah != nil || s.key != nil }

// Sign signs an advert that is ready but for that: headers is what stands before the VRRP message in packet, the
// IPv4 header and, with AH, the authentication header. sequence is that of the effect SendAdvert.
func (s *Signer) Sign(packet []byte, headers int, sequence int64) {
	if s.ah != nil {
		s.ah.Sign(packet, uint32(sequence))
	}
	if s.key != nil {
		s.key.Sign(packet[headers:], s.source, vrrp.Sequence(sequence))
	}
}

// nextSequence numbers an advert that is about to be sent, 0 if adverts have no numbers.
func (r *Router) nextSequence(vr *virtualRouter) int64 {
	switch {
	case vr.ah != nil:
		return int64(vr.ah.next())
	case vr.ext != nil && vr.ext.active != nil:
		return int64(vr.ext.next(r.wall))
	}
	return 0
}

// authenticate judges what authenticates a packet by itself, and is another one with each packet: the trailer of
// auth_hmac, if that many bytes are one, and the authentication header.
func (r *Router) authenticate(vr *virtualRouter, p *ReceivedPacket, trailer int) bool {
	return (vr.ext == nil || r.checkExtension(vr, p, trailer)) && (vr.ah == nil || r.checkHeader(vr, p))
}
