package track

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// What makes a path unfit for a track_file; errors of Watchable wrap one of them, or the system's.
var (
	ErrNoEvents = errors.New("changes on this file system are not told of")
	ErrReadOnly = errors.New("file system is read-only, so the value could never change")
)

// Values of statfs(2) that the system package has no name for.
const (
	cifsMagic = 0xff534d42
	smb2Magic = 0xfe534d42
)

// eventless says whether changes are made behind the kernel's back: on another machine, by a user's
// program, or by the kernel itself. inotify(7), "Limitations and caveats".
func eventless(kind int64) bool {
	switch uint32(kind) {
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC,
		unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC, unix.SECURITYFS_MAGIC, unix.DEVPTS_SUPER_MAGIC,
		unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, cifsMagic, smb2Magic, unix.FUSE_SUPER_MAGIC,
		unix.AFS_SUPER_MAGIC, unix.V9FS_MAGIC, unix.CEPH_SUPER_MAGIC:
		return true
	}
	return false
}

// Watchable says why a file at this path cannot be tracked: its directory cannot be looked at, or its
// file system never tells of changes (ErrNoEvents) or allows none (ErrReadOnly).
func Watchable(path string) error {
	var fs unix.Statfs_t
	dir := filepath.Dir(path)
	err := unix.Statfs(dir, &fs)
	for err == unix.EINTR {
		err = unix.Statfs(dir, &fs)
	}
	switch {
	case err == nil && eventless(int64(fs.Type)):
		err = ErrNoEvents
	case err == nil && fs.Flags&unix.ST_RDONLY != 0:
		err = ErrReadOnly
	}
	if err != nil {
		return fmt.Errorf("track file %s: %w", path, err)
	}
	return nil
}
