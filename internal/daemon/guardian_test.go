package daemon

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
)

func TestRestorationIsToldInOneSentence(t *testing.T) {
	key := func(addr string) holderKey { return holderKey{netip.MustParsePrefix(addr), "eth0"} }
	route := &config.Route{Destination: netip.MustParsePrefix("10.77.0.0/24"), Via: netip.MustParseAddr("10.9.0.254"), Dev: "eth0"}
	rule := &config.Rule{Text: "from 10.9.0.1 lookup 100"}
	for _, c := range []struct {
		lost []loss
		want string
	}{
		{[]loss{{key: key("10.9.0.1/24")}},
			"(N) 10.9.0.1/24 was removed from eth0 by somebody else; restored and announced (guardian)"},
		{[]loss{{key: key("10.9.0.2/24"), cause: withPrimary}},
			"(N) 10.9.0.2/24 was removed from eth0 with the first address of the subnet; restored and announced (guardian)"},
		{[]loss{{key: key("fd09::1/64"), cause: whileDown}},
			"(N) fd09::1/64 was lost while eth0 was down; restored and announced (guardian)"},
		{[]loss{{route: route}}, "(N) route 10.77.0.0/24 via 10.9.0.254 dev eth0 was removed by somebody else; restored (guardian)"},
		{[]loss{{rule: rule}}, "(N) rule from 10.9.0.1 lookup 100 was removed by somebody else; restored (guardian)"},
		{[]loss{{route: route}, {key: key("10.9.0.1/24")}, {key: key("10.9.0.2/24")}, {rule: rule}},
			"(N) 10.9.0.1/24, 1 address more, 1 route more and 1 rule more were removed from eth0 by somebody else; restored and announced (guardian)"},
	} {
		var g guardianship
		e := &estate{name: "N"}
		for _, l := range c.lost {
			g.add(e, l)
		}
		if got := restorationLines(g.lost); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%v: said\n%q, want\n%q", c.lost, got, c.want)
		}
	}
}

func TestFlushOfManyInstancesIsOneLine(t *testing.T) {
	var g guardianship
	for i := range 1000 {
		key := holderKey{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 24), "eth0"}
		g.add(&estate{name: "N"}, loss{key: key})
	}
	want := "(N) and 999 more instances: 10.0.0.0/24 and 999 addresses more were removed from eth0 by somebody else; restored and announced (guardian)"
	if got := restorationLines(g.lost); !slices.Equal(got, []string{want}) {
		t.Errorf("said %q, want %q", got, want)
	}
}

func TestOnlyWhoLostSomethingIsInTheFigures(t *testing.T) {
	quiet, robbed := &estate{name: "QUIET"}, &estate{name: "ROBBED"}
	robbed.restored.Add(3)
	robbed.gaveWay.Add(1)
	p := &plan{estates: []*estate{quiet, robbed}}
	want := []dump.Line{{Name: "(ROBBED) Restored by the guardian", Value: "3"}, {Name: "(ROBBED) Guardian gave way", Value: "1"}}
	if got := p.guardianFigures(); !slices.Equal(got, want) {
		t.Errorf("figures %v, want %v", got, want)
	}
}

// What was counted, and that a watch has given way, outlives a reload.
func TestHeirKeepsTheWatch(t *testing.T) {
	before, after := &estate{watched: true}, &estate{watched: true}
	before.restored.Add(2)
	before.watch.Surrender(time.Now())
	after.continues(before)
	if after.restored.Load() != 2 || !after.watch.Resting(time.Now()) {
		t.Errorf("the heir has %d restorations, and its watch has not given way", after.restored.Load())
	}
}

// A report may be treated when its interface is up again: then nobody is to blame.
func TestNobodyIsToBlameForWhatWentWithItsInterface(t *testing.T) {
	key := holderKey{netip.MustParsePrefix("fd09::1/64"), "eth0"}
	for _, causes := range [][]cause{{bySomebody, whileDown}, {whileDown, bySomebody}} {
		var g guardianship
		e := &estate{name: "N"}
		for _, cause := range causes {
			g.add(e, loss{key: key, cause: cause})
		}
		l := g.lost[0]
		if want := "fd09::1/64 was lost while eth0 was down"; l.counted() || l.what() != want {
			t.Errorf("%v: said %q, want %q; counted %v", causes, l.what(), want, l.counted())
		}
		g.add(e, loss{key: holderKey{netip.MustParsePrefix("10.9.0.1/24"), "eth0"}})
		if !l.counted() {
			t.Errorf("%v: somebody has removed another address and is not to blame", causes)
		}
	}
}
