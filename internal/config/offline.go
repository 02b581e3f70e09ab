package config

import "time"

// Offline is a Host that has whatever a file names: Ethernet interfaces, users, scripts that are safe to
// run. What a file means there is the same on every machine, so a check against it can be repeated.
type Offline struct{}

// Offline users have numbers that are not root's, since root's scripts are judged more strictly.
const (
	offlineUID = 1000
	offlineGID = 1000
)

func (Offline) Hostname() string { return "localhost" }

func (Offline) Interface(name string) (Interface, bool) {
	if name == "lo" {
		return Interface{Index: 1, MTU: 65536, Loopback: true}, true
	}
	return Interface{Index: 2, MTU: defaultMTU, Multicast: true, Ethernet: true, VRF: true}, true
}

func (Offline) User(name string) (uid, gid uint32, ok bool) {
	if name == "root" {
		return 0, 0, true
	}
	return offlineUID, offlineGID, true
}

func (Offline) Group(name string) (gid uint32, ok bool) {
	if name == "root" {
		return 0, true
	}
	return offlineGID, true
}

func (Offline) UserGroups(string) []uint32 { return nil }

func (Offline) DefaultUser() (uid, gid uint32) { return 0, 0 }

func (Offline) CheckScript(path string, _ User) (resolved string, problem ScriptProblem, detail string) {
	return path, ScriptOK, ""
}

func (Offline) Uptime() time.Duration { return 0 }

func (Offline) TableFile(string) []NamedNumber { return nil }

func (Offline) DirectoryProblem(string) string { return "" }
