package nettest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Namespace is one network namespace: a host of the test's network. It is usable
// from several goroutines.
type Namespace struct {
	handle *os.File
}

// New makes a network namespace with its loopback up and IPv6's duplicate address
// detection off, so that link-local addresses are usable at once. It is removed
// at the end of the test (sockets and processes inside keep it alive until then).
func New(t testing.TB) *Namespace {
	t.Helper()
	type result struct {
		handle *os.File
		err    error
	}
	made := make(chan result)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			made <- result{err: fmt.Errorf("create network namespace: %w", err)}
			return
		}
		handle, err := os.Open("/proc/thread-self/ns/net")
		made <- result{handle, err}
	}()
	r := <-made
	if r.err != nil {
		t.Fatal(r.err)
	}
	ns := &Namespace{handle: r.handle}
	t.Cleanup(func() { ns.handle.Close() })
	ns.SetUp(t, "lo")
	ns.SetSysctl(t, "net/ipv6/conf/all/accept_dad", "0")
	ns.SetSysctl(t, "net/ipv6/conf/default/accept_dad", "0")
	return ns
}

// FD is the namespace's file descriptor, valid until the end of the test.
func (ns *Namespace) FD() int { return int(ns.handle.Fd()) }

// Path names the namespace for programs that enter it themselves (nsenter --net=,
// ip link set netns), valid until the end of the test.
func (ns *Namespace) Path() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), ns.FD())
}

// Do runs f inside the namespace, on the calling goroutine, whose thread is locked
// meanwhile: t.Fatal works inside. Sockets opened by f, and programs started by
// it, stay in the namespace. Goroutines started by f do not run inside: they
// call Do themselves.
func (ns *Namespace) Do(t testing.TB, f func()) {
	t.Helper()
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatalf("open own network namespace: %v", err)
	}
	defer home.Close()
	if err := unix.Setns(ns.FD(), unix.CLONE_NEWNET); err != nil {
		t.Fatalf("enter network namespace: %v", err)
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			t.Errorf("leave network namespace: %v", err)
			return // still locked, so the thread ends with its goroutine
		}
		runtime.UnlockOSThread()
	}()
	f()
}

// SetSysctl writes one of the namespace's settings; name is its path below
// /proc/sys, as in net/ipv4/ip_forward.
func (ns *Namespace) SetSysctl(t testing.TB, name, value string) {
	t.Helper()
	ns.Do(t, func() {
		t.Helper()
		if err := os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0); err != nil {
			t.Fatal(err)
		}
	})
}

// Sysctl reads one of the namespace's settings, without the end of the line.
func (ns *Namespace) Sysctl(t testing.TB, name string) string {
	t.Helper()
	var value string
	ns.Do(t, func() {
		t.Helper()
		text, err := os.ReadFile(filepath.Join("/proc/sys", name))
		if err != nil {
			t.Fatal(err)
		}
		value = strings.TrimSpace(string(text))
	})
	return value
}

// Index returns the interface index of a link.
func (ns *Namespace) Index(t testing.TB, name string) int {
	t.Helper()
	return ns.link(t, name).Attrs().Index
}

func (ns *Namespace) link(t testing.TB, name string) netlink.Link {
	t.Helper()
	var link netlink.Link
	ns.Do(t, func() {
		t.Helper()
		var err error
		if link, err = netlink.LinkByName(name); err != nil {
			t.Fatalf("link %s: %v", name, err)
		}
	})
	return link
}
