package netspace

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Directory is where several daemons on one host have their files. One in a named network namespace has a directory of
// its own below it, and sees that one in its place: so scripts find the same names everywhere.
const Directory = "/run/keepalived"

// makePrivate puts the directory of a namespace in the place of Directory, for the calling thread and what it starts.
func makePrivate(namespace string) error {
	own := filepath.Join(Directory, namespace)
	for _, dir := range []string{Directory, own} {
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		} else if err == nil {
			_ = os.Chmod(dir, 0o755) // whatever the umask
		}
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	// What is mounted elsewhere is still to be seen here, but not the other way round.
	if err := unix.Mount("", "/", "", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		return err
	}
	return unix.Mount(own, Directory, "", unix.MS_BIND, "")
}

// Private tells whether Directory is that of the namespace alone.
func Private(namespace string) bool {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	return err == nil && namespace != "" && isPrivate(mounts, namespace)
}

// isPrivate looks for the mount in /proc/self/mountinfo, whose fourth word is what was mounted and the fifth where.
func isPrivate(mounts []byte, namespace string) bool {
	for line := range bytes.Lines(mounts) {
		words := bytes.Fields(line)
		if len(words) > 4 && string(words[4]) == Directory && bytes.HasSuffix(words[3], []byte("/keepalived/"+namespace)) {
			return true
		}
	}
	return false
}

// Leave removes the directory of a namespace, and Directory, when nobody has anything there. It is the last that a
// daemon does.
func Leave(namespace string) {
	if !Private(namespace) {
		return
	}
	if err := unix.Unmount(Directory, unix.MNT_DETACH); err != nil {
		return
	}
	// What is not empty stays.
	_ = os.Remove(filepath.Join(Directory, namespace))
	_ = os.Remove(Directory)
}
