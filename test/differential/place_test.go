package differential

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// insideVariable marks the copy of the test binary that runs in namespaces of its own.
const insideVariable = "GOVRRPD_DIFFERENTIAL_INSIDE"

// stock are the files that the tables name, all below an empty /run.
var stock = []struct {
	path, text string
	mode       os.FileMode
}{
	{"/run/good", "#!/bin/sh\n", 0o755},
	{"/run/bin/true", "#!/bin/sh\n", 0o755}, // on the PATH
	{"/run/open", "#!/bin/sh\n", 0o777},     // others may change it
	{"/run/private", "#!/bin/sh\n", 0o700},  // root alone may run it
	{"/run/text", "5\n", 0o644},             // not executable
}

// accounts replace those of the machine.
var accounts = map[string]string{
	"/etc/passwd": "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
	"/etc/group":  "root:x:0:\nann:x:1000:\nnet:x:1001:ann\nnogroup:x:65534:\n",
}

func TestMain(m *testing.M) {
	if os.Getenv(insideVariable) == "" {
		os.Exit(moveInside())
	}
	if err := furnish(); err != nil {
		fmt.Fprintln(os.Stderr, "test/differential:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// moveInside runs the test binary again in new namespaces and returns its exit code.
func moveInside() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	err := cmd.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return max(ended.ExitCode(), 1)
	}
	fmt.Fprintln(os.Stderr, "test/differential: run in namespaces of its own:", err)
	return 1
}

// furnish makes of the namespaces the machine that the tables are about.
func furnish() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	unix.Umask(0)
	if err := ownRoot(); err != nil {
		return err
	}
	if err := errors.Join(os.Mkdir("/run/bin", 0o755), os.Setenv("PATH", "/run/bin:"+os.Getenv("PATH"))); err != nil {
		return err
	}
	for _, f := range stock {
		if err := os.WriteFile(f.path, []byte(f.text), f.mode); err != nil {
			return err
		}
	}
	for path, text := range accounts {
		own := "/run/" + fmt.Sprintf("%x", path)
		if err := os.WriteFile(own, []byte(text), 0o644); err != nil {
			return err
		}
		if err := unix.Mount(own, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("put %s in its place: %w", path, err)
		}
	}
	if err := unix.Sethostname([]byte("here")); err != nil {
		return fmt.Errorf("set the host's name: %w", err)
	}
	return addInterfaces()
}

// ownRoot moves to a root directory with an empty /run and all else as it was. Who is not root outside does
// not own the real one, and below that no script is secure.
func ownRoot() error {
	const root = "/run"
	before, err := os.Getwd()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir("/")
	if err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", root, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount a root directory: %w", err)
	}
	for _, entry := range entries {
		if err := takeOver(root, entry); err != nil {
			return err
		}
	}
	if err := errors.Join(unix.Chroot(root), os.Chdir(before)); err != nil {
		return fmt.Errorf("move to a root directory of our own: %w", err)
	}
	return nil
}

// takeOver makes an entry of / that of another root directory too.
func takeOver(root string, entry os.DirEntry) error {
	old, here := "/"+entry.Name(), filepath.Join(root, entry.Name())
	switch {
	case entry.Type() == os.ModeSymlink:
		target, err := os.Readlink(old)
		return errors.Join(err, os.Symlink(target, here))
	case !entry.IsDir():
		return nil
	}
	if err := os.Mkdir(here, 0o755); err != nil {
		return err
	}
	if old == root {
		return nil // empty, and ours
	}
	if err := unix.Mount(old, here, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s: %w", old, err)
	}
	return nil
}

// addInterfaces makes eth0 (10.9.0.1/24), eth1, eth2 (which has no multicast) and tun0 (which is no
// Ethernet).
func addInterfaces() error {
	var links []netlink.Link
	for _, name := range []string{"eth0", "eth1", "eth2"} {
		links = append(links, &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: name + "-peer"})
	}
	links = append(links, &netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: "tun0"}, Mode: netlink.TUNTAP_MODE_TUN})
	for _, link := range links {
		if err := netlink.LinkAdd(link); err != nil {
			return fmt.Errorf("add %s: %w", link.Attrs().Name, err)
		}
	}
	for _, name := range []string{"lo", "eth0", "eth0-peer", "eth1", "eth1-peer", "eth2", "eth2-peer", "tun0"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("find %s: %w", name, err)
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("set %s up: %w", name, err)
		}
		switch name {
		case "eth0":
			err = netlink.AddrAdd(link, &netlink.Addr{IPNet: netlink.NewIPNet([]byte{10, 9, 0, 1})})
		case "eth2":
			err = netlink.LinkSetMulticastOff(link)
		}
		if err != nil {
			return fmt.Errorf("set up %s: %w", name, err)
		}
	}
	return nil
}
