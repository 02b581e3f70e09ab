package netns

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// expectNoBadChecksum lets tcpdump read every advert that the observer has recorded: the word "bad"
// is its verdict on a checksum.
func expectNoBadChecksum(t *testing.T, sniffer *lab.Sniffer) {
	t.Helper()
	tcpdump := peers.Need(t, "tcpdump")
	cmd := exec.CommandContext(t.Context(), tcpdump.Path, "-nn", "-vv", "-r", "-")
	cmd.Env = append(os.Environ(), tcpdump.Env...)
	seen := len(sniffer.Frames(0, isAdvert)) // before the recording is taken: the routers go on
	cmd.Stdin = bytes.NewReader(sniffer.Pcap())
	giveUpRoot(t, cmd)
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("tcpdump: %v\n%s", err, output)
	}
	adverts := 0
	for line := range strings.Lines(string(output)) {
		if strings.Contains(line, "VRRPv") {
			adverts++
		}
		if strings.Contains(line, "bad") || strings.Contains(line, "incorrect") {
			t.Errorf("tcpdump: %s", line)
		}
	}
	if adverts == 0 || adverts < seen {
		t.Errorf("tcpdump read %d adverts of at least %d:\n%s", adverts, seen, output)
	}
}

// giveUpRoot keeps tcpdump from failing where it gives up root: the user that it looks for does not
// exist, and a user namespace refuses the change.
func giveUpRoot(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	setgroups, err := os.ReadFile("/proc/self/setgroups")
	check(t, err)
	if strings.TrimSpace(string(setgroups)) == "allow" {
		cmd.Args = append(cmd.Args, "-Z", "root")
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: 0, Size: 1}},
	}
}
