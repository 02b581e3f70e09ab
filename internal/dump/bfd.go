package dump

import (
	"net/netip"
	"time"
)

// BFD is a session.
type BFD struct {
	Name              string
	Neighbor, Source  netip.Addr // Source may be invalid
	MinRX, MinTX      time.Duration
	IdleTX            time.Duration
	Multiplier        int
	TTL, MaxHops      int // MaxHops is -1 for any
	Passive           bool
	ToVRRP, ToChecker bool // who is told of it
	Weight            int
	Reverse           bool
	Instances         []Track // that track it

	SendFD                         int
	SendError                      bool
	State, RemoteState             string
	Discr, RemoteDiscr             uint32
	Diag, RemoteDiag               string
	RemoteMinTX, RemoteMinRX       time.Duration // 0: not known
	RemoteDemand                   bool
	RemoteMultiplier               int
	Interval, RemoteInterval       time.Duration
	DetectionTime, RemoteDetection time.Duration
	Polling                        bool
	LastSeen                       time.Time // zero: never
}

// trackBFDs is what Virtual Routers know of the sessions.
func (p *page) trackBFDs(sessions []BFD) {
	first := true
	for i := range sessions {
		s := &sessions[i]
		if !s.ToVRRP {
			continue
		}
		if first {
			p.section("VRRP Track BFDs")
			first = false
		}
		p.head("VRRP Track BFD = %s", s.Name)
		p.line("Weight = %s", weight(s.Weight, s.Reverse))
		p.line("Bfd is %s", choose(s.State == "Up", "up", "down"))
		p.line("Tracking VRRP instances :")
		if len(s.Instances) > 0 {
			p.tracking(s.Instances)
		}
	}
}

// BFDData returns keepalived_bfd.data: the global settings and the sessions. keepalived's lines of its threads are
// left out: there are none.
func BFDData(s *State) []byte {
	p := &page{}
	p.global(&s.Global)
	p.section("BFD Topology")
	for i := range s.BFDs {
		p.session(&s.BFDs[i])
	}
	return p.b
}

func (p *page) session(s *BFD) {
	micros := func(name string, d time.Duration) { p.line("%s = %d us", name, d.Microseconds()) }
	p.head("BFD Instance = %s", s.Name)
	p.line("Neighbor IP = %s", s.Neighbor)
	if s.Source.IsValid() {
		p.line("Source IP = %s", s.Source)
	}
	micros("Required min RX interval", s.MinRX)
	micros("Desired min TX interval", s.MinTX)
	micros("Desired idle TX interval", s.IdleTX)
	p.line("Detection multiplier = %d", s.Multiplier)
	p.line("%s = %d", choose(s.Neighbor.Is6(), "hoplimit", "TTL"), s.TTL)
	p.line("max_hops = %d", s.MaxHops)
	p.line("passive = %s", trueFalse(s.Passive))
	p.line("send event to VRRP process = %s", choose(s.ToVRRP, "Yes", "No"))
	p.line("send event to checker process = %s", choose(s.ToChecker, "Yes", "No"))
	p.line("fd_out %d", s.SendFD)
	p.line("send error = %s", trueFalse(s.SendError))
	p.line("local state = %s", s.State)
	p.line("remote state = %s", s.RemoteState)
	p.line("local discriminator = 0x%x", s.Discr)
	p.line("remote discriminator = 0x%x", s.RemoteDiscr)
	p.line("local diag = %s", s.Diag)
	p.line("remote diag = %s", s.RemoteDiag)
	micros("remote min tx intv", s.RemoteMinTX)
	micros("remote min rx intv", s.RemoteMinRX)
	p.line("local demand = 0")
	p.line("remote demand = %s", choose(s.RemoteDemand, "1", "0"))
	p.line("remote detect multiplier = %d", s.RemoteMultiplier)
	p.line("%s, !final", choose(s.Polling, "poll", "!poll"))
	micros("local tx intv", s.Interval)
	micros("remote tx intv", s.RemoteInterval)
	micros("local detection time", s.DetectionTime)
	micros("remote detection time", s.RemoteDetection)
	if s.LastSeen.IsZero() {
		p.line("last_seen = [never]")
	} else {
		p.line("last_seen = %s", stamp(s.LastSeen))
	}
}
