package bfd

import "time"

// Info is what there is to know of a session. The intervals are those in force.
type Info struct {
	State, RemoteState State
	Diag, RemoteDiag   Diag
	LocalDiscr         uint32
	RemoteDiscr        uint32 // 0: nobody was heard
	DesiredMinTX       time.Duration
	RequiredMinRX      time.Duration
	Interval           time.Duration // between our packets, without jitter
	DetectMult         uint8
	DetectionTime      time.Duration // 0: nobody was heard yet
	RemoteMinTX        time.Duration
	RemoteMinRX        time.Duration
	RemoteInterval     time.Duration
	RemoteDetectMult   uint8
	RemoteDetection    time.Duration
	RemoteDemand       bool
	Polling            bool
	HeardAt            time.Time // the last packet; zero: none yet
}

// Session tells of one session.
func (m *Machine) Session(id ID) Info {
	s := &m.sessions[id]
	i := Info{
		State: s.state, RemoteState: s.remoteState, Diag: s.diag, RemoteDiag: s.remoteDiag,
		LocalDiscr: s.localDiscr, RemoteDiscr: s.remoteDiscr,
		DesiredMinTX: s.desiredMinTX, RequiredMinRX: s.requiredMinRX, Interval: s.interval(),
		DetectMult: s.cfg.DetectMult, DetectionTime: s.detectionTime(),
		RemoteMinTX: s.remoteMinTX, RemoteMinRX: s.remoteMinRX,
		RemoteInterval:   max(s.remoteMinTX, s.requiredMinRX),
		RemoteDetectMult: s.remoteDetectMult,
		RemoteDetection:  time.Duration(s.cfg.DetectMult) * s.interval(),
		RemoteDemand:     s.remoteDemand, Polling: s.polling,
	}
	if s.remoteDetectMult != 0 {
		i.HeardAt = m.start.Add(time.Duration(s.heardAt))
	}
	return i
}
