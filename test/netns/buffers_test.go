package netns

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReceiveBuffers: a socket has what its Virtual Routers ask for together, as the data file shows and the kernel
// grants, also after a reload.
func TestReceiveBuffers(t *testing.T) {
	t.Parallel()
	r := newSite(t, "subject").router(0, subjectProgram(t))
	configuration := func(global, own string) string {
		return "global_defs {\n " + global + "\n}\n" + quick("SMALL", 51, "eth0", own, "10.9.0.100/24") +
			quick("LARGE", 52, "eth0", "", "10.9.0.101/24", "10.9.0.102/24", "10.9.0.103/24") +
			quick("SIX", 53, "eth0", "", "fe80::53")
	}
	r.start(configuration("", ""))
	r.waitLine(0, "(SIX) Entering MASTER STATE")
	for _, test := range []struct {
		global, own string
		four, six   int
	}{
		{"vrrp_rx_bufs_policy MTU", "kernel_rx_buf_size 40000", 44500, 4500},
		{"vrrp_rx_bufs_policy ADVERT\n vrrp_rx_bufs_multiplier 7", "", 7 * (32 + 40), 7 * 24},
		{"vrrp_rx_bufs_policy 50000", "", 100000, 50000},
		{"", "", 0, 0},
	} {
		line := r.daemon.Log.Mark()
		check(t, r.daemon.Reload(configuration(test.global, test.own)))
		r.waitLine(line, "Reload complete")
		_ = os.Remove(filepath.Join(r.daemon.Dir, "keepalived.data")) // of the reload before
		data := r.dump(syscall.SIGUSR1, "keepalived.data")
		for _, want := range []string{fmt.Sprintf("Rx buf size = %d\n", test.four), fmt.Sprintf("Rx buf size = %d\n", test.six)} {
			if !strings.Contains(data, want) {
				t.Errorf("%s %s: no %q in\n%s", test.global, test.own, want, data)
			}
		}
	}
}
