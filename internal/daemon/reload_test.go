package daemon

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/router"
)

// unicastPlan has instances that differ in their names and peers alone.
func unicastPlan(names ...string) *plan {
	p := &plan{cfg: &config.Config{}}
	for _, name := range names {
		p.cfg.Instances = append(p.cfg.Instances, &config.Instance{
			Name: name, VRID: 51, Interface: "eth0", Unicast: true, Source: netip.MustParseAddr("10.0.0.1"),
		})
	}
	return p
}

func TestInstancesThatShareAnIdentityContinueByName(t *testing.T) {
	for _, c := range []struct {
		running, next []string
		want          []router.ID
	}{
		{[]string{"A", "B"}, []string{"A", "B"}, []router.ID{0, 1}},
		{[]string{"A", "B"}, []string{"B", "A"}, []router.ID{1, 0}},
		{[]string{"A", "B"}, []string{"B"}, []router.ID{1}},
		{[]string{"A", "B"}, []string{"C", "A"}, []router.ID{1, 0}},
		{[]string{"A"}, []string{"B", "C"}, []router.ID{0, -1}},
		{nil, []string{"A"}, []router.ID{-1}},
		{[]string{"A"}, nil, []router.ID{}},
	} {
		if got := match(unicastPlan(c.running...), unicastPlan(c.next...)); !slices.Equal(got, c.want) {
			t.Errorf("after %v, %v continue %v, want %v", c.running, c.next, got, c.want)
		}
	}
}
