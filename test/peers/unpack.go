package peers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// unpacker downloads packages with apt and unpacks them below one tree.
type unpacker struct {
	cache string          // apt's own state, where the machine has none that can be used
	root  string          // the tree
	apt   []string        // options for each apt call
	have  map[string]bool // packages already in the tree
}

func newUnpacker(cache, root string) *unpacker {
	return &unpacker{cache: cache, root: root, have: map[string]bool{}}
}

// maxLibraryRounds bounds how deep libraries that need libraries are followed.
const maxLibraryRounds = 8

// fetch brings a package into the tree, and those packages that it needs libraries from.
func (u *unpacker) fetch(ctx context.Context, name, pkg string) error {
	for _, tool := range []string{"apt-get", "dpkg-deb", "ldd"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("download package %s: %s is missing", pkg, tool)
		}
	}
	for _, wanted := range append([]string{pkg}, beside[pkg]...) {
		if err := u.add(ctx, wanted); err != nil {
			return err
		}
	}
	for range maxLibraryRounds {
		program, err := unpacked(u.root, name)
		if err != nil {
			return err
		}
		missing, err := missingLibraries(ctx, program)
		if err != nil || len(missing) == 0 {
			return err
		}
		if err := u.addDepends(ctx, missing); err != nil {
			return err
		}
	}
	return fmt.Errorf("libraries of %s: still incomplete after %d rounds", name, maxLibraryRounds)
}

// addDepends adds the library packages that the tree's packages depend on and that are neither in
// the tree nor installed. missing is for the error.
func (u *unpacker) addDepends(ctx context.Context, missing []string) error {
	wanted := map[string]bool{}
	for pkg := range u.have {
		depends, err := run(ctx, "dpkg-deb", "-f", u.archive(pkg), "Depends")
		if err != nil {
			return err
		}
		for _, dependency := range dependencyNames(depends) {
			if strings.HasPrefix(dependency, "lib") && !u.have[dependency] && !isInstalled(ctx, dependency) {
				wanted[dependency] = true
			}
		}
	}
	if len(wanted) == 0 {
		return fmt.Errorf("libraries %s: no package among the dependencies has them", strings.Join(missing, ", "))
	}
	for pkg := range wanted {
		if err := u.add(ctx, pkg); err != nil {
			return err
		}
	}
	return nil
}

// add downloads one package and unpacks it into the tree.
func (u *unpacker) add(ctx context.Context, pkg string) error {
	dir := filepath.Dir(u.archive(pkg))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := u.download(ctx, dir, pkg); err != nil {
		return err
	}
	// apt names the file for the version; a fixed name spares looking for it again.
	found, err := filepath.Glob(filepath.Join(dir, pkg+"_*.deb"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("download package %s: %d files came", pkg, len(found))
	}
	if err := os.Rename(found[0], u.archive(pkg)); err != nil {
		return err
	}
	if _, err := run(ctx, "dpkg-deb", "-x", u.archive(pkg), u.root); err != nil {
		return err
	}
	u.have[pkg] = true
	return nil
}

func (u *unpacker) archive(pkg string) string {
	return filepath.Join(u.root, ".archives", pkg+".deb")
}

// download asks apt for a package: with the machine's package lists if it has them, else with lists
// of our own, so that the machine's stay as they are.
func (u *unpacker) download(ctx context.Context, dir, pkg string) error {
	if u.apt == nil {
		u.apt = []string{"-q", "-o", "APT::Sandbox::User=root"}
		_, err := u.aptGet(ctx, dir, "download", pkg)
		if err == nil {
			return nil
		}
		lists := filepath.Join(u.cache, "apt")
		if err := os.MkdirAll(filepath.Join(lists, "lists", "partial"), 0o755); err != nil {
			return err
		}
		u.apt = append(u.apt, "-o", "Dir::State="+lists, "-o", "Dir::State::status=/var/lib/dpkg/status",
			"-o", "Dir::Cache="+lists, "-o", "Debug::NoLocking=1")
		if _, updateErr := u.aptGet(ctx, dir, "update"); updateErr != nil {
			return errors.Join(err, updateErr)
		}
	}
	_, err := u.aptGet(ctx, dir, "download", pkg)
	return err
}

func (u *unpacker) aptGet(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "apt-get", append(slices.Clone(u.apt), args...)...)
	cmd.Dir = dir // apt-get download writes into the working directory
	return output(cmd)
}

// dependencyNames lists the first alternative of each dependency of a Depends field.
func dependencyNames(depends string) []string {
	var names []string
	for dependency := range strings.SplitSeq(depends, ",") {
		first, _, _ := strings.Cut(dependency, "|")
		if fields := strings.Fields(first); len(fields) > 0 {
			name, _, _ := strings.Cut(fields[0], ":")
			names = append(names, name)
		}
	}
	return names
}

func isInstalled(ctx context.Context, pkg string) bool {
	status, err := run(ctx, "dpkg-query", "-W", "-f", "${db:Status-Status}", pkg)
	return err == nil && strings.TrimSpace(status) == "installed"
}

// missingLibraries lists the sonames that the program's loader would not find.
func missingLibraries(ctx context.Context, program Program) ([]string, error) {
	cmd := exec.CommandContext(ctx, "ldd", program.Path)
	cmd.Env = append(os.Environ(), program.Env...)
	text, err := output(cmd)
	if err != nil {
		return nil, err
	}
	var missing []string
	for line := range strings.Lines(text) {
		if soname, _, found := strings.Cut(line, "=> not found"); found {
			missing = append(missing, strings.TrimSpace(soname))
		}
	}
	return missing, nil
}

// libraryPath lists the library directories of an unpacked tree, in the loader's form.
func libraryPath(root string) string {
	multiarch := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[runtime.GOARCH]
	var dirs []string
	for _, dir := range []string{"usr/lib", "lib"} {
		dirs = append(dirs, filepath.Join(root, dir, multiarch), filepath.Join(root, dir))
	}
	dirs = append(dirs, filepath.Join(root, "usr/lib", multiarch, "frr")) // FRR's own, which its daemons know by an absolute path
	return strings.Join(dirs, ":")
}

func run(ctx context.Context, name string, args ...string) (string, error) {
	return output(exec.CommandContext(ctx, name, args...))
}

// output runs a command and returns what it prints; an error carries what it says.
func output(cmd *exec.Cmd) (string, error) {
	text, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return string(text), nil
}
