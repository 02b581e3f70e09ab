// Package host answers what a configuration wants to know of this machine: its name, interfaces, users,
// scripts and iproute2 name tables. It is the config.Host of the real machine.
//
// It promises to change nothing and to ask the kernel only for what is asked of it, once; a Host is
// meant for one reading of a configuration and then thrown away. It leaves every judgement to
// internal/config and internal/script.
package host

import (
	"errors"
	"net/netip"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/script"
)

// Host is this machine. It is not for concurrent use.
type Host struct {
	// Etc and Usr are where iproute2's name tables are: the administrator's and the distribution's.
	Etc, Usr string

	checker   script.Checker
	links     map[string]config.Interface // nil until the first look-up
	addresses map[int][]netip.Prefix      // by the index of the interface; nil until the first question
}

// New is the machine as its usual tools see it.
func New() *Host { return &Host{Etc: "/etc/iproute2", Usr: "/usr/share/iproute2"} }

// Hostname is the machine's name, or "localhost" if it has none.
func (*Host) Hostname() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "localhost"
	}
	return name
}

// User looks an account up; gid is that of its primary group.
func (*Host) User(name string) (uid, gid uint32, ok bool) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, false
	}
	uid, uidOK := id(u.Uid)
	gid, gidOK := id(u.Gid)
	return uid, gid, uidOK && gidOK
}

// Group looks a group up.
func (*Host) Group(name string) (gid uint32, ok bool) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, false
	}
	return id(g.Gid)
}

// UserGroups are all groups of an account.
func (*Host) UserGroups(name string) []uint32 {
	u, err := user.Lookup(name)
	if err != nil {
		return nil
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil
	}
	groups := make([]uint32, 0, len(ids))
	for _, text := range ids {
		if gid, ok := id(text); ok {
			groups = append(groups, gid)
		}
	}
	return groups
}

func id(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil
}

// DefaultUser is who this process runs as.
func (*Host) DefaultUser() (uid, gid uint32) { return uint32(os.Getuid()), uint32(os.Getgid()) }

// CheckScript applies the rules of internal/script. resolved is where the program is, absolute.
func (h *Host) CheckScript(path string, u config.User) (resolved string, problem config.ScriptProblem, detail string) {
	found, err := h.checker.Check(path, script.User{UID: u.UID, GID: u.GID, Groups: u.Groups})
	resolved = found.Path
	if resolved == "" {
		resolved = path
	}
	switch {
	case err == nil:
		return resolved, config.ScriptOK, ""
	case errors.Is(err, script.ErrInsecure):
		problem = config.ScriptInsecure
	case errors.Is(err, script.ErrNotExecutable):
		problem = config.ScriptNotExecutable
	default:
		problem = config.ScriptNotFound
	}
	return resolved, problem, strings.TrimPrefix(err.Error(), "check script "+path+": ")
}

// Uptime is how long the machine has been up, time asleep included.
func (*Host) Uptime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
