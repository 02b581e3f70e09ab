package dump

import (
	"net/netip"
	"strconv"
)

// Address is a virtual or static address.
type Address struct {
	Prefix        netip.Prefix
	Broadcast     netip.Addr // invalid: none written
	Interface     string     // where it is (or goes)
	BaseInterface string     // below that, when it is a VMAC
	UseVMAC       bool       // `use_vmac` of this address
	Scope         uint8      // RT_SCOPE_*
	Label         string
	Peer          netip.Prefix
	Home          bool
	DAD           bool // -nodad
	ManageTemp    bool
	NoPrefixRoute bool
	AutoJoin      bool
	NoTrack       bool
	TrackGroup    string
	// Preferred is the preferred lifetime in seconds; nil leaves it to keepalived's rule, by which an
	// IPv6 address with a full prefix is deprecated.
	Preferred *uint32
	Set       bool // installed
	Dropped   bool // and packets to it are dropped
}

// forever is the lifetime that does not end.
const forever = 1<<32 - 1

// String is the form that the files, and log lines, show.
func (a *Address) String() string {
	b := appendPrefix(nil, a.Prefix)
	if a.Broadcast.IsValid() {
		b = append(b, " brd "...)
		b = a.Broadcast.AppendTo(b)
	}
	b = append(b, " dev "...)
	b = append(b, a.Interface...)
	if a.BaseInterface != "" {
		b = append(b, '@')
		b = append(b, a.BaseInterface...)
	}
	if a.UseVMAC {
		b = append(b, " use_vmac"...)
	}
	b = append(b, " scope "...)
	b = append(b, scopeName(a.Scope)...)
	if a.Label != "" {
		b = append(b, " label "...)
		b = append(b, a.Label...)
	}
	if a.Peer.IsValid() {
		b = append(b, " peer "...)
		b = a.Peer.AppendTo(b)
	}
	return string(a.appendFlags(b))
}

func (a *Address) appendFlags(b []byte) []byte {
	for _, flag := range []struct {
		on   bool
		name string
	}{
		{a.Home, "home"}, {a.DAD, "-nodad"}, {a.ManageTemp, "mngtmpaddr"},
		{a.NoPrefixRoute, "noprefixroute"}, {a.AutoJoin, "autojoin"}, {a.NoTrack, "no_track"},
	} {
		if flag.on {
			b = append(b, ' ')
			b = append(b, flag.name...)
		}
	}
	if a.TrackGroup != "" {
		b = append(b, " track_group "...)
		b = append(b, a.TrackGroup...)
	}
	b = a.appendLifetime(b)
	if a.Set {
		b = append(b, " set"...)
	}
	if a.Dropped {
		b = append(b, " nftable_set"...)
	}
	return b
}

func (a *Address) appendLifetime(b []byte) []byte {
	is6 := a.Prefix.Addr().Is6()
	switch {
	case a.Preferred == nil && !is6:
		return b
	case a.Preferred == nil && a.Prefix.IsSingleIP(), a.Preferred != nil && *a.Preferred == 0:
		return append(b, " deprecated"...)
	case a.Preferred == nil, *a.Preferred == forever:
		return append(b, " preferred_lft forever"...)
	}
	b = append(b, " preferred_lft "...)
	return strconv.AppendUint(b, uint64(*a.Preferred), 10)
}

// appendPrefix leaves out the length of a host address.
func appendPrefix(b []byte, p netip.Prefix) []byte {
	if p.IsSingleIP() {
		return p.Addr().AppendTo(b)
	}
	return p.AppendTo(b)
}

// scopeName is a scope as iproute2 names it.
func scopeName(scope uint8) string {
	switch scope {
	case 0:
		return "global"
	case 200:
		return "site"
	case 253:
		return "link"
	case 254:
		return "host"
	case 255:
		return "nowhere"
	}
	return strconv.Itoa(int(scope))
}
