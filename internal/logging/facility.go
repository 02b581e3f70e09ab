package logging

// Facility is a syslog facility code (RFC 5424, 6.2.1), 0 to 23.
type Facility uint8

const (
	FacilityUser   Facility = 1
	FacilityDaemon Facility = 3
	FacilityLocal0 Facility = 16
)

// ParseFacility reads what keepalived's -S takes: 0 to 7 for local0 to local7, `local0` to `local7`,
// `user` or `daemon`.
func ParseFacility(name string) (Facility, bool) {
	switch name {
	case "user":
		return FacilityUser, true
	case "daemon":
		return FacilityDaemon, true
	}
	if len(name) == len("local0") && name[:5] == "local" {
		name = name[5:]
	}
	if len(name) != 1 || name[0] < '0' || name[0] > '7' {
		return 0, false
	}
	return FacilityLocal0 + Facility(name[0]-'0'), true
}

// FacilityNames are the names that ParseFacility reads.
func FacilityNames() []string {
	names := []string{"daemon", "user"}
	for n := '0'; n <= '7'; n++ {
		names = append(names, "local"+string(n))
	}
	return names
}
