package netns

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// judge is a tcpdump that looks at every VRRP packet of a LAN.
type judge struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *lab.Log
}

// startJudge returns when tcpdump listens.
func startJudge(t *testing.T, lan *lab.LAN) *judge {
	t.Helper()
	tcpdump := peers.Need(t, "tcpdump")
	j := &judge{t: t, lines: lab.NewLog()}
	// -Z root: it would else give up root for a user that a user namespace does not have.
	j.cmd = exec.Command(tcpdump.Path, "-Z", "root", "-nn", "-vv", "-l", "-i", "br0", "ip proto 112 or ip6 proto 112")
	j.cmd.Env = append(os.Environ(), tcpdump.Env...)
	j.cmd.Stdout, j.cmd.Stderr = j.lines, j.lines
	j.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	j.cmd.WaitDelay = time.Second
	check(t, lan.Switch.Do(j.cmd.Start))
	t.Cleanup(func() {
		_ = j.cmd.Process.Kill() // already gone is as good
		_ = j.cmd.Wait()
	})
	ctx, cancel := deadline(t)
	defer cancel()
	_, err := j.lines.Wait(ctx, 0, "listening on")
	check(t, err)
	return j
}

// expectNothingBad ends tcpdump and reads what it has said: the word "bad" is its verdict on a
// checksum.
func (j *judge) expectNothingBad() {
	j.t.Helper()
	ctx, cancel := deadline(j.t)
	defer cancel()
	check(j.t, j.cmd.Process.Signal(unix.SIGINT))
	_, err := j.lines.Wait(ctx, 0, "packets captured")
	check(j.t, err)
	adverts := 0
	for _, line := range j.lines.Lines() {
		lower := strings.ToLower(line.Text)
		if strings.Contains(lower, "vrrpv") {
			adverts++
		}
		if strings.Contains(lower, "bad") || strings.Contains(lower, "incorrect") {
			j.t.Errorf("tcpdump: %s", line.Text)
		}
	}
	const atLeast = 5
	if adverts < atLeast {
		j.t.Errorf("tcpdump saw %d adverts, want at least %d:\n%s", adverts, atLeast, j.lines)
	}
}
