package netns

import (
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// hasRoute says whether the host's main table has a route to that destination.
func hasRoute(t *testing.T, host *lab.Host, destination string) bool {
	t.Helper()
	var routes []netlink.Route
	check(t, host.Do(func() (err error) {
		routes, err = netlink.RouteList(nil, unix.AF_INET)
		return err
	}))
	return slices.ContainsFunc(routes, func(r netlink.Route) bool {
		return r.Dst != nil && r.Dst.String() == destination
	})
}

// hasRule says whether the host has a routing rule of that priority.
func hasRule(t *testing.T, host *lab.Host, priority int) bool {
	t.Helper()
	var rules []netlink.Rule
	check(t, host.Do(func() (err error) {
		rules, err = netlink.RuleList(unix.AF_INET)
		return err
	}))
	return slices.ContainsFunc(rules, func(r netlink.Rule) bool { return r.Priority == priority })
}
