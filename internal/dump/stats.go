package dump

import "fmt"

// Stats returns keepalived.stats.
func Stats(s *State) []byte {
	var b []byte
	for i := range s.Instances {
		vi := &s.Instances[i]
		b = fmt.Appendf(b, "VRRP Instance: %s\n", vi.Name)
		b = appendCounters(b, &vi.Counters)
	}
	return b
}

func appendCounters(b []byte, c *Counters) []byte {
	b = append(b, "  Advertisements:\n"...)
	b = fmt.Appendf(b, "    Received: %d\n    Sent: %d\n", c.AdvertsReceived, c.AdvertsSent)
	b = fmt.Appendf(b, "  Became master: %d\n  Released master: %d\n", c.BecameMaster, c.ReleasedMaster)
	b = append(b, "  Packet Errors:\n"...)
	b = fmt.Appendf(b, "    Length: %d\n    TTL: %d\n    Invalid Type: %d\n", c.LengthErrors, c.TTLErrors, c.TypeErrors)
	b = fmt.Appendf(b, "    Advertisement Interval: %d\n    Address List: %d\n", c.IntervalErrors, c.AddressListErrors)
	b = append(b, "  Authentication Errors:\n"...)
	b = fmt.Appendf(b, "    Invalid Type: %d\n    Type Mismatch: %d\n    Failure: %d\n", c.InvalidAuthType, c.AuthMismatch, c.AuthFailed)
	b = append(b, "  Authentication Extension Errors:\n"...)
	b = fmt.Appendf(b, "    Missing: %d\n    Malformed: %d\n    Unknown Key: %d\n", c.ExtMissing, c.ExtMalformed, c.ExtUnknownKey)
	b = fmt.Appendf(b, "    Invalid HMAC: %d\n    Stale: %d\n    Replay: %d\n", c.ExtInvalidHMAC, c.ExtStale, c.ExtReplay)
	b = append(b, "  Priority Zero:\n"...)
	return fmt.Appendf(b, "    Received: %d\n    Sent: %d\n", c.PriorityZeroReceived, c.PriorityZeroSent)
}
