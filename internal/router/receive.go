package router

import (
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// heard is what the state machine wants of an advert that passed all checks.
type heard struct {
	source   netip.Addr
	priority vrrp.Priority
	interval time.Duration
}

// Receive judges a packet that came in for VR and hands a good advert to the state machine. The slice is
// the Router's and valid until its next call. A bad packet moves no timer and changes no state (keepalived
// restarts a Master's advert timer, so that a stranger can silence it).
func (r *Router) Receive(now time.Time, id ID, p *ReceivedPacket) []Effect {
	r.begin(now)
	vr := &r.vrs[id]
	if r.delayedUntil != never || (vr.state != Backup && vr.state != Master) {
		return r.effects
	}
	if vr.last.is(p) {
		if !r.authenticate(vr, p, vr.last.trailer) {
			r.refusedAdvert(vr, p, &vrrp.Header{Priority: vr.last.heard.priority, AdvertInterval: vr.last.heard.interval})
			return r.effects
		}
		vr.stats.AdvertRcvd++
		r.hear(vr, &vr.last.heard)
		return r.effects
	}
	r.receiveNew(vr, p)
	return r.effects
}

func (r *Router) hear(vr *virtualRouter, a *heard) {
	if a.priority == vrrp.PriorityRelease {
		vr.stats.PriZeroRcvd++
	}
	if vr.state == Master {
		r.masterAdvert(vr, a)
		return
	}
	r.backupAdvert(vr, a)
}

// receiveNew goes through all checks in keepalived's order, so that a packet with two faults counts as with
// keepalived.
func (r *Router) receiveNew(vr *virtualRouter, p *ReceivedPacket) {
	h, err := vrrp.ParseHeader(p.Payload)
	if err != nil {
		r.complain(vr, LogTooShort, Effect{Addr: p.Source, Value: int64(len(p.Payload))})
		return
	}
	if vr.cfg.IPv6 && p.Multicast == vr.cfg.Unicast {
		r.complain(vr, LogWrongCast, Effect{Addr: p.Source, Value: int64(count(p.Multicast))})
		return
	}
	trailer := vr.trailerOf(p, &h)
	if !r.checkEnvelope(vr, p, &h, trailer) || (vr.ext != nil && !r.checkExtension(vr, p, trailer)) ||
		!r.checkAuth(vr, p, &h) || !r.checkBody(vr, p, &h) {
		r.refusedAdvert(vr, p, &h)
		return
	}
	vr.stats.AdvertRcvd++
	clean := r.checkAddresses(vr, p, &h)
	if !r.checkPeer(vr, p) {
		return
	}
	a := heard{source: p.Source, priority: h.Priority, interval: h.AdvertInterval}
	if clean {
		vr.last.keep(p, trailer, a)
	}
	r.hear(vr, &a)
}

// checkEnvelope is about authentication header, length, TTL and version.
func (r *Router) checkEnvelope(vr *virtualRouter, p *ReceivedPacket, h *vrrp.Header, trailer int) bool {
	if got, want := p.AH, vr.ah != nil; got != want {
		vr.stats.AuthTypeMismatch++
		return r.refuse(vr, LogAuthMismatch, p, headerType(got), int64(vr.cfg.AuthType))
	}
	want, got := vr.lengthOf(h), len(p.Payload)-trailer
	before := p.HeaderLength // keepalived counts it
	if got < want {
		vr.stats.PacketLenErr++
		return r.refuse(vr, LogLengthShort, p, int64(before+got), int64(before+want))
	}
	if got > want && (p.AH || !padded(vr.cfg.IPv6, want, got)) { // with an AH no frame is that short
		vr.stats.PacketLenErr++
		came := max(before+got, p.TotalLength) // only a part is here of what is longer than any advert
		return r.refuse(vr, LogLengthLong, p, int64(came), int64(before+want))
	}
	// RFC 5798, 7.1: a TTL other than 255 came through a router. Unicast is meant to.
	if !vr.cfg.Unicast && p.TTL != vrrp.TTL {
		vr.stats.IPTTLErr++
		return r.refuse(vr, LogTTL, p, int64(p.TTL), vrrp.TTL)
	}
	if h.Version != vr.cfg.Version {
		vr.stats.VersErr++
		return r.refuse(vr, LogVersion, p, int64(h.Version), int64(vr.cfg.Version))
	}
	return true
}

// lengthOf is how long a message must be. Its own version decides that, so that one of the other version is refused for
// its version.
func (vr *virtualRouter) lengthOf(h *vrrp.Header) int {
	version := vr.cfg.Version
	if h.Version == vrrp.Version2 || h.Version == vrrp.Version3 {
		version = h.Version
	}
	return vrrp.MessageLength(version, vr.cfg.IPv6, h.Count)
}

// padded reports whether the surplus is the padding of the shortest Ethernet frame: 46 bytes, of which
// the IPv4 header takes 20.
func padded(ipv6 bool, want, got int) bool {
	const shortest, ipv4Header = 46, 20
	if !ipv6 {
		want, got = want+ipv4Header, got+ipv4Header
	}
	return want < shortest && (got-want)%4 == 2
}

// checkAuth is about what version 2 knows of authentication and interval.
func (r *Router) checkAuth(vr *virtualRouter, p *ReceivedPacket, h *vrrp.Header) bool {
	if h.Version != vrrp.Version2 {
		return true
	}
	switch {
	case h.AuthType > vrrp.AuthAH:
		vr.stats.InvalidAuthType++
		return r.refuse(vr, LogAuthInvalid, p, int64(h.AuthType), 0)
	case h.AuthType != vr.cfg.AuthType:
		vr.stats.AuthTypeMismatch++
		return r.refuse(vr, LogAuthMismatch, p, int64(h.AuthType), int64(vr.cfg.AuthType))
	case h.AuthType == vrrp.AuthPass && !vr.cfg.IPv6 && !vrrp.PasswordEqual(vr.message(p, h), vr.cfg.AuthData):
		vr.stats.AuthFailure++
		return r.refuse(vr, LogAuthFailure, p, 0, 0)
	case vr.ah != nil && !r.checkHeader(vr, p):
		return false
	case h.AdvertInterval != vr.cfg.AdvertInterval:
		// RFC 3768, 7.1: discarded. keepalived does not count it, so its figures say 0.
		return r.refuse(vr, LogIntervalV2, p, int64(h.AdvertInterval), int64(vr.cfg.AdvertInterval))
	}
	return true
}

// message is the payload without padding.
func (vr *virtualRouter) message(p *ReceivedPacket, h *vrrp.Header) []byte {
	return p.Payload[:vrrp.MessageLength(vr.cfg.Version, vr.cfg.IPv6, h.Count)]
}

// checkBody is about type, lengths, checksum and destination.
func (r *Router) checkBody(vr *virtualRouter, p *ReceivedPacket, h *vrrp.Header) bool {
	if h.Type != vrrp.TypeAdvertisement {
		vr.stats.InvalidTypeRcvd++
		return r.refuse(vr, LogType, p, int64(h.Type), vrrp.TypeAdvertisement)
	}
	if p.TotalLength > 0 && p.TotalLength != p.HeaderLength+len(p.Payload) {
		vr.stats.PacketLenErr++
		return r.refuse(vr, LogTotalLength, p, int64(p.TotalLength), int64(p.HeaderLength+len(p.Payload)))
	}
	if h.Version == vrrp.Version3 && h.AdvertInterval != vr.cfg.AdvertInterval {
		r.complain(vr, LogIntervalMismatch, Effect{Addr: p.Source, Value: int64(h.AdvertInterval), Want: int64(vr.cfg.AdvertInterval)})
	}
	if !vr.cfg.IPv6 && !r.checksumRight(vr, p, h) {
		vr.stats.ChkErr++
		return r.refuse(vr, LogChecksum, p, int64(h.Version), 0)
	}
	if !vr.cfg.IPv6 && p.Multicast == vr.cfg.Unicast {
		vr.stats.AddrListErr++
		return r.refuse(vr, LogExpectMulticast, p, int64(count(!vr.cfg.Unicast)), 0)
	}
	if vr.cfg.OwnerIgnoreAdverts && vr.owner() {
		return r.refuse(vr, LogOwnerIgnores, p, 0, 0)
	}
	return true
}

// checksumRight judges the checksum of an IPv4 advert; the kernel did that of IPv6.
func (r *Router) checksumRight(vr *virtualRouter, p *ReceivedPacket, h *vrrp.Header) bool {
	pdu := vr.message(p, h)
	if h.Version == vrrp.Version2 {
		return vrrp.ChecksumValid(pdu, p.Source, p.Destination, vrrp.ChecksumStandard)
	}
	// RFC 5798 can be read both ways, so who sends the one way must put up with the other.
	if vr.cfg.Checksum == vrrp.ChecksumAsV2 ||
		vrrp.ChecksumValid(pdu, p.Source, vr.pseudoDestination(p.Destination), vrrp.ChecksumStandard) {
		return true
	}
	if !vr.cfg.Unicast || vr.oldChecksum || vr.cfg.OldChecksum != OldChecksumAuto ||
		!vrrp.ChecksumValid(pdu, p.Source, vr.multicastGroup(), vrrp.ChecksumStandard) {
		return false
	}
	vr.oldChecksum = true
	vr.last.forget()
	r.log(LogOldChecksum, vr, Effect{})
	r.effect(AdvertChanged, vr)
	return true
}

// pseudoDestination is the destination in the pseudo header of a packet to dst.
func (vr *virtualRouter) pseudoDestination(dst netip.Addr) netip.Addr {
	if vr.oldChecksum && vr.cfg.Unicast && !vr.cfg.IPv6 {
		return vr.multicastGroup()
	}
	return dst
}

func (vr *virtualRouter) multicastGroup() netip.Addr {
	switch {
	case vr.cfg.Group.IsValid():
		return vr.cfg.Group
	case vr.cfg.IPv6:
		return vrrp.GroupIPv6
	}
	return vrrp.GroupIPv4
}

// checkAddresses compares the addresses with our own. A difference is told but accepted: otherwise an
// address added on one side would make two Masters. It reports whether there was none, of anything
// that a repeated advert would be told for again.
func (r *Router) checkAddresses(vr *virtualRouter, p *ReceivedPacket, h *vrrp.Header) bool {
	own := vr.cfg.Addresses
	clean := true
	if h.Count != len(own) {
		clean = false
		vr.stats.AddrListErr++
		r.complain(vr, LogAddressCount, Effect{Addr: p.Source, Value: int64(h.Count), Want: int64(len(own))})
	}
	if vr.cfg.SkipCheckAddress && p.Source == vr.master {
		return false // not looked at, so there is nothing to go by when another Master has come between
	}
	list := vrrp.AddressesOf(p.Payload, vr.cfg.IPv6, h.Count)
	for i, addr := range own {
		if (i < list.Len() && list.At(i) == addr) || list.Contains(addr) {
			continue
		}
		vr.stats.AddrListErr++
		r.complain(vr, LogAddressMissing, Effect{Addr: addr, From: p.Source})
		return false
	}
	return clean
}

// checkPeer is about the sender of a unicast advert.
func (r *Router) checkPeer(vr *virtualRouter, p *ReceivedPacket) bool {
	if !vr.cfg.Unicast || !vr.checkSource {
		return true
	}
	for _, peer := range vr.cfg.Peers {
		if peer.Addr != p.Source {
			continue
		}
		if p.TTL >= peer.MinTTL && (p.TTL <= peer.MaxTTL || peer.MaxTTL == 0) {
			return true
		}
		vr.stats.IPTTLErr++
		r.complain(vr, LogPeerTTL, Effect{Addr: p.Source, Priority: vrrp.Priority(p.TTL), Value: int64(peer.MinTTL), Want: int64(peer.MaxTTL)})
		return false
	}
	return r.refuse(vr, LogNotPeer, p, 0, 0)
}

// refuse complains and reports false.
func (r *Router) refuse(vr *virtualRouter, reason Reason, p *ReceivedPacket, value, want int64) bool {
	r.refused = reason
	r.complain(vr, reason, Effect{Addr: p.Source, Value: value, Want: want})
	return false
}

// complain logs, once per reason until vr changes state or accepts another Master: adverts come every second.
func (r *Router) complain(vr *virtualRouter, reason Reason, e Effect) {
	bit := uint64(1) << (reason - firstComplaint)
	if vr.complaints&bit == 0 {
		vr.complaints |= bit
		r.log(reason, vr, e)
	}
}
