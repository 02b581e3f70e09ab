package vrrp

import "time"

// AdvertIntervalStep is the resolution of Max Advertise Interval in version 3 (RFC 5798, 5.2.7).
const AdvertIntervalStep = 10 * time.Millisecond

// SkewTime is how long a Backup of priority p waits beyond the missed adverts, so that the best one
// moves first. Version 2 takes it from a whole second whatever the interval (RFC 3768, 6.1), version 3
// from the Master's interval (RFC 5798, 6.1). It is cut to whole microseconds: that is the unit in which
// keepalived counts, and two routers of one priority must come to the same figure.
func SkewTime(version Version, p Priority, masterAdvertInterval time.Duration) time.Duration {
	unit := masterAdvertInterval
	if version == Version2 {
		unit = time.Second
	}
	return (time.Duration(256-int(p)) * unit / 256).Truncate(time.Microsecond)
}

// MasterDownInterval is how long a Backup believes in a silent Master: adverts (3 in the RFCs) intervals of
// the Master's, and the Skew_Time (RFC 5798, 6.1).
func MasterDownInterval(version Version, p Priority, masterAdvertInterval time.Duration, adverts int) time.Duration {
	return time.Duration(adverts)*masterAdvertInterval + SkewTime(version, p, masterAdvertInterval)
}
