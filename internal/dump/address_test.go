package dump

import (
	"net/netip"
	"testing"
)

func TestAddressForms(t *testing.T) {
	for want, a := range map[string]Address{
		"10.0.0.1 dev eth0 scope global":                              {Prefix: netip.MustParsePrefix("10.0.0.1/32"), Interface: "eth0"},
		"10.0.0.1/24 brd 10.0.0.255 dev eth0 scope link label l set":  {Prefix: netip.MustParsePrefix("10.0.0.1/24"), Interface: "eth0", Broadcast: netip.MustParseAddr("10.0.0.255"), Scope: 253, Label: "l", Set: true},
		"10.0.0.1 dev v@eth0 use_vmac scope 77 peer 10.0.0.2/32 home": {Prefix: netip.MustParsePrefix("10.0.0.1/32"), Interface: "v", BaseInterface: "eth0", UseVMAC: true, Scope: 77, Peer: netip.MustParsePrefix("10.0.0.2/32"), Home: true},
		"10.0.0.1 dev e scope host -nodad mngtmpaddr noprefixroute autojoin no_track track_group g": {
			Prefix: netip.MustParsePrefix("10.0.0.1/32"), Interface: "e", Scope: 254, DAD: true, ManageTemp: true, NoPrefixRoute: true, AutoJoin: true, NoTrack: true, TrackGroup: "g"},
		"2001:db8::1 dev e scope global deprecated set":           {Prefix: netip.MustParsePrefix("2001:db8::1/128"), Interface: "e", Set: true},
		"2001:db8::1/64 dev e scope global preferred_lft forever": {Prefix: netip.MustParsePrefix("2001:db8::1/64"), Interface: "e"},
		"2001:db8::1 dev e scope site preferred_lft 77":           {Prefix: netip.MustParsePrefix("2001:db8::1/128"), Interface: "e", Scope: 200, Preferred: new(uint32(77))},
		"2001:db8::1 dev e scope nowhere preferred_lft forever":   {Prefix: netip.MustParsePrefix("2001:db8::1/128"), Interface: "e", Scope: 255, Preferred: new(uint32(forever))},
		"2001:db8::1/64 dev e scope global deprecated":            {Prefix: netip.MustParsePrefix("2001:db8::1/64"), Interface: "e", Preferred: new(uint32(0))},
		"10.0.0.1 dev eth0 scope global preferred_lft 5":          {Prefix: netip.MustParsePrefix("10.0.0.1/32"), Interface: "eth0", Preferred: new(uint32(5))},
	} {
		if got := a.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
