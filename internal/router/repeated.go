package router

import (
	"bytes"
	"net/netip"
)

// lastAdvert is the last one that had nothing wrong with it. A Master repeats itself byte for byte, so the
// next one is compared instead of decoded. What authenticates it is not compared, because it never repeats itself, but
// judged each time.
type lastAdvert struct {
	payload     []byte // empty: none; without the trailer
	trailer     int    // its length
	destination netip.Addr
	total       int
	header      int
	ttl         uint8
	ah          bool
	heard       heard
}

func (l *lastAdvert) forget() { l.payload = l.payload[:0] }

func (l *lastAdvert) is(p *ReceivedPacket) bool {
	n := len(l.payload)
	return n > 0 && len(p.Payload) == n+l.trailer && l.ttl == p.TTL && l.total == p.TotalLength && l.header == p.HeaderLength &&
		l.ah == p.AH && bytes.Equal(l.payload, p.Payload[:n]) && l.heard.source == p.Source && l.destination == p.Destination
}

func (l *lastAdvert) keep(p *ReceivedPacket, trailer int, h heard) {
	l.payload = append(l.payload[:0], p.Payload[:len(p.Payload)-trailer]...)
	l.trailer, l.ah = trailer, p.AH
	l.destination, l.ttl, l.total, l.header, l.heard = p.Destination, p.TTL, p.TotalLength, p.HeaderLength, h
}
