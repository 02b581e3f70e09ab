package host

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// unwatchable are file systems whose files change without the kernel telling of it.
var unwatchable = map[uint32]string{
	unix.PROC_SUPER_MAGIC:    "proc",
	unix.SYSFS_MAGIC:         "sysfs",
	unix.CGROUP_SUPER_MAGIC:  "cgroup",
	unix.CGROUP2_SUPER_MAGIC: "cgroup",
	unix.NFS_SUPER_MAGIC:     "NFS",
	unix.FUSE_SUPER_MAGIC:    "FUSE",
	unix.CIFS_SUPER_MAGIC:    "CIFS",
	unix.SMB2_SUPER_MAGIC:    "SMB",
	unix.DEBUGFS_MAGIC:       "debugfs",
}

// DirectoryProblem says why changes of a file could not be noticed, "" if they can: its directory must
// exist, be writable for somebody, and tell of changes.
func (*Host) DirectoryProblem(path string) string {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "directory " + dir + " does not exist"
	case err != nil:
		return "directory " + dir + " cannot be reached: " + err.Error()
	case !info.IsDir():
		return dir + " is no directory"
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return "directory " + dir + " cannot be examined: " + err.Error()
	}
	if name := unwatchable[uint32(fs.Type)]; name != "" {
		return "directory " + dir + " is on a file system that does not tell of changes (" + name + ")"
	}
	if fs.Flags&unix.ST_RDONLY != 0 {
		return "directory " + dir + " is on a file system that cannot be written to"
	}
	return ""
}
