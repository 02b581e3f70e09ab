package script

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// What can be wrong with the path of a script; errors of Checker wrap one of them.
var (
	ErrNotFound      = errors.New("not found")
	ErrNotAccessible = errors.New("not accessible")
	ErrNotExecutable = errors.New("not executable")
	// ErrInsecure: somebody other than the trusted owner can change what would be run with root's rights.
	ErrInsecure = errors.New("insecure")
)

// maxLinks is the kernel's own limit of symbolic links in one path (path_resolution(7)).
const maxLinks = 40

// Checker decides whether a configured program may be run. The zero value applies the rules to this
// system; Root and Owner are there so that tests need no files of root's.
type Checker struct {
	Root  string // directory that stands for "/", also for symbolic links; "" is the real one
	Owner uint32 // the user id that all files and directories of a privileged script must belong to
	Path  string // directories to search for bare names, separated by colons; "" is $PATH
}

// Found is an existing program.
type Found struct {
	Path     string // absolute, symbolic links kept
	Real     string // absolute, symbolic links resolved
	Searched bool   // the name was bare and was found by searching Path: worth a warning
}

// User is who a script would run as.
type User struct {
	UID, GID uint32
	Groups   []uint32
}

// privileged says whether such a user could do what only root should. keepalived also counts group 0.
func (u User) privileged() bool { return u.UID == 0 || u.GID == 0 }

// Check looks the program up and applies the rules: it must be a regular file that user can reach and
// execute, and if user is privileged (user id 0, group id 0, or the file has the set-user-id bit of
// root), then each directory on the way to it and the file itself must belong to Owner and not be
// writable by a group other than 0 or by others; a directory with the sticky bit may be.
//
// Symbolic links are followed, each link's own directory being held to the same rules (keepalived 2.4
// refuses a path with a link in it, and so refuses /bin/true where /bin is a link to usr/bin).
//
// With ErrInsecure the Found is complete: whether such a script is run is the caller's policy.
func (c Checker) Check(name string, user User) (Found, error) {
	if strings.Contains(name, "/") {
		found := Found{Path: filepath.Clean(name)}
		if !filepath.IsAbs(name) {
			return found, fmt.Errorf("check script %s: path is relative: %w", name, ErrNotFound)
		}
		err := c.inspect(&found, user)
		return found, wrap(name, err)
	}
	if name == "" {
		return Found{}, fmt.Errorf("check script: empty name: %w", ErrNotFound)
	}
	return c.search(name, user)
}

func wrap(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("check script %s: %w", name, err)
}

// search returns the first directory's file that can be executed, like execvp(3); failing that, the
// reason why the first one that exists cannot.
func (c Checker) search(name string, user User) (Found, error) {
	list := c.Path
	if list == "" {
		list = os.Getenv("PATH")
	}
	first := fmt.Errorf("%w in %s", ErrNotFound, list)
	for _, dir := range filepath.SplitList(list) {
		if !filepath.IsAbs(dir) { // the current directory is nobody's choice in a daemon
			continue
		}
		found := Found{Path: filepath.Join(dir, name), Searched: true}
		err := c.inspect(&found, user)
		if err == nil || errors.Is(err, ErrInsecure) {
			return found, wrap(name, err)
		}
		if errors.Is(first, ErrNotFound) && !errors.Is(err, ErrNotFound) {
			first = err
		}
	}
	return Found{}, wrap(name, first)
}

// inspect walks to found.Path component by component, as the kernel does, and fills in found.Real.
func (c Checker) inspect(found *Found, user User) error {
	w := walk{checker: c, user: user}
	info, err := w.follow(found.Path)
	if err != nil {
		return err
	}
	found.Real = w.at
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file: %w", w.at, ErrNotExecutable)
	}
	if !permits(info, user, 0o1) {
		return fmt.Errorf("%s lacks the permission for its user: %w", w.at, ErrNotExecutable)
	}
	if user.privileged() || (info.Mode()&fs.ModeSetuid != 0 && owner(info).Uid == 0) {
		return w.insecure
	}
	return nil
}

// walk is one path resolution.
type walk struct {
	checker  Checker
	user     User
	at       string // how far it has come; symbolic links resolved
	insecure error  // the first component that breaks the ownership rules
	links    int
}

func (w *walk) follow(path string) (fs.FileInfo, error) {
	w.at = "/"
	info, err := w.look("/")
	for rest := parts(path); err == nil && len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		if !info.IsDir() {
			return nil, fmt.Errorf("%s is no directory: %w", w.at, ErrNotFound)
		}
		if !permits(info, w.user, 0o1) {
			return nil, fmt.Errorf("%s may not be searched by its user: %w", w.at, ErrNotAccessible)
		}
		next := filepath.Join(w.at, part)
		if info, err = w.look(next); err != nil {
			return nil, err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			w.at = next
			continue
		}
		target, linkErr := os.Readlink(w.real(next))
		if w.links++; linkErr != nil || w.links > maxLinks {
			return nil, fmt.Errorf("%s cannot be followed: %w", next, ErrNotAccessible)
		}
		if filepath.IsAbs(target) {
			w.at = "/"
		}
		rest = append(parts(target), rest...)
		info, err = w.look(w.at)
	}
	return info, err
}

func (w *walk) real(path string) string { return filepath.Join(w.checker.Root, path) }

// look reads one component and notes when it breaks the rules.
func (w *walk) look(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(w.real(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", path, ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("%s: %w (%w)", path, ErrNotAccessible, err)
	}
	if fault := w.checker.fault(info); fault != "" && w.insecure == nil {
		w.insecure = fmt.Errorf("%s %s: %w", path, fault, ErrInsecure)
	}
	return info, nil
}

func (c Checker) fault(info fs.FileInfo) string {
	who, mode := owner(info), info.Mode()
	switch {
	case who.Uid != c.Owner:
		return fmt.Sprintf("belongs to user %d", who.Uid)
	case mode&fs.ModeSymlink != 0 || (mode.IsDir() && mode&fs.ModeSticky != 0):
		return "" // a link's mode means nothing; in a sticky directory only the owner replaces a file
	case mode.Perm()&0o002 != 0:
		return "is writable by others"
	case mode.Perm()&0o020 != 0 && who.Gid != 0:
		return fmt.Sprintf("is writable by group %d", who.Gid)
	}
	return ""
}

// permits applies the classic permission bits (1 execute or search) to user; root needs any of the three.
func permits(info fs.FileInfo, user User, bit fs.FileMode) bool {
	who, perm := owner(info), info.Mode().Perm()
	switch {
	case user.UID == 0:
		return info.IsDir() || perm&(bit|bit<<3|bit<<6) != 0
	case user.UID == who.Uid:
		return perm&(bit<<6) != 0
	case user.GID == who.Gid || slices.Contains(user.Groups, who.Gid):
		return perm&(bit<<3) != 0
	}
	return perm&bit != 0
}

func owner(info fs.FileInfo) *syscall.Stat_t { return info.Sys().(*syscall.Stat_t) }

func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}
