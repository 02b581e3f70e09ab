// Package peers finds the programs that the tests, the demo and the benchmark run beside govrrpd:
// Debian's keepalived as the other router, FRR's bfdd as the other end of BFD sessions, tcpdump as the judge of checksums, Neovim as an editor.
//
// A program that is installed is used as it is. One that is missing is downloaded by the name of its
// Debian package and unpacked, never installed, because installing keepalived would start its
// service: the machine stays as it was. The unpacked files live in $GOVRRPD_PEERS, else in
// govrrpd/peers below the user's cache directory, and serve every later run.
//
// Where neither works, the error says in one sentence what to install. What the programs then do,
// and in which network namespace, is package lab's business.
package peers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Program is how to start a program that was found.
type Program struct {
	// Path is the absolute path of the executable.
	Path string
	// Env is what its environment needs beyond the caller's; empty for an installed program.
	Env []string
}

// packages names the Debian package of each program that Find can supply.
var packages = map[string]string{
	"keepalived": "keepalived",
	"tcpdump":    "tcpdump",
	"ip":         "iproute2",
	"nft":        "nftables",
	"nvim":       "neovim",
	"bfdd":       "frr",
}

// beside are the packages that a package needs besides those that it has libraries from.
var beside = map[string][]string{
	"neovim": {"neovim-runtime", "lua-luv"}, // lua-luv has a library, and does not call itself one
}

// places are the variables that tell a program where in the unpacked tree it finds what belongs to it.
var places = map[string]map[string]string{
	"nvim": {"VIMRUNTIME": "usr/share/nvim/runtime"},
}

// fetchTimeout bounds downloading and unpacking one program and its libraries.
const fetchTimeout = 3 * time.Minute

// Find returns the program of that name, downloading and unpacking it first where it is missing.
// Several processes may call it at the same time: one fetches, the others wait for it.
func Find(ctx context.Context, name string) (Program, error) {
	if path := installed(name); path != "" {
		return Program{Path: path}, nil
	}
	pkg, known := packages[name]
	if !known {
		return Program{}, fmt.Errorf("find %s: not installed, and no package is known that has it", name)
	}
	program, err := fetch(ctx, name, pkg)
	if err != nil {
		return Program{}, fmt.Errorf("find %s: %w (to supply it yourself: apt-get install %s)", name, err, pkg)
	}
	return program, nil
}

// Need is Find for a test, which fails where the program cannot be had: a test that skips is a test
// that nobody has.
func Need(t testing.TB, name string) Program {
	t.Helper()
	program, err := Find(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// installed returns the path of a program on the PATH, or in the directories for administrators and
// FRR's daemons, which an ordinary user's PATH leaves out.
func installed(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/lib/frr"} {
		path := filepath.Join(dir, name)
		if unix.Access(path, unix.X_OK) == nil {
			return path
		}
	}
	return ""
}

// cacheDir is where unpacked programs are kept.
func cacheDir() (string, error) {
	if dir := os.Getenv("GOVRRPD_PEERS"); dir != "" {
		return filepath.Abs(dir)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(base, "govrrpd", "peers"), nil
}

// fetch unpacks a package below the cache directory unless an earlier run has, under a lock that
// other processes respect.
func fetch(ctx context.Context, name, pkg string) (Program, error) {
	cache, err := cacheDir()
	if err != nil {
		return Program{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	unlock, err := lock(cache)
	if err != nil {
		return Program{}, err
	}
	defer unlock()

	root := filepath.Join(cache, pkg)
	if program, err := unpacked(root, name); err == nil {
		return program, nil
	}
	// A name of its own until it is complete: an interrupted fetch leaves nothing that looks usable.
	partial := root + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return Program{}, err
	}
	if err := newUnpacker(cache, partial).fetch(ctx, name, pkg); err != nil {
		return Program{}, err
	}
	if err := errors.Join(os.RemoveAll(root), os.Rename(partial, root)); err != nil {
		return Program{}, err
	}
	return unpacked(root, name)
}

// lock takes the cache directory's lock, waiting for whoever has it.
func lock(cache string) (unlock func(), err error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	file, err := os.Create(filepath.Join(cache, "lock"))
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return func() { file.Close() }, nil
}

// unpacked describes a program below an unpacked tree.
func unpacked(root, name string) (Program, error) {
	for _, dir := range []string{"usr/sbin", "usr/bin", "sbin", "bin", "usr/lib/frr"} {
		path := filepath.Join(root, dir, name)
		if unix.Access(path, unix.X_OK) == nil {
			env := []string{"LD_LIBRARY_PATH=" + libraryPath(root)}
			for variable, place := range places[name] {
				env = append(env, variable+"="+filepath.Join(root, place))
			}
			return Program{Path: path, Env: env}, nil
		}
	}
	return Program{}, fmt.Errorf("%s is not in %s", name, root)
}
