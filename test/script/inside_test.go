package script

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/vishvananda/netlink"
)

// addInterface makes eth0, whose cable ends in the same namespace.
func addInterface() error {
	eth0 := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "eth0-peer"}
	if err := netlink.LinkAdd(eth0); err != nil {
		return fmt.Errorf("add eth0: %w", err)
	}
	for _, name := range []string{"lo", "eth0", "eth0-peer"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("find %s: %w", name, err)
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("set %s up: %w", name, err)
		}
		if name != "eth0" {
			continue
		}
		address, err := netlink.ParseAddr("10.9.0.1/24")
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(link, address); err != nil {
			return fmt.Errorf("add %s to eth0: %w", address, err)
		}
	}
	return nil
}

// endDaemons ends what failed scripts have left running in the background: as its subreaper, this
// process has become the parent of all of it.
func endDaemons() {
	for {
		children := 0
		lists, _ := filepath.Glob("/proc/self/task/*/children")
		for _, list := range lists {
			content, _ := os.ReadFile(list)
			for _, field := range bytes.Fields(content) {
				if pid, err := strconv.Atoi(string(field)); err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
					children++
					_, _ = syscall.Wait4(pid, nil, 0, nil)
				}
			}
		}
		if children == 0 {
			return
		}
	}
}
