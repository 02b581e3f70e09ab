package nettest

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

func TestNamespaceIsNotTheProcessesOwn(t *testing.T) {
	ns := New(t)
	own, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	var inside string
	ns.Do(t, func() { inside, err = os.Readlink("/proc/thread-self/ns/net") })
	if err != nil || inside == own || inside == "" {
		t.Errorf("namespace inside %q (%v), outside %q", inside, err, own)
	}
	after, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil || after != own {
		t.Errorf("after Do in %q (%v), want %q", after, err, own)
	}
	if got := ns.Run(t, "readlink", "/proc/self/ns/net"); strings.TrimSpace(got) != inside {
		t.Errorf("program runs in %q, want %q", got, inside)
	}
	if got := ns.Run(t, "readlink", ns.Path()); !strings.Contains(got, strings.TrimPrefix(inside, "net:")) {
		t.Errorf("path leads to %q, want %q", got, inside)
	}
}

func TestLoopbackIsUp(t *testing.T) {
	ns := New(t)
	ns.Do(t, func() {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		conn, err := net.DialTimeout("tcp", listener.Addr().String(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	})
}

func TestCableCarriesPackets(t *testing.T) {
	a, b := New(t), New(t)
	Link(t, a, b, "left", "right")
	a.Address(t, "left", "10.0.0.1/24")
	b.Address(t, "right", "10.0.0.2/24")
	a.Address(t, "left", "fd00::1/64")
	b.Address(t, "right", "fd00::2/64")
	exchange(t, a, b, "10.0.0.2:7000")
	exchange(t, a, b, "[fd00::2]:7000")
}

func TestHostsOfALANHearEachOther(t *testing.T) {
	lan := LAN(t, 3)
	exchange(t, lan.Hosts[0], lan.Hosts[2], "10.0.0.3:7000")
	exchange(t, lan.Hosts[2], lan.Hosts[1], "10.0.0.2:7000")
}

func TestUnpluggedHostLosesItsCarrierOnly(t *testing.T) {
	lan := LAN(t, 2)
	lan.Unplug(t, 0)
	flags := lan.Hosts[0].link(t, "eth0").Attrs().Flags
	if flags&net.FlagUp == 0 || flags&net.FlagRunning != 0 {
		t.Errorf("unplugged eth0 has flags %v, want up and not running", flags)
	}
	lan.Plug(t, 0)
	exchange(t, lan.Hosts[0], lan.Hosts[1], "10.0.0.2:7000")
}

func TestMutedHostKeepsItsCarrier(t *testing.T) {
	lan := LAN(t, 2)
	lan.Mute(t, 0, true)
	if flags := lan.Hosts[0].link(t, "eth0").Attrs().Flags; flags&net.FlagRunning == 0 {
		t.Errorf("muted eth0 has flags %v, want running", flags)
	}
	if err := dial(t, lan.Hosts[0], "10.0.0.2:7000", 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("muted host gets %v, want a timeout", err)
	}
	lan.Mute(t, 0, false)
	exchange(t, lan.Hosts[0], lan.Hosts[1], "10.0.0.2:7000")
}

func TestSysctlIsTheNamespacesOwn(t *testing.T) {
	a, b := New(t), New(t)
	a.SetSysctl(t, "net/ipv4/ip_forward", "1")
	b.SetSysctl(t, "net/ipv4/ip_forward", "0")
	if a, b := a.Sysctl(t, "net/ipv4/ip_forward"), b.Sysctl(t, "net/ipv4/ip_forward"); a != "1" || b != "0" {
		t.Errorf("ip_forward is %s and %s, want 1 and 0", a, b)
	}
}

func TestStartedProgramEndsWithTheTest(t *testing.T) {
	cmd := exec.Command("sleep", "3600")
	t.Run("starts", func(t *testing.T) {
		New(t).Start(t, cmd)
	})
	if cmd.ProcessState == nil || cmd.ProcessState.Success() {
		t.Errorf("program's state after the test is %v, want killed", cmd.ProcessState)
	}
}

// exchange dials from one namespace into a listener of the other.
func exchange(t *testing.T, from, to *Namespace, address string) {
	t.Helper()
	var listener net.Listener
	to.Do(t, func() {
		var err error
		if listener, err = net.Listen("tcp", address); err != nil {
			t.Fatal(err)
		}
	})
	defer listener.Close()
	if err := dial(t, from, address, 5*time.Second); err != nil {
		t.Error(err)
	}
}

func dial(t *testing.T, from *Namespace, address string, timeout time.Duration) error {
	t.Helper()
	var dialErr error
	from.Do(t, func() {
		conn, err := net.DialTimeout("tcp", address, timeout)
		if err == nil {
			conn.Close()
		}
		dialErr = err
	})
	return dialErr
}
