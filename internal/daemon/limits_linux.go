package daemon

import (
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/config"
)

func currentLimits() (l limits) {
	_ = unix.Getrlimit(unix.RLIMIT_CORE, &l.core)
	_ = unix.Getrlimit(unix.RLIMIT_NOFILE, &l.files)
	return l
}

// allowCores lifts the limit for core files (--core-dump).
func (l *limits) allowCores() error {
	all := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if l.core.Max != unix.RLIM_INFINITY && unix.Geteuid() != 0 {
		all = unix.Rlimit{Cur: l.core.Max, Max: l.core.Max}
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &all); err != nil {
		return fmt.Errorf("allow core files: %w", err)
	}
	return nil
}

// filesBeside is how many files may be open beside the sockets: logs, pid files, netlink, scripts, mails.
const filesBeside = 100

// makeRoom raises the limit for open files when a configuration may need more. Go has already made the most of the
// hard limit.
func (l *limits) makeRoom(cfg *config.Config) error {
	need := uint64(socketCount(cfg) + filesBeside)
	if l.files.Max >= need {
		return nil
	}
	wanted := unix.Rlimit{Cur: need, Max: need}
	// Past the library, which would take it for a wish that scripts are to inherit.
	_, _, errno := unix.RawSyscall6(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, uintptr(unsafe.Pointer(&wanted)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("raise the limit for open files from %d to %d: %w", l.files.Max, need, errno)
	}
	l.files = wanted
	return nil
}

// socketCount is how many sockets the instances need, who share those that go to the same place, and the sessions of
// BFD, with one each and some to share.
func socketCount(cfg *config.Config) int {
	type place struct {
		iface string
		local netip.Addr
		v6    bool
	}
	places := make(map[place]bool)
	for _, vi := range cfg.Instances {
		p := place{iface: wireInterface(vi), v6: vi.IPv6}
		if vi.Unicast {
			p.local = vi.Source
		} else {
			p.local = vi.MulticastGroup
		}
		places[p] = true
	}
	return 2*len(places) + len(cfg.BFDs) + earCount
}
