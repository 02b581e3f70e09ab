package lab

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"

	"github.com/govrrpd/govrrpd/test/peers"
)

// StartBFDD runs FRR's bfdd on the host with the configuration as its file, logging what its sessions do. Nothing
// else of FRR is needed, nor its user: it runs as root of the lab. dir is its own directory.
func (h *Host) StartBFDD(program peers.Program, dir, configuration string) (*Daemon, error) {
	file := filepath.Join(dir, "bfdd.conf")
	err := errors.Join(
		os.WriteFile(file, []byte("debug bfd peer\ndebug bfd network\n"+configuration), 0o644),
		h.addGroup(dir, "frrvty"),
		h.Bind(dir, "/var/tmp"), // where FRR writes crash logs
	)
	if err != nil {
		return nil, err
	}
	return h.run(program, dir, []string{
		"-f", file, "-i", filepath.Join(dir, "bfdd.pid"), "-z", filepath.Join(dir, "zserv.api"),
		"--vty_socket", dir, "--bfdctl", filepath.Join(dir, "bfdd.sock"), "-P", "0", "-u", "root", "-g", "root",
		"--log", "stdout", "--log-level", "debug",
	}, true)
}

// Configure gives bfdd lines of configuration while it runs, as vtysh does: each command ends with a zero byte, each
// answer with three and a status.
func (d *Daemon) Configure(lines ...string) error {
	conn, err := net.Dial("unix", filepath.Join(d.Dir, "bfdd.vty"))
	if err != nil {
		return fmt.Errorf("configure bfdd: %w", err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	// What was changed takes effect at the end.
	for _, line := range slices.Concat([]string{"enable", "configure terminal"}, lines, []string{"end"}) {
		if _, err := conn.Write(append([]byte(line), 0)); err != nil {
			return fmt.Errorf("configure bfdd: %s: %w", line, err)
		}
		if err := readAnswer(answers); err != nil {
			return fmt.Errorf("configure bfdd: %s: %w", line, err)
		}
	}
	return nil
}

func readAnswer(from *bufio.Reader) error {
	var text []byte
	for !bytes.HasSuffix(text, []byte{0, 0, 0}) {
		b, err := from.ReadByte()
		if err != nil {
			return err
		}
		text = append(text, b)
	}
	if status, err := from.ReadByte(); err != nil || status != 0 {
		return fmt.Errorf("status %d, %v: %s", status, err, bytes.TrimRight(text, "\x00"))
	}
	return nil
}

// addGroup lets a group exist for this host alone: FRR does not start without one.
func (h *Host) addGroup(dir, name string) error {
	groups, err := os.ReadFile("/etc/group")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "group")
	if err := os.WriteFile(file, append(groups, name+":x:0:\n"...), 0o644); err != nil {
		return err
	}
	return h.Bind(file, "/etc/group")
}
