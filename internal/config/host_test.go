package config

import (
	"strings"
	"time"
)

// fakeHost is a machine that has every Ethernet interface, user and script, except those whose names
// say otherwise.
type fakeHost struct{}

func (fakeHost) Hostname() string { return "router1.example.org" }

func (fakeHost) Interface(name string) (Interface, bool) {
	if strings.HasPrefix(name, "gone") || strings.HasPrefix(name, "$") || strings.HasPrefix(name, "vrrp.") {
		return Interface{}, false
	}
	ether := Interface{Index: 2, MTU: 1500, Multicast: true, Ethernet: true}
	switch {
	case name == "lo":
		return Interface{Index: 1, MTU: 65536, Loopback: true}, true
	case strings.HasPrefix(name, "small"):
		ether.MTU = 68
	case strings.HasPrefix(name, "tun"):
		ether.Ethernet, ether.Multicast = false, false
	}
	return ether, true
}

func (fakeHost) User(name string) (uid, gid uint32, ok bool) {
	switch {
	case name == "root":
		return 0, 0, true
	case name == scriptUserName || strings.HasPrefix(name, "nosuch"):
		return 0, 0, false
	}
	return 1000, 1001, true
}

func (fakeHost) Group(name string) (gid uint32, ok bool) {
	return 2000, !strings.HasPrefix(name, "nosuch")
}

func (fakeHost) UserGroups(string) []uint32 { return []uint32{3000, 3001} }

func (fakeHost) DefaultUser() (uid, gid uint32) { return 0, 0 }

func (fakeHost) CheckScript(path string, _ User) (resolved string, problem ScriptProblem, detail string) {
	switch {
	case strings.Contains(path, "missing"):
		return path, ScriptNotFound, ""
	case strings.Contains(path, "noexec"):
		return path, ScriptNotExecutable, ""
	case strings.Contains(path, "insecure"):
		return path, ScriptInsecure, "writable by others"
	case !strings.Contains(path, "/"):
		return "/usr/bin/" + path, ScriptOK, ""
	}
	return path, ScriptOK, ""
}

func (fakeHost) Uptime() time.Duration { return 20 * time.Second }

func (fakeHost) TableFile(name string) []NamedNumber {
	if name == tableRoutes {
		return []NamedNumber{{100, "isp1"}, {200, "isp2"}}
	}
	return nil
}

func (fakeHost) KeyFile(path string) (text string, shared bool, problem string) {
	const key = "Aish9aeb0quohp8aePh7ahngoo4Eep3x"
	switch {
	case strings.Contains(path, "missing"):
		return "", false, "no such file or directory"
	case strings.Contains(path, "shared"):
		return key + "\n", true, ""
	case strings.Contains(path, "hex"):
		return "hex:" + strings.Repeat("00ff", 16) + "\r\n", false, ""
	case strings.Contains(path, "short"):
		return "short\n", false, ""
	}
	return key, false, ""
}

func (fakeHost) DirectoryProblem(path string) string {
	if strings.HasPrefix(path, "/gone/") {
		return "directory /gone does not exist"
	}
	return ""
}
