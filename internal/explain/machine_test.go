package explain

import (
	"net/netip"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/internal/config"
)

// machine is a Host that has whatever a file names, but for what an article says.
type machine struct {
	config.Offline
	rows map[string][]row // by the first word of the line
}

type row struct {
	name string
	says []string
}

func newMachine(t *testing.T, lines []string) machine {
	t.Helper()
	m := machine{rows: map[string][]row{}}
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) < 3 {
			t.Fatalf("host section: %q is too short", line)
		}
		switch words[0] {
		case "interface", "address", "user", "group", "script", "directory", "table", "file", "key":
			m.rows[words[0]] = append(m.rows[words[0]], row{words[1], words[2:]})
		default:
			t.Fatalf("host section: %q begins with an unknown word", line)
		}
	}
	return m
}

func (m machine) find(kind, name string) []string {
	for _, r := range m.rows[kind] {
		if matched, err := path.Match(r.name, name); err == nil && matched {
			return r.says
		}
	}
	return []string{""}
}

func (m machine) Interface(name string) (config.Interface, bool) {
	dev, _ := m.Offline.Interface(name)
	switch says := m.find("interface", name); says[0] {
	case "missing":
		return config.Interface{}, false
	case "loopback":
		dev = config.Interface{Index: 1, MTU: 65536, Loopback: true}
	case "no-multicast":
		dev.Multicast = false
	case "no-ethernet":
		dev.Ethernet = false
	case "vmac":
		dev.VMAC = true
	case "mtu":
		dev.MTU, _ = strconv.Atoi(says[1])
	}
	return dev, true
}

func (m machine) Addresses(device string) []netip.Prefix {
	var addresses []netip.Prefix
	for _, r := range m.rows["address"] {
		if prefix, err := netip.ParsePrefix(r.says[0]); err == nil && r.name == device {
			addresses = append(addresses, prefix)
		}
	}
	return addresses
}

func (m machine) Running(name string) bool { return m.find("interface", name)[0] != "down" }

func (m machine) FileExists(name string) bool { return m.find("file", name)[0] != "missing" }

func (m machine) User(name string) (uid, gid uint32, ok bool) {
	if m.find("user", name)[0] == "missing" {
		return 0, 0, false
	}
	return m.Offline.User(name)
}

func (m machine) Group(name string) (gid uint32, ok bool) {
	if m.find("group", name)[0] == "missing" {
		return 0, false
	}
	return m.Offline.Group(name)
}

func (m machine) CheckScript(name string, _ config.User) (resolved string, problem config.ScriptProblem, detail string) {
	switch says := m.find("script", name); says[0] {
	case "missing":
		return name, config.ScriptNotFound, "no such file or directory"
	case "no-execute":
		return name, config.ScriptNotExecutable, "permission denied"
	case "insecure":
		return name, config.ScriptInsecure, strings.Join(says[1:], " ")
	}
	return name, config.ScriptOK, ""
}

func (m machine) TableFile(file string) []config.NamedNumber {
	var entries []config.NamedNumber
	for _, r := range m.rows["table"] {
		if number, err := strconv.ParseUint(r.says[0], 10, 32); err == nil && r.name == file && len(r.says) == 2 {
			entries = append(entries, config.NamedNumber{Number: uint32(number), Name: r.says[1]})
		}
	}
	return entries
}

func (m machine) KeyFile(name string) (text string, shared bool, problem string) {
	text, _, _ = m.Offline.KeyFile(name)
	return text, m.find("key", name)[0] == "shared", ""
}

func (m machine) DirectoryProblem(name string) string {
	return strings.Join(m.find("directory", name), " ")
}
