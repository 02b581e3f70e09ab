package config

import (
	"hash/fnv"
	"strings"
	"time"
)

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
	return Interface{Index: 2, MTU: defaultMTU, Multicast: true, Ethernet: true, Assumed: true, VRF: true}, true
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

// TableNumber takes any name for one of the machine's, as long as it looks like a name, and gives it a
// number that is the same everywhere. Which number it is matters to nobody: the check installs no route.
func (Offline) TableNumber(file, name string) (number uint32, ok bool) {
	if name == "" || !isLetter(name[0]) {
		return 0, false
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name))
	return sum.Sum32() % tableLimits[file], true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

func (Offline) DirectoryProblem(string) string { return "" }

// KeyFile takes any file for one that holds a good key.
func (Offline) KeyFile(string) (text string, shared bool, problem string) {
	return strings.Repeat("k", 32), false, ""
}
