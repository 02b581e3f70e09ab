package netns

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServiceManagerIsTold: readiness with our number, reloads with their time and their end, the stop, a start that
// failed with its exit code, and signs of life while a watchdog waits for them.
func TestServiceManagerIsTold(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	program := subjectProgram(t)
	program.Env = append(program.Env, "NOTIFY_SOCKET="+m.path)
	s := newSite(t, "subject")
	r := s.router(0, program)
	r.start(quick("VI", 51, "eth0", "", "10.9.0.100/24"))
	m.expect(fmt.Sprintf("READY=1\nMAINPID=%d", r.daemon.Pid()))
	check(t, r.daemon.Signal(syscall.SIGHUP))
	m.expect("RELOADING=1\nMONOTONIC_USEC=")
	m.expect("READY=1")
	r.stop()
	m.expect("STOPPING=1")

	r.start("vrrp_instance VI {\n interface eth0\n priority 100\n}\n")
	m.expect("ERRNO=2")
	<-r.daemon.Exited()

	r.program.Env = append(r.program.Env, "WATCHDOG_USEC=200000")
	r.start(quick("VI", 51, "eth0", "", "10.9.0.100/24"))
	m.expect("READY=1")
	m.expect("WATCHDOG=1")
	m.expect("WATCHDOG=1")
}

// manager is a service manager that only listens.
type manager struct {
	t      *testing.T
	path   string
	socket *net.UnixConn
}

func newManager(t *testing.T) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	check(t, err)
	t.Cleanup(func() { socket.Close() })
	return &manager{t: t, path: path, socket: socket}
}

// expect waits for the next message, which begins so.
func (m *manager) expect(want string) {
	m.t.Helper()
	check(m.t, m.socket.SetReadDeadline(time.Now().Add(eventTimeout)))
	text := make([]byte, 4096)
	n, err := m.socket.Read(text)
	check(m.t, err)
	if got := string(text[:n]); !strings.HasPrefix(got, want) {
		m.t.Errorf("the service manager is told %q, want %q", got, want)
	}
}
