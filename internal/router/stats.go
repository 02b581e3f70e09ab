package router

// Stats are the counters of one Virtual Router, in the order of keepalived's dump.
type Stats struct {
	AdvertRcvd        uint64
	AdvertSent        uint64
	BecomeMaster      uint64
	ReleaseMaster     uint64
	PacketLenErr      uint64
	AdvertIntervalErr uint64 // never counted, as in keepalived
	IPTTLErr          uint64
	InvalidTypeRcvd   uint64
	AddrListErr       uint64
	InvalidAuthType   uint64
	AuthTypeMismatch  uint64
	AuthFailure       uint64
	AuthExtMissing    uint64
	AuthExtMalformed  uint64
	AuthExtUnknownKey uint64
	AuthExtHMAC       uint64
	AuthExtStale      uint64
	AuthExtReplay     uint64
	PriZeroRcvd       uint64
	PriZeroSent       uint64
	SplitBrain        uint64 // alarms
	// The rest is known to SNMP only.
	ChkErr  uint64
	VersErr uint64
}
