package daemon

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/bfd"
	"github.com/govrrpd/govrrpd/internal/bfdsock"
	"github.com/govrrpd/govrrpd/internal/logging"
)

// The lines below are keepalived's, word for word: log watchers match them.

// detailLine writes a line of -D.
func (l *bfdLane) detailLine(format string, args ...any) {
	if l.detail {
		l.log.Log(noContext, logging.LevelDetail, fmt.Sprintf(format, args...))
	}
}

// event is the line of a session whose state the Virtual Routers are told.
func (l *bfdLane) event(name string, state bfd.State, since time.Time) {
	if l.detail {
		l.detailLine("Received BFD event: instance %s is in state %s (delivered in %d usec)", name, state, time.Since(since).Microseconds())
	}
}

// summary tells the state of all sessions, after a start or a reload.
func (l *bfdLane) summary() {
	for i, s := range l.sessions {
		if tracked(s.cfg) {
			l.event(s.cfg.Name, l.machine.Session(bfd.ID(i)).State, time.Now())
		}
	}
}

// stateChanged tells of a session that came up or went down. keepalived says nothing of Init.
func (l *bfdLane) stateChanged(e *bfd.Effect) {
	name := l.sessions[e.Session].cfg.Name
	switch e.State {
	case bfd.Up:
		l.log.Info(fmt.Sprintf("(%s) Entering Up state", name))
	case bfd.Down:
		l.log.Info(fmt.Sprintf("(%s) Entering Down state (Local diagnostic - %s, Remote diagnostic - %s)", name, e.Diag, e.RemoteDiag))
	}
}

func (l *bfdLane) expired(e *bfd.Effect) {
	l.detailLine("(%s) Expired after %d ms (%d usec overdue)", l.sessions[e.Session].cfg.Name, e.Duration.Milliseconds(), e.Overdue.Microseconds())
}

// negotiated tells what the two ends have agreed on; the lines stand below each other, and so are indented by the name.
func (l *bfdLane) negotiated(e *bfd.Effect) {
	name, i := l.sessions[e.Session].cfg.Name, l.machine.Session(e.Session)
	indent := strings.Repeat(" ", len(name)+3)
	if l.detail {
		l.detailLine("(%s) ---------------< Session parameters >--------------", name)
		l.detailLine("%s%15s%8s%9s%6s%13s", indent, "min_tx", "min_rx", "tx_intv", "mult", "detect_time")
		row := func(what string, tx, rx, interval time.Duration, mult uint8, detect time.Duration) {
			l.detailLine("%s%-7s%8d%8d%9d%6d%13d", indent, what, tx.Microseconds(), rx.Microseconds(), interval.Microseconds(), mult, detect.Microseconds())
		}
		row("local", i.DesiredMinTX, i.RequiredMinRX, i.Interval, i.DetectMult, i.DetectionTime)
		row("remote", i.RemoteMinTX, i.RemoteMinRX, i.RemoteInterval, i.RemoteDetectMult, i.RemoteDetection)
	}
	if i.DetectionTime != e.Duration {
		l.log.Info(fmt.Sprintf("%sDetection time is %d us (was %d us)", indent, i.DetectionTime.Microseconds(), e.Duration.Microseconds()))
	}
}

// discarded tells of a packet that was not taken, at a bounded rate.
func (l *bfdLane) discarded(p *bfdsock.Packet, e *bfd.Effect) {
	if !l.detail || !l.oddities.allow(l.now) {
		return
	}
	from := fmt.Sprintf("[%s]:%d", p.Source, p.SourcePort)
	switch e.Reason {
	case bfd.NoSession:
		l.detailLine("Discarding packet from %s (session is not found - your discriminator field is 0x%08x)", from, e.Value)
	case bfd.WrongAuth:
		l.detailLine("Discarding packet from %s (auth bit is set, but no authentication  is in use)", from)
	case bfd.Hops:
		l.detailLine("Packet %s(%d) < %d - discarding", hopWord(p.Source), e.Value, l.sessions[e.Session].cfg.MinTTL)
	default:
		l.detailLine("%s", bogus(p, e))
		l.detailLine("Discarding bogus packet from %s", from)
	}
}

func hopWord(source netip.Addr) string {
	if source.Is6() {
		return "hop_limit"
	}
	return "ttl"
}

// bogus says what is wrong with the form of a packet.
func bogus(p *bfdsock.Packet, e *bfd.Effect) string {
	switch e.Reason {
	case bfd.TooShort:
		return fmt.Sprintf("Packet is too small: %d bytes", e.Value)
	case bfd.WrongVersion:
		return fmt.Sprintf("Packet is of unsupported version: %d", e.Value)
	case bfd.LengthShort, bfd.LengthLong:
		return fmt.Sprintf("Packet size mismatch: length field: %d bytes, buffer size: %d bytes", e.Value, len(p.Payload))
	case bfd.NoDetectMult:
		return "Packet 'detection multiplier' field is zero"
	case bfd.PollAndFinal:
		return "Packet has both poll and final  flags set"
	case bfd.Multipoint:
		return "Packet has 'multipoint' flag"
	case bfd.NoMyDiscr:
		return "Packet 'my discriminator' field is zero"
	}
	return "Packet 'your discriminator' field is zero and 'state' field is not Down or AdminDown"
}
