package lab

import (
	"encoding/binary"
	"time"
)

// Record makes the observer keep the adverts' bytes from now on, for Pcap.
func (s *Sniffer) Record() {
	s.mu.Lock()
	defer s.mu.Unlock()
	const magicMicroseconds, snapLength, ethernet = 0xa1b2c3d4, 65535, 1
	b := binary.LittleEndian.AppendUint32(nil, magicMicroseconds)
	b = binary.LittleEndian.AppendUint16(b, 2) // version 2.4
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = binary.LittleEndian.AppendUint64(b, 0) // time zone and accuracy, unused
	b = binary.LittleEndian.AppendUint32(b, snapLength)
	s.pcap = binary.LittleEndian.AppendUint32(b, ethernet)
}

// record adds a frame; the caller holds the lock.
func (s *Sniffer) record(at time.Time, frame []byte) {
	if s.pcap == nil {
		return
	}
	s.pcap = binary.LittleEndian.AppendUint32(s.pcap, uint32(at.Unix()))
	s.pcap = binary.LittleEndian.AppendUint32(s.pcap, uint32(at.Nanosecond()/1000))
	s.pcap = binary.LittleEndian.AppendUint32(s.pcap, uint32(len(frame)))
	s.pcap = binary.LittleEndian.AppendUint32(s.pcap, uint32(len(frame)))
	s.pcap = append(s.pcap, frame...)
}

// Pcap is what was recorded, as a file that tcpdump reads.
func (s *Sniffer) Pcap() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]byte(nil), s.pcap...)
}
