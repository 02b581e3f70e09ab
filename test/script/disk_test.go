package script

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// fulldisk DIR makes a folder on a disk of its own, on which a file named filler has taken all room.
func fullDisk(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.Mkdir(dir, 0o755))
	ts.Check(unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"))
	ts.Defer(func() { ts.Check(unix.Unmount(dir, unix.MNT_DETACH)) })
	err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 1<<20), 0o600)
	if !errors.Is(err, unix.ENOSPC) {
		ts.Fatalf("the disk takes 1 MiB: %v", err)
	}
}

// until-address PREFIX waits until an interface has that address.
func untilAddress(ts *testscript.TestScript, neg bool, args []string) {
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		addresses, err := net.InterfaceAddrs()
		ts.Check(err)
		if slices.ContainsFunc(addresses, func(a net.Addr) bool { return a.String() == args[0] }) {
			return
		}
		select {
		case <-deadline:
			ts.Fatalf("after %v no interface has %s: %v", patience, args[0], addresses)
		case <-tick.C:
		}
	}
}

// terminate-holder FILE sends SIGTERM to the process that has a file open.
func terminateHolder(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	descriptors, err := filepath.Glob("/proc/[0-9]*/fd/*")
	ts.Check(err)
	for _, descriptor := range descriptors {
		if target, err := os.Readlink(descriptor); err != nil || target != path {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(descriptor, "/")[2])
		ts.Check(err)
		ts.Check(syscall.Kill(pid, syscall.SIGTERM))
		return
	}
	ts.Fatalf("no process has %s open", path)
}
