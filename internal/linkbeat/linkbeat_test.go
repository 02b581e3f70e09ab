package linkbeat

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/govrrpd/govrrpd/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

// TestStatesAreReported: first all, then each change, by every method that a cable between two kernels has.
func TestStatesAreReported(t *testing.T) {
	ns := nettest.New(t)
	var links [2]netlink.Link
	ns.Do(t, func() {
		must(t, netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "near"}, PeerName: "far"}))
		for i, name := range []string{"near", "far"} {
			link, err := netlink.LinkByName(name)
			must(t, err)
			must(t, netlink.LinkSetUp(link))
			links[i] = link
		}
	})
	for _, method := range []Method{Ethtool, IOCTL} {
		t.Run(string(method), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			events, ended := make(chan string, 16), make(chan error, 1)
			go ns.Do(t, func() {
				ended <- Run(ctx, []Interface{{"near", method}, {"none", method}}, time.Millisecond, func(name string, up bool) {
					events <- name + map[bool]string{true: " up", false: " down"}[up]
				})
			})
			want := func(line string) {
				t.Helper()
				select {
				case got := <-events:
					if got != line {
						t.Fatalf("%q, want %q", got, line)
					}
				case <-time.After(10 * time.Second):
					t.Fatalf("nothing, want %q", line)
				}
			}
			want("near up")
			want("none down")
			ns.Do(t, func() { must(t, netlink.LinkSetDown(links[1])) })
			want("near down")
			ns.Do(t, func() { must(t, netlink.LinkSetUp(links[1])) })
			want("near up")
			ns.Do(t, func() { must(t, netlink.LinkSetDown(links[0])) })
			want("near down")
			ns.Do(t, func() { must(t, netlink.LinkSetUp(links[0])) })
			want("near up")
			cancel()
			must(t, <-ended)
		})
	}
}

// TestChoose: an interface that lacks the wanted method is asked in the first way that it has.
func TestChoose(t *testing.T) {
	ns := nettest.New(t)
	ns.Do(t, func() {
		must(t, netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "near"}, PeerName: "far"}))
		got := Choose([]Interface{{"near", MII}, {"near", ""}, {"near", IOCTL}, {"none", Ethtool}})
		want := []Interface{{"near", Ethtool}, {"near", Ethtool}, {"near", IOCTL}, {"none", IOCTL}}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
